"""Tests of images without a measurable lattice: low confidence and one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import BadInput, Image, lattice_preset
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import (
    require_found,
)
from napari_reward_analysis.calibration.region import crystal_region
from napari_reward_analysis.calibration.vectors import measure_vectors


def blurred(pixels, sigma):
    frequency = np.hypot(np.fft.fftfreq(pixels.shape[0])[:, None], np.fft.fftfreq(pixels.shape[1]))
    damped = np.fft.fft2(pixels) * np.exp(-2 * (np.pi * sigma * frequency) ** 2)
    return np.fft.ifft2(damped).real


def without_lattice(seed):
    """Noise, amorphous speckle, single atoms, fringes, an empty slope."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(256, 300))
    atoms = np.zeros_like(noise)
    atoms[rng.integers(0, 256, 80), rng.integers(0, 300, 80)] = 30
    x = np.arange(300)
    return {
        "noise": noise,
        "speckle": blurred(noise, 3),
        "atoms": blurred(atoms, 2) + 0.1 * noise,
        "fringes": np.cos(2 * np.pi * x / 17)[None] + 0.3 * noise,
        "slope": x[None] / 30 + noise,
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["noise", "speckle", "atoms", "fringes", "slope"])
def test_an_image_without_a_lattice(kind, seed):
    pixels = without_lattice(seed)[kind]

    for name, header in (("YBCO[100]", None), ("SrTiO3[001]", 0.2), ("graphene[001]", None)):
        measured = measure_lattice(Image(pixels, header), lattice_preset(name))
        assert measured.confidence < 0.2
        assert not measured.found
        assert measured.difference is None
    seen = measure_vectors(Image(pixels))
    assert not seen.found


def test_where_a_lattice_is_needed_its_absence_is_said():
    image = Image(without_lattice(0)["speckle"])
    measured = measure_lattice(image, lattice_preset("YBCO[100]"))

    with pytest.raises(BadInput, match=r"^No lattice of YBCO\[100\] is seen") as caught:
        require_found(measured)
    assert str(caught.value).count(". ") == 0
    with pytest.raises(BadInput, match="No lattice"):
        measured.expected_count(1000.0)
    with pytest.raises(BadInput, match="No lattice"):
        crystal_region(image, measured)


def two_grains(crystals, part, turn, noise=0.1):
    first = crystals.image("SrTiO3[001]", (320, 400), 0.2, rotation=8, noise=noise).data
    second = crystals.image("SrTiO3[001]", (320, 400), 0.2, rotation=8 + turn, noise=noise).data
    x = np.indices(first.shape)[1]
    return Image(np.where(x < part * 400, first, second), 0.2)


@pytest.mark.parametrize("turn", [6, 15, 40])
def test_a_second_grain_is_told(crystals, turn):
    lattice = lattice_preset("SrTiO3[001]")
    measured = measure_lattice(two_grains(crystals, 0.6, turn), lattice)

    assert measured.found
    assert measured.second_grain
    assert crystals.turn(measured.rotation_deg, 8, 4) < 0.3
    assert measured.second_rotation_deg is not None
    assert crystals.turn(measured.second_rotation_deg, 8 + turn, 4) < 1.0
    assert 0.2 < measured.second_share < 0.5


def test_the_larger_grain_is_the_crystal(crystals):
    lattice = lattice_preset("SrTiO3[001]")

    measured = measure_lattice(two_grains(crystals, 0.35, 20), lattice)

    assert crystals.turn(measured.rotation_deg, 28, 4) < 0.3


def test_one_grain_has_no_second(crystals):
    lattice = lattice_preset("SrTiO3[001]")
    measured = measure_lattice(crystals.image("SrTiO3[001]", (300, 300), 0.2), lattice)

    assert not measured.second_grain


@pytest.mark.parametrize("shape", [(100, 100), (400, 30)])
def test_a_field_of_less_than_two_cells(crystals, shape):
    """With a header before anything is searched."""
    lattice = lattice_preset("YBCO[100]")
    pixel_size = 0.15 if shape[1] > 50 else 0.25

    with pytest.raises(BadInput, match="at least 2 cells"):
        measure_lattice(crystals.image("YBCO[100]", shape, pixel_size, pixel_size), lattice)
