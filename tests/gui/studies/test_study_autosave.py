"""Studies are on the disk as they grow: after a crash they are found again in the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFileDialog
from tests.gui.conftest import LATTICE, PATIENCE

from napari_reward_analysis.analyses.noise.result import TUNED
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis import autosave
from napari_reward_analysis.gui.studies import tab as study_tab
from napari_reward_analysis.gui.studies.dock import Studies
from napari_reward_analysis.search.pulses import without_pulses

Add = Callable[..., Any]

#: Index of the tab, and the file that its runs are kept in.
WINDOWS, NOISE = (0, "windows.json"), (1, "noise.json")
BOTH = pytest.mark.parametrize(("index", "file"), [WINDOWS, NOISE], ids=["windows", "noise"])

#: A napari that is killed when its study has four results, of which the last may be on its
#: way to the disk.
CRASH = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from napari.components import ViewerModel
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication
from tests.gui.conftest import PIXEL_SIZE, crystal
from tests.gui.studies.test_study_autosave import fill
from napari_reward_analysis.gui.studies.dock import Studies

application = QApplication([])
viewer = ViewerModel()
viewer.add_image(crystal().data, name="crystal", scale=(PIXEL_SIZE / 10,) * 2, units=("nm", "nm"))
studies = Studies(viewer, Path(sys.argv[1]))
tab = studies.tabs.widget(int(sys.argv[2]))
fill(tab, many=True)

def look():
    if tab.run is not None and len(tab.run.trials) >= 4:
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

timer = QTimer()
timer.timeout.connect(look)
timer.start(5)
tab.run_box.button.click()
assert tab.running, tab.fault
application.exec()
"""


def fill(tab: Any, *, many: bool = False) -> None:
    """A few results, or as many as take longer than what is done meanwhile."""
    tab.inputs.lattice.choice.setCurrentText(LATTICE)
    tab.options.trials.setValue(4)
    if hasattr(tab.options, "side"):
        tab.options.side.set_value(9.0 if many else 16.0)
    else:
        tab.options.levels.setText("0, 0.1, 0.2")
        tab.options.seeds.setValue(4 if many else 1)
        tab.options.changed.emit()


@pytest.fixture
def studies(qtbot: QtBot, viewer: ViewerModel, runs_folder: Path) -> Iterator[Studies]:
    widget = Studies(viewer, runs_folder)
    qtbot.addWidget(widget)
    yield widget
    widget.unbind()
    for index in range(widget.tabs.count()):
        tab: Any = widget.tabs.widget(index)
        qtbot.waitUntil(lambda t=tab: not getattr(t, "running", False), timeout=PATIENCE)


def run(qtbot: QtBot, tab: Any) -> Any:
    assert tab.run_box.button.isEnabled(), tab.fault
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.running, timeout=2 * PATIENCE)
    return tab.run


def recent(tab: Any) -> list[Any]:
    """What the menu of recent studies offers."""
    menu = tab.files.recent.menu()
    menu.aboutToShow.emit()
    return list(menu.actions())


def press_first(qtbot: QtBot, button: Any) -> list[str]:
    """Open the menu of a button and choose its first entry by mouse; returns all entries."""
    menu, timer, entries = button.menu(), QTimer(), []

    def choose() -> None:
        if menu.isVisible():
            timer.stop()
            actions = menu.actions()
            entries.extend(action.text() for action in actions)
            place = menu.actionGeometry(actions[0]).center()
            qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)

    timer.timeout.connect(choose)
    timer.start(20)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not timer.isActive() and not menu.isVisible())
    return entries


def same_results(one: Any, other: Any) -> None:
    assert len(one.trials) == len(other.trials)
    for a, b in zip(one.trials, other.trials, strict=True):
        np.testing.assert_allclose(a.points, b.points, atol=1e-4)


@BOTH
def test_a_study_that_was_killed_is_found_again_with_its_results(
    qtbot: QtBot, add_crystal: Add, studies: Studies, runs_folder: Path, index: int, file: str
) -> None:
    command = [sys.executable, "-c", CRASH, str(runs_folder), str(index)]
    root = Path(__file__).resolve().parents[3]
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    killed = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, cwd=root
    )
    assert killed.returncode not in (0, 1), killed.stderr

    tab: Any = studies.tabs.widget(index)
    (folder,) = tab.runs_folder.iterdir()
    assert {path.name for path in folder.iterdir()} == {"about.json", f"{file}l"}
    add_crystal()
    (action,) = recent(tab)
    assert action.text().endswith("  crystal (cut off)")
    action.trigger()
    qtbot.waitUntil(lambda: tab.run is not None, timeout=PATIENCE)
    assert len(tab.run.trials) >= 3
    assert tab.run.trials[0].points.shape[0] > 5
    assert tab.place is not None
    assert tab.run_box.status.text().startswith("The study ended early. ")
    assert tab.files.save.isEnabled()
    if index == NOISE[0]:
        np.testing.assert_array_equal(tab.shown.plot.curves[TUNED], tab.run.means(TUNED, "n"))
    else:
        assert tab.layers.atoms is not None
        assert len(tab.layers.atoms.data) == len(tab.run.atoms()) > 5


