"""Assign the peaks of the spectrum to reflections of the crystal.

Pairs of strong predicted reflections are matched with pairs of observed peaks. Each such
guess is a full 2 x 2 matrix, so that rotation, scale and scan distortion are free. The
score of a guess is the correlation of all predicted and observed amplitudes. A missing
reflection lowers the score, and so does an unexplained peak. In this way the right cell
is chosen over its sub-cells and super-cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray
from napari_reward_analysis.calibration.pattern import Pattern
from napari_reward_analysis.calibration.spectrum import Peaks, Spectrum

#: Largest strain against the ideal cell, after rotation and scale. Strain comes from scan
#: errors, drift, and a scanner whose axes are not orthogonal.
MAX_STRAIN = 0.08
#: Usual strain; a guess with more strain must explain the amplitudes better.
USUAL_STRAIN = 0.04
#: Numbers of the strongest predicted and observed reflections that are paired.
_N_PREDICTED, _N_OBSERVED = 12, 30
#: Number of guesses that are refined before the best is chosen.
_N_REFINED = 40
#: A peak belongs to a predicted reflection within this many bins or, while the matrix
#: is still a guess, within this fraction of its frequency.
TOLERANCE_BINS, _TOLERANCE_PART = 1.5, 0.02
#: Number of reflections scored at once, over all guesses.
_CHUNK = 500_000


@dataclass(frozen=True, eq=False)
class Match:
    """One assignment of the crystal to the spectrum.

    Attributes
    ----------
    matrix : ndarray, shape (2, 2)
        Frequency of a reflection: k = matrix @ h, in cycles per px.
    score : float
        Correlation of the amplitudes, 0 to 1, lowered for an unusual strain.
    """

    matrix: FloatArray
    score: float


class Judge:
    """Score matrices against one spectrum and one predicted pattern."""

    def __init__(self, spectrum: Spectrum, peaks: Peaks, pattern: Pattern) -> None:
        self.spectrum, self.peaks, self.pattern = spectrum, peaks, pattern

    def scores(self, matrices: FloatArray, tolerance: float = _TOLERANCE_PART) -> FloatArray:
        """Scores of many matrices of shape (n, 2, 2), shape (n,)."""
        step = max(1, _CHUNK // (len(self.pattern.h) + len(self.peaks)))
        parts = [
            self._scores(matrices[i : i + step], tolerance) for i in range(0, len(matrices), step)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def correlations(self, matrices: FloatArray, tolerance: float) -> FloatArray:
        """Best correlation over all column widths, without a penalty for strain.

        If the positions of the columns are not known, only the places of the peaks are
        predicted. The result is then the root of the share of the amplitude at these
        places, beyond what chance would give.
        """
        if not self.pattern.placed:
            return self._metric_alone(matrices, tolerance)
        seen, in_band = self.seen(matrices)
        total = (seen**2).sum(axis=1) + self._unexplained(matrices, tolerance)
        best = np.zeros(len(matrices))
        for envelope in self.pattern.envelopes:
            expected = np.where(in_band, envelope, 0.0)
            norm = np.sqrt(total * (expected**2).sum(axis=1))
            product = (seen * expected).sum(axis=1)
            np.maximum(best, product / np.maximum(norm, 1e-300), out=best)
        return best

    def seen(self, matrices: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Observed amplitude at each reflection, and whether the spectrum contains it."""
        k = np.einsum("nij,hj->nhi", matrices, self.pattern.h)
        offset = k * np.array(self.spectrum.shape)
        in_band = np.all(np.abs(k) < 0.49, axis=2) & (np.hypot(*np.moveaxis(offset, 2, 0)) >= 3)
        places = np.rint(self.spectrum.bins(k)).astype(int)
        places = np.clip(places, 0, np.array(self.spectrum.shape) - 1)
        return np.where(
            in_band, self.spectrum.reached[places[..., 0], places[..., 1]], 0.0
        ), in_band

    def _scores(self, matrices: FloatArray, tolerance: float) -> FloatArray:
        usual = np.exp(-0.5 * (strains(matrices, self.pattern) / USUAL_STRAIN) ** 2)
        return np.asarray(self.correlations(matrices, tolerance) * usual)

    def _unexplained(self, matrices: FloatArray, tolerance: float) -> FloatArray:
        """Power of the peaks that belong to no reflection."""
        missed, _ = self._missed(matrices, tolerance)
        return np.asarray((missed * self.peaks.amplitude**2).sum(axis=1))

    def _metric_alone(self, matrices: FloatArray, tolerance: float) -> FloatArray:
        missed, allowed = self._missed(matrices, tolerance)
        cell = np.abs(np.linalg.det(matrices)) * np.prod(self.spectrum.shape)
        chance = np.minimum(np.pi * allowed**2 / cell[:, None], 0.99)
        weight = self.peaks.amplitude / max(float(self.peaks.amplitude.sum()), 1e-300)
        beyond = (~missed * weight).sum(axis=1) - (chance * weight).sum(axis=1)
        # There is no normalisation, so that of two cells that explain all peaks the smaller
        # one wins.
        return np.asarray(np.sqrt(np.maximum(beyond, 0)))

    def _missed(self, matrices: FloatArray, tolerance: float) -> tuple[BoolArray, FloatArray]:
        """Mark the peaks that belong to no reflection, (n, peaks), with the allowed distance."""
        shape = np.array(self.spectrum.shape)
        allowed = np.maximum(np.hypot(*(self.peaks.k * shape).T) * tolerance, TOLERANCE_BINS)
        return distance_bins(matrices, self.peaks.k, self.spectrum.shape) > allowed, allowed


