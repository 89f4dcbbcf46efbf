"""Tests of the oracle's study, driven by the mouse."""

from __future__ import annotations

import csv
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog, QWidget
from tests.analyses.oracle.conftest import onnx_bytes
from tests.gui.conftest import LATTICE, PATIENCE, PIXEL_SIZE

from napari_reward_analysis.analyses.atoms.analysis import ATOMS
from napari_reward_analysis.analyses.atoms.oracle_counts import agreement_of_trials
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.oracle import trials
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.analysis.request import Request, start
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.atoms.work import prepare_atoms
from napari_reward_analysis.gui.pareto.values import ValueBar
from napari_reward_analysis.gui.studies.oracle import OracleStudy
from napari_reward_analysis.gui.studies.oracle_words import favourites_in_words
from napari_reward_analysis.gui.widgets.legend import LegendStrip
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.points.matching import points_within

LEFT = Qt.MouseButton.LeftButton

SCENE = simulate(lattice_preset(LATTICE), pixel_size=PIXEL_SIZE, shape=(160, 160), dose=200, seed=3)
TRUTH = np.column_stack([SCENE.truth["y"], SCENE.truth["x"]])
INNER = TRUTH[((TRUTH > 5) & (TRUTH < 154)).all(axis=1)]


class Window:
    """A viewer with the crystal, and the study of it."""

    def __init__(self, qtbot: QtBot, viewer: Any) -> None:
        self.qtbot, self.viewer = qtbot, viewer
        self.image = viewer.add_image(
            np.array(SCENE.image.data),
            name="crystal",
            scale=(PIXEL_SIZE,) * 2,
            units=("angstrom", "angstrom"),
        )
        self.study = OracleStudy(viewer)

    def add_points(self, points: Any, name: str) -> Any:
        return self.viewer.add_points(
            points, name=name, scale=self.image.scale, units=self.image.units
        )

    def click(self, button: QWidget) -> None:
        self.study.scroll_area.ensureWidgetVisible(button)
        self.qtbot.waitUntil(button.isVisible)
        assert not button.visibleRegion().isEmpty()
        self.qtbot.mouseClick(button, LEFT)

    def take(self, box: Any, text: str) -> None:
        """Choose an entry of a list with the arrow keys."""
        self.study.scroll_area.ensureWidgetVisible(box)
        box.setFocus()
        steps = box.findText(text) - box.currentIndex()
        for _ in range(abs(steps)):
            self.qtbot.keyClick(box, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
        assert box.currentText() == text

    def go(self) -> str:
        """Press Run, wait for the end, and read what is said."""
        assert self.study.run_box.button.isEnabled(), self.study.form.fault
        self.click(self.study.run_box.button)
        assert self.study.session.searching
        self.qtbot.waitUntil(lambda: not self.study.session.searching, timeout=PATIENCE)
        self.qtbot.waitUntil(lambda: self.study.run_box.state == "idle")
        return f"{self.study.run_box.status.text()}\n{self.study.results.notice.text()}".strip()

    def names(self) -> list[str]:
        return [layer.name for layer in self.viewer.layers]


@pytest.fixture
def window(qtbot: QtBot, viewer: ViewerModel) -> Iterator[Window]:
    """The study as a window of its own; napari draws nothing."""
    made = Window(qtbot, viewer)
    qtbot.addWidget(made.study)
    made.study.resize(420, 700)
    made.study.show()
    qtbot.waitExposed(made.study)
    yield made
    made.study.unbind()
    qtbot.waitUntil(lambda: not made.study.session.searching, timeout=PATIENCE)


@pytest.fixture
def docked(qtbot: QtBot, make_napari_viewer: Callable[..., Any]) -> Window:
    """The study docked in the window of napari."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(800, 560)
    made = Window(qtbot, viewer)
    viewer.window.add_dock_widget(made.study, name="Oracle")
    qtbot.waitExposed(made.study)
    return made


@pytest.fixture
def choose_file(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    def answer(path: Path) -> None:
        for name in ("getOpenFileName", "getSaveFileName"):
            monkeypatch.setattr(QFileDialog, name, lambda *_: (str(path), "CSV (*.csv)"))

    return answer


def test_network_alone_then_compared_in_place_and_exported(
    docked: Window, choose_file: Callable[[Path], None], tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    study = docked.study
    docked.take(study.form.image.regions, "crystal, where it is seen")
    assert "the crystal cannot be found" in docked.go()
    docked.take(study.form.image.regions, "whole field")
    said = docked.go()
    assert docked.names() == ["crystal", "oracle"]
    assert "no crystal" not in said
    oracle = study.overlay.layers.layer("oracle")
    assert oracle is not None
    assert f"oracle.onnx: {len(oracle.data)} columns" in said
    assert len(oracle.data) == pytest.approx(len(INNER), rel=0.15)

    # ten columns lack, two are too many
    extra = np.array([[70.0, 3.0], [90.0, 3.0]])
    docked.add_points(np.vstack([INNER[10:], extra]), "atoms")
    docked.take(study.form.compared, "atoms")
    said = docked.go()
    for word in ("precision 0.", "recall 0.", "F1 0.", "rms difference", "count ratio"):
        assert word in said
    assert study.overlay.layers.layer("oracle") is oracle
    layer = study.overlay.layers.layer("agreement")
    assert layer is not None
    kinds = layer.features["agreement"].to_numpy()
    looks = {
        kind: (layer.border_color[kinds == kind][0].tolist(), str(layer.symbol[kinds == kind][0]))
        for kind in ("matched", "missed", "spurious")
    }
    assert len({str(colour) for colour, _ in looks.values()}) == 3
    assert len({symbol for _, symbol in looks.values()}) == 3
    assert (kinds == "missed").sum() >= 10
    # those that differ catch the eye
    assert layer.size[kinds != "matched"].min() > 1.5 * layer.size[kinds == "matched"].max()
    counts = [f"{kind} {(kinds == kind).sum()}" for kind in looks]
    assert [entry.text for entry in study.results.legend.entries[1:]] == counts

    target = tmp_path / "agreement.csv"
    choose_file(target)
    study.results.csv.trigger()
    docked.qtbot.waitUntil(lambda: "saved" in study.run_box.status.text(), timeout=PATIENCE)
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["agreement"] for row in rows] == kinds.tolist()
    assert float(rows[0]["y_A"]) == pytest.approx(float(rows[0]["y_px"]) * PIXEL_SIZE)

    docked.take(study.form.compared, "nothing")
    docked.go()
    assert docked.names() == ["crystal", "oracle", "atoms"]


def test_a_layer_against_itself_less_some_is_counted_exactly(window: Window) -> None:
    study = window.study
    window.add_points(INNER, "marked")
    window.add_points(INNER[20:], "atoms")
    window.take(study.form.source.choice, "Points layer")
    window.take(study.form.source.layers, "marked")
    window.take(study.form.compared, "marked")
    assert "are the same" in study.run_box.fault.text()
    window.take(study.form.compared, "atoms")
    said = window.go()
    share = (len(INNER) - 20) / len(INNER)
    assert f"precision 1.000, recall {share:.3f}" in said
    assert "rms difference 0 Å" in said
    assert f"count ratio {share:.3f}" in said
    assert "by class" not in said

    # classes of the oracle, every second one and the rest
    kinds = np.array(["Ti", "Sr"])[np.arange(len(INNER)) % 2]
    window.viewer.layers["marked"].features = {"class": kinds}
    part = 1 - 10 / np.count_nonzero(kinds == "Sr"), 1 - 10 / np.count_nonzero(kinds == "Ti")
    assert f"recall by class: Sr {part[0]:.3f}, Ti {part[1]:.3f}" in window.go()

    # points that were added by hand have no class
    unknown = np.where(np.arange(len(INNER)) < 2, None, kinds)
    for values in (unknown, pd.Categorical(unknown)):
        window.viewer.layers["marked"].features = {"class": values}
        said = window.go()
        assert "recall by class: Sr 0." in said
        assert "an 0." not in said
        assert "None" not in said

    # labels of measured objects are no classes, one for each point
    window.viewer.layers["marked"].features = {"label": np.arange(len(INNER))}
    assert "by class" not in window.go()


def test_front_of_a_run_is_listed_and_a_click_shows_the_trial(window: Window) -> None:
    study, session = window.study, window.study.atoms
    searched(window)
    window.add_points(INNER, "marked")
    window.take(study.form.source.choice, "Points layer")
    window.go()
    table, front = study.results.front, session.front
    assert table.rowCount() == len(front)
    values = [float(table.item(row, 3).text()) for row in range(table.rowCount())]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.8
    study.scroll_area.ensureWidgetVisible(table)
    last = table.visualItemRect(table.item(0, 1)).center()
    window.qtbot.mouseClick(table.viewport(), LEFT, pos=QPoint(last.x(), last.y()))
    run = session.current
    assert run is not None
    assert str(run.trials[run.choice].index) == table.item(0, 1).text()


def test_cancel_leaves_no_layer(window: Window) -> None:
    pytest.importorskip("onnxruntime")
    study = window.study
    window.click(study.run_box.button)
    window.click(study.run_box.button)
    window.qtbot.waitUntil(lambda: not study.session.searching, timeout=PATIENCE)
    assert study.run_box.status.text() == "The run was cancelled before its first result."
    assert window.names() == ["crystal"]
    window.go()
    assert window.names() == ["crystal", "oracle"]


def test_without_onnxruntime_the_form_says_what_to_install(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    window.take(window.study.form.source.choice, "positions in a file")
    window.take(window.study.form.source.choice, "network of this package")
    box = window.study.run_box
    assert 'pip install "napari-reward-analysis[oracle]"' in box.fault.text()
    assert not box.button.isEnabled()


def test_model_of_the_wrong_shape(
    window: Window, choose_file: Callable[[Path], None], tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "colour.onnx"
    path.write_bytes(onnx_bytes([("Sigmoid", ("image",), "out")], shape=("n", 3, "h", "w")))
    window.take(window.study.form.source.choice, "another network (ONNX file)")
    assert "choose the file of the network" in window.study.run_box.fault.text()
    choose_file(path)
    window.click(window.study.form.source.open)
    assert "instead of one grey image (N, 1, H, W)" in window.go()
    assert window.study.run_box.warns
    assert window.names() == ["crystal"]


def test_csv_without_positions(
    window: Window, choose_file: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("y_px,x_px\n")
    window.take(window.study.form.source.choice, "positions in a file")
    choose_file(path)
    window.click(window.study.form.source.open)
    assert "empty.csv holds no positions" in window.go()
    path.write_text("y_px,x_px\n" + "".join(f"{y},{x}\n" for y, x in INNER))
    assert f"empty.csv: {len(INNER)} columns" in window.go()
    assert window.names() == ["crystal", "oracle"]


def test_one_point_alone_is_shown_and_needs_a_distance_to_be_compared(window: Window) -> None:
    study = window.study
    window.add_points(INNER[:1], "single")
    window.add_points(INNER, "atoms")
    window.take(study.form.source.choice, "Points layer")
    window.take(study.form.source.layers, "single")
    assert study.form.compared.currentText() == "atoms"  # chosen as it came
    window.take(study.form.compared, "nothing")
    assert "'single': 1 column" in window.go()
    window.take(study.form.compared, "atoms")
    assert "give the matching distance" in window.go()
    window.click(study.form.distance)
    window.qtbot.keyClicks(study.form.distance, "-1")
    assert "Matching distance must be larger than 0" in study.run_box.fault.text()
    study.form.distance.selectAll()
    window.qtbot.keyClicks(study.form.distance, "0.5")
    assert "recall 1.000" in window.go()


def test_points_of_another_image(window: Window) -> None:
    study = window.study
    window.add_points(INNER + 1000, "elsewhere")
    window.take(study.form.source.choice, "Points layer")
    assert "lie outside the image of 160 x 160 px" in window.go()
    window.add_points(INNER, "marked")
    window.take(study.form.source.layers, "marked")
    window.take(study.form.compared, "elsewhere")
    assert "'elsewhere' lie outside the image" in window.go()
    window.add_points(np.empty((0, 2)), "blank")
    window.take(study.form.compared, "blank")
    window.click(study.run_box.button)
    assert "'blank' has no point on this image" in study.run_box.status.text()


def searched(window: Window, **changes: Any) -> Any:
    """A run on the window's image."""
    study, session = window.study, window.study.atoms
    frame = study.form.image.frame
    assert frame is not None
    settings = AtomsSettings(**{"trials": 8, "sampler": "sobol", "refine": False, **changes})
    search_atoms(session, Request(frame, None, lattice_preset(LATTICE), settings))
    window.qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    return session.current


def search_atoms(session: Any, request: Request) -> None:
    """Begin a search that is not saved."""
    name = session.free_name(request.image.name)
    prepare = prepare_atoms(session, ATOMS, request, name)
    start(session, ATOMS, request, prepare, None, name)


def dock_find_atoms(window: Window, folder: Path) -> FindAtoms:
    """The search's widget, through the manifest."""
    _, widget = window.viewer.window.add_plugin_dock_widget(
        "napari-reward-analysis", "Find atoms (LoG*)"
    )
    assert isinstance(widget, FindAtoms)
    widget.runs_folder = folder
    widget.preloading.join()
    return widget


def test_of_equal_trials_the_one_on_the_front_is_named_the_oracle_s() -> None:
    trials = [SimpleNamespace(index=10 + k) for k in range(6)]
    run: Any = SimpleNamespace(
        identifier="a" * 32, name="scan #1", trials=trials, front=[4, 2], proposed=lambda: 4
    )

    def told(*best: int) -> str:
        f1 = np.full(len(trials), 0.5)
        f1[list(best)] = 0.9
        return favourites_in_words([TrialAgreement.of(run, f1)], [run])

    ahead = "scan #1: the rewards propose trial 14 (F1 0.500). Trial"
    assert told(1, 2) == f"{ahead} 12 agrees best with the oracle (F1 0.900)."
    assert told(1, 3) == (
        f"{ahead} 11, which is not on the front, agrees best with the oracle (F1 0.900)."
    )
    assert told(1, 2, 4) == (
        "scan #1: trial 14, which the rewards propose, also agrees best with the oracle (F1 0.900)."
    )


def test_a_comparison_is_saved_and_opened_again_with_the_front_in_its_colours(
    window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    study, session = window.study, window.study.atoms
    run = searched(window)
    window.add_points(INNER, "marked")
    window.add_points(INNER[20:], "atoms")
    window.take(study.form.source.choice, "Points layer")
    window.take(study.form.source.layers, "marked")
    said = window.go()
    oracle, f1 = session.agreement
    assert oracle == "'marked'"
    assert len(f1) == len(run.trials)
    proposed = run.proposed()
    index = run.trials[proposed].index
    assert (f"trial {index}, which the rewards propose, also agrees best" in said) == (
        f1[proposed] == np.nanmax(f1)
    )

    folder = tmp_path / "kept"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    study.results.export.folder.trigger()
    window.qtbot.waitUntil(lambda: "figures saved" in study.run_box.status.text(), timeout=PATIENCE)
    assert {path.name for path in folder.iterdir()} == {
        *("oracle.json", "oracle.csv", "oracle.png"),
        *("agreement.csv", "comparison.json", "comparison.png"),
    }
    assert study.run_box.status.text() == f"{said}\nRun, tables and figures saved: {folder}"

    # opened again, over other results and without the layers
    for name in ("marked", "agreement", "oracle"):
        window.viewer.layers.remove(name)
    window.viewer.layers.selection.active = window.image
    window.add_points(INNER[:5], "other")
    window.take(study.form.source.layers, "other")
    window.take(study.form.compared, "nothing")
    assert window.go().startswith("'other': 5 columns")
    chosen = str(folder / "oracle.json")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen, ""))
    study.results.run_menu.load.trigger()
    window.qtbot.waitUntil(lambda: study.run_box.status.text() == said, timeout=PATIENCE)
    assert study.run_box.elapsed.text() == ""
    assert [entry.text for entry in study.results.legend.entries] == [
        f"oracle {len(INNER)}",
        f"matched {len(INNER) - 20}",
        "missed 20",
        "spurious 0",
    ]
    layer = study.overlay.layers.layer("agreement")
    assert layer is not None
    assert len(layer.data) == len(INNER)
    np.testing.assert_array_equal(session.agreement[1], f1)

    # if the run's image is not the shown one, a notice appears and no layer changes
    window.viewer.layers.remove(window.image)
    window.viewer.add_image(np.array(SCENE.image.data)[::-1], name="other", scale=(PIXEL_SIZE,) * 2)
    before = len(window.viewer.layers)
    study.results.run_menu.load.trigger()
    window.qtbot.waitUntil(
        lambda: "belongs to the image 'crystal'" in study.results.notice.text(), timeout=PATIENCE
    )
    assert len(window.viewer.layers) == before

    (folder / "oracle.json").write_text('{"format": 1, "kind": "noise", "trials": []}')
    study.results.run_menu.load.trigger()
    window.qtbot.waitUntil(
        lambda: "a run of another analysis (noise)" in study.run_box.status.text(), timeout=PATIENCE
    )


