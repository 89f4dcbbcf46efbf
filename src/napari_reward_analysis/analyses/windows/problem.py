"""The problem of sliding windows: an image with its windows and their settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_reward_analysis.analyses.atoms.problem import preflight_for
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.windows.plan import (
    MIN_CELLS,
    Window,
    plan_windows,
    side_in_px,
)
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.preflight import Preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image


class WindowsProblem:
    """An image with its windows, ready for the search.

    Parameters
    ----------
    image : Image
        The image. It needs a pixel size, unless the settings take it from the lattice.
    lattice : Lattice or None
        The crystal. None is rejected.
    settings : WindowsSettings
        Windows, and the search in each.
    region : ndarray of bool, shape (H, W), optional
        The crystal region as drawn by the user.

    Attributes
    ----------
    plan : Plan
        The windows.
    spacing_px : float
        Smallest distance between columns in px.
    preflight : Preflight
        Preflight of the whole image.

    Raises
    ------
    BadInput
        If image, lattice and settings are inconsistent.
    """

    def __init__(
        self,
        image: Image,
        lattice: Lattice | None,
        settings: WindowsSettings,
        region: BoolArray | None = None,
    ) -> None:
        if lattice is None:
            raise BadInput("Sliding windows need the predictions of a crystal: choose a lattice.")
        if settings.atoms.count is not None:
            raise BadInput(
                "A count of the whole image does not apply to single windows: remove the count. "
                "The lattice gives the count of each window."
            )
        self.settings, self.lattice, self.drawn = settings, lattice, region
        self.preflight = preflight_for(image, lattice, settings.atoms, region)
        self.image = self.preflight.image
        cell_px = self._cell_px()
        side = side_in_px(self.image, lattice, cell_px, settings.side)
        self.plan = plan_windows(image.shape, side, settings.overlap)
        self.spacing_px = lattice.spacing * cell_px / lattice.area**0.5
        self.smallest_crystal = MIN_CELLS * cell_px**2
        # Each window has its own preflight with the pixel size of the whole image.
        self.atoms = settings.atoms.model_copy(update={"calibrate": "header"})

    def _cell_px(self) -> float:
        measured = self.preflight.measured
        if measured is not None and measured.found:
            return float(measured.cell_area_px**0.5)
        return float(self.lattice.area**0.5 / self.image.require_pixel_size())

    def preflight_of(self, window: Window) -> Preflight | str:
        """Return the preflight of a window, or the reason why it is not searched.

        The lattice is measured in the window itself, with its own contrast. If noise
        hides the lattice there, the measurement of the whole image is used.
        """
        try:
            part = replace(self.image, data=np.ascontiguousarray(self.image.data[window.slices]))
        except BadInput:
            return "It has no contrast."
        drawn = None if self.drawn is None else self.drawn[window.slices]
        if drawn is not None and np.count_nonzero(drawn) < self.smallest_crystal:
            return "It is outside the drawn region."
        found = preflight_for(part, self.lattice, self.atoms, drawn)
        if self._whole_field(found) or (found.measured is not None and found.measured.found):
            crystal = found.region
        elif (whole := self.preflight.measured) is not None and whole.found:
            crystal = (
                None if self.preflight.region is None else self.preflight.region[window.slices]
            )
            found = Preflight(part, crystal, whole)
        else:
            return "No crystal was found in it."
        if crystal is not None and np.count_nonzero(crystal) < self.smallest_crystal:
            return "It contains less than two cells of crystal."
        return found

    def atoms_in(self, found: Preflight) -> AtomsSettings:
        """Return the settings of one window, with the error of its N as the tolerance.

        The count of a small window varies by half a row of columns along a side. A smaller
        tolerance would add false columns.
        """
        crystal = found.image.data.size if found.region is None else np.count_nonzero(found.region)
        error = min(0.5, 0.5 * self.spacing_px / float(crystal) ** 0.5)
        tolerance = max(self.atoms.tolerance, error)
        return self.atoms.model_copy(update={"tolerance": tolerance})

    def _whole_field(self, found: Preflight) -> bool:
        """Return True if nothing was measured because the area is the whole field."""
        settings: AtomsSettings = self.atoms
        return found.measured is None and settings.area == "field"
