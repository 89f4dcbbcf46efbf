"""The box with the Run button, the progress and messages."""

from __future__ import annotations

import time

from qtpy.QtCore import Qt, QTimer, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_reward_analysis.gui.widgets.theme import ThemeColours

_STATES = {"idle": "Run", "running": "Cancel", "cancelling": "Canceling…"}


class RunBox(QWidget):
    """The button Run / Cancel / Canceling…, the progress, and messages.

    Signals
    -------
    run_asked, cancel_asked
        The button was pressed.
    """

    run_asked = Signal()
    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state, self._started = "idle", 0.0
        self._warning = "#d55e00"
        self.button = QPushButton("Run")
        # one width for all three words, so that nothing moves when the word changes
        self.button.setMinimumWidth(self.button.fontMetrics().horizontalAdvance("Canceling…") + 32)
        self.button.setMinimumHeight(28)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.elapsed = QLabel()
        self.elapsed.setMinimumWidth(self.elapsed.fontMetrics().horizontalAdvance("9999.9 s"))
        self.elapsed.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.fault = QLabel()
        self.status = QLabel()
        for label in (self.fault, self.status):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            # a long path cannot be wrapped and must not widen the dock
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # two lines are reserved, so that a message does not move the widgets below
        self.status.setMinimumHeight(2 * self.status.fontMetrics().lineSpacing() + 2)
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        head = QHBoxLayout()
        head.addWidget(self.button)
        head.addWidget(self.bar, 1)
        head.addWidget(self.elapsed)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 2)
        column.setSpacing(4)
        column.addWidget(self.fault)
        column.addWidget(self.status)
        # the last line: messages above it do not move the button
        column.addLayout(head)
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._show_time)
        self.button.clicked.connect(self._on_click)
        self.set_fault("")
        self.set_status("")

    @property
    def state(self) -> str:
        """State: 'idle', 'running' or 'cancelling'."""
        return self._state

    @property
    def warns(self) -> bool:
        """True if the message is a warning."""
        return bool(self.status.styleSheet())

    def set_fault(self, sentence: str) -> None:
        """Show a missing or wrong input. Run is disabled until the text is empty."""
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))
        self._enable()

    def set_status(self, sentence: str, *, warning: bool = False) -> None:
        """Show a message."""
        self.status.setText(sentence)
        self.status.setToolTip(sentence)
        self.status.setStyleSheet(f"color: {self._warning};" if warning else "")

    def start(self, total: int) -> None:
        """Show the start of a run with this number of trials."""
        self._state, self._started = "running", time.monotonic()
        # no busy bar: its animation would redraw the whole window, including OpenGL
        self.bar.setRange(0, total)
        self.bar.setValue(0)
        self._clock.start()
        self._show_time()
        self._enable()

    def set_total(self, total: int) -> None:
        """Set the total number of trials."""
        if total and total != self.bar.maximum():
            self.bar.setRange(0, total)

    def set_done(self, trials: int) -> None:
        """Set the number of finished trials."""
        self.bar.setValue(trials)

    def cancelling(self) -> None:
        """Show that the run was asked to stop."""
        self._state = "cancelling"
        self._enable()

    def finish(self, *, complete: bool) -> None:
        """Show the end of the run."""
        self._state = "idle"
        self._clock.stop()
        self._show_time()
        if complete:
            self.bar.setValue(self.bar.maximum())
        self._enable()

    def clear(self) -> None:
        """Clear progress and time of the last run, since another run is shown."""
        self.bar.setValue(0)
        self.elapsed.setText("")

    def apply_colours(self, colours: ThemeColours) -> None:
        """Use these colours."""
        self._warning = colours.warning
        self.fault.setStyleSheet(f"color: {colours.warning};")
        if self.status.styleSheet():
            self.status.setStyleSheet(f"color: {colours.warning};")

    def _on_click(self) -> None:
        if self._state == "idle":
            self.run_asked.emit()
        elif self._state == "running":
            self.cancel_asked.emit()

    def _enable(self) -> None:
        self.button.setText(_STATES[self._state])
        missing = self._state == "idle" and bool(self.fault.text())
        self.button.setEnabled(self._state != "cancelling" and not missing)

    def _show_time(self) -> None:
        self.elapsed.setText(f"{time.monotonic() - self._started:.1f} s")
