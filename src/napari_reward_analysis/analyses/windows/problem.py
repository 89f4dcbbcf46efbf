"""An image cut into sliding windows, ready to be searched."""

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
    """An image with its windows, before any is searched.

    Parameters
    ----------
    image : Image
        The image, with a pixel size unless the settings take the lattice's.
    lattice : Lattice or None
        What the crystal predicts; it is needed, and None is refused.
    settings : WindowsSettings
        Windows, and the search in each.
    region : ndarray of bool, shape (H, W), optional
        The crystal, drawn by the user.

    Attributes
    ----------
    plan : Plan
        The windows.
    spacing_px : float
        Distance of the nearest columns.
    preflight : Preflight
        Of the whole image.

    Raises
    ------
    BadInput
        If image, lattice and settings do not fit together.
    """

    def __init__(
        self,
        image: Image,
        lattice: Lattice | None,
        settings: WindowsSettings,
        region: BoolArray | None = None,
    ) -> None:
        if lattice is None:
            raise BadInput("Windows are judged by what the crystal predicts: choose a lattice.")
        if settings.atoms.count is not None:
            raise BadInput(
                "A count of the whole image says nothing about its windows: leave the count "
                "out, the lattice gives each window its own."
            )
        self.settings, self.lattice, self.drawn = settings, lattice, region
        self.preflight = preflight_for(image, lattice, settings.atoms, region)
        self.image = self.preflight.image
        cell_px = self._cell_px()
        side = side_in_px(self.image, lattice, cell_px, settings.side)
        self.plan = plan_windows(image.shape, side, settings.overlap)
        self.spacing_px = lattice.spacing * cell_px / lattice.area**0.5
        self.smallest_crystal = MIN_CELLS * cell_px**2
        # each window has a preflight of its own, at the pixel size that is settled now
        self.atoms = settings.atoms.model_copy(update={"calibrate": "header"})

    def _cell_px(self) -> float:
        measured = self.preflight.measured
        if measured is not None and measured.found:
            return float(measured.cell_area_px**0.5)
        return float(self.lattice.area**0.5 / self.image.require_pixel_size())

    def preflight_of(self, window: Window) -> Preflight | str:
        """The window as it will be searched, or why it is left out.

        The crystal is looked for in the window itself, by its own contrast; where noise
        hides it there, the whole image may still show it.
        """
        try:
            part = replace(self.image, data=np.ascontiguousarray(self.image.data[window.slices]))
        except BadInput:
            return "It has no contrast."
        drawn = None if self.drawn is None else self.drawn[window.slices]
        if drawn is not None and np.count_nonzero(drawn) < self.smallest_crystal:
            return "It lies outside the drawn region."
        found = preflight_for(part, self.lattice, self.atoms, drawn)
        if self._whole_field(found) or (found.measured is not None and found.measured.found):
            crystal = found.region
        elif (whole := self.preflight.measured) is not None and whole.found:
            crystal = (
                None if self.preflight.region is None else self.preflight.region[window.slices]
            )
            found = Preflight(part, crystal, whole)
        else:
            return "No crystal is seen in it."
        if crystal is not None and np.count_nonzero(crystal) < self.smallest_crystal:
            return "Less than two cells of crystal are seen in it."
        return found

    def atoms_in(self, found: Preflight) -> AtomsSettings:
        """Settings of one window's search, with the error of its own N as the tolerance.

        A small window holds half a row of columns more or less along each side: to hit N
        more exactly would add columns that are none.
        """
        crystal = found.image.data.size if found.region is None else np.count_nonzero(found.region)
        error = min(0.5, 0.5 * self.spacing_px / float(crystal) ** 0.5)
        tolerance = max(self.atoms.tolerance, error)
        return self.atoms.model_copy(update={"tolerance": tolerance})

    def _whole_field(self, found: Preflight) -> bool:
        """Whether nothing was measured, because columns are expected everywhere."""
        settings: AtomsSettings = self.atoms
        return found.measured is None and settings.area == "field"