@BOTH
def test_a_finished_study_is_one_whole_file_and_opens_from_the_menu_by_mouse(
    qtbot: QtBot,
    add_crystal: Add,
    studies: Studies,
    index: int,
    file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(index)
    (nothing,) = recent(tab)
    assert (nothing.text(), nothing.isEnabled()) == ("none saved yet", False)
    fill(tab)
    made = run(qtbot, tab)
    assert made.status == "done", tab.run_box.status.text()
    (folder,) = tab.runs_folder.iterdir()
    assert {path.name for path in folder.iterdir()} == {"about.json", file}

    studies.tabs.setCurrentIndex(index)
    studies.show()
    qtbot.waitExposed(studies)
    (label,) = press_first(qtbot, tab.files.recent)
    assert label.endswith("  crystal")
    qtbot.waitUntil(lambda: tab.run is not made, timeout=PATIENCE)
    same_results(tab.run, made)

    # "Open…" begins in the same folder
    began: list[str] = []
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *given: (began.append(given[2]), ("", ""))[1]
    )
    tab.files.open.click()
    assert began == [str(tab.runs_folder)]


@BOTH
def test_a_cancelled_study_is_kept_and_one_without_a_result_is_not(
    qtbot: QtBot, add_crystal: Add, studies: Studies, index: int, file: str
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(index)
    fill(tab, many=True)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: tab.run is not None and len(tab.run.trials) > 0, timeout=PATIENCE)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.running, timeout=PATIENCE)
    (folder,) = tab.runs_folder.iterdir()
    assert json.loads((folder / file).read_text())["status"] == "cancelled"
    same_results(tab.load(folder), tab.run)
    assert recent(tab)[0].text().endswith("(cancelled)")

    tab.options.trials.setValue(10_000)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: tab.run.trials == [], timeout=PATIENCE)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.running, timeout=PATIENCE)
    assert list(tab.runs_folder.iterdir()) == [folder]


@BOTH
def test_a_folder_that_cannot_be_made_is_told_once_and_the_study_goes_on(
    qtbot: QtBot, add_crystal: Add, studies: Studies, tmp_path: Path, index: int, file: str
) -> None:
    add_crystal()
    (tmp_path / "file").write_text("in the way")
    studies.keep_in(tmp_path / "file")
    tab: Any = studies.tabs.widget(index)
    fill(tab)
    assert run(qtbot, tab).status == "done"
    assert tab.run_box.warns
    first, *others = tab.run_box.status.text().split("\n")
    assert first == tab.in_words()
    assert len(others) == 1
    assert others[0].startswith("This run is not saved on its own: ")

    # the next one is saved again, and nothing is left of the warning
    studies.keep_in(tmp_path / "runs")
    run(qtbot, tab)
    assert not tab.run_box.warns
    assert len(list((tmp_path / "runs" / tab.kept_in).iterdir())) == 1


