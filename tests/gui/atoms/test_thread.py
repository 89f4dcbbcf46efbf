from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import LOG_FILE, RUN_FILE, load_run
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis import autosave
from napari_reward_analysis.gui.analysis.autosave import (
    autosave_folder,
    forget_old_runs,
    recent_runs,
)
from napari_reward_analysis.gui.atoms import thread as worker
from napari_reward_analysis.gui.atoms.session import Session
from napari_reward_analysis.gui.atoms.thread import Request, Search, run_trials, start_search
from napari_reward_analysis.gui.layers.shown_image import shown_image_of
from napari_reward_analysis.gui.widgets import activity

PATIENCE = 30_000


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def request_(viewer: ViewerModel, add_crystal: Callable[..., Any]) -> Callable[..., Request]:
    layer = add_crystal()

    def make(**changes: Any) -> Request:
        given: dict[str, Any] = dict(trials=8, sampler="sobol")
        settings = AtomsSettings(**(given | changes))
        frame = shown_image_of(layer, viewer)
        return Request(frame, None, lattice_preset("SrTiO3[001]"), settings)

    return make


@pytest.fixture
def search(qtbot: QtBot, session: Session, runs_folder: Path) -> Callable[[Request], Search]:
    def go(request: Request, folder: Path | None = runs_folder) -> Search:
        started = start_search(session, request, folder)
        qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
        return started

    return go


def test_search_fills_the_session(
    session: Session, search: Callable[..., Search], request_: Callable[..., Request]
) -> None:
    search(request_())
    run = session.current
    assert run is not None
    assert (run.status, run.message) == ("done", "")
    assert [trial.index for trial in run.trials] == list(range(8))
    assert session.outcome == ("done", "")
    assert session.growing is None
    assert run.physics.expected == pytest.approx(131, rel=0.02)


def test_same_seed_finds_what_the_workflow_finds_without_a_window(
    session: Session, search: Callable[..., Search], request_: Callable[..., Request]
) -> None:
    request = request_(sampler="skopt", trials=15, seed=4)
    search(request)
    image = request.frame.image()
    plain = list(run_trials(AtomsProblem(image, request.lattice, request.settings)))
    run = session.current
    assert run is not None
    assert [t.objectives for t in run.trials] == [t.objectives for t in plain]


