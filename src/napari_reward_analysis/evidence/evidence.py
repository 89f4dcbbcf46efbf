"""What the bare image says of each site: the amplitude of its column, and whether there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, IntArray, StrArray
from napari_reward_analysis.evidence.amplitudes import (
    Solution,
    background_of,
    fit_amplitudes,
    unit_errors,
)
from napari_reward_analysis.evidence.background import background_nodes
from napari_reward_analysis.evidence.bumps import volume_squared
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.noise import first_variance, near_columns
from napari_reward_analysis.evidence.outside import columns_outside
from napari_reward_analysis.evidence.points import PointEvidence
from napari_reward_analysis.evidence.positions import freedom, move_to_columns
from napari_reward_analysis.evidence.prepared import prepared
from napari_reward_analysis.evidence.probability import presence
from napari_reward_analysis.evidence.profile import first_profile, fit_profile
from napari_reward_analysis.evidence.residual import Residual, residual_of
from napari_reward_analysis.evidence.sites import Sites
from napari_reward_analysis.evidence.visible import Visible
from napari_reward_analysis.image import Image
from napari_reward_analysis.points.matching import match_points

#: A site with this probability of a column or more is occupied, and with this or less vacant.
OCCUPIED, VACANT = 0.9, 0.1
#: A point belongs to a site within this part of the smallest spacing.
BELONGS = 0.5
#: A point without a site is fitted with its neighbours from this probability on.
_PROMISING = 0.02
#: Fraction of the neighbours' intensity at a site that may be wrong.
_LEAK = 0.05
#: A site of which less is visible than this has no evidence: a column at a corner shows 0.25.
_SHOWN = 0.2
#: Relative accuracy of amplitudes that are fitted again.
_ROUGH = 1e-3


@dataclass(frozen=True, eq=False)
class Evidence:
    """Amplitudes of the columns at all sites, and the probability that they are there.

    Attributes
    ----------
    sites : Sites
    amplitude, amplitude_error : ndarray, shape (n,)
        Height of the column in the normalised bare image, and its standard error.
    p_column : ndarray, shape (n,)
        Probability that there is a column; 0.5 if masked pixels hide the site.
    yx : ndarray, shape (n, 2)
        Where the amplitude was fitted, in pixels. A site is moved to a column that is
        clearly seen.
    residual : Residual
        What the fit of all sites leaves over.
    """

    sites: Sites
    amplitude: FloatArray
    amplitude_error: FloatArray
    p_column: FloatArray
    yx: FloatArray
    residual: Residual

    @property
    def state(self) -> StrArray:
        """'occupied', 'vacant' or 'undecided' for each site, shape (n,)."""
        state = np.full(len(self.p_column), "undecided")
        state[self.p_column >= OCCUPIED] = "occupied"
        state[self.p_column <= VACANT] = "vacant"
        return state

    def of_points(self, points: FloatArray) -> PointEvidence:
        """Evidence for any set of found columns.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            y, x in pixels. Each site takes one point at most, the nearest.
        """
        pairs = match_points(points, self.yx, BELONGS * self.sites.spacing_px)
        site = np.full(len(points), -1, np.int64)
        site[pairs.found] = pairs.known
        own = site >= 0
        amplitude, error, p_column = (np.zeros(len(points)) for _ in range(3))
        amplitude[own] = self.amplitude[site[own]]
        error[own] = self.amplitude_error[site[own]]
        p_column[own] = self.p_column[site[own]]
        extra = np.flatnonzero(~own)
        amplitude[extra], error[extra], p_column[extra] = self._of_extra(points[extra])
        # Only promising points are fitted together with their neighbours.
        extra = extra[p_column[extra] > _PROMISING]
        if len(extra):
            fitted = self.residual.added(points[extra])
            amplitude[extra], error[extra] = fitted
            ratio = fitted.amplitude / fitted.error
            p_column[extra] = self.residual.noise_maxima.probability(ratio)
        return PointEvidence(site, amplitude, error, p_column)

    def likely(self, points: FloatArray) -> FloatArray:
        """Rough probability of a column at or near each point. Points may share a site.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            y, x in pixels.

        Returns
        -------
        ndarray, shape (n,)
        """
        distance, site = self._tree.query(points)
        p_column: FloatArray = self.p_column[site]
        extra = distance > BELONGS * self.sites.spacing_px
        p_column[extra] = self._of_extra(points[extra])[2]
        return p_column

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.yx)

    def _of_extra(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Amplitude, error and probability of points without a site, one by one."""
        found = self.residual.alone(points)
        ratio = found.amplitude / found.error
        return found.amplitude, found.error, self.residual.noise_maxima.probability(ratio)


