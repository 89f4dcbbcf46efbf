"""What was found: the run, its trade-off, its trials, and what to do with them.

It listens to the session and to nothing else; what the user picks goes into the
session, what needs the viewer or the disk goes out by signals.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_fronts
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.gui.analysis.menus import ExportMenu, RunMenu
from napari_reward_analysis.gui.analysis.run_list import RunList
from napari_reward_analysis.gui.atoms.axes import AxesChoice, objective_values, objectives_of
from napari_reward_analysis.gui.atoms.session import Session
from napari_reward_analysis.gui.atoms.trial_columns import trial_columns
from napari_reward_analysis.gui.atoms.words import (
    agreement_in_words,
    extra_rewards_in_words,
    trial_in_words,
    trial_tooltip,
    workflow_in_words,
)
from napari_reward_analysis.gui.pareto.plot import ParetoPlot
from napari_reward_analysis.gui.trials.table import TrialTable
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.theme import ThemeColours
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.rewards.atoms import Physics


class ResultsPanel(QWidget):
    """Runs, Pareto plot and table of a session.

    Parameters
    ----------
    session : Session
        What is shown, and what the user's picks go into.

    Signals
    -------
    physics_typed : Physics
        The user has moved N or DS of the shown run.
    keep_asked, copy_asked
        "Keep" and "Copy as Python" were pressed.
    """

    physics_typed = Signal(object)
    keep_asked = Signal()
    copy_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._bindings = Bindings(self)
        self._tooltips: list[str] = []
        self._tooltips_of: tuple[str, Physics] | None = None
        self._showing = False
        self._build()
        self._connect()

    # ---- building

    def _build(self) -> None:
        self.runs = RunList(self._session)
        self.run_menu = RunMenu()
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.count, self.ds = _spin("N", 1, "99999.9"), _spin("DS", 3, "99.999")
        # typed or stepped by the keys: its buttons would take the room of its digits
        self.count.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.count.setMinimumWidth(self.count.minimumWidth() - 36)
        self.count.setToolTip("Expected number of columns: moving it scores all trials anew")
        self.ds.setToolTip("DS: moving it scores all trials anew, without a search")
        self.ds_unit = QLabel("Å")
        self.original = QToolButton()
        self.original.setText("↺")
        self.original.setToolTip("N and DS as they were when the run was made")
        self.plot = ParetoPlot()
        self.axes = AxesChoice()
        self.plot.set_axis_labels(*self.axes.labels)
        self.plot.setMinimumHeight(215)
        self.plot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.euclidean = _button("Euclidean", "Show the trial nearest to zero in all objectives")
        self.chebyshev = _button("Chebyshev", "Show the trial whose worse objective is smallest")
        self.shown, self.shown_too = ElidedLabel(), ElidedLabel(small=True)
        self.table = TrialTable()
        self.table.setMinimumHeight(130)
        self.keep = _button("Keep", "Copy the points into a layer that later clicks leave alone")
        self.export = ExportMenu()
        self.copy = _button("Copy as Python", "A script that repeats this run without the window")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 4)
        column.setSpacing(4)
        column.addLayout(_line(self.runs, self.run_menu, stretch=0))
        column.addWidget(self.notice)
        column.addLayout(self._judge_row())
        column.addWidget(self.axes)
        column.addWidget(self.plot, 3)
        column.addWidget(self.shown)
        column.addWidget(self.shown_too)
        column.addLayout(_line(self.euclidean, self.chebyshev, stretch=None))
        column.addWidget(self.table, 2)
        column.addLayout(_line(self.keep, self.export, self.copy, stretch=None))
        self._show_run()

    def _judge_row(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setSpacing(5)
        layout.addWidget(QLabel("N"))
        layout.addWidget(self.count, 1)
        layout.addWidget(QLabel("DS"))
        layout.addWidget(self.ds, 1)
        layout.addWidget(self.ds_unit)
        layout.addWidget(self.original)
        return layout

    def _connect(self) -> None:
        self.axes.changed.connect(self._on_axes)
        self.plot.point_clicked.connect(self._pick)
        self.table.row_selected.connect(self._pick)
        self.euclidean.clicked.connect(lambda: self._choose("euclidean"))
        self.chebyshev.clicked.connect(lambda: self._choose("chebyshev"))
        self.keep.clicked.connect(lambda: self.keep_asked.emit())
        self.copy.clicked.connect(lambda: self.copy_asked.emit())
        self.count.valueChanged.connect(self._on_physics)
        self.ds.valueChanged.connect(self._on_physics)
        self.original.clicked.connect(self._restore_physics)

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self._session
        self._bindings.connect(session.run_changed, self._show_run)
        self._bindings.connect(session.trials_changed, self._show_trials)
        self._bindings.connect(session.selection_changed, self._show_selection)
        self._bindings.connect(session.edited_changed, self._show_selection)
        self._bindings.connect(session.oracles_changed, self._show_oracles)
        self._bindings.connect(session.agreement_changed, self._show_trials)
        self._bindings.connect(session.search_changed, self._on_search)
        self.runs.bind()
        self._show_run()

    def unbind(self) -> None:
        """Let go of the session."""
        self._bindings.release()
        self.runs.unbind()

    def apply_napari_theme(self, name: str, colours: ThemeColours) -> None:
        """Draw in the colours of a napari theme."""
        self.plot.apply_napari_theme(name)
        self.notice.setStyleSheet(f"color: {colours.warning};")

    def set_notice(self, sentence: str) -> None:
        """Say what is special about the shown run; nothing when empty."""
        self.notice.setText(sentence)
        self.notice.setVisible(bool(sentence))

    # ---- session to widgets

    def _show_run(self) -> None:
        self._show_physics()
        self._show_trials()
        self.plot.reset_view()

    def _on_search(self) -> None:
        if not self._session.searching:
            self.plot.settle_view()
            # the first trials gave the columns their width
            self.table.view.resizeColumnsToContents()
            self._show_oracles()
        self._enable()

    def _show_trials(self) -> None:
        run, front = self._session.current, self._session.front
        trials = run.trials if run else []
        on_front = np.zeros(len(trials), dtype=bool)
        on_front[front] = True
        ids = np.arange(len(trials))
        self.axes.set_objectives(objectives_of(run))
        self.plot.set_axis_labels(*self.axes.labels)
        across, up = (objective_values(trials, name) for name in self.axes.shown)
        self.plot.set_points(
            ids,
            across,
            up,
            on_front=on_front,
            feasible=np.array([trial.feasible for trial in trials], dtype=bool),
            tooltips=self._tooltips_for(run),
        )
        self._show_agreement()
        self.table.set_rows(ids.tolist(), trial_columns(run, self._session.agreement))
        self.table.set_front(front)
        self._show_oracles()
        self._show_selection()

    def _show_agreement(self) -> None:
        """The points in the colour of their agreement with an oracle, where one judged them."""
        known = self._session.agreement
        if known is None:
            self.plot.set_values({})
            return
        oracle, f1 = known
        self.plot.set_values(dict(enumerate(f1.tolist())), f"F1 with {oracle}")

    def _show_oracles(self) -> None:
        """The same trials' front with respect to each oracle."""
        run = self._session.current
        # every trial is judged anew for each: that waits for the end of a run
        counts = {} if run is None or run is self._session.growing else run.oracles
        if set(self.axes.shown) != {"qc", "er"}:
            counts = {}  # an oracle is a count: it has no other objectives
        order = slice(None, None, 1 if self.axes.shown[0] == "qc" else -1)
        fronts = {} if run is None else oracle_fronts(run.trials, run.physics, counts)
        self.plot.set_series(
            [
                (
                    f"{name} (N {counts[name]:g})",
                    *np.array([v for _, v in front]).reshape(-1, 2).T[order],
                )
                for name, front in fronts.items()
            ]
        )

    def _show_selection(self) -> None:
        session = self._session
        selected, more = session.selected, ""
        self.plot.set_choices(session.proposed("euclidean"), session.proposed("chebyshev"))
        self.plot.set_selected(selected)
        self.table.set_selected(selected)
        run = session.current
        if run is None or selected is None:
            self.shown.setText("")
        elif session.edited is not None:
            self.shown.setText(f"edited: {trial_in_words(session.edited)}")
        else:
            trial = run.trials[selected]
            self.shown.setText(f"#{trial.index}: {trial_in_words(trial.score)}")
            # of a set edited by hand neither the rewards nor the stages would be true
            parts = (
                agreement_in_words(session.agreement, selected),
                extra_rewards_in_words(trial),
                workflow_in_words(trial.parameters),
            )
            more = ", ".join(filter(None, parts))
        self.shown_too.setText(more)
        self.shown_too.setVisible(bool(more))
        self._enable()

    def _enable(self) -> None:
        run, chosen = self._session.current, self._session.selected is not None
        for button in (self.euclidean, self.chebyshev, self.keep, self.export, self.copy):
            button.setEnabled(chosen)
        for number in (self.count, self.ds):
            number.setEnabled(run is not None)
        self.original.setEnabled(run is not None)
        self.run_menu.set_state(has_run=run is not None, growing=run is self._session.growing)
        self.export.set_calibrated(run is not None and run.image.pixel_size is not None)

    def _tooltips_for(self, run: Run | None) -> list[str]:
        """Texts for hovering; those of earlier trials are kept while a run grows."""
        key = None if run is None else (run.identifier, run.physics)
        if key != self._tooltips_of:
            self._tooltips, self._tooltips_of = [], key
        if run is not None:
            new = run.trials[len(self._tooltips) :]
            self._tooltips += [trial_tooltip(trial) for trial in new]
        known = self._session.agreement
        if known is None:
            return self._tooltips
        return [
            "\n".join(filter(None, (text, agreement_in_words(known, place))))
            for place, text in enumerate(self._tooltips)
        ]

    def _show_physics(self) -> None:
        run = self._session.current
        self._showing = True
        if run is not None:
            size = run.image.pixel_size
            self.ds_unit.setText("px" if size is None else "Å")
            for spin, value in (
                (self.count, run.physics.expected),
                (self.ds, run.physics.ds_px * (size or 1.0)),
            ):
                spin.setSingleStep(10 ** math.floor(math.log10(value / 20)))
                spin.setValue(value)
        self._showing = False

    # ---- widgets to session

    def _pick(self, position: int) -> None:
        run = self._session.current
        if run is not None and position < len(run.trials):
            self._session.select(position)

    def _on_axes(self) -> None:
        self._show_trials()
        self.plot.reset_view()

    def _choose(self, metric: Metric) -> None:
        # the Euclidean choice is what a run proposes: it may move as the run goes on
        position = None if metric == "euclidean" else self._session.proposed(metric)
        self._session.select(position)

    def _on_physics(self) -> None:
        run = self._session.current
        if self._showing or run is None:
            return
        # a spin box rounds: what was not moved keeps all its digits
        size = run.image.pixel_size or 1.0
        count, ds_px = run.physics.expected, run.physics.ds_px
        if abs(self.count.value() - count) >= 0.06:
            count = self.count.value()
        if abs(self.ds.value() - ds_px * size) >= 6e-4:
            ds_px = self.ds.value() / size
        self.physics_typed.emit(replace(run.physics, expected=count, ds_px=ds_px))

    def _restore_physics(self) -> None:
        run = self._session.current
        if run is not None:
            self.physics_typed.emit(self._session.starting_physics(run))

    def show_physics(self) -> None:
        """Show N and DS of the run after they were changed elsewhere."""
        self._show_physics()


def _spin(name: str, decimals: int, usual: str) -> QDoubleSpinBox:
    """A number with as much room as a usual one needs, not the largest that it takes."""
    spin = QDoubleSpinBox()
    spin.setDecimals(decimals)
    spin.setRange(10.0**-decimals, 1e9)
    spin.setKeyboardTracking(False)
    spin.setAccessibleName(name)
    spin.setMinimumWidth(spin.fontMetrics().horizontalAdvance(usual) + 60)
    spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return spin


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button


def _line(*widgets: QWidget, stretch: int | None) -> QHBoxLayout:
    layout = QHBoxLayout()
    layout.setSpacing(4)
    for number, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if number == stretch else 0)
    if stretch is None:
        layout.addStretch(1)
    return layout
