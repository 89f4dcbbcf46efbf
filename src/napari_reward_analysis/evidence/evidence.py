"""Measure the column at each site of the bare image, and judge whether there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray, StrArray
from napari_reward_analysis.evidence.amplitudes import Solution, unit_errors
from napari_reward_analysis.evidence.bumps import volume_squared
from napari_reward_analysis.evidence.fitting import correlated_variance, fit_sites
from napari_reward_analysis.evidence.points import PointEvidence
from napari_reward_analysis.evidence.prepared import prepared
from napari_reward_analysis.evidence.probability import presence
from napari_reward_analysis.evidence.residual import Residual
from napari_reward_analysis.evidence.sites import Sites
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
    residual = fit_sites(pixels, seen, sites.yx, kind, sites.spacing_px)
    solution, n = residual.solution, len(sites.yx)
    points = solution.columns.points
    variance = correlated_variance(residual, sites.spacing_px)
    error = unit_errors(solution.normal, n) * np.sqrt(variance[:n])
    height = solution.height[:n]
    leak = _LEAK * _neighbours_at(solution)[:n]
    p_column = presence(sites.yx, kind, height, error, leak).p_column
    # Of a hidden site the neighbours alone would speak, which is no evidence.
    p_column[residual.shown(points[:n]) < _SHOWN] = 0.5
    return Evidence(sites, height, error, p_column, points[:n], residual)


def _kinds(sites: Sites) -> IntArray:
    """Number of the kind of each site: a species on a sublattice, in whichever domain."""
    _, species = np.unique(sites.species, return_inverse=True)
    pairs = np.stack([species.ravel(), sites.sublattice], axis=1)
    _, kind = np.unique(pairs, axis=0, return_inverse=True)
    return np.asarray(kind, np.int64).ravel()


def _neighbours_at(solution: Solution) -> FloatArray:
    """Intensity of the neighbours at each column, as an amplitude of the column."""
    n = len(solution.height)
    own = solution.normal[:n, :n]
    squares = volume_squared(solution.columns)
    return np.asarray((own @ np.abs(solution.height)) / squares - np.abs(solution.height))
