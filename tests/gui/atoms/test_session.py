from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils._proxies import PublicOnlyProxy

from napari_reward_analysis.analyses.atoms.run import ImageReference, Run
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.gui.atoms.session import AtomsSession, atoms_session_of
from napari_reward_analysis.rewards.atoms import Physics, score_atoms

PHYSICS = Physics(expected=20, ds_px=10)


def trial(index: int, count: int, errors: int, physics: Physics = PHYSICS) -> AtomTrial:
    sums = np.where(np.arange(count) < errors, 8.0, 12.0).astype(np.float32)
    inside = np.ones(count, bool)
    return AtomTrial(
        index=index,
        parameters={"threshold": 0.1, "overlap": 0.5},
        blobs=np.zeros((count, 4), np.float32),
        neighbour_sums=sums,
        inside=inside,
        outside=~inside,
        score=score_atoms(sums, physics, inside),
    )


def a_run(name: str = "image", trials: tuple[AtomTrial, ...] = ()) -> Run:
    reference = ImageReference(name, "", (40, 60), 0.2, "f" * 64)
    return Run(
        image=reference,
        settings=AtomsSettings(),
        physics=PHYSICS,
        trials=list(trials),
        status="done",
    )


class Told:
    """Counts what a session tells."""

    def __init__(self, session: AtomsSession) -> None:
        self.names: list[str] = []
        for name in ("runs", "run", "trials", "selection", "search", "edited"):
            signal = getattr(session, f"{name}_changed")
            signal.connect(lambda *_, n=name: self.names.append(n))

    def take(self) -> list[str]:
        names, self.names[:] = list(self.names), []
        return names


class Search:
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def session() -> AtomsSession:
    return AtomsSession()


def test_one_session_per_viewer_whichever_proxy_asks(viewer: ViewerModel) -> None:
    proxies = [PublicOnlyProxy(viewer), PublicOnlyProxy(viewer)]
    assert {id(atoms_session_of(proxy)) for proxy in (*proxies, viewer)} == {
        id(atoms_session_of(viewer))
    }
    assert atoms_session_of(ViewerModel()) is not atoms_session_of(viewer)


def test_session_goes_with_its_viewer() -> None:
    import gc
    import weakref

    viewer = ViewerModel()
    session = weakref.ref(atoms_session_of(viewer))
    del viewer
    gc.collect()
    assert session() is None


def test_a_run_is_shown_when_it_comes(session: AtomsSession) -> None:
    told = Told(session)
    run = a_run(trials=(trial(0, 18, 0), trial(1, 20, 1)))
    session.add(run)
    assert session.current is run
    assert told.take() == ["runs", "run"]
    assert session.front == [1, 0]
    assert session.selected == session.proposed("euclidean")


def test_same_run_twice_is_one(session: AtomsSession) -> None:
    run = a_run()
    session.add(run)
    session.add(a_run("other"))
    session.add(replace(run))
    assert len(session.runs) == 2
    assert session.current is run


def test_runs_get_names_that_differ(session: AtomsSession) -> None:
    for _ in range(3):
        session.add(a_run("sto"))
    assert [run.name for run in session.runs] == ["sto #1", "sto #2", "sto #3"]
    session.rename(session.runs[1], "  best  ")
    session.rename(session.runs[2], "   ")
    assert [run.name for run in session.runs] == ["sto #1", "best", "sto #3"]


def test_removing_the_shown_run_shows_a_neighbour(session: AtomsSession) -> None:
    runs = [a_run(str(i)) for i in range(3)]
    for run in runs:
        session.add(run)
    session.show(runs[1])
    session.remove(runs[1])
    assert session.current is runs[2]
    session.remove(runs[2])
    session.remove(runs[0])
    assert session.current is None
    assert session.front == []
    assert session.selected is None


def test_front_grows_with_the_trials_as_if_counted_at_once(session: AtomsSession) -> None:
    rng = np.random.default_rng(5)
    trials = [trial(i, int(n), int(e)) for i, (n, e) in enumerate(rng.integers(1, 20, (200, 2)))]
    session.begin(Search(), 200)
    session.grow(a_run())
    for start in range(0, 200, 7):
        session.extend(trials[start : start + 7])
    run = session.current
    assert run is not None
    assert session.front == run.front
    assert session.proposed("euclidean") == run.proposed("euclidean")
    assert session.proposed("chebyshev") == run.proposed("chebyshev")


