"""Tests of the inputs for the search of amorphous regions."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from napari_reward_analysis.analyses.amorphous.as_published import as_published
from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.gui.amorphous import class_section
from napari_reward_analysis.gui.amorphous import search_section as module
from napari_reward_analysis.gui.amorphous.class_section import ClassSection
from napari_reward_analysis.gui.amorphous.search_section import RegionSearchSection
from napari_reward_analysis.search.settings import option


@pytest.fixture
def section(qtbot: QtBot) -> RegionSearchSection:
    made = RegionSearchSection()
    made.set_classes(("Cu", "Ba"))
    qtbot.addWidget(made)
    return made


def test_untouched_it_gives_the_defaults(section: RegionSearchSection) -> None:
    assert section.settings(None) == AmorphousSettings()
    assert section.fault() == ""


def test_length_sampler_and_stopping_reach_the_settings(
    section: RegionSearchSection, qtbot: QtBot
) -> None:
    section.trials.setValue(12)
    section.seed.setValue(3)
    sampler = section.plain.control("sampler")
    sampler.setCurrentIndex(sampler.findData("sobol"))
    qtbot.keyClicks(section.plain.control("seconds"), "2.5")
    qtbot.keyClicks(section.plain.control("patience"), "9")
    assert section.settings(4) == AmorphousSettings(
        trials=12, seed=3, sampler="sobol", seconds=2.5, patience=9, kinds=4
    )
    for words in ("full space", "12 trials", "seed 3", "patience 9 trials"):
        assert words in section.summary()
    qtbot.keyClicks(section.plain.control("patience"), ".5")
    assert section.fault() == "Patience must be a whole number, not 9.5."


@pytest.mark.parametrize(
    "settings",
    [
        AmorphousSettings(fixed={"class": "Cu", "window": 1.5, "measure": "likelihood"}),
        AmorphousSettings(search=("threshold",), ranges={"threshold": (0.2, 0.4)}),
        AmorphousSettings(orientations="one", significant=False, rewards=()),
        AmorphousSettings(count=900, calibrate="lattice", atom_trials=12),
        as_published(seed=4),
        as_published(fixed={"window": 2.0, "class": "Ba"}),
        as_published(search=("threshold",)),
    ],
)
def test_settings_of_a_run_come_back(
    section: RegionSearchSection, settings: AmorphousSettings
) -> None:
    section.show_settings(settings)
    assert section.settings(None) == settings


def test_the_published_search_gives_the_choices_back(section: RegionSearchSection) -> None:
    section.plain.set_values({"significant": False})
    section.way.setCurrentText("as published")
    assert section.settings(None) == as_published()
    for name in ("orientations", "significant", "start_at_defaults"):
        assert not section.plain.control(name).isEnabled()
    section.way.setCurrentText("full space")
    assert section.settings(None) == AmorphousSettings(significant=False)
    assert section.plain.control("significant").isEnabled()


def test_the_full_search_after_a_published_run_searches_everything(
    section: RegionSearchSection,
) -> None:
    section.show_settings(as_published(seed=4))
    section.way.setCurrentText("full space")
    assert section.settings(None) == AmorphousSettings(seed=4)


def test_defaults_and_limits_are_those_of_the_settings(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Changed(AmorphousSettings):
        trials: int = option(7, title="Trials", help="How many.", ge=2, le=9)
        kinds: int | None = option(3, title="Kinds", help="How many kinds.", ge=1, le=6)

    for place in (module, class_section):
        monkeypatch.setattr(place, "AmorphousSettings", Changed)
    widgets: list[Any] = [RegionSearchSection(), ClassSection()]
    for widget in widgets:
        qtbot.addWidget(widget)
    trials, kinds = widgets[0].trials, widgets[1].kinds
    assert (trials.value(), trials.minimum(), trials.maximum()) == (7, 2, 9)
    assert (kinds.value(), kinds.maximum(), kinds.toolTip()) == (3, 6, "How many kinds.")
