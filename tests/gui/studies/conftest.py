"""The dock "Studies" as a window of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from tests.gui.conftest import PATIENCE

from napari_reward_analysis.gui.studies.dock import Studies


@pytest.fixture
def studies(qtbot: QtBot, viewer: ViewerModel) -> Iterator[Studies]:
    """The dock of all studies; napari draws nothing."""
    widget = Studies(viewer)
    qtbot.addWidget(widget)
    widget.resize(420, 820)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.unbind()
    for index in range(widget.tabs.count()):
        tab: Any = widget.tabs.widget(index)
        qtbot.waitUntil(lambda t=tab: not t.session.searching, timeout=PATIENCE)
