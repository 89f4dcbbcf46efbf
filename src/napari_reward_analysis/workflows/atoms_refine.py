"""Sub-pixel positions for a trial's columns.

They are fitted on the image itself, whatever image the blobs were found in: a filter that
helps to find columns also moves them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from napari_reward_analysis.detection import ScaleSpace
from napari_reward_analysis.detection.refine import Refined, refine
from napari_reward_analysis.image import Image
from napari_reward_analysis.workflows.atoms import AtomsProblem
from napari_reward_analysis.workflows.atoms_trial import AtomTrial


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
        """Sub-pixel positions of a trial's blobs, one row a blob, in their precision."""
        blobs = trial.blobs
        sigma = float(np.median(blobs[:, 2])) if len(blobs) else 1.0
        found = refine(self._pixels, blobs[:, :2], sigma, self.noise)
        return Refined(found.points.astype(np.float32), found.uncertainty.astype(np.float32))


def refine_trial(image: Image | AtomsProblem, trial: AtomTrial) -> AtomTrial:
    """Give a trial's columns sub-pixel positions.

    Parameters
    ----------
    image : Image or AtomsProblem
        What the trial was made on.
    trial : AtomTrial
        The trial; one that is refined already, or has no blobs, comes back as it is.

    Returns
    -------
    AtomTrial
        The same trial with `refined`. QC and ER are defined on the blobs and stay.
    """
    if trial.refined is not None or not len(trial.blobs):
        return trial
    pixels = image.image if isinstance(image, AtomsProblem) else image
    return replace(trial, refined=Refiner(pixels).refined(trial))