def test_the_front_takes_the_colours_of_the_agreement(docked: Window, tmp_path: Path) -> None:
    study, session = docked.study, docked.study.atoms
    widget = dock_find_atoms(docked, tmp_path)
    # thresholds that are searched are seldom good ones: the points lie apart
    run, plot = searched(docked, trials=16, thresholds="searched"), widget.results.plot
    widget.scroll_area.ensureWidgetVisible(plot)
    docked.qtbot.waitExposed(plot)
    plain, bar = plot.canvas.grab().toImage(), plot.findChild(ValueBar)
    assert bar.texts[0] == "incoherence with the lattice"
    docked.add_points(INNER[::2], "half")
    docked.take(study.form.source.choice, "Points layer")
    docked.take(study.form.source.layers, "half")
    docked.take(study.form.compared, "nothing")
    docked.go()

    _, f1 = session.agreement
    assert bar.isVisible()
    low, high = f1[session.front].min(), f1.max()
    assert high - low > 0.01
    assert bar.texts == ("F1 with 'half'", f"{low:.3f}", f"{high:.3f}")
    assert plot.favourite in np.flatnonzero(f1 == np.nanmax(f1))
    assert plot.canvas.grab().toImage() != plain
    assert "oracle's best" in [entry.text for entry in plot.findChild(LegendStrip).entries]

    # a click on a point says how it agrees; the list of colours takes them away and back
    k = session.front[0]
    docked.qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=plot.locate(k))
    assert f"F1 {f1[session.selected]:.3f} with 'half'" in widget.results.shown_too.text()
    assert f"F1 {f1[k]:.3f} with 'half'" in widget.results.tooltips()[k]
    colour = widget.results.axes.colour
    colour.setCurrentIndex(colour.findText("none"))
    assert not bar.isVisible()
    colour.setCurrentIndex(colour.findText("F1"))
    assert bar.isVisible()
    assert plot.favourite is not None

    # another run has no colours until the oracle has judged it
    searched(docked)
    assert session.current is not run
    assert session.agreement is None
    assert bar.texts[0] == "incoherence with the lattice"
    session.show(run)
    assert bar.texts[0] == "F1 with 'half'"


