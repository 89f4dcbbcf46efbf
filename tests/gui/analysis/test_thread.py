"""Tests of the thread of an analysis: trials arrive, every end is reported, runs are saved."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from tests.toy_analysis import TOY, ToyRun, ToySettings

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.autosave import (
    KEPT,
    autosave_folder,
    forget_old_runs,
    recent_runs,
)
from napari_reward_analysis.gui.analysis.request import Request, prepared, start
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.analysis.thread import AnalysisThread
from napari_reward_analysis.gui.layers.shown_image import shown_image_of
from napari_reward_analysis.gui.widgets import activity
from napari_reward_analysis.runs.analysis import Analysis, Task

PATIENCE = 30_000
FILE, LOG = "toy.json", "toy.jsonl"


class Bench:
    """A session, an image, and an analysis that a test may break."""

    def __init__(self, qtbot: QtBot, viewer: ViewerModel, layer: Any, folder: Path) -> None:
        self.qtbot, self.viewer, self.layer = qtbot, viewer, layer
        self.folder: Path | None = folder
        self.session: Session[Any] = Session()
        self.analysis: Analysis[Any] = TOY
        self.warnings: list[str] = []
        self.session.warned.connect(self.warnings.append)

    def request(self, **changes: Any) -> Request:
        settings = ToySettings(**{"trials": 8, "sampler": "sobol", **changes})
        return Request(shown_image_of(self.layer, self.viewer), None, None, settings)

    def start(self, **changes: Any) -> AnalysisThread:
        request = self.request(**changes)
        name = self.session.free_name(request.image.name)
        prepare = prepared(self.analysis, request, name)
        return start(self.session, self.analysis, request, prepare, self.folder, name)

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: not self.session.searching, timeout=PATIENCE)

    def search(self, **changes: Any) -> ToyRun:
        self.start(**changes)
        self.wait()
        run: Any = self.session.current
        return run

    def with_steps(self, steps: Callable[[Iterator[Any]], Iterator[Any]]) -> None:
        """Let the analysis iterate something else."""

        def begin(*given: Any) -> Task[Any]:
            task = TOY.begin(*given)
            return replace(task, steps=steps(task.steps))

        self.analysis = replace(TOY, begin=begin)

    def with_format(self, **broken: Any) -> None:
        """Let saving fail."""
        self.analysis = replace(TOY, format=Breaking(TOY.format, broken))


class Breaking:
    """A format of runs of which parts are broken."""

    def __init__(self, whole: Any, broken: dict[str, Any]) -> None:
        self.whole, self.broken = whole, broken

    def __getattr__(self, name: str) -> Any:
        return self.broken.get(name) or getattr(self.whole, name)


@pytest.fixture
def bench(
    qtbot: QtBot, viewer: ViewerModel, add_crystal: Callable[..., Any], runs_folder: Path
) -> Bench:
    return Bench(qtbot, viewer, add_crystal(), runs_folder)


def test_search_fills_the_session(bench: Bench) -> None:
    run = bench.search()
    assert (run.status, run.message, run.name) == ("done", "", "crystal #1")
    assert [trial.index for trial in run.trials] == list(range(8))
    assert bench.session.outcome == ("done", "")
    assert bench.session.growing is None
    assert bench.session.total == 8


def test_same_seed_finds_what_the_analysis_finds_without_a_window(bench: Bench) -> None:
    run = bench.search(sampler="skopt", trials=12, seed=4)
    request = bench.request(sampler="skopt", trials=12, seed=4)
    plain = list(TOY.begin(request.inputs(), request.settings).steps)
    assert [t.objectives for t in run.trials] == [t.objectives for t in plain]


def test_notices_of_the_end_are_told_and_kept(bench: Bench) -> None:
    notes: list[str] = []
    bench.session.noted.connect(notes.append)
    run = bench.search(trials=100, patience=1)
    assert 1 < len(run.trials) < 100
    assert [notice.code for notice in run.notices] == ["ended_early"]
    assert len(notes) == 1
    assert notes[0].startswith(f"The search ended after {len(run.trials)} trials")


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
    caplog: pytest.LogCaptureFixture, bench: Bench, error: BaseException, after: int
) -> None:
    def failing(steps: Iterator[Any]) -> Iterator[Any]:
        for _ in range(after):
            yield next(steps)
        raise error

    bench.with_steps(failing)
    run = bench.search()
    assert bench.session.outcome is not None
    status, message = bench.session.outcome
    assert status == "failed"
    expected = "One clear sentence." if isinstance(error, BadInput) else "The search failed: "
    assert message.startswith(expected)
    assert "\n" not in message
    assert not bench.session.searching
    # a run that holds nothing is not listed
    assert len(bench.session.runs) == (1 if after else 0)
    if after:
        assert len(run.trials) == after
        assert (run.status, run.message) == ("failed", message)
    # an unexpected error is in the log with its traceback
    assert bool(caplog.records) == (not isinstance(error, BadInput))
    # and the next search works
    bench.analysis = TOY
    bench.search()
    assert bench.session.outcome == ("done", "")


def test_exception_before_the_first_trial_leaves_no_run(bench: Bench, runs_folder: Path) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no problem")

    bench.analysis = replace(TOY, begin=broken)
    bench.search()
    assert bench.session.outcome == ("failed", "The search failed: RuntimeError: no problem.")
    assert bench.session.runs == ()
    assert not runs_folder.exists()


def test_image_that_cannot_be_used_is_told(bench: Bench) -> None:
    bench.layer = bench.viewer.add_image(np.ones((64, 64)), contrast_limits=(0, 1))
    bench.search()
    assert bench.session.outcome is not None
    assert bench.session.outcome[0] == "failed"
    assert "same value" in bench.session.outcome[1]


def test_search_that_finds_nothing_says_so(bench: Bench) -> None:
    def nothing(_run: Any) -> None:
        raise BadInput("Nothing was found.")

    begin = TOY.begin
    bench.analysis = replace(TOY, begin=lambda *given: replace(begin(*given), finish=nothing))
    bench.search()
    assert bench.session.outcome == ("done", "Nothing was found.")


class Gate:
    """Steps that wait before a given one until they are let through."""

    def __init__(self, before: int) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.closed = False
        self._before = before

    def steps(self, steps: Iterator[Any]) -> Iterator[Any]:
        try:
            for number, trial in enumerate(steps):
                if number == self._before:
                    self.reached.set()
                    assert self.opened.wait(30)
                yield trial
        finally:
            self.closed = True


def test_cancel_keeps_what_was_found_and_closes_the_steps(bench: Bench, runs_folder: Path) -> None:
    gate = Gate(before=4)
    bench.with_steps(gate.steps)
    bench.start(trials=1000)
    session = bench.session
    bench.qtbot.waitUntil(lambda: session.current is not None and len(session.current.trials) == 4)
    session.cancel()
    assert session.searching
    gate.opened.set()
    bench.wait()
    run = session.current
    assert run.status == "cancelled"
    assert 4 <= len(run.trials) <= 5
    assert gate.closed
    assert session.front
    saved = TOY.format.load(runs_folder / run.identifier)
    assert (len(saved.trials), saved.status) == (len(run.trials), "cancelled")


def test_an_analysis_without_a_trial_yet_is_cancelled_and_leaves_nothing_on_the_disk(
    bench: Bench, runs_folder: Path
) -> None:
    def pulses(_steps: Iterator[Any]) -> Iterator[None]:
        while True:
            yield None

    bench.with_steps(pulses)
    bench.start()
    bench.qtbot.waitUntil(lambda: bench.session.growing is not None, timeout=PATIENCE)
    bench.session.cancel()
    bench.wait()
    assert bench.session.outcome == ("cancelled", "")
    assert bench.session.ended is None
    assert bench.session.runs == ()
    assert list(runs_folder.iterdir()) == []


def test_run_is_on_the_disk_while_it_goes_on(bench: Bench, runs_folder: Path) -> None:
    gate = Gate(before=5)
    bench.with_steps(gate.steps)
    bench.start()
    assert gate.reached.wait(30)
    (folder,) = runs_folder.iterdir()
    cut_off = TOY.format.load(folder / LOG)
    assert len(cut_off.trials) == 5
    assert recent_runs(runs_folder)[0][1].endswith("(cut off)")
    gate.opened.set()
    bench.wait()
    assert {path.name for path in folder.iterdir()} == {FILE, "about.json"}
    saved = TOY.format.load(folder)
    assert (len(saved.trials), saved.status, saved.name) == (8, "done", "crystal #1")


@pytest.mark.parametrize("when", ["open", "add", "save"])
def test_full_disk_is_told_once_and_the_run_goes_on(bench: Bench, when: str) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise BadInput("The disk is full.")

    def full_log(*given: Any) -> Any:
        return Breaking(TOY.format.log(*given), {"add": full})

    broken = {"open": {"log": full}, "add": {"log": full_log}, "save": {"save": full}}
    bench.with_format(**broken[when])
    run = bench.search()
    assert bench.warnings == ["This run could not be saved: The disk is full."]
    assert (len(run.trials), run.status) == (8, "done")


def test_folder_that_cannot_be_made_is_told_and_the_run_goes_on(
    bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    bench.folder = tmp_path / "file" / "runs"
    bench.search()
    assert len(bench.warnings) == 1
    assert "could not be saved" in bench.warnings[0]
    assert bench.session.outcome == ("done", "")


def test_error_of_the_operating_system_while_closing_is_told(bench: Bench) -> None:
    def log(*given: Any) -> Any:
        whole = TOY.format.log(*given)

        def stuck(**how: Any) -> None:
            whole.close(**how)
            raise OSError(errno.EIO, "input/output error")

        return Breaking(whole, {"close": stuck})

    bench.with_format(log=log)
    bench.search()
    assert len(bench.warnings) == 1
    assert bench.session.outcome == ("done", "")


def test_no_folder_saves_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.folder = None
    bench.search()
    assert bench.session.outcome == ("done", "")
    assert list(tmp_path.iterdir()) == []


def test_oldest_runs_make_room_and_nothing_else_is_touched(tmp_path: Path) -> None:
    for age in range(6):
        folder = tmp_path / f"run{age}"
        folder.mkdir()
        file = folder / (FILE if age % 2 else LOG)
        file.write_text("{}")
        os.utime(file, (1e9 - age, 1e9 - age))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("kept")
    forget_old_runs(tmp_path, FILE, kept=3)
    assert {path.name for path in tmp_path.iterdir()} == {"run0", "run1", "run2", "notes"}
    forget_old_runs(tmp_path / "missing", FILE)


def test_a_search_that_ends_makes_room_for_itself(bench: Bench, runs_folder: Path) -> None:
    for age in range(KEPT + 3):
        folder = runs_folder / f"old{age:02d}"
        folder.mkdir(parents=True)
        (folder / FILE).write_text("{}")
        os.utime(folder / FILE, (1e9 - age, 1e9 - age))
    bench.search()
    left = {folder.name for folder in runs_folder.iterdir()}
    assert len(left) == KEPT
    assert {name for name in left if name.startswith("old")} == {
        f"old{age:02d}" for age in range(KEPT - 1)
    }


def test_a_search_that_fails_midway_keeps_what_it_has(bench: Bench, runs_folder: Path) -> None:
    def failing(steps: Iterator[Any]) -> Iterator[Any]:
        yield from islice(steps, 2)
        raise MemoryError

    bench.with_steps(failing)
    run = bench.search()
    saved = TOY.format.load(runs_folder / run.identifier)
    assert (len(saved.trials), saved.status) == (2, "failed")
    assert "not enough memory" in saved.message
    assert recent_runs(runs_folder)[0][1].endswith("(failed)")


def test_what_is_added_to_the_run_at_the_end_reaches_the_window(bench: Bench) -> None:
    def turned(run: Any) -> None:
        run.trials.reverse()

    begin = TOY.begin
    bench.analysis = replace(TOY, begin=lambda *given: replace(begin(*given), finish=turned))
    bench.session.run_changed.connect(lambda: bench.session.rename(bench.session.current, "mine"))
    run = bench.search()
    assert [trial.index for trial in run.trials] == list(range(8))[::-1]
    # what the user did meanwhile stays
    assert run.name == "mine"


def test_recent_runs_skip_what_is_no_run(tmp_path: Path) -> None:
    for name, text in {"a": "{", "b": "[]", "c": '{"name": "x"}'}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "about.json").write_text(text)
    assert recent_runs(tmp_path) == []
    assert recent_runs(tmp_path / "missing") == []


@pytest.mark.parametrize(
    ("analysis", "folder"),
    [
        ("atoms", "runs"),
        ("amorphous", "amorphous-runs"),
        ("windows", "windows-runs"),
        ("noise", "noise-runs"),
    ],
)
def test_autosave_folder_belongs_to_the_user(analysis: str, folder: str) -> None:
    assert autosave_folder(analysis).parts[-2:] == ("napari-reward-analysis", folder)


def test_cancel_button_of_the_activity_dock_cancels(
    monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    bars: list[Any] = []

    class Watched(activity.cancelable_progress):  # type: ignore[misc]
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            bars.append(self)
            self.is_closed = False

        def close(self) -> None:
            super().close()
            self.is_closed = True

    monkeypatch.setattr(activity, "cancelable_progress", Watched)
    session = bench.session
    bench.start(trials=100_000)
    bench.qtbot.waitUntil(lambda: session.current is not None and bool(session.current.trials))
    (bar,) = bars
    assert "crystal #1" in bar.desc
    bar.cancel()
    bench.wait()
    assert session.outcome == ("cancelled", "")
    # it is gone from the dock, and the terminal has seen none of it
    assert bar.is_closed