@pytest.mark.parametrize("when", ["add", "save"])
def test_a_disk_that_is_full_later_is_told_once_and_the_study_goes_on(
    qtbot: QtBot,
    add_crystal: Add,
    studies: Studies,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise BadInput("The disk is full.")

    def full_log(noise: Any, folder: Path) -> Any:
        log = NOISE_FORMAT.log(noise, folder)
        return SimpleNamespace(add=full, close=log.close)

    add_crystal()
    tab: Any = studies.tabs.widget(NOISE[0])
    change: Any = {"log": full_log} if when == "add" else {"save": full}
    monkeypatch.setattr(tab, "keeping", replace(tab.keeping, **change))
    fill(tab)
    assert run(qtbot, tab).status == "done"
    assert len(tab.run.trials) == 6
    assert tab.run_box.status.text().count("The disk is full.") == 1
    # what reached the disk stays
    (folder,) = tab.runs_folder.iterdir()
    found = tab.load(folder).trials
    assert len(found) == (0 if when == "add" else 6)


def test_a_study_that_fails_midway_keeps_what_it_has(
    qtbot: QtBot, add_crystal: Add, studies: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(NOISE[0])
    fill(tab)
    real = tab.prepare

    def failing(frame: Any) -> Any:
        work = real(frame)

        def broken() -> Any:
            task = work()

            def two() -> Iterator[Any]:
                yield from islice(without_pulses(task.steps), 2)
                raise MemoryError

            return replace(task, steps=two())

        return broken

    monkeypatch.setattr(tab, "prepare", failing)
    assert run(qtbot, tab).status == "failed"
    assert "not enough memory" in tab.run_box.status.text()
    (folder,) = tab.runs_folder.iterdir()
    assert len(tab.load(folder).trials) == 2
    assert recent(tab)[0].text().endswith("(failed)")


def test_the_oldest_studies_make_room(
    qtbot: QtBot, add_crystal: Add, studies: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab: Any = studies.tabs.widget(NOISE[0])
    for age in range(autosave.KEPT + 3):
        folder = tab.runs_folder / f"old{age:02d}"
        folder.mkdir(parents=True)
        file = folder / ("noise.json" if age % 2 else "noise.jsonl")
        file.write_text("{}")
        os.utime(file, (1e9 - age, 1e9 - age))
    add_crystal()
    fill(tab)
    run(qtbot, tab)
    left = {folder.name for folder in tab.runs_folder.iterdir()}
    assert len(left) == autosave.KEPT
    assert {name for name in left if name.startswith("old")} == {
        f"old{age:02d}" for age in range(autosave.KEPT - 1)
    }


def test_a_study_without_a_result_says_so_when_opened(
    qtbot: QtBot, studies: Studies, tmp_path: Path
) -> None:
    record = {
        "format": 1,
        "versions": {},
        "status": "running",
        "image": {"name": "a", "source": "", "shape": [9, 9], "pixel_size": 0.2, "fingerprint": ""},
        "lattice": None,
        "settings": {},
    }
    (tmp_path / "noise.jsonl").write_text(json.dumps(record) + "\n")
    tab: Any = studies.tabs.widget(NOISE[0])
    tab.files.open_run(tmp_path)
    qtbot.waitUntil(lambda: tab.run_box.warns, timeout=PATIENCE)
    assert "before its first result" in tab.run_box.status.text()
    assert tab.run is None


def test_studies_are_saved_in_folders_of_the_user_s_own(
    qtbot: QtBot, viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_tab, "autosave_folder", autosave.autosave_folder)
    widget = Studies(viewer)
    qtbot.addWidget(widget)
    folders: list[Any] = [widget.tabs.widget(index) for index in (0, 1)]
    assert [tab.runs_folder.parts[-2:] for tab in folders] == [
        ("napari-reward-analysis", "windows-runs"),
        ("napari-reward-analysis", "noise-runs"),
    ]
    widget.unbind()


@BOTH
def test_a_file_that_is_read_while_a_study_begins_takes_none_of_its_results(
    qtbot: QtBot, add_crystal: Add, studies: Studies, tmp_path: Path, index: int, file: str
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(index)
    fill(tab, many=True)
    first = run(qtbot, tab)
    tab.write(first, tmp_path / "kept")

    begun, load = threading.Event(), tab.files._load

    def slowly(path: Path) -> Any:
        found = load(path)
        begun.wait(PATIENCE / 1000)
        return found

    tab.files._load = slowly
    tab.files.open_run(tmp_path / "kept" / file)
    reading = tab.files._tasks[-1]
    tab.options.trials.setValue(8)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: tab.run is not first and bool(tab.run.trials), timeout=PATIENCE)
    second = tab.run
    begun.set()
    qtbot.waitUntil(lambda: not reading.going_on, timeout=PATIENCE)
    assert tab.running
    qtbot.waitUntil(lambda: not tab.running, timeout=2 * PATIENCE)
    assert tab.run is second
    assert (second.status, len(second.trials)) == ("done", len(first.trials))


@BOTH
def test_a_dock_that_is_opened_again_says_that_its_study_is_being_cancelled(
    qtbot: QtBot, add_crystal: Add, studies: Studies, index: int, file: str
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(index)
    fill(tab, many=True)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: tab.run is not None and bool(tab.run.trials), timeout=PATIENCE)
    studies.unbind()
    studies.bind()
    assert tab.running
    assert tab.run_box.state == "cancelling"
    qtbot.waitUntil(lambda: not tab.running, timeout=PATIENCE)
    assert tab.run_box.state == "idle"
    assert "The study was cancelled. " in tab.run_box.status.text()
