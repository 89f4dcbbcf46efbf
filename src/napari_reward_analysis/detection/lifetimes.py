"""Find the thresholds at which each candidate survives the overlap with others.

As the threshold falls, candidates enter one by one, strongest first. Time is the rank of
the candidate that entered last. Of two overlapping blobs the same one removes the other
at every threshold. Therefore a candidate lives at the times after its entry at which none
of its removers lives. The lives are computed in turn, beginning with the candidates that
no other candidate removes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from napari_reward_analysis.arrays import Indices
from napari_reward_analysis.detection.blobs import Candidates, removals

#: Limits of the number of removals: per candidate, and for at least so many candidates.
#: Atomic columns need one to three per candidate.
MOST_PER_CANDIDATE, _FEW = 50, 1000


class TooTangled(Exception):
    """Raised if overlaps form such long chains that there are too many lives to list."""


class Lifetimes(NamedTuple):
    """Intervals of time in which candidates live; a candidate may have none or several.

    Attributes
    ----------
    blob : ndarray of int, shape (m,)
        Rank of the candidate, rising.
    start, stop : ndarray of int, shape (m,)
        The candidate lives from `start` to before `stop`. If it is never removed, `stop`
        is the number of candidates.
    """

    blob: Indices
    start: Indices
    stop: Indices


def lifetimes(candidates: Candidates, overlap: float) -> Lifetimes:
    """Lives of all candidates under an overlap.

    Parameters
    ----------
    candidates : Candidates
        Candidates of a sigma triple.
    overlap : float
        As in `Candidates.select`.

    Returns
    -------
    Lifetimes
        At every time `t` the living candidates are those that `select` keeps of the first
        `t + 1`.

    Raises
    ------
    TooTangled
        If there are so many overlaps that the lives would fill the memory, as for speckle
        with much wider blobs.
    """
    size = len(candidates.blobs)
    remover, removed = removals(candidates.blobs[:, 2], candidates.overlapping(size, overlap))
    _check(len(remover), size)
    waiting = np.bincount(removed, minlength=size)
    ready = np.flatnonzero(waiting == 0)
    done = Lifetimes(ready, ready, np.full(len(ready), size))
    parts = [done]
    victims, spans = [], []
    while len(remover):
        # Collect the removals by the blobs just settled. Victims without unsettled removers
        # are settled next.
        settled = np.zeros(size, bool)
        settled[ready] = True
        now = settled[remover]
        edge, life = _join(remover[now], done)
        _check(len(edge), size)
        victims.append(removed[now][edge])
        spans.append(np.stack([done.start[life], done.stop[life]]))
        waiting -= np.bincount(removed[now], minlength=size)
        ready = np.unique(removed[now][waiting[removed[now]] == 0])
        remover, removed = remover[~now], removed[~now]
        done = _complement(ready, np.concatenate(victims), np.concatenate(spans, axis=1), size)
        parts.append(done)
    blob, start, stop = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((start, blob))
    return Lifetimes(blob[order], start[order], stop[order])


def _check(count: int, size: int) -> None:
    if count > MOST_PER_CANDIDATE * max(size, _FEW):
        raise TooTangled


def _join(blobs: Indices, lives: Lifetimes) -> tuple[Indices, Indices]:
    """All pairs of an entry of `blobs` and a life of that blob, as positions in both."""
    order = np.argsort(lives.blob, kind="stable")
    ranks = lives.blob[order]
    low, high = (np.searchsorted(ranks, blobs, side) for side in ("left", "right"))
    return expand(low, high, order)


def expand(low: Indices, high: Indices, values: Indices) -> tuple[Indices, Indices]:
    """Pairs of `i` and each of `values[low[i]:high[i]]`, as two columns."""
    length = high - low
    owner = np.repeat(np.arange(len(low)), length)
    first = np.cumsum(length) - length
    return owner, values[np.arange(len(owner)) - first[owner] + low[owner]]


def _complement(blobs: Indices, dead: Indices, spans: Indices, size: int) -> Lifetimes:
    """Lives of some blobs, given the time spans in which they do not live.

    The blobs are placed one after another on one axis, `size + 1` apart, so that one
    running maximum finds the gaps of all blobs.
    """
    rank = np.full(size, -1)
    rank[blobs] = np.arange(len(blobs))
    theirs = rank[dead] >= 0
    base = (size + 1) * np.concatenate([np.tile(np.arange(len(blobs)), 2), rank[dead[theirs]]])
    # A blob does not live before its entry, nor after the end.
    none = np.zeros(len(blobs), np.intp)
    start = base + np.concatenate([none, none + size, spans[0][theirs]])
    stop = base + np.concatenate([blobs, none + size + 1, spans[1][theirs]])
    order = np.argsort(start, kind="stable")
    start, covered = start[order], np.maximum.accumulate(stop[order])
    gap = np.flatnonzero(start[1:] > covered[:-1])
    owner, begin = np.divmod(covered[gap], size + 1)
    return Lifetimes(blobs[owner], begin, start[gap + 1] % (size + 1))
