"""Tests of the measured lattice as values and as sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_reward_analysis import Image, lattice_preset, measure_lattice
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.notices import domains_notice, header_notice
from napari_reward_analysis.calibration.preflight import Preflight, measured_facts
from napari_reward_analysis.notices import Notice, sentence

SEEN = MeasuredLattice(
    name="square",
    columns_per_cell=2,
    vectors_px=np.array([[0.0, 20.0], [30.0, 0.0]]),
    vectors_error_px=np.full((2, 2), 0.01),
    pixel_size=0.2,
    pixel_size_error=0.001,
    header_pixel_size=0.21,
    rotation_deg=12.0,
    rotation_error_deg=0.1,
    mirrored=False,
    strain=0.004,
    shear_deg=-0.3,
    confidence=0.9,
    n_reflections=7,
    reflections=np.ones((7, 2), int),
    reflection_amplitudes=np.ones(7),
    reflection_noise=np.ones(7),
    second_share=0.3,
    second_rotation_deg=57.0,
    field_px=(200, 300),
)


def test_facts_name_every_value_with_its_unit():
    assert SEEN.facts() == {
        "name": "square",
        "found": True,
        "confidence": 0.9,
        "reflections": 7,
        "vectors_px": [[0.0, 20.0], [30.0, 0.0]],
        "a_px": 20.0,
        "b_px": 30.0,
        "angle_deg": pytest.approx(90),
        "pixel_size_A": 0.2,
        "pixel_size_error_A": 0.001,
        "header_pixel_size_A": 0.21,
        "difference": pytest.approx(0.05),
        "rotation_deg": 12.0,
        "rotation_error_deg": 0.1,
        "mirrored": False,
        "strain": 0.004,
        "shear_deg": -0.3,
        "second_grain": True,
        "second_share": 0.3,
        "second_rotation_deg": 57.0,
    }


def test_the_expected_count_follows_from_the_cell():
    assert SEEN.expected_count(60_000) == pytest.approx(200)
    assert SEEN.expected_count(60_000, 1) == pytest.approx(100)


def test_several_domains_are_listed_with_their_share_of_the_field():
    lattice = lattice_preset("SrTiO3[001]")
    masks = [np.zeros((10, 10), bool) for _ in range(6)]
    for k, mask in enumerate(masks):
        mask[k] = True
    domains = [
        Domain(lattice, replace(SEEN, rotation_deg=10.0 * k), m) for k, m in enumerate(masks)
    ]
    assert domains_notice(domains[:1]) is None
    notice = domains_notice(domains[:2])
    assert notice is not None
    assert sentence(notice) == (
        "2 domains are seen: SrTiO3[001] at 0.0 degrees (10 % of the field), "
        "SrTiO3[001] at 10.0 degrees (10 % of the field)."
    )
    assert sentence(Notice.from_json(notice.to_json())) == sentence(notice)
    many = domains_notice(domains)
    assert many is not None
    assert sentence(many).endswith("at 30.0 degrees (10 % of the field), and 2 more.")


@pytest.mark.parametrize(
    ("header", "words"),
    [(0.21, ("5.0 % larger", "10 % too high")), (0.19, ("5.0 % smaller", "10 % too low"))],
)
def test_a_wrong_header_is_told_with_its_effect_on_lengths_and_count(header, words):
    notice = header_notice(replace(SEEN, header_pixel_size=header))
    assert notice is not None
    for part in words:
        assert part in sentence(notice)


def test_a_header_within_two_per_cent_is_right():
    assert header_notice(replace(SEEN, header_pixel_size=0.203)) is None
    assert header_notice(replace(SEEN, header_pixel_size=None)) is None
    assert header_notice(replace(SEEN, confidence=0.0)) is None


def test_noise_has_no_lattice_and_no_numbers():
    noise = Image(np.random.default_rng(0).normal(size=(96, 96)), pixel_size=0.2)

    measured = measure_lattice(noise, lattice_preset("SrTiO3[001]"))
    facts = measured.facts()

    assert (facts["name"], facts["found"], facts["reflections"]) == ("SrTiO3[001]", False, 0)
    assert facts["header_pixel_size_A"] == 0.2
    for key in ("vectors_px", "a_px", "pixel_size_A", "rotation_deg", "difference"):
        assert facts[key] is None
    assert np.isnan(measured.pixel_size)


def test_the_facts_of_a_preflight_are_those_of_its_lattice():
    image = Image(np.eye(20))
    assert measured_facts(Preflight(image, measured=SEEN)) == SEEN.facts()
    assert measured_facts(Preflight(image)) is None
