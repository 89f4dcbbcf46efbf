"""Set up all tests: the data folder, hypothesis, the display, and isolated user settings."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

# One thread a process: the processes that share the tests keep the cores busy, and threads of
# each would only wait for one another. A number that is set already is kept.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
# An empty path keeps napari from reading or writing the settings of the user.
os.environ["NAPARI_CONFIG"] = ""
# Plots in tests go to files, never to windows.
os.environ["MPLBACKEND"] = "Agg"

# Timing belongs to the benchmarks: a busy machine must not fail a property. In CI the same
# examples are tried every time, and fewer of them; elsewhere new ones. `make mutants` runs a
# test many times and takes few examples.
hypothesis.settings.register_profile("local", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "ci", deadline=None, print_blob=True, derandomize=True, max_examples=60
)
hypothesis.settings.register_profile("few", deadline=None, derandomize=True, max_examples=15)
hypothesis.settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local")
)

#: Fixtures that start Qt, directly or below.
QT_FIXTURES = frozenset({"qapp", "qtbot", "make_napari_viewer", "make_napari_viewer_proxy"})


def display_fault() -> str | None:
    """Say why no window can be opened here, or None.

    Qt ends the whole process where it finds no display, so this is asked before it starts.
    """
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return None
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    if not os.environ.get("DISPLAY"):
        return "no display"
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return "no X library (libxcb1)"
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return f"the display {os.environ['DISPLAY']} does not answer" if refused else None


@pytest.hookimpl(trylast=True)  # after -m and -k have taken their items out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a display where there is none; in CI that is an error."""
    needy = [item for item in items if QT_FIXTURES & set(getattr(item, "fixturenames", ()))]
    fault = display_fault() if needy else None
    if fault is None:
        return
    reason = f"{fault}: run the tests by `make test`, which brings a virtual one"
    if os.environ.get("CI"):
        raise pytest.UsageError(reason)
    for item in needy:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look at it in each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real and simulated images beside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data beside the project's folder")
    return folder