def failing(error: BaseException, after: int) -> Callable[..., Iterator[AtomTrial]]:
    def trials(problem: AtomsProblem, **told: Any) -> Iterator[AtomTrial]:
        for number, trial in enumerate(run_trials(problem, **told)):
            if number == after:
                raise error
            yield trial

    return trials


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("wires crossed"),
        StopIteration("early"),
        MemoryError(),
        KeyboardInterrupt(),
        SystemExit(3),
        GeneratorExit(),
        ValueError("several\nlines"),
        BadInput("One clear sentence."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_exception_ends_in_a_message(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    session: Session,
    search: Callable[..., Search],
    request_: Callable[..., Request],
    error: BaseException,
    after: int,
) -> None:
    monkeypatch.setattr(worker, "run_trials", failing(error, after))
    search(request_())
    assert session.outcome is not None
    status, message = session.outcome
    assert status == "failed"
    expected = "One clear sentence." if isinstance(error, BadInput) else "The search failed: "
    assert message.startswith(expected)
    assert "\n" not in message
    assert not session.searching
    run = session.current
    assert run is not None
    assert len(run.trials) == after
    assert (run.status, run.message) == ("failed", message)
    # what nobody expected is in the log with its traceback
    assert bool(caplog.records) == (not isinstance(error, BadInput))
    # and the next search works
    monkeypatch.setattr(worker, "run_trials", run_trials)
    search(request_())
    assert session.outcome == ("done", "")


def test_exception_before_the_first_trial_leaves_no_run(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    search: Callable[..., Search],
    request_: Callable[..., Request],
    runs_folder: Path,
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no problem")

    monkeypatch.setattr(worker, "AtomsProblem", broken)
    search(request_())
    assert session.outcome == ("failed", "The search failed: RuntimeError: no problem.")
    assert session.runs == ()
    assert not runs_folder.exists()


def test_image_that_cannot_be_used_is_told(
    viewer: ViewerModel, session: Session, search: Callable[..., Search]
) -> None:
    layer = viewer.add_image(np.ones((64, 64)), contrast_limits=(0, 1))
    search(
        Request(shown_image_of(layer, viewer), 0.2, lattice_preset("SrTiO3[001]"), AtomsSettings())
    )
    assert session.outcome is not None
    assert session.outcome[0] == "failed"
    assert "same value" in session.outcome[1]


def test_run_that_finds_nothing_says_so(
    session: Session, search: Callable[..., Search], request_: Callable[..., Request]
) -> None:
    search(request_(trials=2, ranges={"threshold": (5.0, 6.0)}))
    assert session.outcome is not None
    assert session.outcome[0] == "done"
    assert "No setting found five atoms" in session.outcome[1]


class Gate:
    """Trials that wait before a given one until they are let through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, before: int) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self._before = before
        monkeypatch.setattr(worker, "run_trials", self._trials)

    def _trials(self, problem: AtomsProblem, **told: Any) -> Iterator[AtomTrial]:
        for number, trial in enumerate(run_trials(problem, **told)):
            if number == self._before:
                self.reached.set()
                assert self.opened.wait(30)
            yield trial


def test_cancel_keeps_what_was_found(
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    session: Session,
    request_: Callable[..., Request],
    runs_folder: Path,
) -> None:
    gate = Gate(monkeypatch, before=4)
    start_search(session, request_(trials=1000), runs_folder)
    qtbot.waitUntil(lambda: session.current is not None and len(session.current.trials) == 4)
    session.cancel()
    assert session.searching
    gate.opened.set()
    qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    run = session.current
    assert run is not None
    assert run.status == "cancelled"
    assert 4 <= len(run.trials) <= 5
    assert session.front
    saved = load_run(runs_folder / run.identifier)
    assert (len(saved.trials), saved.status) == (len(run.trials), "cancelled")


def test_cancel_before_the_first_trial_leaves_nothing_on_the_disk(
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    session: Session,
    request_: Callable[..., Request],
    runs_folder: Path,
) -> None:
    started = start_search(session, request_(), runs_folder)
    started.cancel()
    qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    assert session.outcome == ("cancelled", "")
    left = list(runs_folder.iterdir()) if runs_folder.exists() else []
    assert all(load_run(folder).trials for folder in left)


def test_run_is_on_the_disk_while_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    session: Session,
    request_: Callable[..., Request],
    runs_folder: Path,
) -> None:
    gate = Gate(monkeypatch, before=5)
    start_search(session, request_(), runs_folder)
    assert gate.reached.wait(30)
    (folder,) = runs_folder.iterdir()
    cut_off = load_run(folder / LOG_FILE)
    assert len(cut_off.trials) == 5
    assert recent_runs(runs_folder)[0][1].endswith("(cut off)")
    gate.opened.set()
    qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    assert {path.name for path in folder.iterdir()} == {RUN_FILE, "about.json"}
    saved = load_run(folder)
    assert (len(saved.trials), saved.status, saved.name) == (8, "done", "crystal #1")


@pytest.mark.parametrize("when", ["open", "add", "close"])
def test_full_disk_is_told_once_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    search: Callable[..., Search],
    request_: Callable[..., Request],
    when: str,
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise BadInput("The disk is full.")

    class FullLog(autosave.RunLog):
        add = full

    if when == "open":
        monkeypatch.setattr(autosave, "RunLog", full)
    elif when == "add":
        monkeypatch.setattr(autosave, "RunLog", FullLog)
    else:
        monkeypatch.setattr(autosave, "save_run", full)
    warnings: list[str] = []
    session.warned.connect(warnings.append)
    search(request_())
    assert warnings == ["This run is not saved on its own: The disk is full."]
    run = session.current
    assert run is not None
    assert (len(run.trials), run.status) == (8, "done")


def test_folder_that_cannot_be_made_is_told_and_the_run_goes_on(
    session: Session,
    search: Callable[..., Search],
    request_: Callable[..., Request],
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way")
    warnings: list[str] = []
    session.warned.connect(warnings.append)
    search(request_(), tmp_path / "file" / "runs")
    assert len(warnings) == 1
    assert "not saved on its own" in warnings[0]
    assert session.outcome == ("done", "")


def test_error_of_the_operating_system_while_closing_is_told(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    search: Callable[..., Search],
    request_: Callable[..., Request],
) -> None:
    class Stuck(autosave.RunLog):
        def close(self, *, keep: bool = False) -> None:
            super().close(keep=keep)
            raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(autosave, "RunLog", Stuck)
    warnings: list[str] = []
    session.warned.connect(warnings.append)
    search(request_())
    assert len(warnings) == 1
    assert session.outcome == ("done", "")


def test_no_folder_saves_nothing(
    session: Session,
    search: Callable[..., Search],
    request_: Callable[..., Request],
    tmp_path: Path,
) -> None:
    search(request_(), None)
    assert session.outcome == ("done", "")
    assert list(tmp_path.iterdir()) == []


def test_oldest_runs_make_room_and_nothing_else_is_touched(tmp_path: Path) -> None:
    import os

    for age in range(6):
        folder = tmp_path / f"run{age}"
        folder.mkdir()
        file = folder / (RUN_FILE if age % 2 else LOG_FILE)
        file.write_text("{}")
        os.utime(file, (1e9 - age, 1e9 - age))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("kept")
    forget_old_runs(tmp_path, kept=3)
    assert {path.name for path in tmp_path.iterdir()} == {"run0", "run1", "run2", "notes"}
    forget_old_runs(tmp_path / "missing")


def test_recent_runs_skip_what_is_no_run(tmp_path: Path) -> None:
    for name, text in {"a": "{", "b": "[]", "c": '{"name": "x"}'}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "about.json").write_text(text)
    assert recent_runs(tmp_path) == []
    assert recent_runs(tmp_path / "missing") == []


def test_autosave_folder_belongs_to_the_user() -> None:
    assert autosave_folder().parts[-2:] == ("napari-reward-analysis", "runs")


def test_search_without_a_parameter_is_one_trial(
    session: Session, search: Callable[..., Search], request_: Callable[..., Request]
) -> None:
    search(request_(search=(), fixed={"threshold": 0.05}))
    assert session.current is not None
    assert len(session.current.trials) == 1
    assert session.total == 1


def test_cancel_button_of_the_activity_dock_cancels(
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    session: Session,
    request_: Callable[..., Request],
) -> None:
    bars: list[Any] = []

    class Watched(activity.cancelable_progress):  # type: ignore[misc]
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            bars.append(self)

    monkeypatch.setattr(activity, "cancelable_progress", Watched)
    start_search(session, request_(trials=100_000), None)
    qtbot.waitUntil(lambda: session.current is not None and bool(session.current.trials))
    (bar,) = bars
    assert "crystal #1" in bar.desc
    bar.cancel()
    qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    assert session.outcome == ("cancelled", "")
    # it is gone from the dock, and the terminal has seen none of it
    assert bar not in type(bar)._all_instances
