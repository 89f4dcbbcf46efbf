"""Follow the displacement of a lattice from place to place, by the phases of its waves.

Arrays of waves have the shape (h, w, r): a grid of places, and the reflections. A
displacement o in cells turns the wave of reflection h by the factor exp(-2 pi i h o).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, FloatArray, Indices, IntArray

#: Phases are followed in this order: first through places above the highest quantile.
_QUANTILES = (0.7, 0.4, 0.15, 0.03)
#: Rounds in which the mean phases and the displacements are improved in turn.
_ROUNDS = 3
#: Steps of the solution at one place.
_STEPS = 3
#: The neighbours decide at places whose waves have less than this part of the usual power.
_FAINT = 0.01
#: Places shape the mean phases if they agree with them as well as the best ones do, times
#: this part: those beyond a boundary do not.
_AGREEING = 0.85
#: Waves are averaged over so many places (sigma) before their origin is compared with others.
_AVERAGED = 1.0
#: Another origin must explain this share of the waves more, and more by so many errors.
_BETTER, _ERRORS = 0.12, 5.0
#: The slope of the displacement is averaged over so many places (sigma).
_SLOPE_PLACES = 1.0

Places = tuple[Indices, Indices]
ComplexFloats = npt.NDArray[np.complexfloating[Any, Any]]


def follow(
    waves: ComplexFloats, h: IntArray, inside: BoolArray, noise: FloatArray
) -> tuple[FloatArray, ComplexFloats]:
    """Displacement at each place of a domain, and the phases without displacement.

    Parameters
    ----------
    waves : ndarray of complex, shape (h, w, r)
        Local waves.
    h : ndarray of int, shape (r, 2)
        Their reflections.
    inside : ndarray of bool, shape (h, w)
        Places of the domain; at least one.
    noise : ndarray, shape (r,)
        Noise power of each wave.

    Returns
    -------
    offset : ndarray, shape (h, w, 2)
        Displacement in cells; it has a meaning only inside.
    phases : ndarray of complex, shape (r,)
        Mean amplitude and phase of each wave where the displacement is 0.
    """
    power = np.maximum((np.abs(waves) ** 2).sum(axis=-1) - noise.sum(), 0.0)
    seed = np.unravel_index(int(np.argmax(np.where(inside, power, -1))), power.shape)
    usual = float(np.median(power[inside]))
    phases = waves[seed]
    offset = np.zeros((*power.shape, 2))
    solved = np.zeros(power.shape, dtype=bool)
    solved[seed] = True
    for allowed in _stages(power, inside):
        for front, nearest in fronts(solved, allowed, power):
            offset[front] = solution(waves[front], phases, h, offset[nearest], usual)
    for _ in range(_ROUNDS):
        turned = waves[inside] * np.exp(2j * np.pi * (offset[inside] @ h.T))
        phases = _agreeing(turned, phases).mean(axis=0)
        offset[inside] = solution(waves[inside], phases, h, offset[inside], usual)
    offset = locked(waves, phases, h, offset, inside, noise)
    offset[inside] = solution(waves[inside], phases, h, offset[inside], usual)
    return offset, phases


def locked(
    waves: ComplexFloats,
    phases: ComplexFloats,
    h: IntArray,
    offset: FloatArray,
    inside: BoolArray,
    noise: FloatArray,
) -> FloatArray:
    """The displacement, moved within the cell where another one clearly fits better.

    Beyond a boundary the path may have led to a displacement that fits only some of the
    reflections.
    """
    turned = waves * np.exp(2j * np.pi * (offset @ h.T)) * inside[..., None]
    for part in (turned.real, turned.imag):
        ndimage.gaussian_filter(part, (_AVERAGED, _AVERAGED, 0), output=part, mode="constant")
    weight = ndimage.gaussian_filter(inside.astype(float), _AVERAGED, mode="constant")[inside]
    product = (turned[inside] / weight[:, None]) * phases.conj()
    shifts = _shifts(h)
    turn = np.exp(2j * np.pi * (shifts @ h.T))
    fit = product.real @ turn.real.T - product.imag @ turn.imag.T
    best = fit.argmax(axis=1)
    gained = fit.max(axis=1) - product.real.sum(axis=1)
    # Noise of the difference of the two fits, after the average over places.
    spread = (np.abs(turn[best] - 1) ** 2) @ (np.abs(phases) ** 2 * noise / 2)
    error = np.sqrt(spread / (1 + 4 * np.pi * _AVERAGED**2))
    clear = gained > np.maximum(_BETTER * np.abs(product).sum(axis=1), _ERRORS * error)
    moved = offset.copy()
    moved[inside] += np.where(clear[:, None], shifts[best], 0)
    return moved


def continued(offset: FloatArray, weight: FloatArray) -> FloatArray:
    """The displacement, continued straight on from the places with a weight (h, w)."""
    slope = _slopes(offset, weight)
    solved = weight > 0
    offset = offset.copy()
    for (y, x), (ny, nx) in fronts(solved, np.ones_like(solved), weight):
        slope[y, x] = slope[ny, nx]
        step = np.stack([y - ny, x - nx], axis=-1)
        offset[y, x] = offset[ny, nx] + np.einsum("na,nac->nc", step, slope[ny, nx])
    return offset


def solution(
    waves: ComplexFloats, phases: ComplexFloats, h: IntArray, start: FloatArray, usual: float
) -> FloatArray:
    """Displacement that best turns the waves of each place (n, r) into the given phases.

    `usual` is the usual sum of the waves' powers at one place.
    """
    product = waves * phases.conj()
    size = np.abs(product)
    strength = float((np.abs(phases) ** 2).sum())
    normal = np.einsum("nr,ri,rj->nij", size, h, h)
    spread = np.einsum("r,ri,rj->ij", np.abs(phases) ** 2, h, h)
    # At places with faint waves the displacement stays that of the neighbours.
    normal += _FAINT * usual / strength * np.trace(spread) / 2 * np.eye(2)
    offset = start
    for _ in range(_STEPS):
        turned = product * np.exp(2j * np.pi * (offset @ h.T))
        slope = turned.imag @ h / (2 * np.pi)
        offset = offset - np.linalg.solve(normal, slope[..., None])[..., 0]
    return np.asarray(offset)


def fronts(
    solved: BoolArray, allowed: BoolArray, weight: FloatArray
) -> Iterator[tuple[Places, Places]]:
    """Places beside the solved ones, each with its heaviest solved neighbour, until none is left.

    `solved` grows from front to front.
    """
    while True:
        front = ndimage.binary_dilation(solved, np.ones((3, 3), bool)) & allowed & ~solved
        if not front.any():
            return
        y, x = np.nonzero(front)
        places = y, x
        yield places, _neighbours(solved, weight, places)
        solved |= front


def _agreeing(turned: ComplexFloats, phases: ComplexFloats) -> ComplexFloats:
    """The places (n, r) that agree with the phases as well as most do."""
    product = turned * phases.conj()
    agreement = product.real.sum(axis=1) / np.maximum(np.abs(product).sum(axis=1), 1e-300)
    return np.asarray(turned[agreement >= _AGREEING * np.quantile(agreement, 0.9)])


def _shifts(h: IntArray) -> FloatArray:
    """Displacements all over the cell, as close as the reflections can tell apart."""
    counts = 4 * np.maximum(np.abs(h).max(axis=0), 1)
    steps = [np.arange(n) / n for n in counts]
    shifts = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(shifts - np.rint(shifts))


def _stages(power: FloatArray, inside: BoolArray) -> Iterator[BoolArray]:
    """Places that may be reached: the clearest ones of the domain first, at last all."""
    for quantile in _QUANTILES:
        yield np.asarray(inside & (power >= np.quantile(power[inside], quantile)))
    yield inside
    yield np.ones_like(inside)


def _neighbours(solved: BoolArray, weight: FloatArray, places: Places) -> Places:
    """The heaviest solved neighbour of each place."""
    best = np.full(len(places[0]), -1.0)
    result = np.zeros((2, len(best)), dtype=np.intp)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y = np.clip(places[0] + dy, 0, solved.shape[0] - 1)
            x = np.clip(places[1] + dx, 0, solved.shape[1] - 1)
            better = solved[y, x] & (weight[y, x] > best)
            best[better] = weight[y, x][better]
            result[:, better] = y[better], x[better]
    return result[0], result[1]


def _slopes(offset: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean change of the displacement from place to place, shape (h, w, 2 axes, 2)."""
    slope = np.zeros((*weight.shape, 2, 2))
    for axis in (0, 1):
        change = np.diff(offset, axis=axis)
        change -= np.rint(change)
        pair = np.minimum(np.delete(weight, 0, axis), np.delete(weight, -1, axis))
        pad = [(0, 0), (0, 0)]
        pad[axis] = (0, 1)
        pair = np.pad(pair, pad)
        total = np.maximum(ndimage.gaussian_filter(pair, _SLOPE_PLACES, mode="constant"), 1e-300)
        for part in (0, 1):
            values = np.pad(change[..., part], pad) * pair
            mean = ndimage.gaussian_filter(values, _SLOPE_PLACES, mode="constant") / total
            slope[..., axis, part] = mean
    return slope
