"""The list of a session's runs."""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.fields import Choice


class RunList(Choice):
    """A list of runs. The chosen run is shown.

    Parameters
    ----------
    session : Session
        Its runs are listed, the newest first.
    """

    def __init__(self, session: Session[Any]) -> None:
        super().__init__()
        self._session = session
        self._bindings = Bindings(self)
        self.setAccessibleName("Run")
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.setPlaceholderText("no run yet")
        self.activated.connect(self._on_activated)

    def bind(self) -> None:
        """Connect to the session."""
        session = self._session
        for signal in (session.runs_changed, session.run_changed, session.search_changed):
            self._bindings.connect(signal, self._show)
        self._show()

    def unbind(self) -> None:
        """Disconnect from the session."""
        self._bindings.release()

    def _show(self) -> None:
        current = self._session.current
        self.clear()
        for run in reversed(self._session.runs):
            self.addItem(run_label(run), run.identifier)
        self.setCurrentIndex(-1 if current is None else self.findData(current.identifier))
        self.setEnabled(self.count() > 0)
        self.setToolTip(self.currentText())

    def _on_activated(self, index: int) -> None:
        wanted = self.itemData(index)
        for run in self._session.runs:
            if run.identifier == wanted:
                self._session.show(run)


def run_label(run: Any) -> str:
    """Return the label of a run: name, lattice, number of trials, and status."""
    state = "" if run.status == "done" else f" ({run.status})"
    lattice = run.lattice.name if run.lattice else "no lattice"
    number = len(run.trials)
    noun = run.noun.removesuffix("s") if number == 1 else run.noun
    return f"{run.name}: {lattice}, {number} {noun}{state}"