def mark_a_trial(window: Window, run: Any) -> None:
    """Known columns as the oracle, and the run's own result as what is compared."""
    window.add_points(INNER, "marked")
    trial = run.trials[run.proposed()]
    window.add_points(trial.points[trial.shown], "atoms")
    window.take(window.study.form.source.choice, "Points layer")
    window.take(window.study.form.source.layers, "marked")


def left_half() -> Any:
    mask = np.zeros(SCENE.image.shape, bool)
    mask[:, :80] = True
    return mask


def test_trials_are_judged_within_the_drawn_region_as_what_is_compared_is(window: Window) -> None:
    study, session = window.study, window.study.atoms
    run = searched(window, area="field")
    mark_a_trial(window, run)
    window.viewer.add_labels(
        left_half().astype(int), name="left", scale=window.image.scale, units=window.image.units
    )
    window.take(study.form.image.regions, "left")
    window.go()
    f1 = study.session.current.result.f1
    assert f1 > 0.9
    # the compared layer is the proposed trial
    assert session.agreement[1][run.proposed()] == f1


def test_a_run_is_judged_in_its_own_area_whatever_the_shown_one_s_is(window: Window) -> None:
    session = window.study.atoms
    whole = searched(window)
    frame = window.study.form.image.frame
    assert frame is not None
    settings = AtomsSettings(trials=8, sampler="sobol", refine=False)
    request = Request(frame, None, lattice_preset(LATTICE), settings, region=left_half())
    search_atoms(session, request)
    window.qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    half = session.current
    assert half is not whole
    mark_a_trial(window, half)
    window.go()
    assert session.agreement[1][half.proposed()] == window.study.session.current.result.f1
    session.show(whole)
    assert session.agreement[1][whole.proposed()] > 0.9

    # a run that still grows is compared within its area too
    session.show(half)
    session.growing = half
    window.go()
    assert len(window.study.session.current.oracle.points) < 0.6 * len(INNER)
    session.growing = None


