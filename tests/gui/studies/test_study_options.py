"""Tests of the options of the studies, apart from their tabs."""

from __future__ import annotations

import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.gui.studies import windows_options
from napari_reward_analysis.gui.studies.noise_options import NoiseOptions
from napari_reward_analysis.gui.studies.windows_options import WindowsOptions
from napari_reward_analysis.search.settings import option


@pytest.fixture
def windows(qtbot: QtBot) -> WindowsOptions:
    made = WindowsOptions()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def noise(qtbot: QtBot, viewer: ViewerModel) -> NoiseOptions:
    made = NoiseOptions(viewer)
    qtbot.addWidget(made)
    return made


def test_untouched_windows_are_the_defaults(windows: WindowsOptions) -> None:
    assert windows.settings("crystal") == WindowsSettings()
    assert windows.settings("field").atoms.area == "field"
    assert windows.fault == ""
    assert windows.summary() == "10 cells, 25% overlap, 30 trials"


def test_settings_of_windows_come_back(windows: WindowsOptions) -> None:
    atoms = AtomsSettings(trials=7, seed=2, sampler="sobol", seconds=2.5, patience=4)
    settings = WindowsSettings(side=40.0, overlap=0.5, workers=2, atoms=atoms)
    windows.show_settings(settings)
    assert windows.settings("crystal") == settings
    windows.form.control("overlap").setText("0.9")
    assert windows.fault == "Overlap must be at most 0.75."


def test_another_default_of_the_search_in_a_window_is_another_one_in_the_form(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Changed(WindowsSettings):
        atoms: AtomsSettings = option(AtomsSettings(trials=9, seed=5), title="Search", help="It.")

    monkeypatch.setattr(windows_options, "WindowsSettings", Changed)
    options = WindowsOptions()
    qtbot.addWidget(options)
    values = options.form.values()
    assert (values["trials"], values["seed"]) == (9, 5)


def test_untouched_noise_is_the_default(noise: NoiseOptions) -> None:
    assert noise.settings("crystal") == NoiseSettings()
    assert noise.fault == ""
    assert noise.summary() == "gaussian at 0, 0.2, 0.4, 0.6, 0.8, 1; 3 repetitions"


def test_settings_of_noise_come_back(noise: NoiseOptions) -> None:
    atoms = AtomsSettings(trials=7, seed=2, sampler="sobol", seconds=2.5, patience=4)
    settings = NoiseSettings(levels=(0.0, 0.3), unit="std", kind="poisson", seeds=2, atoms=atoms)
    noise.show_settings(settings)
    assert noise.settings("crystal") == settings
    published = NoiseSettings(atoms=as_published(trials=8, seed=3))
    noise.show_settings(published)
    assert noise.published.isChecked()
    assert noise.settings("crystal") == published


@pytest.mark.parametrize("levels", ["0, 0.5, 0.2", "-1, 0", "none", ""])
def test_levels_that_do_not_rise_from_zero_are_refused(noise: NoiseOptions, levels: str) -> None:
    noise.levels.setText(levels)
    assert noise.fault.startswith("Levels: ")
    assert noise.fault.endswith(".")
