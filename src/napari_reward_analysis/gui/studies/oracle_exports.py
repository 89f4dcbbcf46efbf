"""Export the columns of an oracle, or the agreement with them, as a table."""

from __future__ import annotations

from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.gui.analysis.exports import Exports
from napari_reward_analysis.gui.studies.oracle_words import export_table
from napari_reward_analysis.io.writers import write_csv


class OracleExports(Exports):
    """Ask for a file and write a comparison."""

    def points_csv(self, comparison: OracleRun) -> None:
        """Ask for a file and write the points as CSV."""
        name = "oracle.csv" if comparison.found is None else "agreement.csv"
        path = self.ask_file("Oracle as CSV", name, "CSV (*.csv)")
        if path is not None:
            table = export_table(comparison)
            self.write(lambda: write_csv(path, table), f"{len(table['id'])} points", path)
