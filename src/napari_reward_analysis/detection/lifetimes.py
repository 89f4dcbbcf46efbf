"""At which thresholds a candidate survives the overlap, for all candidates at once.

Candidates enter strongest first as the threshold falls; time is the rank of the one that
entered last. Which of two overlapping blobs removes the other does not depend on the
threshold, so a candidate lives whenever it has entered and none of its removers lives:
its life is the complement of theirs, worked out from those that nobody removes downwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from napari_reward_analysis.arrays import Indices
from napari_reward_analysis.detection.blobs import Candidates, removals

#: Removals that are looked at together, for each candidate; columns need one to three.
MOST_PER_CANDIDATE, _FEW = 50, 1000


class TooTangled(Exception):
    """Overlaps that hang together in long chains: there are too many lives to list."""


class Lifetimes(NamedTuple):
    """Intervals of time in which candidates live; a candidate may have none or several.

    Attributes
    ----------
    blob : ndarray of int, shape (m,)
        Rank of the candidate, rising.
    start, stop : ndarray of int, shape (m,)
        It lives from `start` to before `stop`; `stop` is the number of candidates where
        it is never removed.
    """

    blob: Indices
    start: Indices
    stop: Indices


def lifetimes(candidates: Candidates, overlap: float) -> Lifetimes:
    """Lives of all candidates under an overlap.

    Parameters
    ----------
    candidates : Candidates
        Of a sigma triple.
    overlap : float
        As for `Candidates.select`.

    Returns
    -------
    Lifetimes
        For every time `t`, those alive are what `select` keeps of the first `t + 1`.

    Raises
    ------
    TooTangled
        If the overlaps are so many that lives would fill the memory: speckle of an empty
        field seen with much wider blobs.
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
        # what those just settled do to their victims, then the victims of nobody unsettled
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
    """When each of some blobs lives, given the spans of time in which it does not.

    All blobs are laid out behind each other on one axis, `size + 1` apart, so that one
    running maximum finds the gaps of all.
    """
    rank = np.full(size, -1)
    rank[blobs] = np.arange(len(blobs))
    theirs = rank[dead] >= 0
    base = (size + 1) * np.concatenate([np.tile(np.arange(len(blobs)), 2), rank[dead[theirs]]])
    # a blob is not alive before it enters, nor after the end
    none = np.zeros(len(blobs), np.intp)
    start = base + np.concatenate([none, none + size, spans[0][theirs]])
    stop = base + np.concatenate([blobs, none + size + 1, spans[1][theirs]])
    order = np.argsort(start, kind="stable")
    start, covered = start[order], np.maximum.accumulate(stop[order])
    gap = np.flatnonzero(start[1:] > covered[:-1])
    owner, begin = np.divmod(covered[gap], size + 1)
    return Lifetimes(blobs[owner], begin, start[gap + 1] % (size + 1))
