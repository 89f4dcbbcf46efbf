"""The results of "Amorphous regions": the verdict, and the trade-off of the masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtWidgets import QLabel, QWidget

from napari_reward_analysis.gui.amorphous.objectives import objectives_of
from napari_reward_analysis.gui.amorphous.session import RegionSession
from napari_reward_analysis.gui.amorphous.words import mask_columns, mask_in_words, mask_tooltip
from napari_reward_analysis.gui.analysis.objectives import Objective
from napari_reward_analysis.gui.analysis.results import button
from napari_reward_analysis.gui.analysis.trade_off import TradeOffPanel

_NO_RESULT = "No search yet."


class RegionResults(TradeOffPanel):
    """Runs, verdict, Pareto plot and table of a search for amorphous regions.

    Parameters
    ----------
    session : RegionSession
        Its runs are shown, and it learns what the user selects.

    Attributes
    ----------
    verdict : QLabel
        Whether anything is amorphous.
    likelihood : QPushButton
        Asks for the map that the threshold cuts.
    """

    keep_help = "Copy the mask into a layer of its own, which later clicks do not change"

    session: RegionSession

    def __init__(self, session: RegionSession) -> None:
        super().__init__(session)
        self.euclidean.setToolTip(
            "Show the proposed mask: among those that explain the columns as well as the best,\n"
            "the one nearest to a small disk"
        )
        self.chebyshev.setToolTip(
            "Show the mask with the smallest maximum of compactness and perimeter, among those\n"
            "that explain the columns as well as the best"
        )
        self.likelihood = button("Likelihood", "Show the map that the threshold is applied to")
        self.foot.insertWidget(1, self.likelihood)
        self.mask_file = self.export.add("Mask as TIFF…")
        self.region_table = self.export.add("Regions as CSV…")
        self.likelihood_file = self.export.add("Likelihood map as TIFF…")

    def head(self) -> Sequence[QWidget]:
        """The verdict."""
        self.verdict = QLabel(_NO_RESULT)
        self.verdict.setWordWrap(True)
        # lines are kept free, so that the rows below do not move with the sentence
        self.verdict.setMinimumHeight(3 * self.verdict.fontMetrics().lineSpacing() + 2)
        return (self.verdict,)

    def objectives_of(self, run: Any) -> Sequence[Objective]:
        """Compactness, perimeter, unexplained disorder."""
        return objectives_of(run)

    def words_of(self, run: Any, position: int) -> tuple[str, str]:
        """Area, regions, outline; and what the mask leaves unexplained."""
        trial = run.trials[position]
        words, more = mask_in_words(trial, run.image.pixel_size)
        return f"#{trial.index}: {words}", more

    def tooltip_of(self, run: Any, trial: Any) -> str:
        """Parameters and scores of a trial."""
        return mask_tooltip(trial, run.image.pixel_size)

    def columns_of(self, run: Any) -> dict[str, list[object]]:
        """Columns of the table."""
        return mask_columns(run, self.objectives_of(run))

    def empty_text(self, run: Any) -> str:
        """The reason why there is no mask."""
        return "" if run.verdict.exists else "Nothing is amorphous here."

    def show_run(self) -> None:
        """Show another run, or none."""
        run = self.session.current
        self.verdict.setText(_NO_RESULT if run is None else run.verdict.sentence)
        super().show_run()

    def show_selection(self) -> None:
        """Mark the selected trial and show its scores."""
        super().show_selection()
        run = self.session.current
        if run is None or run.verdict.exists or not run.trials:
            return
        if self.session.selected is None:
            self.shown.setText("Area fraction 0 %: the mask is empty.")

    def enable(self) -> None:
        """Enable what is possible now: an empty mask can be written too."""
        super().enable()
        run = self.session.current
        found = run is not None and bool(run.trials)
        self.likelihood.setEnabled(found)
        self.export.setEnabled(found)
