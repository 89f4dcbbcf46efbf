"""Tests of the names of rewards and stages: built in, registered, from other packages."""

from __future__ import annotations

import sys

import pytest

from napari_reward_analysis import BadInput
from napari_reward_analysis import registry as module
from napari_reward_analysis.registry import Registry


class Offer:
    """An entry point of another package."""

    def __init__(self, name, load):
        self.name, self.load = name, load


@pytest.fixture
def offers(monkeypatch):
    """Entry points that are installed, by group."""
    found = []
    monkeypatch.setattr(module, "entry_points", lambda group: found if group == "ours" else [])
    return found


def test_names_are_looked_up_and_kept_in_order():
    known = Registry("thing", "ours")
    known.add("second", 2)
    known.add("first", 1)

    assert list(known) == ["second", "first"]
    assert known["first"] == 1
    assert "third" not in known


def test_the_order_does_not_hang_on_what_was_imported_first():
    known = Registry("thing", "ours", first=("one", "two", "three"))
    for name in ("mine", "three", "one"):
        known.add(name, name)

    assert list(known) == ["one", "three", "mine"]


def test_a_later_registration_takes_the_place_of_the_earlier():
    known = Registry("thing", "ours")
    known.add("one", 1)
    known.add("one", 11)

    assert known["one"] == 11
    assert list(known) == ["one"]


def test_another_package_s_function_registers_when_a_name_is_asked_for(offers):
    known = Registry("thing", "ours")
    offers.append(Offer("theirs", lambda: lambda: known.add("theirs", 7)))

    assert known["theirs"] == 7


def test_a_broken_package_is_named_and_does_not_stop_the_others(offers):
    known = Registry("thing", "ours")
    known.add("mine", 1)

    def broken():
        raise ImportError("no module named nothing")

    offers.append(Offer("theirs", broken))

    assert known["mine"] == 1
    with pytest.raises(BadInput, match=r"thing 'theirs' cannot be loaded \(ImportError"):
        known["theirs"]


def test_unknown_and_impossible_names_are_one_sentence():
    known = Registry("thing", "ours")
    known.add("mine", 1)

    with pytest.raises(BadInput, match="There is no thing 'yours': choose from mine"):
        known["yours"]
    with pytest.raises(BadInput, match="cannot name a thing"):
        known.add("two words", 2)


def test_scikit_image_is_not_imported_before_a_stage_is_asked_for():
    import subprocess

    code = "import napari_reward_analysis, sys; sys.exit('skimage.restoration' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
