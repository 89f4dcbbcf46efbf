"""Tests that the window stays responsive: work in threads, and few redraws.

`benchmarks/responsiveness.py` measures for how long the window is held up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from tests.gui.conftest import PATIENCE

from napari_reward_analysis.calibration import preflight
from napari_reward_analysis.detection.scale_space import ScaleSpace
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.pareto.plot import ParetoPlot
from napari_reward_analysis.optimize.samplers.plain import SobolSampler

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]
Watch = Callable[[Any, str, Callable[[], object]], None]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Have something done before each call of a function."""

    def before(owner: Any, name: str, action: Callable[[], object]) -> None:
        original = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            action()
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    return before


def test_nothing_costly_is_done_in_the_thread_of_the_window(
    watch: Watch, make_widget: Make, add_crystal: Add, run: Go
) -> None:
    used: dict[str, set[threading.Thread]] = {}
    for owner, name in (
        (preflight, "find_domains"),
        (ScaleSpace, "response"),
        (ScaleSpace, "maxima"),
        (SobolSampler, "ask"),
    ):
        used[name] = set()
        watch(owner, name, lambda name=name: used[name].add(threading.current_thread()))
    add_crystal()
    run(make_widget())
    assert all(used.values()), used
    assert threading.main_thread() not in set.union(*used.values()), used


def test_the_first_trial_is_in_the_window_before_the_second_is_there(
    watch: Watch, qtbot: QtBot, make_widget: Make, add_crystal: Add
) -> None:
    opened, asked = threading.Event(), []

    def hold_back() -> None:
        asked.append(1)
        assert len(asked) == 1 or opened.wait(PATIENCE / 1000)

    watch(SobolSampler, "ask", hold_back)
    add_crystal()
    widget = make_widget()
    widget.run_box.button.click()
    qtbot.waitUntil(
        lambda: widget.session.growing is not None and len(widget.session.growing.trials) > 0,
        timeout=PATIENCE,
    )
    assert widget.session.searching
    assert len(asked) <= 2
    opened.set()


def test_trials_that_come_together_are_drawn_together(
    watch: Watch,
    qtbot: QtBot,
    viewer: ViewerModel,
    make_widget: Make,
    add_crystal: Add,
) -> None:
    asking: list[threading.Thread] = []
    last = threading.Event()

    def note() -> None:
        asking.append(threading.current_thread())
        if len(asking) == trials:
            last.set()

    watch(SobolSampler, "ask", note)
    add_crystal()
    widget = make_widget()
    trials = widget.form.search.trials.value()
    drawn: list[object] = []
    watch(ParetoPlot, "set_points", lambda: drawn.append(1))
    layers: list[object] = []
    viewer.layers.events.inserted.connect(lambda event: layers.append(event.value))
    widget.run_box.button.click()
    drawn.clear()
    # the window does nothing until all trials are there
    assert last.wait(PATIENCE / 1000)
    asking[-1].join()
    assert drawn == []
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert len(widget.session.current.trials) == trials
    assert len(drawn) < trials / 2
    # one layer for all of them
    assert layers == [widget.overlay.atoms.layer]