def test_points_upon_one_another_are_shown_and_need_a_distance_to_be_compared(
    window: Window,
) -> None:
    study = window.study
    window.add_points(np.repeat(INNER, 2, axis=0), "doubled")
    window.add_points(INNER, "atoms")
    window.take(study.form.source.choice, "Points layer")
    window.take(study.form.source.layers, "doubled")
    assert "coincide with another one: remove the duplicates, or give the matching" in window.go()
    assert study.run_box.warns
    window.click(study.form.distance)
    window.qtbot.keyClicks(study.form.distance, "0.5")
    assert "precision 1.000, recall 0.500" in window.go()
    window.take(study.form.compared, "nothing")
    study.form.distance.clear()
    assert f"'doubled': {2 * len(INNER)} columns" in window.go()


def test_fronts_and_choices_follow_the_runs(window: Window) -> None:
    study, session = window.study, window.study.atoms
    first, second = searched(window), searched(window, seed=4)
    window.add_points(INNER, "marked")
    window.take(study.form.source.choice, "Points layer")
    window.go()
    table = study.results.front

    def listed() -> set[tuple[str, str]]:
        return {
            (table.item(row, 0).text(), table.item(row, 1).text())
            for row in range(table.rowCount())
        }

    def fronts(*runs: Any) -> set[tuple[str, str]]:
        return {(run.name, str(run.trials[k].index)) for run in runs for k in run.front}

    assert listed() == fronts(first, second)
    session.rename(second, "the better one")
    assert listed() == fronts(first, second)
    assert "the better one: the rewards" in study.run_box.status.text()
    before = fronts(second)
    counts = [trial.score.count for trial in second.trials if trial.feasible]
    session.rescore(replace(second.physics, expected=min(counts)))
    assert fronts(second) != before
    assert listed() == fronts(first, second)
    chosen = second.trials[second.proposed()].index
    assert f"trial {chosen}" in study.run_box.status.text()

    # while the dock is closed they change as well
    study.unbind()
    session.remove(first)
    study.bind()
    assert listed() == fronts(second)
    session.remove(second)
    assert table.isHidden()
    assert "the rewards" not in study.run_box.status.text()


