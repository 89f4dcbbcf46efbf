"""The box with Run and Cancel: what is missing, how far the run is, what it found."""

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
    """Run / Cancel / Canceling…, the progress, and what there is to say.

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
        # one width for all three words: nothing jumps when it changes
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
            # a long path, which cannot be wrapped, does not push the form out of the dock
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # two lines are kept free: what stands below does not jump with the message
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
        # the last line: the button stays where it is whatever is said above it
        column.addLayout(head)
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._show_time)
        self.button.clicked.connect(self._on_click)
        self.set_fault("")
        self.set_status("")

    @property
    def state(self) -> str:
        """'idle', 'running' or 'cancelling'."""
        return self._state

    @property
    def warns(self) -> bool:
        """Whether the status is a warning."""
        return bool(self.status.styleSheet())

    def set_fault(self, sentence: str) -> None:
        """Say what is missing or wrong; Run is disabled as long as something is."""
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))
        self._enable()

    def set_status(self, sentence: str, *, warning: bool = False) -> None:
        """Say what was found, or what happened."""
        self.status.setText(sentence)
        self.status.setToolTip(sentence)
        self.status.setStyleSheet(f"color: {self._warning};" if warning else "")

    def start(self, total: int) -> None:
        """A run starts, of so many trials."""
        self._state, self._started = "running", time.monotonic()
        # not a busy bar: its animation would draw the whole window, OpenGL included, anew
        self.bar.setRange(0, total)
        self.bar.setValue(0)
        self._clock.start()
        self._show_time()
        self._enable()

    def set_total(self, total: int) -> None:
        """The run has so many trials, as is known by now."""
        if total and total != self.bar.maximum():
            self.bar.setRange(0, total)

    def set_done(self, trials: int) -> None:
        """So many trials have come."""
        self.bar.setValue(trials)

    def cancelling(self) -> None:
        """The run has been asked to stop."""
        self._state = "cancelling"
        self._enable()

    def finish(self, *, complete: bool) -> None:
        """The run is over."""
        self._state = "idle"
        self._clock.stop()
        self._show_time()
        if complete:
            self.bar.setValue(self.bar.maximum())
        self._enable()

    def clear(self) -> None:
        """Forget how far the last run was and how long it took: another is shown."""
        self.bar.setValue(0)
        self.elapsed.setText("")

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
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
