"""Write what "Amorphous regions" has found: mask, regions, likelihood map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.analyses.amorphous.table import region_table
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.gui.analysis.exports import Exports, file_name
from napari_reward_analysis.io.map_writer import write_map
from napari_reward_analysis.io.writers import write_csv, write_mask


class RegionExports(Exports):
    """Writes mask, regions, likelihood map and runs of a search for amorphous regions.

    The position of a trial is None where nothing is amorphous: its mask is empty.
    """

    def mask(self, run: AmorphousRun, position: int | None) -> None:
        """Ask for a file and write the mask, its regions numbered."""
        path = self.ask_file("Mask as TIFF", f"{file_name(run)}_mask.tif", "TIFF (*.tif *.tiff)")
        if path is not None:
            regions, size = _regions(run, position), run.image.pixel_size
            self.write(lambda: write_mask(path, regions, size), "The mask", path)

    def table(self, run: AmorphousRun, position: int | None) -> None:
        """Ask for a file and write one row per region."""
        path = self.ask_file("Regions as CSV", f"{file_name(run)}_regions.csv", "CSV (*.csv)")
        if path is not None:
            regions, size = _regions(run, position), run.image.pixel_size
            self.write(lambda: write_csv(path, region_table(regions, size)), "The regions", path)

    def likelihood(self, run: AmorphousRun, height: Callable[[], Float32Array]) -> None:
        """Ask for a file and write the map, which is worked out in the thread."""
        name = f"{file_name(run)}_likelihood.tif"
        path = self.ask_file("Likelihood map as TIFF", name, "TIFF (*.tif *.tiff)")
        if path is not None:
            size = run.image.pixel_size
            self.write(lambda: write_map(path, height(), size), "The likelihood map", path)


def _regions(run: AmorphousRun, position: int | None) -> npt.NDArray[np.integer]:
    if position is None:
        return np.zeros(run.image.shape, np.uint8)
    return run.trials[position].regions
