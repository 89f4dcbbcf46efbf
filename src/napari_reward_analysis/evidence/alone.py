"""Evidence for points where no lattice is known, for example single atoms on a support."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.evidence.amplitudes import background_of, fit_amplitudes
from napari_reward_analysis.evidence.background import background_nodes
from napari_reward_analysis.evidence.bumps import Bumps
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.points import PointEvidence
from napari_reward_analysis.evidence.prepared import prepared
from napari_reward_analysis.evidence.residual import residual_of
from napari_reward_analysis.evidence.visible import Visible
from napari_reward_analysis.image import Image

#: Spacing in sigmas that the background's nodes assume.
_SPACING = 5.0


def evidence_of_points_alone(
    image: Image, points: FloatArray, sigma: float, masked: BoolArray | None = None
) -> PointEvidence:
    """Compare each point with the maxima of the noise, without a lattice.

    The minima of the image tell how high the maxima of its noise and of a rough support
    are. A point is supported if it is clearly higher than those.

    Parameters
    ----------
    image : Image
        The bare image.
    points : ndarray, shape (n, 2)
        y, x in pixels.
    sigma : float
        Width of a column in pixels.
    masked : ndarray of bool, shape (H, W), optional
        True on pixels that do not count.

    Returns
    -------
    PointEvidence
        No point has a site.
    """
    site = np.full(len(points), -1, np.int64)
    if not len(points):
        return PointEvidence(site, np.empty(0), np.empty(0), np.empty(0))
    pixels, seen = prepared(image, masked)
    visible = Visible(seen)
    spacing = _SPACING * sigma
    background = background_of(pixels, background_nodes(pixels.shape, spacing), visible)
    nothing = Bumps(np.empty((0, 2)), np.array([sigma]), np.empty((0, 1)))
    level = fit_amplitudes(Pixels(pixels), nothing, background, visible)
    residual = residual_of(pixels, seen, level, visible, seen, spacing)
    found = residual.added(np.asarray(points, float))
    p_column = residual.noise_maxima.probability(found.amplitude / found.error)
    return PointEvidence(site, found.amplitude, found.error, p_column)