def test_growing_run_tells_of_trials_only_while_it_is_shown(session: AtomsSession) -> None:
    other = a_run("other")
    session.add(other)
    session.begin(Search(), 3)
    session.grow(a_run())
    told = Told(session)
    session.extend([trial(0, 20, 3)])
    assert told.take() == ["trials", "selection"]
    session.show(other)
    told.take()
    session.extend([trial(1, 20, 0)])
    assert told.take() == []
    session.end("done")
    assert told.take() == ["search"]
    assert [len(run.trials) for run in session.runs] == [0, 2]
    assert session.runs[1].status == "done"


def test_cancel_asks_once(session: AtomsSession) -> None:
    search = Search()
    session.cancel()
    session.begin(search, 5)
    told = Told(session)
    session.cancel()
    session.cancel()
    assert search.cancelled
    assert session.cancelling
    assert told.take() == ["search"]
    session.end("cancelled")
    assert not session.searching
    assert not session.cancelling
    assert session.outcome == ("cancelled", "")


def test_rescoring_moves_the_front_at_once(session: AtomsSession) -> None:
    run = a_run(trials=(trial(0, 20, 5), trial(1, 15, 0)))
    session.add(run)
    assert session.front == [0, 1]
    told = Told(session)
    session.rescore(Physics(expected=15, ds_px=10))
    assert session.front == [1]
    assert "trials" in told.take()
    assert run.trials[1].score.qc == 0
    session.rescore(Physics(expected=15, ds_px=10))
    assert told.take() == []
    assert session.starting_physics(run) == PHYSICS


def test_trials_that_come_after_a_rescoring_are_scored_alike(session: AtomsSession) -> None:
    session.begin(Search(), 2)
    session.grow(a_run())
    session.extend([trial(0, 20, 0)])
    session.rescore(Physics(expected=10, ds_px=10))
    session.extend([trial(1, 20, 0)])
    run = session.current
    assert run is not None
    assert [t.score.qc for t in run.trials] == [1.0, 1.0]


def test_choice_stays_while_the_run_grows(session: AtomsSession) -> None:
    session.begin(Search(), 9)
    session.grow(a_run())
    session.extend([trial(0, 10, 0)])
    session.select(0)
    session.extend([trial(1, 20, 0)])
    assert session.selected == 0
    session.select(None)
    assert session.selected == 1


def test_edits_hold_the_trial_and_end_with_the_next_choice(session: AtomsSession) -> None:
    session.begin(Search(), 9)
    session.grow(a_run())
    session.extend([trial(0, 10, 0)])
    told = Told(session)
    score = score_atoms(np.full(11, 12.0), PHYSICS)
    session.set_edited(score)
    assert told.take() == ["edited"]
    session.extend([trial(1, 20, 0)])
    assert session.selected == 0
    assert session.edited == score
    session.select(1)
    assert session.edited is None


def test_chosen_front_is_of_the_shown_run(session: AtomsSession) -> None:
    first, second = a_run("a", (trial(0, 20, 0),)), a_run("b", (trial(0, 5, 0), trial(1, 9, 1)))
    session.add(first)
    session.add(second)
    session.select(0)
    session.show(first)
    assert session.front == [0]
    assert first.choice is None
    session.show(second)
    assert session.selected == 0


def test_session_knows_neither_qt_nor_layers() -> None:
    import subprocess
    import sys

    code = (
        "import sys, napari_reward_analysis.gui.atoms.session as s;"
        "print(sorted({'napari.layers', 'qtpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_without_a_feasible_trial_selects_none(session: AtomsSession) -> None:
    session.add(a_run(trials=(trial(0, 3, 0),)))
    assert session.selected is None
    assert session.front == []
    session.select(None)


def test_nothing_breaks_without_a_run(session: AtomsSession) -> None:
    calls: list[Any] = [
        session.select(3),
        session.rescore(PHYSICS),
        session.extend([trial(0, 9, 0)]),
        session.cancel(),
    ]
    assert calls == [None] * 4


def test_a_run_that_is_removed_and_loaded_again_is_judged_as_before(session: AtomsSession) -> None:
    run = a_run(trials=(trial(0, 4, 0), trial(1, 9, 1)))
    session.add(run)
    session.set_agreement("network", [TrialAgreement.of(run, np.array([0.25, 0.75]))])
    session.remove(run)
    assert session.agreement is None
    session.add(run)
    assert session.agreement is not None
    np.testing.assert_array_equal(session.agreement[1], [0.25, 0.75])
