"""Count the blobs that are too close to their neighbours, for all thresholds at once.

Time is defined as in `lifetimes`. A blob can become or cease to be an error only when the
life of a near neighbour begins or ends. Most blobs never have four neighbours near enough
and are excluded by their distances. For each remaining blob, the neighbours are the bits
of a number, with the nearest as the lowest bit. The begin or end of a life flips a bit.
The four lowest bits that are set give the sum of distances.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray, FloatArray, Indices
from napari_reward_analysis.crystal.lattice import N_NEIGHBOURS
from napari_reward_analysis.detection.lifetimes import Lifetimes, expand
from napari_reward_analysis.points.neighbours import pairs_within

Words = npt.NDArray[np.uint64]

#: Number of neighbours in one word; the highest bit of the first word is the blob itself.
BITS = 63
_ITSELF = np.uint64(1 << 63)
#: Number of neighbours that are processed together, which limits the memory.
CHUNK = 2**17


class _Near(NamedTuple):
    """Neighbours near enough to matter, sorted by blob and then by distance."""

    blob: Indices
    other: Indices
    distance: FloatArray

    def where(self, kept: BoolArray | Indices) -> _Near:
        """Some of the rows."""
        return _Near(self.blob[kept], self.other[kept], self.distance[kept])


def spacing_errors(
    points: FloatArray, lives: Lifetimes, counted: BoolArray, ds: float, horizon: int
) -> Indices:
    """Number of blobs whose sum of the four nearest distances is below DS, over time.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y, x of all candidates in pixels.
    lives : Lifetimes
        Times at which each candidate lives.
    counted : ndarray of bool, shape (n,)
        Candidates that can be errors; the others are only neighbours.
    ds : float
        The limit, in pixels.
    horizon : int
        Number of times for which errors are counted.

    Returns
    -------
    ndarray of int, shape (horizon,)
    """
    early = lives.start < horizon
    lives = Lifetimes(lives.blob[early], lives.start[early], lives.stop[early].clip(max=horizon))
    span = np.zeros((2, len(points)), np.intp)  # from the first life to the end of the last
    span[0, lives.blob[::-1]], span[1, lives.blob] = lives.start[::-1], lives.stop
    limit = ds * (1 + 1e-6)  # a margin for rounding
    near = _nearest_only(_near(points, span, counted, limit), limit)
    changes = np.zeros(horizon + 1, np.intp)
    for chunk, words in _chunks(near):
        changes += _changes(chunk, words, lives, span, ds)
    return np.cumsum(changes)[:horizon]


def _near(points: FloatArray, span: Indices, counted: BoolArray, ds: float) -> _Near:
    """Neighbours that may be among the four nearest of a blob while it is an error.

    The nearest one is nearer than DS / 4. All four are nearer than DS minus three times
    the distance of the nearest.
    """
    living = np.flatnonzero(span[1] > span[0])
    close = _contemporaries(living, points, span, ds / N_NEIGHBOURS)
    close = close.where(counted[close.blob])
    reach = np.full(len(points), -1.0)
    np.maximum.at(reach, close.blob, ds - (N_NEIGHBOURS - 1) * close.distance)
    near = _contemporaries(living, points, span, float(reach.max(initial=0)))
    near = near.where(near.distance <= reach[near.blob])
    return near.where(np.lexsort((near.distance, near.blob)))


def _contemporaries(living: Indices, points: FloatArray, span: Indices, reach: float) -> _Near:
    """Pairs of blobs within a distance that may live at the same time, in both orders."""
    first, second, distance = pairs_within(points[living], reach)
    first, second = living[first], living[second]
    together = np.maximum(span[0][first], span[0][second]) < np.minimum(
        span[1][first], span[1][second]
    )
    first, second, distance = first[together], second[together], distance[together]
    both = np.concatenate([first, second]), np.concatenate([second, first])
    return _Near(*both, np.tile(distance, 2))


def _nearest_only(near: _Near, ds: float) -> _Near:
    """Drop blobs whose sum is never below DS, and neighbours that are too far away."""
    near = near.where(np.bincount(near.blob)[near.blob] >= N_NEIGHBOURS)
    count = np.bincount(near.blob)
    first = (np.cumsum(count) - count)[near.blob]
    total = np.maximum(near.distance, near.distance[first + N_NEIGHBOURS - 1])
    for k in range(N_NEIGHBOURS - 1):
        total += near.distance[first + k]
    return near.where(total < ds)


def _chunks(near: _Near) -> list[tuple[_Near, int]]:
    """Split into chunks of limited size whose blobs have equally many words."""
    if not len(near.blob):
        return []
    count = np.bincount(near.blob)
    words = -(-count // BITS)
    chunks = []
    for number in np.unique(words[words > 0]):
        size = np.where(words == number, count, 0)
        part = np.cumsum(size) // (CHUNK // number)
        for index in np.unique(part[size > 0]):
            kept = (words[near.blob] == number) & (part[near.blob] == index)
            chunks.append((near.where(kept), int(number)))
    return chunks


def _changes(near: _Near, words: int, lives: Lifetimes, span: Indices, ds: float) -> Indices:
    """Change of the number of errors at each time, for the blobs of one chunk."""
    horizon = int(span[1].max())
    blobs, first, owner = np.unique(near.blob, return_index=True, return_inverse=True)
    place = np.arange(len(near.blob)) - first[owner]
    # Each blob is a member of its own neighbourhood and has its own bit.
    member = np.concatenate([near.other, blobs])
    owner = np.concatenate([owner, np.arange(len(blobs))])
    bit = np.uint64(1) << (place % BITS).astype(np.uint64)
    bit = np.concatenate([bit, np.full(len(blobs), _ITSELF)])
    word = np.concatenate([place // BITS, np.zeros(len(blobs), np.intp)])

    low, high = (np.searchsorted(lives.blob, member, side) for side in ("left", "right"))
    which, life = expand(low, high, np.arange(len(lives.blob)))
    which = np.tile(which, 2)
    time = np.concatenate([lives.start[life], lives.stop[life]])
    # Changes before or after the life of the blob itself do not matter.
    own = span[:, blobs[owner[which]]]
    key = owner[which] * (horizon + 1) + time.clip(own[0], own[1])
    order = np.argsort(key)
    key, which = key[order], which[order]
    last = np.append(key[1:] != key[:-1], True)
    flips = np.where(word[which] == np.arange(words)[:, None], bit[which], np.uint64(0))
    # Every life ends, so that all bits are zero again when the next blob begins.
    states = np.bitwise_xor.accumulate(flips, axis=1)[:, last]
    owner, time = np.divmod(key[last], horizon + 1)
    error = _too_close(states, first[owner], near.distance, ds)
    change = np.diff(error.astype(np.int8), prepend=np.int8(0))
    moved = change != 0
    return np.bincount(time[moved], change[moved], horizon + 1).astype(np.intp)


def _too_close(states: Words, first: Indices, distance: FloatArray, ds: float) -> BoolArray:
    """Whether a blob lives and the distances of its four lowest bits sum to below DS."""
    error = np.zeros(states.shape[1], bool)
    left = np.flatnonzero(states[0] >= _ITSELF)
    states = states[:, left]
    states[0] &= ~_ITSELF
    total = np.zeros(len(left))
    for _ in range(N_NEIGHBOURS):
        word = (states != 0).argmax(axis=0)
        state = states[word, np.arange(len(left))]
        some = state != 0
        left, states, total = left[some], states[:, some], total[some]
        word, state = word[some], state[some]
        lowest = state & (~state + np.uint64(1))
        states[word, np.arange(len(left))] ^= lowest
        # A power of two is exact in floating point; its exponent is the position of the bit.
        bit = np.frexp(lowest.astype(np.float64))[1] - 1
        total += distance[first[left] + BITS * word + bit]
    error[left] = total.astype(np.float32) < np.float32(ds)
    return error