def distance_bins(matrices: FloatArray, k: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Distance in bins of each frequency (p, 2) from the nearest reflection, shape (n, p)."""
    h = np.einsum("nij,pj->npi", np.linalg.inv(matrices), k)
    miss = np.einsum("nij,npj->npi", matrices, h - np.rint(h))
    return np.asarray(np.hypot(*np.moveaxis(miss * np.array(shape), 2, 0)))


def strains(matrices: FloatArray, pattern: Pattern) -> FloatArray:
    """Largest principal strain of each matrix against the ideal cell, without scale."""
    deformed = pattern.vectors.T @ np.swapaxes(matrices, 1, 2)
    # The two singular values have a product of |det| and a sum of squares of |deformed|^2.
    product = np.maximum(np.abs(np.linalg.det(deformed)), 1e-300)
    squares = (deformed**2).sum(axis=(1, 2))
    larger = (squares + np.sqrt(np.maximum(squares**2 - 4 * product**2, 0.0))) / 2
    return np.asarray(np.sqrt(larger / product) - 1)


def pixel_sizes(matrices: FloatArray, pattern: Pattern) -> FloatArray:
    """Pixel size in angstrom that each matrix implies, from the area of the cell."""
    area = abs(np.linalg.det(pattern.vectors))
    return np.asarray(np.sqrt(np.abs(np.linalg.det(matrices)) * area))


def guesses(peaks: Peaks, pattern: Pattern, sizes: tuple[float, float]) -> FloatArray:
    """Matrices that match two strong reflections with two peaks, shape (n, 2, 2).

    Parameters
    ----------
    peaks : Peaks
        The observed peaks.
    pattern : Pattern
        The predicted reflections.
    sizes : tuple of float
        Smallest and largest pixel size in angstrom.
    """
    strong = pattern.strong[:_N_PREDICTED]
    seen = peaks.k[:_N_OBSERVED]
    first, second = (index.ravel() for index in np.indices((len(seen), len(seen))))
    pairs = np.stack([seen[first], seen[second]], axis=2)[first != second]
    # The sign of a reflection cannot be observed.
    pairs = np.concatenate([pairs, pairs * np.array([1.0, -1.0])])
    pairs = pairs[np.abs(np.linalg.det(pairs)) > 1e-9]
    found = []
    for i, one in enumerate(strong):
        for other in strong[i + 1 :]:
            indices = np.stack([pattern.h[one], pattern.h[other]], axis=1)
            if round(float(np.linalg.det(indices))) == 0:
                continue
            found.append(_plausible(pairs @ np.linalg.inv(indices), pattern, sizes))
    return np.concatenate(found) if found else np.zeros((0, 2, 2))


def _plausible(matrices: FloatArray, pattern: Pattern, sizes: tuple[float, float]) -> FloatArray:
    implied = pixel_sizes(matrices, pattern)
    kept = (implied >= sizes[0]) & (implied <= sizes[1])
    if pattern.has_mirror:
        kept &= np.linalg.det(matrices) * np.linalg.det(pattern.vectors) > 0
    matrices = matrices[kept]
    return matrices[strains(matrices, pattern) <= MAX_STRAIN]


def best_match(
    spectrum: Spectrum, peaks: Peaks, pattern: Pattern, sizes: tuple[float, float]
) -> Match | None:
    """The best assignment of the crystal to the peaks; None if no two peaks fit."""
    matrices = guesses(peaks, pattern, sizes)
    if not len(matrices):
        return None
    judge = Judge(spectrum, peaks, pattern)
    order = np.argsort(-judge.scores(matrices), kind="stable")
    chosen = _distinct(matrices[order], pattern)[:_N_REFINED]
    refined = np.stack([_settle(m, peaks, pattern, spectrum.shape) for m in chosen])
    scores = judge.scores(refined, tolerance=0.5 * _TOLERANCE_PART)
    best = int(np.argmax(scores))
    return Match(refined[best], float(scores[best]))


def _distinct(matrices: FloatArray, pattern: Pattern) -> FloatArray:
    """The matrices without duplicates that are equal within 1 % or by symmetry."""
    kept: list[FloatArray] = []
    orbit = np.stack([*pattern.symmetry, *(-w for w in pattern.symmetry)])
    left = matrices
    while len(left) and len(kept) < _N_REFINED:
        kept.append(left[0])
        same = np.linalg.norm(left[None] - (left[0] @ orbit)[:, None], axis=(2, 3))
        left = left[same.min(axis=0) > 0.01 * np.linalg.norm(left[0])]
    return np.array(kept)


def _settle(
    matrix: FloatArray, peaks: Peaks, pattern: Pattern, shape: tuple[int, int]
) -> FloatArray:
    """Fit a guess to all peaks that it indexes, starting with low frequencies."""
    reach = np.hypot(*(peaks.k * np.array(shape)).T)
    for part in (0.04, 0.03, 0.02):
        h = np.rint(peaks.k @ np.linalg.inv(matrix).T)
        miss = distance_bins(matrix[None], peaks.k, shape)[0]
        limit = np.clip(part * reach, TOLERANCE_BINS, _half_step(matrix, shape))
        near = (miss <= limit) & (h != 0).any(axis=1)
        fitted = fit_matrix(h[near], peaks.k[near], peaks.amplitude[near])
        if fitted is None or strains(fitted[None], pattern)[0] > MAX_STRAIN:
            return matrix
        matrix = fitted
    return matrix


def _half_step(matrix: FloatArray, shape: tuple[int, int]) -> float:
    """A third of the smallest distance between reflections, at least 1.5 bins."""
    steps = np.array([[1, 0], [0, 1], [1, 1], [1, -1]]) @ (matrix * np.array(shape)[:, None]).T
    return max(float(np.hypot(*steps.T).min()) / 3, TOLERANCE_BINS)


def fit_matrix(h: FloatArray | IntArray, k: FloatArray, weight: FloatArray) -> FloatArray | None:
    """Weighted least squares of k = matrix @ h; None if the indices lie on one line."""
    normal = (h * weight[:, None]).T @ h
    if len(h) < 2 or abs(np.linalg.det(normal)) < 1e-9 * np.trace(normal) ** 2:
        return None
    return np.asarray(np.linalg.solve(normal, (h * weight[:, None]).T @ k).T)
