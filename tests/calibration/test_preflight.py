"""Tests of the preflight: N follows from the crystal, whatever the header says."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    BadInput,
    Image,
    lattice_preset,
    pick,
)
from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.info import describe, in_words
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.search.loop import Search

YBCO = lattice_preset("YBCO[100]")
SIZE = 0.18


@pytest.fixture(scope="module")
def crystal():
    return simulate(YBCO, (300, 320), SIZE, rotation=7, dose=80, seed=1)


@pytest.fixture(scope="module")
def half_field(crystal):
    """Crystal on the right, support film with its own noise on the left."""
    pixels = crystal.image.data.copy()
    rng = np.random.default_rng(0)
    pixels[:, :110] = rng.poisson(np.median(pixels), (300, 110))
    return Image(pixels, SIZE, "half")


def test_a_wrong_header_is_noticed_and_mended(crystal):
    wrong = Image(crystal.image.data, SIZE * 1.06, "wrong")

    noticed = run_preflight(wrong, YBCO)
    mended = run_preflight(wrong, YBCO, calibrate="lattice")

    assert len(noticed.notices) == 1
    assert noticed.notices[0].code == "header_disagrees"
    assert "6.0 % larger" in sentence(noticed.notices[0])
    assert noticed.image.pixel_size == SIZE * 1.06
    assert mended.image.pixel_size == pytest.approx(SIZE, rel=0.003)
    assert mended.notices == ()


def test_the_count_rests_on_the_lattice_seen_not_on_the_header(crystal):
    wrong = Image(crystal.image.data, SIZE * 1.06)
    by_header = AtomsProblem(wrong, YBCO, AtomsSettings(area="field"))
    by_lattice = AtomsProblem(wrong, YBCO, AtomsSettings(area="crystal"))

    truth = len(crystal.truth["y"])
    assert by_lattice.physics.expected == pytest.approx(truth, rel=0.03)
    assert by_header.physics.expected == pytest.approx(truth * 1.06**2, rel=0.03)


def test_without_any_header_the_lattice_gives_the_scale(crystal):
    bare = Image(crystal.image.data)
    settings = AtomsSettings(calibrate="lattice", trials=15)

    problem = AtomsProblem(bare, YBCO, settings)

    assert problem.image.pixel_size == pytest.approx(SIZE, rel=0.003)
    trials = list(Search(problem))
    assert trials[pick(trials)].score.count == pytest.approx(problem.physics.expected, rel=0.05)


def test_columns_are_expected_where_there_is_crystal(half_field, crystal):
    whole = AtomsProblem(half_field, YBCO, AtomsSettings(area="field"))
    found = AtomsProblem(half_field, YBCO, AtomsSettings(area="crystal"))

    there = np.count_nonzero(crystal.truth["x"] >= 110)
    assert whole.physics.expected > 1.4 * there
    assert found.physics.expected == pytest.approx(there, rel=0.05)
    assert "of the field is crystal" in sentence(found.preflight.notices[0])
    assert found.region is not None
    assert found.region[:, 130:].mean() > 0.97
    assert found.region[:, :90].mean() < 0.02


def test_a_drawn_region_is_taken_as_it_is(half_field):
    drawn = np.zeros(half_field.shape, bool)
    drawn[40:200, 150:300] = True

    problem = AtomsProblem(half_field, YBCO, AtomsSettings(area="crystal"), drawn)

    assert problem.region is drawn
    assert problem.physics.expected == pytest.approx(160 * 150 * SIZE**2 / YBCO.area * 6, rel=0.01)


def test_as_published_takes_the_field(half_field):
    problem = AtomsProblem(half_field, YBCO, as_published())
    assert problem.region is None
    assert problem.preflight.measured is None


def test_an_image_without_the_lattice_keeps_the_field_and_says_so():
    noise = Image(np.random.default_rng(0).random((200, 200)), SIZE)

    preflight = run_preflight(noise, YBCO)

    assert preflight.region is None
    assert "No lattice of YBCO[100] is seen" in sentence(preflight.notices[0])
    with pytest.raises(BadInput, match="No lattice of YBCO"):
        run_preflight(noise, YBCO, calibrate="lattice")
    with pytest.raises(BadInput, match="choose a lattice"):
        run_preflight(noise, None, calibrate="lattice")


def test_single_atoms_have_no_lattice_and_an_unknown_count(shared_data):
    from napari_reward_analysis import read_image

    image = read_image(shared_data / "real" / "singleatom_bpy_crop19.tif")
    for name in ("Si[110]", "SrTiO3[001]", "YBCO[100]"):
        preflight = run_preflight(image, lattice_preset(name))
        assert not preflight.measured.found
        facts = describe(image, lattice_preset(name))
        assert facts["expected"]["field"] is None
        assert "lattice not found" in in_words(facts)
    settings = AtomsSettings(count=60, tolerance=0.3, trials=20)
    trials = list(Search(AtomsProblem(image, None, settings)))
    assert trials[pick(trials)].objectives[0] == 0


def test_info_tells_all_of_it(half_field):
    facts = describe(half_field, YBCO)
    text = in_words(facts)

    assert facts["measured"]["rotation_deg"] == pytest.approx(7, abs=0.1)
    assert facts["expected"]["crystal"] < 0.75 * facts["expected"]["field"]
    for words in ("measured in the image", "confidence", "header against lattice", "of the field"):
        assert words in text


def test_a_partial_field_is_analysed_where_it_is_crystal(shared_data):
    """The tool's own pick, no truth inside; N within 5 % of the columns that are there."""
    import json

    folder = shared_data / "sim"
    truth = json.loads((folder / "ybco_partial_field.json").read_text())
    image = Image(np.load(folder / "ybco_partial_field.npy"), truth["pixel_size_A"])
    settings = AtomsSettings(area="crystal")

    problem = AtomsProblem(image, YBCO, settings)

    assert problem.physics.expected == pytest.approx(truth["n_columns"], rel=0.05)
