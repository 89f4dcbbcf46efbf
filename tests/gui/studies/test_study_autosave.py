"""Tests of the autosave of studies: after a crash they are found in the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QFileDialog
from tests.gui.conftest import LATTICE, PATIENCE

from napari_reward_analysis.analyses.noise.result import TUNED
from napari_reward_analysis.gui.analysis import autosave
from napari_reward_analysis.gui.analysis import dock as dock_module
from napari_reward_analysis.gui.studies.dock import Studies

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
    if tab.session.current is not None and len(tab.session.current.trials) >= 4:
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

timer = QTimer()
timer.timeout.connect(look)
timer.start(5)
tab.run_box.button.click()
assert tab.session.searching, tab.form.fault
application.exec()
"""


def fill(tab: Any, *, many: bool = False) -> None:
    """A few results, or as many as take longer than what is done meanwhile."""
    tab.form.inputs.lattice.choice.setCurrentText(LATTICE)
    tab.form.options.trials.setValue(4)
    if hasattr(tab.form.options, "side"):
        tab.form.options.side.set_value(9.0 if many else 16.0)
    else:
        tab.form.options.levels.setText("0, 0.1, 0.2")
        tab.form.options.seeds.setValue(4 if many else 1)
        tab.form.options.changed.emit()


@pytest.fixture
def studies(qtbot: QtBot, viewer: ViewerModel, runs_folder: Path) -> Iterator[Studies]:
    widget = Studies(viewer, runs_folder)
    qtbot.addWidget(widget)
    yield widget
    widget.unbind()
    for index in range(widget.tabs.count()):
        tab: Any = widget.tabs.widget(index)
        qtbot.waitUntil(lambda t=tab: not t.session.searching, timeout=PATIENCE)


def run(qtbot: QtBot, tab: Any) -> Any:
    assert tab.run_box.button.isEnabled(), tab.form.fault
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=2 * PATIENCE)
    return tab.session.current


def recent(tab: Any) -> list[Any]:
    """Return the entries of the menu of recent studies."""
    menu = tab.results.run_menu.recent
    menu.aboutToShow.emit()
    return list(menu.actions())


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
    assert action.text().endswith("  crystal #1 (cut off)")
    action.trigger()
    qtbot.waitUntil(lambda: tab.session.current is not None, timeout=PATIENCE)
    assert len(tab.session.current.trials) >= 3
    assert tab.session.current.trials[0].points.shape[0] > 5
    qtbot.waitUntil(lambda: tab.overlay.shows_run, timeout=PATIENCE)
    assert tab.run_box.status.text().startswith("The run ended early. ")
    assert tab.results.export.isEnabled()
    if index == NOISE[0]:
        np.testing.assert_array_equal(
            tab.results.plot.curves[TUNED], tab.session.current.means(TUNED, "n")
        )
    else:
        assert tab.overlay.layers.atoms is not None
        assert len(tab.overlay.layers.atoms.data) == len(tab.session.current.atoms()) > 5


@BOTH
def test_a_finished_study_is_one_whole_file_and_opens_from_the_menu(
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

    tab.session.remove(made)
    (action,) = recent(tab)
    assert action.text().endswith("  crystal #1")
    action.trigger()
    qtbot.waitUntil(lambda: tab.session.current is not None, timeout=PATIENCE)
    same_results(tab.session.current, made)

    # "Load a run…" begins in the same folder
    began: list[str] = []
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *given: (began.append(given[2]), ("", ""))[1]
    )
    tab.results.run_menu.load.trigger()
    assert began == [str(tab.runs_folder)]


@BOTH
def test_a_cancelled_study_is_kept_and_one_without_a_result_is_not(
    qtbot: QtBot, add_crystal: Add, studies: Studies, index: int, file: str
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(index)
    fill(tab, many=True)
    tab.run_box.button.click()
    qtbot.waitUntil(
        lambda: tab.session.current is not None and len(tab.session.current.trials) > 0,
        timeout=PATIENCE,
    )
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    (folder,) = tab.runs_folder.iterdir()
    assert json.loads((folder / file).read_text())["status"] == "cancelled"
    same_results(tab.analysis.format.load(folder), tab.session.current)
    assert recent(tab)[0].text().endswith("(cancelled)")

    tab.form.options.trials.setValue(10_000)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: tab.session.current.trials == [], timeout=PATIENCE)
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    assert list(tab.runs_folder.iterdir()) == [folder]
    assert [run.status for run in tab.session.runs] == ["cancelled"]


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
    assert first == tab.words_of(tab.session.current)
    assert len(others) == 1
    assert others[0].startswith("This run could not be saved: ")

    # the next one is saved again, and nothing is left of the warning
    studies.keep_in(tmp_path / "runs")
    run(qtbot, tab)
    assert not tab.run_box.warns
    assert len(list((tmp_path / "runs" / f"{tab.name}-runs").iterdir())) == 1


def test_a_study_without_a_result_says_so_when_opened(
    qtbot: QtBot, studies: Studies, tmp_path: Path
) -> None:
    record = {
        "format": 1,
        "kind": "noise",
        "versions": {},
        "status": "running",
        "image": {"name": "a", "source": "", "shape": [9, 9], "pixel_size": 0.2, "fingerprint": ""},
        "lattice": None,
        "settings": {},
    }
    (tmp_path / "noise.jsonl").write_text(json.dumps(record) + "\n")
    tab: Any = studies.tabs.widget(NOISE[0])
    tab.load(tmp_path)
    qtbot.waitUntil(lambda: tab.run_box.warns, timeout=PATIENCE)
    assert "before its first result" in tab.run_box.status.text()
    assert tab.session.current is None


def test_studies_are_saved_in_folders_of_the_user_s_own(
    qtbot: QtBot, viewer: ViewerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dock_module, "autosave_folder", autosave.autosave_folder)
    widget = Studies(viewer)
    qtbot.addWidget(widget)
    folders: list[Any] = [widget.tabs.widget(index) for index in (0, 1, 2)]
    assert [tab.runs_folder.parts[-2:] for tab in folders] == [
        ("napari-reward-analysis", "windows-runs"),
        ("napari-reward-analysis", "noise-runs"),
        ("napari-reward-analysis", "oracle-runs"),
    ]
    widget.unbind()


@BOTH
def test_a_dock_that_is_opened_again_says_that_its_study_is_being_cancelled(
    qtbot: QtBot, add_crystal: Add, studies: Studies, index: int, file: str
) -> None:
    add_crystal()
    tab: Any = studies.tabs.widget(index)
    fill(tab, many=True)
    tab.run_box.button.click()
    qtbot.waitUntil(
        lambda: tab.session.current is not None and bool(tab.session.current.trials),
        timeout=PATIENCE,
    )
    studies.unbind()
    studies.bind()
    assert tab.session.searching
    assert tab.run_box.state == "cancelling"
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    assert tab.run_box.state == "idle"
    assert "The run was cancelled. " in tab.run_box.status.text()
