"""The window goes on answering while a run on a large image is going on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer

from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.io.simulate import simulate

PATIENCE = 120_000
LIMIT_MS = 100.0


def ybco(size: int) -> np.ndarray:
    image = simulate(lattice_preset("YBCO[100]"), (size, size), 0.18, rotation=1.5, dose=60).image
    return np.asarray(image.data)


class Ticks:
    """The time between two turns of the event loop, as a timer of 2 ms sees it."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start(2)

    def stop(self) -> np.ndarray:
        """The gaps in ms."""
        self._timer.stop()
        return 1000 * np.array(self.gaps)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


@pytest.fixture
def large_widget(qtbot: QtBot, viewer: ViewerModel, tmp_path: Path) -> FindAtoms:
    viewer.add_image(ybco(2048), scale=(0.018, 0.018), units=("nm", "nm"), name="large")
    widget = FindAtoms(viewer, tmp_path / "runs")
    qtbot.addWidget(widget)
    widget.resize(420, 900)
    widget.show()
    qtbot.waitExposed(widget)
    widget.preloading.join()
    widget.form.search.trials.setValue(30)
    return widget


def test_longest_gap_between_events_during_a_run_at_2048_square(
    qtbot: QtBot, large_widget: FindAtoms, capsys: pytest.CaptureFixture[str]
) -> None:
    widget, ticks = large_widget, Ticks()
    longest: list[float] = []
    ended: list[int] = []

    def note_end() -> None:
        if not widget.session.searching:
            ended.append(len(ticks.gaps))

    widget.session.search_changed.connect(note_end)
    # a machine with other work to do holds up any program now and then: one of five
    for attempt in range(5):
        widget.form.search.seed.setValue(attempt)
        widget.run_box.button.click()
        ticks.start()
        qtbot.waitUntil(lambda: bool(widget.session.front), timeout=PATIENCE)
        qtbot.waitUntil(lambda: ended != [], timeout=PATIENCE)
        qtbot.waitUntil(lambda: len(ticks.gaps) > ended[0] + 3)
        gaps = ticks.stop()
        # when the run has ended, its points come into the viewer
        during, after = gaps[: ended.pop()], gaps[-4:]
        longest.append(float(during.max()))
        with capsys.disabled():
            print(
                f"\n2048 square, {len(widget.session.current.trials)} trials: longest gap "
                f"{longest[-1]:.0f} ms, 99 % below {np.quantile(during, 0.99):.0f} ms, "
                f"showing the points at its end {after.max():.0f} ms"
            )
        if longest[-1] < LIMIT_MS:
            break
    assert min(longest) < LIMIT_MS
    widget.unbind()


def test_first_point_is_on_the_plot_within_a_second_at_1024_square(
    qtbot: QtBot,
    viewer: ViewerModel,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make_widget: Callable[[], Any],
) -> None:
    viewer.add_image(ybco(1024), scale=(0.018,) * 2, units=("nm",) * 2)
    widget = make_widget()
    widget.form.lattice.lattice.setCurrentText("YBCO[100]")
    widget.preloading.join()
    seconds: list[float] = []
    for _attempt in range(3):
        start = time.perf_counter()
        widget.run_box.button.click()
        qtbot.waitUntil(
            lambda: bool(widget.session.growing and widget.session.growing.trials),
            timeout=PATIENCE,
        )
        seconds.append(time.perf_counter() - start)
        qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
        with capsys.disabled():
            print(f"\n1024 square: first trial in the window after {seconds[-1]:.2f} s")
        if seconds[-1] < 1:
            break
    assert min(seconds) < 1


def test_longest_gap_between_events_while_the_lattice_is_looked_for_at_2048_square(
    qtbot: QtBot, large_widget: FindAtoms, capsys: pytest.CaptureFixture[str]
) -> None:
    widget, ticks = large_widget, Ticks()
    longest: list[float] = []
    for attempt in range(3):
        widget.form.image.pixel_size.set_value(0.18 + 1e-4 * (attempt + 1))
        widget.form.image.pixel_size.value_changed.emit()
        assert widget.form.watch.waiting
        ticks.start()
        qtbot.waitUntil(lambda: not widget.form.watch.waiting, timeout=PATIENCE)
        gaps = ticks.stop()
        longest.append(float(gaps.max()))
        with capsys.disabled():
            print(f"\n2048 square, lattice looked for: longest gap {longest[-1]:.0f} ms")
        if longest[-1] < LIMIT_MS:
            break
    assert min(longest) < LIMIT_MS
    widget.unbind()
