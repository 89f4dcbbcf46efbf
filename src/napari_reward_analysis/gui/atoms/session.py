"""The session of "Find atoms": N and DS, sub-pixel positions, oracles and edits by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.gui.analysis.session import Session, session_of
from napari_reward_analysis.rewards.atoms import AtomScore, Physics


class AtomsSession(Session[Run]):
    """Runs of one viewer and what is shown of them.

    Signals
    -------
    refined
        The selected trial has sub-pixel positions now.
    edited_changed
        The shown points were edited by hand, or no longer differ from the trial.
    oracles_changed
        The shown run has more or fewer oracles.
    agreement_changed
        An oracle has judged trials.
    """

    refined = Signal()
    edited_changed = Signal()
    oracles_changed = Signal()
    agreement_changed = Signal()

    # the window may have scored its trials by another N or DS meanwhile
    own_fields = Session.own_fields | {"trials", "physics", "oracles"}

    def __init__(self) -> None:
        super().__init__()
        self._edited: AtomScore | None = None
        self._starting_physics: dict[str, Physics] = {}
        #: By run, the oracle that judged its trials last and how.
        self._agreement: dict[str, tuple[str, TrialAgreement]] = {}

    # ---- the shown run

    def rescore(self, physics: Physics) -> None:
        """Judge all trials of the shown run by another N or DS, without a search."""
        run = self._current
        if run is None or run.physics == physics:
            return
        run.rescore(physics)
        self._trials_changed()

    def set_refined(self, run: Run, positions: Mapping[int, Refined]) -> None:
        """Give trials of a run sub-pixel positions, shown or not, by their index."""
        for place, trial in enumerate(run.trials):
            if trial.index in positions and trial.refined is None:
                # the trial may have been scored anew while it was being refined
                run.trials[place] = replace(trial, refined=positions[trial.index])
                if run is self._current and place == self.selected:
                    self.refined.emit()

    def amend(self, position: int, trial: AtomTrial) -> None:  # noqa: ARG002
        """Take over the sub-pixel positions of a trial of the growing run."""
        if self.growing is not None and trial.refined is not None:
            self.set_refined(self.growing, {trial.index: trial.refined})

    def set_oracle(self, name: str, count: float | None) -> None:
        """Give the shown run an oracle's count, or take it away with None."""
        run = self._current
        if run is None:
            return
        if count is None:
            run.oracles.pop(name, None)
        else:
            run.oracles[name] = count
        self.oracles_changed.emit()

    def starting_physics(self, run: Run) -> Physics:
        """N and DS as they were when the run came."""
        return self._starting_physics[run.identifier]

    # ---- agreement with an oracle

    def set_agreement(self, oracle: str, judged: Sequence[TrialAgreement]) -> None:
        """Note how an oracle judges the trials of runs, in place of a former oracle of theirs."""
        self._agreement |= {one.run: (oracle, one) for one in judged}
        self.agreement_changed.emit()

    @property
    def agreement(self) -> tuple[str, npt.NDArray[np.float64]] | None:
        """The oracle's name and F1 by position of the shown run's trials; None without one."""
        run = self._current
        if run is None or run.identifier not in self._agreement:
            return None
        oracle, judged = self._agreement[run.identifier]
        return oracle, judged.values(run)

    # ---- edits by hand

    @property
    def edited(self) -> AtomScore | None:
        """Score of the points as edited by hand, None while they are the trial's."""
        return self._edited

    def set_edited(self, score: AtomScore | None) -> None:
        """Note how the edited points score; None when they are the trial's again."""
        if score != self._edited:
            if score is not None and self._current is not None:
                # a run that goes on must not move on to another trial meanwhile
                self._current.choice = self.selected
            self._edited = score
            self.edited_changed.emit()

    # ---- what atoms add

    def _on_added(self, run: Run) -> None:
        self._starting_physics[run.identifier] = run.physics

    def _on_removed(self, run: Run) -> None:
        # how it agrees is kept: it may be loaded again
        self._starting_physics.pop(run.identifier, None)

    def _on_shown(self) -> None:
        self._edited = None

    def _on_selected(self) -> None:
        # points edited by hand are forgotten here: who wants to keep them, copies first
        self.set_edited(None)

    def _scored(self, run: Run, trials: Sequence[Any]) -> Sequence[Any]:
        if run.physics == self._starting_physics[run.identifier]:
            return trials
        return [trial.rescored(run.physics) for trial in trials]


def atoms_session_of(viewer: Any) -> AtomsSession:
    """The session of a viewer, or of the proxy of one, made when first asked for."""
    return session_of(viewer, "atoms", AtomsSession)
