"""The results of an analysis: its runs, what is shown of one, and what to do with it.

A panel listens to the session and to nothing else; what the user picks goes into the
session, what needs the viewer or the disk goes out by signals.
"""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.gui.analysis.menus import ExportMenu, RunMenu
from napari_reward_analysis.gui.analysis.run_list import RunList
from napari_reward_analysis.gui.analysis.session import Session, holds_something
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class ResultsPanel(QWidget):
    """List of runs, a notice, what an analysis shows of a run, and the buttons below it.

    An analysis puts its widgets into `body` and fills in `show_run`, `show_trials`,
    `show_selection` and `enable`.

    Parameters
    ----------
    session : Session
        What is shown, and what the user's picks go into.

    Attributes
    ----------
    runs : RunList
    run_menu : RunMenu
    notice : QLabel
    body : QVBoxLayout
        Between notice and buttons.
    keep, copy : QPushButton
    export : ExportMenu

    Signals
    -------
    keep_asked, copy_asked
        "Keep" and "Copy as Python" were pressed.
    """

    keep_asked = Signal()
    copy_asked = Signal()

    #: Whether there is a layer to keep.
    keeps = True
    #: What "Keep" does.
    keep_help = "Copy what is shown into a layer that later clicks leave alone"

    def __init__(self, session: Session[Any]) -> None:
        super().__init__()
        self.session = session
        self.bindings = Bindings(self)
        self.runs, self.run_menu = RunList(session), RunMenu()
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.notice.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(4)
        self.keep = button("Keep", self.keep_help)
        self.export = ExportMenu()
        #: Shown where the analysis has a script.
        self.copy = button("Copy as Python", "A script that repeats this run without the window")
        self.keep.clicked.connect(lambda: self.keep_asked.emit())
        self.copy.clicked.connect(lambda: self.copy_asked.emit())
        self.keep.setVisible(self.keeps)
        self.foot = line(self.keep, self.export, self.copy)
        self.foot.addStretch(1)
        head = line(self.runs, self.run_menu)
        head.setStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.notice)
        column.addLayout(self.body, 1)
        column.addLayout(self.foot)

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self.session
        self.bindings.connect(session.run_changed, self.show_run)
        self.bindings.connect(session.trials_changed, self.show_trials)
        self.bindings.connect(session.selection_changed, self.show_selection)
        self.bindings.connect(session.search_changed, self.on_search)
        self.runs.bind()
        self.show_run()

    def unbind(self) -> None:
        """Let go of the session."""
        self.bindings.release()
        self.runs.unbind()

    def apply_napari_theme(self, _name: str, colours: ThemeColours) -> None:
        """Draw in the colours of a napari theme."""
        self.notice.setStyleSheet(f"color: {colours.warning};")

    def set_notice(self, sentence: str) -> None:
        """Say what is special about the shown run; nothing when empty."""
        self.notice.setText(sentence)
        self.notice.setVisible(bool(sentence))

    # ---- session to widgets

    def show_run(self) -> None:
        """Show another run, or none."""
        self.show_trials()

    def show_trials(self) -> None:
        """Show the trials of the run, which are more or scored anew."""
        self.show_selection()

    def show_selection(self) -> None:
        """Show which trial is selected."""
        self.enable()

    def on_search(self) -> None:
        """A search began, is being cancelled, or ended."""
        self.enable()

    def enable(self) -> None:
        """Enable what is possible now."""
        run = self.session.current
        growing = run is not None and run is self.session.growing
        found = run is not None and holds_something(run)
        self.run_menu.set_state(has_run=run is not None, growing=growing)
        for one in (self.keep, self.export, self.copy):
            one.setEnabled(found)


def button(text: str, tip: str) -> QPushButton:
    """A button with a tooltip."""
    made = QPushButton(text)
    made.setToolTip(tip)
    return made


def line(*widgets: QWidget) -> QHBoxLayout:
    """Widgets beside one another."""
    layout = QHBoxLayout()
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return layout