def test_a_comparison_that_is_cancelled_while_runs_are_judged_logs_nothing(
    window: Window, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging, cancelled = threading.Event(), threading.Event()

    def judge(*arguments: Any) -> Any:
        judging.set()
        assert cancelled.wait(PATIENCE / 1000)
        return agreement_of_trials(*arguments)

    monkeypatch.setattr(trials, "agreement_of_trials", judge)
    study = window.study
    searched(window)
    window.add_points(INNER, "marked")
    window.take(study.form.source.choice, "Points layer")
    window.click(study.run_box.button)
    window.qtbot.waitUntil(judging.is_set, timeout=PATIENCE)
    window.click(study.run_box.button)
    cancelled.set()
    window.qtbot.waitUntil(lambda: not study.session.searching, timeout=PATIENCE)
    assert "ancelled" in study.run_box.status.text()
    assert not caplog.records


def test_a_pair_across_the_edge_of_a_drawn_region_is_a_pair(window: Window) -> None:
    study, session = window.study, window.study.atoms
    run = searched(window, area="field")
    window.add_points(INNER, "marked")
    shifted = INNER + np.array([1.0, 0.0])
    window.add_points(shifted, "shifted")
    window.take(study.form.source.choice, "Points layer")
    window.take(study.form.source.layers, "marked")
    window.take(study.form.compared, "shifted")
    # the first row of columns is shifted into the region, the last one out of it
    rows = np.unique(np.round(INNER[:, 0]).astype(int))
    mask = np.zeros(SCENE.image.shape, int)
    mask[rows[1] + 1 : rows[-2] + 1] = 1
    window.viewer.add_labels(mask, name="cut", scale=window.image.scale, units=window.image.units)
    window.take(study.form.image.regions, "cut")
    assert "precision 1.000, recall 1.000" in window.go()
    there = INNER[points_within(INNER, mask.astype(bool))]
    assert len(study.session.current.oracle.points) == len(there) < len(INNER)

    # and the trials' pairs are counted in the same way
    trial = replace(run.trials[run.proposed()], refined=None)
    blobs = np.column_stack([shifted, np.ones((len(INNER), 2))]).astype(np.float32)
    every = np.ones(len(INNER), bool)
    run.trials = [
        replace(trial, blobs=blobs, neighbour_sums=blobs[:, 0], inside=every, outside=~every)
    ]
    window.go()
    assert session.agreement[1].tolist() == [1.0]
