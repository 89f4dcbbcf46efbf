"""The results of a search with objectives: a Pareto plot and a table of trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_reward_analysis.gui.analysis.axes import AxesChoice
from napari_reward_analysis.gui.analysis.objectives import Objective, numbered_objectives
from napari_reward_analysis.gui.analysis.results import ResultsPanel, button, line
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.analysis.words import trial_in_words
from napari_reward_analysis.gui.pareto.plot import ParetoPlot
from napari_reward_analysis.gui.trials.table import TrialTable
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.theme import ThemeColours
from napari_reward_analysis.optimize.pareto import Metric


class TradeOffPanel(ResultsPanel):
    """A Pareto plot with a choice of axes and colour, the shown trial as text, and a table.

    An analysis overrides the methods under "texts and values of an analysis".

    Parameters
    ----------
    session : Session
        The session that the panel shows and changes.

    Attributes
    ----------
    axes : AxesChoice
    plot : ParetoPlot
    shown, shown_too : ElidedLabel
        The selected trial as text.
    euclidean, chebyshev : QPushButton
    table : TrialTable
    """

    def __init__(self, session: Session[Any]) -> None:
        super().__init__(session)
        #: Trials and their tooltips. They are kept while a run grows.
        self._tooltips: list[tuple[Any, str]] = []
        self.plot, self.axes, self.table = ParetoPlot(), AxesChoice(), TrialTable()
        self.plot.setMinimumHeight(215)
        self.plot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.table.setMinimumHeight(130)
        self.shown, self.shown_too = ElidedLabel(), ElidedLabel(small=True)
        self.euclidean = button(
            "Euclidean",
            "Show the proposed trial: the nearest to zero in all objectives",
        )
        self.chebyshev = button(
            "Chebyshev", "Show the trial with the smallest value of its larger objective"
        )
        choices = line(self.euclidean, self.chebyshev)
        choices.addStretch(1)
        for widget in self.head():
            self.body.addWidget(widget)
        self.body.addWidget(self.axes)
        self.body.addWidget(self.plot, 3)
        self.body.addWidget(self.shown)
        self.body.addWidget(self.shown_too)
        self.body.addLayout(choices)
        self.body.addWidget(self.table, 2)
        self.axes.changed.connect(self._on_axes)
        self.axes.colour_changed.connect(self._on_colour)
        self.plot.point_clicked.connect(self._pick)
        self.table.row_selected.connect(self._pick)
        self.euclidean.clicked.connect(lambda: self._choose("euclidean"))
        self.chebyshev.clicked.connect(lambda: self._choose("chebyshev"))

    # ---- texts and values of an analysis

    def head(self) -> Sequence[QWidget]:
        """Return the widgets above the plot."""
        return ()

    def objectives_of(self, run: Any) -> Sequence[Objective]:
        """Return the objectives in the order of the axes. The run may be None."""
        return numbered_objectives(run.trials if run is not None else ())

    def other_quantities(self, run: Any) -> Sequence[Objective]:  # noqa: ARG002
        """Return further quantities for the colour of the points."""
        return ()

    def marks_best(self, quantity: Objective) -> bool:  # noqa: ARG002
        """Return True if the largest value of the colour quantity gets a mark."""
        return False

    def fronts_of(self, run: Any) -> Sequence[tuple[str, Any, Any]]:  # noqa: ARG002
        """Return further fronts of a run: name, and objectives on both axes."""
        return ()

    def words_of(self, run: Any, position: int) -> tuple[str, str]:
        """Return a trial as one line of text, and a second line that may be empty."""
        trial = run.trials[position]
        return f"#{trial.index}: {trial_in_words(trial, self.objectives_of(run))}", ""

    def tooltip_of(self, run: Any, trial: Any) -> str:
        """Return parameters and objectives of a trial as a few lines of text."""
        lines = [f"trial {trial.index}: {trial_in_words(trial, self.objectives_of(run))}"]
        lines += [f"{name} {value}" for name, value in getattr(trial, "parameters", {}).items()]
        return "\n".join(lines)

    def columns_of(self, run: Any) -> dict[str, list[object]]:
        """Return title and values of each column of the table."""
        trials = run.trials if run is not None else []
        columns: dict[str, list[object]] = {
            one.short: [one.value(trial) for trial in trials] for one in self.objectives_of(run)
        }
        settings = [getattr(trial, "parameters", {}) for trial in trials]
        for name in dict.fromkeys(name for known in settings for name in known):
            columns[name] = [known.get(name) for known in settings]
        return columns

    def empty_text(self, run: Any) -> str:  # noqa: ARG002
        """Return the reason why no trial of a run is feasible; empty if it is unknown."""
        return ""

    # ---- session to widgets

    def apply_napari_theme(self, name: str, colours: ThemeColours) -> None:
        """Use the colours of a napari theme."""
        super().apply_napari_theme(name, colours)
        self.plot.apply_napari_theme(name)

    def show_run(self) -> None:
        """Show another run, or none."""
        run = self.session.current
        self.plot.set_empty_text("" if run is None else self.empty_text(run))
        super().show_run()
        self.plot.reset_view()

    def on_search(self) -> None:
        """Fit view and column widths at the end of a search."""
        if not self.session.searching:
            self.plot.settle_view()
            # the column widths were set for the first trials
            self.table.view.resizeColumnsToContents()
            self.show_fronts()
        super().on_search()

    def show_trials(self) -> None:
        """Show the trials after new ones came or their scores changed."""
        run, front = self.session.current, self.session.front
        trials = run.trials if run is not None else []
        on_front = np.zeros(len(trials), dtype=bool)
        on_front[front] = True
        ids = np.arange(len(trials))
        others = () if run is None else self.other_quantities(run)
        self.axes.offer(self.objectives_of(run), others)
        across, up = self.axes.objectives
        self.plot.set_axis_labels(across.label, up.label)
        self.plot.set_points(
            ids,
            across.values(trials),
            up.values(trials),
            on_front=on_front,
            feasible=np.array([trial.feasible for trial in trials], dtype=bool),
            tooltips=self.tooltips(),
        )
        self._show_colours(trials)
        self.table.set_rows(ids.tolist(), self.columns_of(run))
        self.table.set_front(front)
        self.show_fronts()
        super().show_trials()

    def show_fronts(self) -> None:
        """Show the further fronts of the run."""
        run = self.session.current
        self.plot.set_series([] if run is None else list(self.fronts_of(run)))

    def show_selection(self) -> None:
        """Mark the selected trial and show its scores."""
        session, run, selected = self.session, self.session.current, self.session.selected
        self.plot.set_choices(session.proposed("euclidean"), session.proposed("chebyshev"))
        self.plot.set_selected(selected)
        self.table.set_selected(selected)
        words, more = "", ""
        if run is not None and selected is not None:
            words, more = self.words_of(run, selected)
        self.shown.setText(words)
        self.shown_too.setText(more)
        self.shown_too.setVisible(bool(more))
        super().show_selection()

    def enable(self) -> None:
        """Enable the actions that are possible now."""
        super().enable()
        chosen = self.session.selected is not None
        for one in (self.euclidean, self.chebyshev, self.keep, self.export, self.copy):
            one.setEnabled(chosen)

    def tooltips(self) -> list[str]:
        """Return the tooltip of each trial of the shown run."""
        run = self.session.current
        trials = [] if run is None else run.trials
        known = self._tooltips[: len(trials)]
        kept = [pair for pair, trial in zip(known, trials, strict=False) if pair[0] is trial]
        if len(kept) != len(known):
            kept = []
        self._tooltips = kept + [(t, self.tooltip_of(run, t)) for t in trials[len(kept) :]]
        return [text for _, text in self._tooltips]

    def _show_colours(self, trials: Sequence[Any]) -> None:
        quantity = self.axes.coloured
        if quantity is None or not trials:
            self.plot.set_values({})
            return
        values = dict(enumerate(quantity.values(trials).tolist()))
        best = self.marks_best(quantity)
        self.plot.set_values(values, quantity.label, favourite=best)

    # ---- widgets to session

    def _pick(self, position: int) -> None:
        run = self.session.current
        if run is not None and position < len(run.trials):
            self.session.select(position)

    def _on_axes(self) -> None:
        self.show_trials()
        self.plot.reset_view()

    def _on_colour(self) -> None:
        run = self.session.current
        self._show_colours([] if run is None else run.trials)

    def _choose(self, metric: Metric) -> None:
        # the Euclidean choice is the proposed trial, which may change during the run
        position = None if metric == "euclidean" else self.session.proposed(metric)
        self.session.select(position)
