"""Measure the contrast loss of each column against crystal.

The patch around each column is compared with the mean patch of its kind in crystal. The
slope of one against the other is 1 in crystal, for any noise, and 0 if nothing of the
column is left. The contrast loss is 1 minus this slope. The mean patches come from crystal
alone, which means from columns with the smallest loss in their neighbourhood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.analyses.amorphous.classes.neighbour_means import NeighbourMean
from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, StrArray

#: A mean patch needs at least this many columns of a kind.
MIN_COLUMNS = 12
#: Fraction of the columns that is taken as crystal in the first round.
_FIRST = 0.5
#: Later rounds take all columns within this many standard deviations of crystal.
_WITHIN = 3.0
#: Largest number of rounds in which mean patches and crystal are updated in turn.
_ROUNDS = 6
#: Neighbourhood as the sigma of a Gaussian in mean spacings.
NEIGHBOURHOOD = 1.0
#: Differences in contrast below this have no meaning, even without noise: patches of equal
#: columns differ because the pixels lie differently.
FLOOR = 0.05
#: Smallest numbers of columns for the fit of a slope and of a parabola over the field.
_PLANE, _PARABOLA = 50, 200


@dataclass(frozen=True, eq=False)
class ContrastLoss:
    """Contrast loss of each column against the mean patch of its kind.

    Attributes
    ----------
    loss : ndarray, shape (n,)
        Contrast loss: 0 as in crystal, 1 if all contrast is lost. NaN if it is not known,
        because the column is too near to the border or of a kind with few columns.
    weight : ndarray, shape (n,)
        One over the variance of the loss of this kind in crystal; 0 if the loss is NaN.
    reference : ndarray of bool, shape (n,)
        Columns that are taken as crystal.
    scatter : dict
        Standard deviation of the loss in crystal by kind.
    means : dict
        Mean patch in crystal by kind, shape (m, m).
    """

    loss: FloatArray
    weight: FloatArray
    reference: BoolArray
    scatter: dict[str, float]
    means: dict[str, Float32Array]


def compare_with_kind(
    patches: Float32Array,
    labels: StrArray,
    yx: FloatArray,
    spacing: float,
    allowed: BoolArray,
) -> ContrastLoss:
    """Compare each column with its kind in crystal; crystal is found in the process.

    Parameters
    ----------
    patches : ndarray, shape (n, m, m)
        Patches around the columns; NaN outside the image.
    labels : ndarray of str, shape (n,)
        Kind of each column.
    yx : ndarray, shape (n, 2)
        Positions in px.
    spacing : float
        Mean spacing in px.
    allowed : ndarray of bool, shape (n,)
        Columns that may be crystal.

    Returns
    -------
    ContrastLoss
    """
    known = _known(patches, labels, allowed)
    near = NeighbourMean(yx, NEIGHBOURHOOD * spacing)
    reference = known & allowed
    for turn in range(_ROUNDS):
        losses = compare_with_reference(patches, labels, yx, reference)
        local = local_loss(near, losses)
        before, reference = reference, _crystal(local, known & allowed, labels, turn)
        if np.array_equal(before, reference):
            break
    return compare_with_reference(patches, labels, yx, reference)


def compare_with_reference(
    patches: Float32Array, labels: StrArray, yx: FloatArray, reference: BoolArray
) -> ContrastLoss:
    """Compare each column with the mean patch of its kind in a known reference.

    Parameters
    ----------
    patches, labels, yx
        As in `compare_with_kind`.
    reference : ndarray of bool, shape (n,)
        Columns that are taken as crystal.

    Returns
    -------
    ContrastLoss
    """
    flat, side = patches.reshape(len(patches), -1), patches.shape[1]
    known = _known(patches, labels, reference)
    reference = known & reference
    loss, weight = np.full(len(flat), np.nan), np.zeros(len(flat))
    means: dict[str, Float32Array] = {}
    for kind in sorted(set(labels[known].tolist())):
        at = np.flatnonzero(known & (labels == kind))
        mean = _mean(flat[at], reference[at])
        means[kind] = mean.reshape(side, side)
        loss[at] = 1 - slope_against(flat[at], mean)
    if reference.any():
        loss = _without_trend(loss, yx, reference)
    scatter = {}
    for kind in means:
        at = known & (labels == kind)
        scatter[kind] = _scatter(loss[at], reference[at])
        weight[at] = 1 / (scatter[kind] ** 2 + FLOOR**2)
    return ContrastLoss(loss, weight, reference, scatter, means)


def local_loss(near: NeighbourMean, kept: ContrastLoss) -> FloatArray:
    """Weighted mean loss in the neighbourhood of each column; infinite if not known."""
    product = np.where(kept.weight > 0, kept.loss, 0.0) * kept.weight
    summed, weight = near(np.column_stack([product, kept.weight])).T
    mean = np.divide(summed, weight, out=np.full(len(summed), np.inf), where=weight > 0)
    return np.asarray(mean)


def slope_against(flat: Float32Array, mean: Float32Array) -> FloatArray:
    """Slope of each patch against a mean patch, over the finite pixels.

    Parameters
    ----------
    flat : ndarray, shape (n, p)
        Patches; NaN is ignored.
    mean : ndarray, shape (p,)
        The patch to compare with.

    Returns
    -------
    ndarray, shape (n,)
        1 for the mean patch itself and 0 for a flat patch, for any background.
    """
    seen = np.isfinite(flat) & np.isfinite(mean)
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    pattern = np.where(seen, mean, 0.0)
    pattern = np.where(seen, pattern - pattern.sum(axis=1, keepdims=True) / count, 0.0)
    power = (pattern**2).sum(axis=1)
    product = (np.where(seen, flat, 0.0) * pattern).sum(axis=1)
    slope = np.divide(product, power, out=np.zeros(len(flat)), where=power > 0)
    return np.asarray(slope)


def _known(patches: Float32Array, labels: StrArray, reference: BoolArray) -> BoolArray:
    """Columns with at least half a patch, of kinds with enough columns in the reference."""
    seen = np.isfinite(patches.reshape(len(patches), -1))
    usable = (seen.mean(axis=1) > 0.5) & (labels != "")
    known = np.zeros(len(labels), bool)
    for kind in set(labels[usable].tolist()):
        members = usable & (labels == kind)
        if (members & reference).sum() >= MIN_COLUMNS:
            known |= members
    return known


def _mean(flat: Float32Array, reference: BoolArray) -> Float32Array:
    """Median patch of the reference; NaN for pixels that are in no patch."""
    some = np.isfinite(flat[reference]).any(axis=0)
    mean = np.full(flat.shape[1], np.nan, np.float32)
    mean[some] = np.nanmedian(flat[reference][:, some], axis=0)
    return mean


def _scatter(loss: FloatArray, reference: BoolArray) -> float:
    chosen = loss[reference]
    return 1.4826 * float(np.median(np.abs(chosen - np.median(chosen))))


def _crystal(local: FloatArray, allowed: BoolArray, labels: StrArray, turn: int) -> BoolArray:
    """Columns with the smallest loss in their neighbourhood, chosen for each kind.

    Each kind is treated separately, so that each has its own reference even if the
    neighbourhoods of one kind have a larger loss.
    """
    chosen = np.zeros(len(local), bool)
    for kind in set(labels[allowed].tolist()):
        at = np.flatnonzero(allowed & (labels == kind))
        best = at[local[at] <= np.quantile(local[at], _FIRST)]
        if turn > 0:
            # The lower half of a normal distribution has about half its spread. Three standard
            # deviations of the whole are thus six spreads of the lower half.
            centre = float(np.median(local[best]))
            spread = 1.4826 * float(np.median(np.abs(local[best] - centre))) + FLOOR / 3
            best = at[local[at] <= centre + 2 * _WITHIN * spread]
        chosen[best] = True
    return chosen


def _without_trend(loss: FloatArray, yx: FloatArray, reference: BoolArray) -> FloatArray:
    """Loss relative to the crystal nearby: thickness and focus change contrast slowly."""
    terms = _terms(yx)
    n = int(reference.sum())
    count = 6 if n >= _PARABOLA else 3 if n >= _PLANE else 1
    kept, used = 1 - loss, reference.copy()
    for _ in range(4):
        solution, *_ = np.linalg.lstsq(terms[used][:, :count], kept[used], rcond=None)
        surface = terms[:, :count] @ solution
        rest = kept - surface
        spread = 1.4826 * float(np.median(np.abs(rest[used])))
        used = reference & (np.abs(rest) <= 3 * spread + 1e-9)
    # Outside the crystal the parabola is not constrained.
    surface = np.clip(surface, surface[reference].min(), surface[reference].max())
    return np.asarray(1 - kept / np.maximum(surface, 0.1))


def _terms(yx: FloatArray) -> FloatArray:
    span = np.maximum(np.ptp(yx, axis=0), 1.0)
    v, u = (2 * (yx - yx.min(axis=0)) / span - 1).T
    return np.column_stack([np.ones(len(yx)), v, u, v * v, v * u, u * u])
