"""Write what "Find atoms" has found: points and plot."""

from __future__ import annotations

from pathlib import Path

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.table import Table
from napari_reward_analysis.gui.analysis.exports import Exports, file_name, snapshot_of
from napari_reward_analysis.io.writers import write_csv, write_extxyz


class AtomsExports(Exports):
    """Writes points, plots and runs of a search for atoms."""

    def points_csv(self, run: Run, table: Table) -> None:
        """Ask for a file and write the points as CSV."""
        path = self.ask_file("Points as CSV", f"{file_name(run)}.csv", "CSV (*.csv)")
        if path is not None:
            self.write(lambda: write_csv(path, table), f"{len(table['id'])} points", path)

    def points_xyz(self, run: Run, table: Table) -> None:
        """Ask for a file and write the points as extended XYZ."""
        path = self.ask_file(
            "Points as extended XYZ", f"{file_name(run)}.xyz", "Extended XYZ (*.xyz *.extxyz)"
        )
        if path is not None:
            size, shape = run.image.pixel_size, run.image.shape
            self.write(
                lambda: write_extxyz(path, table, size, shape), f"{len(table['id'])} points", path
            )

    def figure(self, run: Run) -> None:
        """Ask for a file and draw the front into it."""
        path = self.ask_file(
            "Plot of the front", f"{file_name(run)}.svg", "SVG (*.svg);;PNG (*.png)"
        )
        if path is not None:
            snapshot = snapshot_of(run)
            self.write(lambda: _save_front(snapshot, path), "The plot", path)


def _save_front(run: Run, path: Path) -> None:
    # imported here: matplotlib takes a while
    from napari_reward_analysis.analyses.atoms.figures import save_front

    save_front(run, path)
