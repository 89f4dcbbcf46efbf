"""What was found: the verdict, the trade-off of the masks, and what to do with them.

It listens to the session and to nothing else; what needs the viewer or the disk goes out
by signals.
"""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_reward_analysis.gui.amorphous.session import RegionSession
from napari_reward_analysis.gui.amorphous.words import mask_in_words, mask_tooltip
from napari_reward_analysis.gui.analysis.run_list import RunList
from napari_reward_analysis.gui.pareto.plot import ParetoPlot
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.theme import ThemeColours

_NO_RESULT = "No search yet."
_ACROSS = "compactness \N{MINUS SIGN} 1 (0 = disk)"
_UP = "perimeter / outline of the field"


class RegionResults(QWidget):
    """Runs, verdict and Pareto plot of a session.

    Parameters
    ----------
    session : RegionSession
        What is shown, and what the user's picks go into.

    Signals
    -------
    keep_asked, likelihood_asked, open_asked
        A button was pressed.
    """

    keep_asked = Signal()
    likelihood_asked = Signal()
    open_asked = Signal()

    def __init__(self, session: RegionSession) -> None:
        super().__init__()
        self._session = session
        self._bindings = Bindings(self)
        self._build()
        self.plot.point_clicked.connect(self._pick)
        self.proposed.clicked.connect(lambda: session.select(None))
        for button, signal in (
            (self.keep, self.keep_asked),
            (self.likelihood, self.likelihood_asked),
            (self.open, self.open_asked),
        ):
            button.clicked.connect(lambda _=False, asked=signal: asked.emit())

    def _build(self) -> None:
        self.runs = RunList(self._session)
        self.open = _button("Open run…", "Load a saved run with its masks")
        self.notice, self.verdict, self.shown = QLabel(), QLabel(_NO_RESULT), QLabel()
        for label in (self.notice, self.verdict, self.shown):
            label.setWordWrap(True)
        # lines are kept free: what stands below does not jump with the sentence
        line = self.verdict.fontMetrics().lineSpacing()
        self.verdict.setMinimumHeight(3 * line + 2)
        self.shown.setMinimumHeight(2 * line + 2)
        self.notice.hide()
        self.plot = ParetoPlot()
        self.plot.set_axis_labels(
            "compactness \N{MINUS SIGN} 1 (0 = disk)", "perimeter / outline of the field"
        )
        self.plot.setMinimumHeight(230)
        self.plot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.proposed = _button("Proposed", "Show the mask that is proposed")
        self.keep = _button("Keep", "Copy the mask into a layer that later clicks leave alone")
        self.likelihood = _button("Likelihood", "Show the map that the threshold cuts")
        self.export = ExportButton()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 4)
        column.setSpacing(4)
        head = _line(self.runs, self.open)
        head.setStretch(0, 1)
        column.addLayout(head)
        column.addWidget(self.notice)
        column.addWidget(self.verdict)
        column.addWidget(self.plot, 3)
        column.addWidget(self.shown)
        buttons = _line(self.proposed, self.keep, self.likelihood, self.export)
        buttons.addStretch(1)
        column.addLayout(buttons)

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self._session
        self._bindings.connect(session.run_changed, self._show_run)
        self._bindings.connect(session.trials_changed, self._show_trials)
        self._bindings.connect(session.selection_changed, self._show_selection)
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
        run = self._session.current
        self.verdict.setText(_NO_RESULT if run is None else run.verdict.sentence)
        whole = run is not None and not run.verdict.exists
        self.plot.set_empty_text("Nothing is amorphous here." if whole else "")
        self._show_trials()
        self.plot.reset_view()

    def _on_search(self) -> None:
        if not self._session.searching:
            self.plot.settle_view()
        self._enable()

    def _show_trials(self) -> None:
        run, front = self._session.current, self._session.front
        trials = run.trials if run else []
        size = run.image.pixel_size if run else None
        on_front = np.zeros(len(trials), dtype=bool)
        on_front[front] = True
        self.plot.set_points(
            np.arange(len(trials)),
            # from a disk's on: no outline has less, and most have hardly more
            np.maximum([trial.score.compactness - 1 for trial in trials], 0.0),
            np.array([trial.score.perimeter for trial in trials]),
            on_front=on_front,
            feasible=np.array([trial.feasible for trial in trials], dtype=bool),
            tooltips=[mask_tooltip(trial, size) for trial in trials],
        )
        self._show_selection()

    def _show_selection(self) -> None:
        session, run = self._session, self._session.current
        selected = session.selected
        self.plot.set_choices(session.proposed("euclidean"), session.proposed("chebyshev"))
        self.plot.set_selected(selected)
        text = ""
        if run is not None and selected is not None:
            trial = run.trials[selected]
            text = f"#{trial.index}: {mask_in_words(trial, run.image.pixel_size)}"
        elif run is not None and run.trials and not run.verdict.exists:
            text = "Area fraction 0 %: the mask is empty."
        self.shown.setText(text)
        self._enable()

    def _enable(self) -> None:
        run, session = self._session.current, self._session
        shown = run is not None and bool(run.trials)
        self.proposed.setEnabled(session.proposed("euclidean") is not None)
        self.keep.setEnabled(session.selected is not None)
        self.likelihood.setEnabled(shown)
        self.export.setEnabled(shown)

    def _pick(self, position: int) -> None:
        run = self._session.current
        if run is not None and position < len(run.trials):
            self._session.select(position)


class ExportButton(QPushButton):
    """Where mask, regions, likelihood and run can be written to."""

    def __init__(self) -> None:
        super().__init__()
        self.setText("Export")
        self.setToolTip("Write the shown mask, its regions or the run to files")
        menu = QMenu(self)
        self.mask_file = _add(menu, "Mask as TIFF…")
        self.table = _add(menu, "Regions as CSV…")
        self.likelihood = _add(menu, "Likelihood map as TIFF…")
        menu.addSeparator()
        self.run = _add(menu, "Run file…")
        self.folder = _add(menu, "Everything into a folder…")
        self.setMenu(menu)


def _add(menu: QMenu, text: str) -> QAction:
    action = QAction(text, menu)
    menu.addAction(action)
    return action


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button


def _line(*widgets: QWidget) -> QHBoxLayout:
    layout = QHBoxLayout()
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return layout
