"""Measure the delays of the window during a search, and the time to the first trial.

    bash scripts/with_display.sh .venv/bin/python benchmarks/responsiveness.py [--repeats 3]

A timer of 2 ms records the time between two turns of the event loop: during a search on an
image of 2048 x 2048 px, when its points are added to the viewer, and during the measurement
of the lattice. The time to the first trial is measured from the click on Run at 1024 x 1024
px. Finally, plot and table show 200 and 2000 trials. The values of each repeat are printed.
The best one shows the program; other programs disturb the rest.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.pareto.plot import ParetoPlot
from napari_reward_analysis.gui.trials.table import TrialTable
from napari_reward_analysis.io.simulate import simulate

LATTICE, PIXEL_SIZE = "YBCO[100]", 0.18


def main() -> None:
    """Print a line for each figure and repeat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--trials", type=int, default=30)
    options = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        during_a_search(options, Path(folder))
        until_the_first_trial(options, Path(folder))
    for n in (200, 2000):
        plot_and_table(n, options.repeats)
    application.processEvents()


def during_a_search(options: argparse.Namespace, folder: Path) -> None:
    """Print the longest gaps of the event loop at 2048 square."""
    widget, ticks = opened(2048, options.trials, folder), Ticks()
    ended: list[int] = []

    def note_end() -> None:
        if not widget.session.searching:
            ended.append(len(ticks.gaps))

    widget.session.search_changed.connect(note_end)
    for repeat in range(options.repeats):
        widget.form.search.seed.setValue(repeat)
        widget.run_box.button.click()
        ticks.start()
        turn_until(lambda: len(ended) > 0)
        turn_until(lambda: len(ticks.gaps) > ended[0] + 3)
        gaps = ticks.stop()
        # the points are added to the viewer at the end of the run
        during, after = gaps[: ended.pop()], gaps[-4:]
        print(
            f"2048 square, {options.trials} trials: longest gap {during.max():.0f} ms, "
            f"99 % below {np.quantile(during, 0.99):.0f} ms; "
            f"when the points are shown {after.max():.0f} ms"
        )
    for repeat in range(options.repeats):
        widget.form.image.pixel_size.set_value(PIXEL_SIZE + 1e-4 * (repeat + 1))
        widget.form.image.pixel_size.value_changed.emit()
        ticks.start()
        turn_until(lambda: not widget.form.watch.waiting)
        print(f"2048 square, lattice looked for: longest gap {ticks.stop().max():.0f} ms")
    widget.unbind()


def until_the_first_trial(options: argparse.Namespace, folder: Path) -> None:
    """Print the time from the click on Run to the first trial in the window."""
    widget = opened(1024, 8, folder)
    for _ in range(options.repeats):
        start = time.perf_counter()
        widget.run_box.button.click()
        turn_until(lambda: bool(widget.session.growing and widget.session.growing.trials))
        print(f"1024 square: first trial after {time.perf_counter() - start:.2f} s")
        turn_until(lambda: not widget.session.searching)
    widget.unbind()


def plot_and_table(n: int, repeats: int) -> None:
    """Print the time of an update of plot and table with n trials."""
    plot, table = ParetoPlot(), TrialTable()
    table.front_only.setChecked(False)
    along = np.random.default_rng(0).random(n)
    x, y, ids = 0.4 * along**2, 0.3 * (1 - along) ** 2, np.arange(n)
    given = dict(on_front=ids % 9 == 0, feasible=np.ones(n, bool), tooltips=[""] * n)
    values = {"x": x.tolist(), "y": y.tolist()}
    fewer = {name: column[:-1] for name, column in values.items()}
    drawn, filled, grown = [], [], []
    for _ in range(repeats):
        drawn.append(seconds(lambda: plot.set_points(ids, x, y, **given)))
        table.set_rows([], {})
        filled.append(seconds(lambda: table.set_rows(ids[:-1].tolist(), fewer)))
        grown.append(seconds(lambda: table.set_rows(ids.tolist(), values)))
    print(
        f"{n} trials: plot {1000 * min(drawn):.1f} ms, table {1000 * min(filled):.1f} ms, "
        f"one row more {1000 * min(grown):.1f} ms"
    )


def opened(size: int, trials: int, folder: Path) -> FindAtoms:
    """Open the widget in a viewer with a simulated image."""
    viewer = ViewerModel()
    scale = (PIXEL_SIZE / 10,) * 2
    viewer.add_image(pixels(size), scale=scale, units=("nm", "nm"), name="large")
    widget = FindAtoms(viewer, folder)
    widget.resize(420, 900)
    widget.show()
    widget.preloading.join()
    widget.form.lattice.lattice.setCurrentText(LATTICE)
    widget.form.search.trials.setValue(trials)
    return widget


@cache
def pixels(size: int) -> np.ndarray:
    """Simulate an image of a square field."""
    made = simulate(lattice_preset(LATTICE), (size, size), PIXEL_SIZE, rotation=1.5, dose=60)
    return np.asarray(made.image.data)


class Ticks:
    """A timer of 2 ms that records the time between two turns of the event loop."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Start a new recording."""
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start(2)

    def stop(self) -> np.ndarray:
        """Stop and return the gaps in ms."""
        self._timer.stop()
        return 1000 * np.array(self.gaps)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


def turn_until(condition: Callable[[], bool]) -> None:
    """Run the event loop until a condition is true."""
    application = QApplication.instance()
    assert application is not None
    while not condition():
        application.processEvents()


def seconds(function: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
