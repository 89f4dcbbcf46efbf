"""Tests with images of a known lattice, simulated by another program or measured."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_reward_analysis import Image, lattice_preset
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.notices import header_notice
from napari_reward_analysis.calibration.vectors import measure_vectors
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.notices import sentence

FOLD = {"YBCO[100]": 2, "SrTiO3[001]": 4, "Si[110]": 2}
SIMULATED = (
    "si_110",
    "sto_001",
    "ybco_1024",
    "ybco_clean",
    "ybco_noise_0.2",
    "ybco_noise_0.6",
    "ybco_noise_1.0",
    "ybco_partial_field",
    "ybco_pocket_cu_only",
    "ybco_pocket_partial",
    "ybco_pockets_melt",
    "ybco_poisson_020",
    "ybco_undamaged",
)


@pytest.mark.parametrize("header", [0.9, 1.1, None])
@pytest.mark.parametrize("name", SIMULATED)
def test_pixel_size_and_rotation(shared_data, crystals, name, header):
    truth = json.loads((shared_data / "sim" / f"{name}.json").read_text())
    size = truth["pixel_size_A"]
    image = Image(np.load(shared_data / "sim" / f"{name}.npy"), header and header * size)

    measured = measure_lattice(image, lattice_preset(truth["structure"]))

    assert measured.confidence > 0.9
    assert measured.pixel_size == pytest.approx(size, rel=0.005)
    fold = FOLD[truth["structure"]]
    assert crystals.turn(measured.rotation_deg, truth["rotation_deg"], fold) < 0.3
    assert not measured.second_grain


@pytest.mark.parametrize(
    ("name", "lattice", "size", "count", "tolerance"),
    [
        ("sto001_80kV_titan.ser", "SrTiO3[001]", 0.0965, 1281, 0.01),
        ("atomsegnet_dso_8nm.png", "DyScO3[pc]", 0.0798, 856, 0.02),
        ("atomsegnet_si110_5nm.png", "Si[110]", 0.0895, None, 0.01),
    ],
)
def test_microscope_images(shared_data, name, lattice, size, count, tolerance):
    if name.endswith(".ser"):
        pytest.importorskip("ncempy", reason="needs the extra 'em'")
    image = read_image(shared_data / "real" / name)

    for header in (image.pixel_size, None, 0.91 * size):
        measured = measure_lattice(replace(image, pixel_size=header), lattice_preset(lattice))
        assert measured.confidence > 0.8
        assert measured.pixel_size == pytest.approx(size, rel=tolerance)
        if count is not None:
            columns = measured.expected_count(float(image.data.size))
            assert columns == pytest.approx(count, rel=tolerance)


def test_the_header_that_is_wrong_is_told(shared_data):
    pytest.importorskip("ncempy", reason="needs the extra 'em'")
    image = read_image(shared_data / "real" / "sto001_80kV_titan.ser")

    notice = header_notice(measure_lattice(image, lattice_preset("SrTiO3[001]")))

    assert notice is not None
    assert "3.6 % larger" in sentence(notice)


def test_single_atoms_are_no_crystal(shared_data):
    image = read_image(shared_data / "real" / "singleatom_bpy_crop19.tif")

    for name in ("SrTiO3[001]", "YBCO[100]", "graphene[001]"):
        assert measure_lattice(image, lattice_preset(name)).confidence < 0.1
    assert measure_vectors(image).confidence < 0.1


def test_the_doubled_cell_of_dyscandate_is_seen_without_being_told(shared_data):
    """Dy is displaced in every other cell: the vectors seen are the superstructure's."""
    seen = measure_vectors(read_image(shared_data / "real" / "atomsegnet_dso_8nm.png"))

    assert seen.found
    assert seen.lengths_px[1] / seen.lengths_px[0] == pytest.approx(2, rel=0.03)