def measure_evidence(image: Image, sites: Sites, masked: BoolArray | None = None) -> Evidence:
    """Fit the column of every site to the bare image and judge whether it is there.

    Parameters
    ----------
    image : Image
        The bare image.
    sites : Sites
        Sites of all domains, correct within about a tenth of the spacing.
    masked : ndarray of bool, shape (H, W), optional
        True on pixels that do not count: what is drawn into the image.
    """
    pixels, seen = prepared(image, masked)
    kind = _kinds(sites)
    spacing = _mean_spacing(sites)
    residual = _fit(pixels, seen, sites, kind, spacing)
    solution, n = residual.solution, len(sites.yx)
    points = solution.columns.points
    variance = _correlated(residual, residual.variance_at(points), sites)
    error = unit_errors(solution.normal, n) * np.sqrt(variance[:n])
    height = solution.height[:n]
    leak = _LEAK * _neighbours_at(solution)[:n]
    p_column = presence(sites.yx, kind, height, error, leak).p_column
    # Of a hidden site the neighbours alone would speak, which is no evidence.
    p_column[residual.shown(points[:n]) < _SHOWN] = 0.5
    return Evidence(sites, height, error, p_column, points[:n], residual)


def _fit(
    pixels: Float32Array, seen: BoolArray, sites: Sites, kind: IntArray, spacing: float
) -> Residual:
    """Fit amplitudes, profiles and positions in turn; what the last fit leaves over.

    The columns of the model are the sites and, after them, columns outside the image.
    """
    outside = columns_outside(sites.yx, kind, pixels.shape, spacing)
    start, kind = np.vstack([sites.yx, outside.points]), np.append(kind, outside.kind)
    source, visible = Pixels(pixels), Visible(seen)
    background = background_of(pixels, background_nodes(pixels.shape, spacing), visible)
    near = near_columns(pixels.shape, sites.yx, spacing) & seen
    first = first_profile(int(kind.max(initial=0)) + 1, spacing).bumps(start, kind)
    solution = fit_amplitudes(source, first, background, visible, accuracy=_ROUGH)
    if len(start):
        height = np.maximum(solution.height, 0.0)
        profile = fit_profile(pixels, seen, start, kind, height, spacing, alike=True)
        columns = profile.bumps(start, kind)
        solution = fit_amplitudes(source, columns, background, visible, solution, _ROUGH)
        variance = np.full(len(start), first_variance(pixels, seen))
        points = move_to_columns(solution, variance, start, sites.spacing_px)
        height = np.maximum(solution.height, 0.0)
        profile = fit_profile(pixels, seen, points, kind, height, spacing, alike=False)
        columns = profile.bumps(points, kind)
        solution = fit_amplitudes(source, columns, background, visible, solution, _ROUGH)
        residual = residual_of(pixels, seen, solution, visible, near, spacing)
        # Before, wrong positions would be taken for noise that pixels have in common.
        variance = _correlated(residual, residual.variance_at(points), sites)
        points = move_to_columns(solution, variance, start, sites.spacing_px)
        columns = profile.bumps(points, kind)
        solution = fit_amplitudes(source, columns, background, visible, solution)
    return residual_of(pixels, seen, solution, visible, near, spacing)


def _correlated(residual: Residual, variance: FloatArray, sites: Sites) -> FloatArray:
    """Variance of a pixel at each column, larger if neighbouring pixels have noise in common."""
    if not len(variance):
        return variance
    free = freedom(residual.solution, variance, sites.spacing_px)
    return variance * residual.noise_growth(free) ** 2


def _kinds(sites: Sites) -> IntArray:
    """Number of the kind of each site: one for each sublattice of each domain."""
    pairs = np.stack([sites.domain, sites.sublattice], axis=1)
    _, kind = np.unique(pairs, axis=0, return_inverse=True)
    return np.asarray(kind, np.int64).ravel()


def _mean_spacing(sites: Sites) -> float:
    """Side of the square that a column has to itself, in pixels."""
    k = min(7, len(sites.yx))
    if k < 2:
        return sites.spacing_px
    distance, _ = cKDTree(sites.yx).query(sites.yx, k=k)
    return float(np.median(distance[:, -1]) * np.sqrt(np.pi / (k - 0.5)))


def _neighbours_at(solution: Solution) -> FloatArray:
    """Intensity of the neighbours at each column, as an amplitude of the column."""
    n = len(solution.height)
    own = solution.normal[:n, :n]
    squares = volume_squared(solution.columns)
    return np.asarray((own @ np.abs(solution.height)) / squares - np.abs(solution.height))
