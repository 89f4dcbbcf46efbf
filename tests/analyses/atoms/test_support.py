"""Tests of results against the image: vacancies, empty images, several domains."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import AtomsSettings, BadInput, Image, find_atoms, load_run
from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.run import NOTHING
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.io.simulate import render, simulate

pytestmark = pytest.mark.numeric

SIZE = 0.2
FEW = AtomsSettings(trials=12)


def near(points, others, reach):
    return cKDTree(others).query(points)[0] < reach


def crystal(name, shape, rotation, lost=(), noise=0.05):
    """Columns of a crystal without some of them, with noise in units of the range."""
    lattice = lattice_preset(name)
    truth = simulate(lattice, shape, SIZE, rotation=rotation, origin=(3.3, 7.1)).truth
    yx = np.column_stack([truth["y"], truth["x"]])
    weight = truth["weight"].copy()
    weight[list(lost)] = 0.0
    pixels = render(yx, weight, shape, 0.5 / SIZE)
    pixels += np.random.default_rng(1).normal(0, noise * np.ptp(pixels), shape)
    return pixels, yx


@pytest.fixture(scope="module")
def holed():
    """SrTiO3 without six of its columns, and their positions."""
    shape = (220, 240)
    _, yx = crystal("SrTiO3[001]", shape, 12)
    inner = np.flatnonzero(((yx > 25) & (yx < np.array([195, 215]))).all(axis=1))
    lost = inner[:: len(inner) // 6][:6]
    pixels, _ = crystal("SrTiO3[001]", shape, 12, lost)
    return Image(pixels, SIZE, "holed"), yx[lost]


@pytest.fixture(scope="module")
def run(holed):
    return find_atoms(holed[0], "SrTiO3[001]", settings=FEW)


def test_a_vacancy_gets_no_column_and_is_listed(holed, run):
    _, lost = holed
    atoms, empty = run.atoms(), run.vacancies()
    assert not near(lost, atoms[["y_px", "x_px"]], 4).any()
    vacant = empty[empty["state"] == "vacant"]
    assert near(lost, vacant[["y_px", "x_px"]], 4).all()
    assert len(vacant) == len(lost)
    assert run.physics.vacant == len(lost)
    assert run.best.score.qc == pytest.approx(
        (run.best.score.count + len(lost)) / run.physics.expected - 1
    )


def test_each_column_has_site_species_and_evidence(run):
    atoms = run.atoms()
    on_site = atoms["domain"] == 1
    assert on_site.mean() > 0.99
    assert set(atoms["class"][on_site]) == {"Sr", "Ti"}
    bright = atoms.groupby("class")["amplitude"].median()
    assert bright["Sr"] > 1.3 * bright["Ti"]
    assert (atoms["p_column"][on_site] > 0.9).all()
    names = ["domain", "site_u", "site_v", "sublattice"]
    assert not atoms[on_site].duplicated(names).any()
    assert np.hypot(atoms["dy_A"], atoms["dx_A"])[on_site].median() < 0.1


def test_a_saved_run_has_the_same_tables(run, tmp_path):
    summary = run.save(tmp_path)
    assert (summary["n_vacant"], summary["n_domains"]) == (6, 1)
    assert summary["false_rate"] <= 0.01
    again = load_run(tmp_path)
    for name in ("atoms", "vacancies"):
        first, second = getattr(run, name)(), getattr(again, name)()
        assert list(first) == list(second)
        np.testing.assert_allclose(first["p_column"], second["p_column"], rtol=1e-5)
    rows = (tmp_path / "vacancies.csv").read_text().splitlines()
    assert len(rows) == 1 + summary["n_vacant"] + summary["n_undecided"]
    assert json.loads((tmp_path / "run.json").read_text())["sites"]["species"] == ["Sr", "Ti"]


def test_the_published_search_keeps_everything_and_says_so(holed):
    image, lost = holed
    published = find_atoms(image, "SrTiO3[001]", settings=as_published(trials=30))
    assert len(published.trials[0].objectives) == 2
    assert published.physics.vacant == 0
    trials = [trial for trial in published.trials if trial.feasible]
    painted = [near(lost, trial.points, 4).sum() for trial in trials]
    assert all(trial.n_unsupported >= count for trial, count in zip(trials, painted, strict=True))


@pytest.mark.parametrize("kind", ["noise", "fringes"])
def test_an_image_without_columns_gives_none(kind, tmp_path):
    rng = np.random.default_rng(3)
    y, x = np.indices((200, 200))
    pixels = rng.normal(0, 0.3, y.shape)
    if kind == "fringes":
        pixels += np.cos(0.3 * x + 0.1 * y)
    run = find_atoms(Image(pixels, SIZE), "SrTiO3[001]")
    assert (run.status, run.found_nothing, run.trials) == ("done", True, [])
    assert len(run.atoms()) == len(run.vacancies()) == 0
    summary = run.save(tmp_path)
    assert (summary["n_atoms"], summary["qc"], summary["pick"]) == (0, None, None)
    assert load_run(tmp_path).found_nothing


def test_a_count_or_a_region_is_taken_as_knowledge():
    pixels = np.random.default_rng(3).normal(0, 0.3, (120, 120))
    region = np.ones(pixels.shape, bool)
    for more in ({"count": 40}, {"region": region}, {"supported": False}):
        run = find_atoms(Image(pixels, SIZE), "SrTiO3[001]", trials=4, **more)
        assert run.trials
        assert not run.found_nothing


def test_two_grains_are_two_domains():
    first, second = (crystal("SrTiO3[001]", (260, 300), turn)[0] for turn in (3, 28))
    pixels = np.where(np.indices(first.shape)[1] < 150, first, second)
    run = find_atoms(Image(pixels, SIZE), "SrTiO3[001]", settings=FEW)
    assert run.domains is not None
    assert len(run.domains.facts) == 2
    cell = lattice_preset("SrTiO3[001]")
    assert run.physics.expected == pytest.approx(
        pixels.size * SIZE**2 * cell.columns_per_cell / cell.area, rel=0.04
    )
    atoms = run.atoms()
    left = atoms[atoms["x_px"] < 135]
    assert left["domain"].nunique() == 1
    assert run.notices[0].code == "domains"


def test_one_lattice_given_twice_is_one_sentence():
    image = Image(np.random.default_rng(0).random((80, 80)), SIZE)
    with pytest.raises(BadInput, match="are the same lattice: give it once"):
        find_atoms(image, ["SrTiO3[001]", "STO[001]"])


@pytest.mark.parametrize("size", [SIZE, None])
def test_nothing_but_the_image_is_needed(size):
    pixels, _yx = crystal("SrTiO3[001]", (220, 240), 12)
    alone = find_atoms(Image(pixels, size), settings=FEW)
    given = find_atoms(Image(pixels, SIZE), "SrTiO3[001]", settings=FEW)
    assert alone.notices[0].code == "cell_in_image"
    assert alone.notices[0].values["columns"] == 2
    assert alone.image.pixel_size == size
    assert alone.physics.expected == pytest.approx(given.physics.expected, rel=0.01)
    places, wanted = (run.atoms()[["y_px", "x_px"]] for run in (alone, given))
    assert len(places) == pytest.approx(len(wanted), abs=3)
    assert near(places, wanted, 2).mean() > 0.98
    assert set(alone.atoms()["class"]) >= {"A", "B"}
    assert alone.atoms()["y_A"].isna().all() == (size is None)


def test_noise_alone_gives_nothing_without_a_lattice_as_well(tmp_path):
    run = find_atoms(Image(np.random.default_rng(5).normal(size=(160, 160))))
    assert [notice.code for notice in run.notices] == ["no_cell_in_image", NOTHING]
    summary = run.save(tmp_path)
    assert (summary["n_atoms"], summary["expected"]) == (0, 0)
    assert load_run(tmp_path).found_nothing


def test_a_wrong_count_is_told_and_adds_no_column(holed):
    image, lost = holed
    run = find_atoms(image, "SrTiO3[001]", count=400, settings=FEW)
    assert "count_disagrees" in [notice.code for notice in run.notices]
    assert not near(lost, run.atoms()[["y_px", "x_px"]], 4).any()


def test_what_is_drawn_holds_no_columns_and_no_vacancies():
    pixels, _yx = crystal("SrTiO3[001]", (220, 240), 12)
    pixels[190:200, 20:120] = pixels.max() + 1
    run = find_atoms(Image(pixels, SIZE), "SrTiO3[001]", settings=FEW)
    assert run.notices[0].code == "drawn_into_image"
    for table in (run.atoms(), run.vacancies()):
        y, x = table["y_px"], table["x_px"]
        assert not ((y > 190) & (y < 199) & (x > 20) & (x < 119)).any()


def test_another_preset_that_fits_better_is_named():
    pixels, _ = crystal("SrTiO3[001]", (300, 300), 12)
    run = find_atoms(Image(pixels, SIZE), "Si[110]", trials=4)
    (notice,) = [notice for notice in run.notices if notice.code == "better_preset"]
    assert notice.values["preset"] == "SrTiO3[001]"
