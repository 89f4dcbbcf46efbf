"""What the buttons of amorphous regions write: mask, regions, likelihood map, run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.output import write_amorphous
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.analyses.amorphous.table import region_table
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.gui.analysis.exports import BaseExports, file_name, snapshot_of
from napari_reward_analysis.io.map_writer import write_map
from napari_reward_analysis.io.writers import write_csv, write_mask
from napari_reward_analysis.runs.run import Pick


class RegionExports(BaseExports):
    """Writes mask, regions, likelihood map and run of a search of amorphous regions.

    The position of a trial is None where nothing is amorphous: its mask is empty.
    """

    def mask(self, run: AmorphousRun, position: int | None) -> None:
        """Ask for a file and write the mask, its regions numbered."""
        path = self._ask_file("Mask as TIFF", f"{file_name(run)}_mask.tif", "TIFF (*.tif *.tiff)")
        if path is not None:
            regions, size = _regions(run, position), run.image.pixel_size
            self._write(lambda: write_mask(path, regions, size), "The mask", path)

    def table(self, run: AmorphousRun, position: int | None) -> None:
        """Ask for a file and write one row per region."""
        path = self._ask_file("Regions as CSV", f"{file_name(run)}_regions.csv", "CSV (*.csv)")
        if path is not None:
            regions, size = _regions(run, position), run.image.pixel_size
            self._write(lambda: write_csv(path, region_table(regions, size)), "The regions", path)

    def likelihood(self, run: AmorphousRun, height: Callable[[], Float32Array]) -> None:
        """Ask for a file and write the map, which is worked out in the thread."""
        name = f"{file_name(run)}_likelihood.tif"
        path = self._ask_file("Likelihood map as TIFF", name, "TIFF (*.tif *.tiff)")
        if path is not None:
            size = run.image.pixel_size
            self._write(lambda: write_map(path, height(), size), "The likelihood map", path)

    def everything(
        self, run: AmorphousRun, position: int | None, height: Callable[[], Float32Array] | None
    ) -> None:
        """Ask for a folder and write all of it, as the command line does, and the map."""
        folder = self._ask_folder("Folder for run.json, mask.tif and tables")
        if folder is None or not self._may_replace(folder):
            return
        snapshot, size = snapshot_of(run), run.image.pixel_size
        choice = "euclidean" if position is None else str(position)

        def write() -> None:
            write_amorphous(snapshot, folder, Pick(choice))
            if height is not None:
                write_map(folder / "likelihood.tif", height(), size)

        self._write(write, "Run, mask, regions and map", folder)


def _regions(run: AmorphousRun, position: int | None) -> npt.NDArray[np.integer]:
    if position is None:
        return np.zeros(run.image.shape, np.uint8)
    return run.trials[position].regions
