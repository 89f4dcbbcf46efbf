"""The results of an analysis: a list of runs, the shown run, and buttons.

A panel shows the state of the session. A choice of the user goes into the session. Actions
that need the viewer or the disk are emitted as signals.
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
    """The list of runs, a notice, the results of the shown run, and buttons.

    An analysis puts its widgets into `body` and fills in `show_run`, `show_trials`,
    `show_selection` and `enable`.

    Parameters
    ----------
    session : Session
        The session that the panel shows and changes.

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

    #: True if there is a layer to keep.
    keeps = True
    #: Tooltip of "Keep".
    keep_help = "Copy the shown result into a new layer that later clicks do not change"

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
        #: Shown if the analysis has a script.
        self.copy = button("Copy as Python", "Copy a script that repeats this run")
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
        """Connect to the session."""
        session = self.session
        self.bindings.connect(session.run_changed, self.show_run)
        self.bindings.connect(session.trials_changed, self.show_trials)
        self.bindings.connect(session.selection_changed, self.show_selection)
        self.bindings.connect(session.search_changed, self.on_search)
        self.runs.bind()
        self.show_run()

    def unbind(self) -> None:
        """Disconnect from the session."""
        self.bindings.release()
        self.runs.unbind()

    def apply_napari_theme(self, _name: str, colours: ThemeColours) -> None:
        """Use the colours of a napari theme."""
        self.notice.setStyleSheet(f"color: {colours.warning};")

    def set_notice(self, sentence: str) -> None:
        """Show a notice about the run; hide it if the text is empty."""
        self.notice.setText(sentence)
        self.notice.setVisible(bool(sentence))

    # ---- session to widgets

    def show_run(self) -> None:
        """Show another run, or none."""
        self.show_trials()

    def show_trials(self) -> None:
        """Show the trials after new ones came or their scores changed."""
        self.show_selection()

    def show_selection(self) -> None:
        """Show the selected trial."""
        self.enable()

    def on_search(self) -> None:
        """Respond to a search that began, is being cancelled, or ended."""
        self.enable()

    def enable(self) -> None:
        """Enable the actions that are possible now."""
        run = self.session.current
        growing = run is not None and run is self.session.growing
        found = run is not None and holds_something(run)
        self.run_menu.set_state(has_run=run is not None, growing=growing)
        for one in (self.keep, self.export, self.copy):
            one.setEnabled(found)


def button(text: str, tip: str) -> QPushButton:
    """Make a button with a tooltip."""
    made = QPushButton(text)
    made.setToolTip(tip)
    return made


def line(*widgets: QWidget) -> QHBoxLayout:
    """Put widgets side by side."""
    layout = QHBoxLayout()
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return layout
