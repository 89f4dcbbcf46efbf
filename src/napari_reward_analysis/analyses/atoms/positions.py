"""Fit sub-pixel positions of the columns of a trial.

The fit uses the image after a Wiener filter, independent of the stages of the trial. The
filter changes nothing in an image without noise. In a noisy image it keeps the features that
the columns share, so that the fit is better than one to the original image. The uncertainty
of a position follows from the original image.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.detection import ScaleSpace
from napari_reward_analysis.detection.blobs import Blobs
from napari_reward_analysis.detection.refine import Refined, refine
from napari_reward_analysis.image import Image
from napari_reward_analysis.preprocessing import Context, stage_named

#: Window of the filter in column spacings.
_WINDOW = 4.0


class Refiner:
    """Fits the columns of any trial on one image.

    Parameters
    ----------
    image : Image
        The image.
    """

    def __init__(self, image: Image) -> None:
        self._pixels = image.normalised

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the noise of the normalised image."""
        return ScaleSpace(self._pixels).noise

    def refined(self, trial: AtomTrial) -> Refined:
        """Fit sub-pixel positions of the blobs of a trial, one row for each blob."""
        blobs = trial.blobs
        sigma = float(np.median(blobs[:, 2])) if len(blobs) else 1.0
        bare = refine(self._pixels, blobs[:, :2], sigma, self.noise)
        found = refine(self._filtered(blobs), blobs[:, :2], sigma, self.noise)
        # The filter removes noise, so that the fit to the filtered image looks too certain.
        spread = np.where(
            np.isnan(found.uncertainty), np.nan, np.fmax(found.uncertainty, bare.uncertainty)
        )
        return Refined(found.points.astype(np.float32), spread.astype(np.float32))

    def _filtered(self, blobs: Blobs) -> Float32Array:
        if len(blobs) < 2 or self.noise == 0:
            return self._pixels
        nearest, _ = cKDTree(blobs[:, :2]).query(blobs[:, :2], k=2)
        context = Context(float(np.median(nearest[:, 1])), self.noise)
        return stage_named("wiener").apply(self._pixels, context, window=_WINDOW)


def refine_trial(image: Image | AtomsProblem, trial: AtomTrial) -> AtomTrial:
    """Add sub-pixel positions to a trial.

    Parameters
    ----------
    image : Image or AtomsProblem
        The image of the trial.
    trial : AtomTrial
        The trial. It is returned unchanged if it is refined already or has no blobs.

    Returns
    -------
    AtomTrial
        The same trial with `refined`. QC and ER follow from the blobs and do not change.
    """
    if trial.refined is not None or not len(trial.blobs):
        return trial
    pixels = image.image if isinstance(image, AtomsProblem) else image
    return replace(trial, refined=Refiner(pixels).refined(trial))
