"""Tests of the scripting interface: from file to table in three lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from tests.support.command_line import call

import napari_reward_analysis as nra
from napari_reward_analysis.io.simulate import Pocket, simulate

CELL, SIZE = "cell:4,4,90,1", 0.2


def columns_image(shape=(120, 120)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.cos(2 * np.pi * (y - 10.4) / 20) + np.cos(2 * np.pi * (x - 10.4) / 20)
    return np.exp(2 * wave - 4) + 0.03 * np.random.default_rng(0).standard_normal(shape)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "scan.npy"
    np.save(path, columns_image())
    return path


@pytest.fixture(scope="module")
def run(picture):
    return nra.find_atoms(picture, CELL, pixel_size=SIZE, trials=8, seed=3)


def equal_to_csv(table: pd.DataFrame, file: Path) -> None:
    """Compare a table with the file that the command writes, which keeps nine digits."""
    written = pd.read_csv(file)
    assert list(table.columns) == list(written.columns)
    assert len(table) == len(written)
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]):
            numbers = (column[name].to_numpy(float) for column in (table, written))
            np.testing.assert_allclose(*numbers, rtol=1e-7)
        else:
            words = ["" if pd.isna(value) else str(value) for value in written[name]]
            assert [str(value) for value in table[name]] == words


# ---- atoms


def test_a_file_a_path_pixels_and_an_image_are_one_image(picture, run):
    pixels = np.load(picture)
    for image in (str(picture), pixels, nra.Image(pixels), nra.read_image(picture)):
        found = nra.find_atoms(image, nra.free_lattice(4, 4), pixel_size=SIZE, trials=8, seed=3)
        np.testing.assert_array_equal(found.best.points, run.best.points)


def test_the_pixel_size_of_an_image_counts_where_none_is_given(picture, run):
    image = nra.read_image(picture, pixel_size=SIZE)
    found = nra.find_atoms(image, CELL, trials=8, seed=3)
    np.testing.assert_array_equal(found.best.points, run.best.points)


def test_the_table_is_the_one_that_the_command_writes(picture, run, tmp_path):
    options = ("--lattice", CELL, "--pixel-size", SIZE, "--trials", 8, "--seed", 3)
    done = call("atoms", picture, *options, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    equal_to_csv(run.atoms(), tmp_path / "atoms.csv")
    # positions are the refined ones
    assert (run.atoms()["uncertainty_px"] < 0.1).all()
    equal_to_csv(nra.load_run(str(tmp_path)).atoms(), tmp_path / "atoms.csv")


def test_saving_writes_what_the_command_writes(picture, run, tmp_path):
    options = ("--lattice", CELL, "--pixel-size", SIZE, "--trials", 8, "--seed", 3)
    call("atoms", picture, *options, "--out", tmp_path / "command")
    run.save(str(tmp_path / "script"))
    names = ["atoms.csv", "front.png", "overlay.png", "run.json", "vacancies.csv"]
    for folder in ("command", "script"):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == names
    one, other = (tmp_path / name / "atoms.csv" for name in ("command", "script"))
    assert one.read_text() == other.read_text()
    for path in (str(tmp_path / "script"), tmp_path / "script", tmp_path / "script" / "run.json"):
        again = nra.load_run(path)
        assert [t.objectives for t in again.trials] == [t.objectives for t in run.trials]


def test_a_trial_that_the_user_chose_is_the_one_of_table_and_file(picture, run, tmp_path):
    chosen = nra.load_run(_saved(run, tmp_path))
    other = next(i for i in range(len(run.trials)) if i != run.proposed())
    chosen.choice = other
    chosen.keep_image(nra.read_image(picture))
    table = chosen.atoms()
    chosen.save(tmp_path / "b")
    equal_to_csv(table, tmp_path / "b" / "atoms.csv")
    assert nra.load_run(tmp_path / "b").choice == other


def _saved(run, folder):
    run.save(folder / "a")
    return folder / "a"


def test_figures_are_figures_of_matplotlib(run, tmp_path):
    for figure in (run.plot_front(), run.plot_overlay()):
        assert isinstance(figure, Figure)
        figure.savefig(tmp_path / "figure.svg")
        assert (tmp_path / "figure.svg").stat().st_size > 1000


def test_a_loaded_run_draws_its_image_from_its_file_or_is_given_it(picture, run, tmp_path):
    again = nra.load_run(_saved(run, tmp_path))
    assert isinstance(again.plot_overlay(), Figure)
    in_memory = nra.find_atoms(np.load(picture), CELL, pixel_size=SIZE, trials=4)
    lost = nra.load_run(_saved(in_memory, tmp_path / "lost"))
    with pytest.raises(nra.BadInput, match="was not found"):
        lost.plot_overlay()
    assert isinstance(lost.plot_overlay(nra.Image(np.load(picture), SIZE)), Figure)


def test_repr_of_run_and_trial_are_short(run):
    words = repr(run)
    assert words.count("\n") == 2
    assert words.startswith("<AtomsRun 'scan atoms': done, 8 trials, ")
    assert "36 columns" in repr(run.best)
    assert "array" not in words


def test_trials_come_one_by_one(picture, run):
    trials = nra.iter_atoms(picture, CELL, pixel_size=SIZE, trials=8, seed=3)
    first = next(trials)
    assert first.index == 0
    trials.close()
    every = list(nra.iter_atoms(picture, CELL, pixel_size=SIZE, trials=8, seed=3))
    assert [trial.objectives for trial in every] == [trial.objectives for trial in run.trials]


def test_settings_are_changed_by_keyword(picture):
    settings = nra.AtomsSettings(trials=5, sampler="sobol")
    found = nra.find_atoms(picture, CELL, pixel_size=SIZE, settings=settings, trials=4)
    assert found.settings == nra.AtomsSettings(trials=4, sampler="sobol")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (dict(trails=3), r"There is no setting 'trails': did you mean 'trials'\?"),
        (dict(trials=0), "^trials must be at least 1, not 0.$"),
        (dict(settings=nra.AmorphousSettings()), "AmorphousSettings do not fit: give AtomsSett"),
        (dict(region=np.ones((3, 3))), r"The region has \(3, 3\) pixels"),
        (dict(region=np.zeros((120, 120))), "The region covers no pixel of the image"),
        (dict(pixel_size=-1), "pixel size of -1 angstrom is impossible"),
    ],
)
def test_what_does_not_fit_is_one_sentence(picture, arguments, sentence):
    with pytest.raises(nra.BadInput, match=sentence):
        nra.find_atoms(picture, CELL, **{"pixel_size": SIZE} | arguments)
    # a generator refuses at once, not when it is first iterated
    with pytest.raises(nra.BadInput, match=sentence):
        nra.iter_atoms(picture, CELL, **{"pixel_size": SIZE} | arguments)


def test_a_lattice_or_an_image_that_is_not_there_is_one_sentence(picture):
    with pytest.raises(nra.BadInput, match=r"There is no lattice 'XY\[1\]'"):
        nra.find_atoms(picture, "XY[1]", pixel_size=SIZE)
    with pytest.raises(nra.BadInput, match="There is no file"):
        nra.find_atoms("none.npy", CELL)
    with pytest.raises(nra.BadInput, match="one-dimensional"):
        nra.find_atoms(np.arange(9.0), CELL, pixel_size=SIZE)


def test_a_region_limits_the_search(picture):
    region = np.zeros((120, 120), np.uint8)
    region[:60] = 1
    found = nra.find_atoms(picture, CELL, pixel_size=SIZE, region=region, trials=4)
    assert found.best.score.count == 18


# ---- amorphous regions


@pytest.fixture(scope="module")
def melt(tmp_path_factory):
    pocket = Pocket((120, 150), (11, 9))
    made = simulate(nra.lattice_preset("YBCO[100]"), (260, 280), 0.18, dose=90, pockets=[pocket])
    path = tmp_path_factory.mktemp("melt") / "melt.npy"
    np.save(path, made.image.data)
    return path


def test_amorphous_regions_in_three_lines(melt, tmp_path):
    run = nra.find_amorphous(melt, "YBCO[100]", pixel_size=0.18, trials=6)
    table = run.regions()
    run.save(tmp_path)
    equal_to_csv(table, tmp_path / "regions.csv")
    equal_to_csv(run.atoms(), tmp_path / "atoms.csv")
    assert len(table) == run.best.score.n_regions == 1
    assert isinstance(run.plot_front(), Figure)
    assert isinstance(run.plot_overlay(), Figure)
    assert nra.load_run(tmp_path).verdict == run.verdict
    assert repr(run).startswith("<AmorphousRun 'melt amorphous': done, 6 trials")


def test_amorphous_trials_come_one_by_one(melt):
    points = nra.find_atoms(melt, "YBCO[100]", pixel_size=0.18, trials=4).best.points
    trials = nra.iter_amorphous(melt, "YBCO[100]", pixel_size=0.18, points=points, trials=3)
    assert [trial.index for trial in trials] == [0, 1, 2]


# ---- studies


def test_windows_in_three_lines(tmp_path):
    image = columns_image((200, 320))
    run = nra.search_windows(image, CELL, pixel_size=SIZE, side=28, trials=8)
    table = run.atoms()
    run.save(tmp_path)
    equal_to_csv(table, tmp_path / "atoms.csv")
    assert run.settings.atoms.trials == 8
    assert isinstance(run.plot_maps(), Figure)
    assert len(nra.load_run(tmp_path).trials) == len(run.trials)
    assert f"{len(run.trials)} windows" in repr(run)


def test_windows_come_one_by_one():
    image = columns_image((200, 320))
    windows = nra.iter_windows(image, CELL, pixel_size=SIZE, side=28, trials=3, workers=1)
    assert next(windows).window.index == 0
    windows.close()


def test_noise_in_three_lines(picture, tmp_path):
    known = np.stack(np.mgrid[10.4:120:20, 10.4:120:20], axis=-1).reshape(-1, 2)
    options = dict(pixel_size=SIZE, levels=(0, 0.3), seeds=1, trials=6, known=known)
    run = nra.study_noise(picture, CELL, **options)
    table = run.table()
    run.save(tmp_path)
    equal_to_csv(table, tmp_path / "noise.csv")
    assert table["f1"].iloc[0] > 0.95
    assert isinstance(run.plot(), Figure)
    assert len(nra.load_run(tmp_path).trials) == 4
    assert "4 results" in repr(run)
    levels = [result.level for result in nra.iter_noise(picture, CELL, **options)]
    assert levels == [0, 0, 0.3, 0.3]


def test_an_oracle_in_three_lines(picture, run, tmp_path):
    oracle = np.stack(np.mgrid[10.4:120:20, 10.4:120:20], axis=-1).reshape(-1, 2)[1:]
    compared = nra.compare_with_oracle(picture, run, points=oracle, pixel_size=SIZE)
    table = compared.table()
    compared.save(tmp_path)
    equal_to_csv(table, tmp_path / "agreement.csv")
    assert compared.result.f1 == pytest.approx(2 * 35 / (36 + 35))
    assert isinstance(compared.plot_overlay(), Figure)
    assert nra.load_run(tmp_path).result.f1 == compared.result.f1
    saved = _saved(run, tmp_path / "run")
    assert nra.compare_with_oracle(picture, str(saved), points=oracle).result.f1 > 0.9
