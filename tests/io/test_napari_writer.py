from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import npe2
import numpy as np
import pytest
from napari.layers import Points

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.napari_writer import write_points_csv, write_points_xyz
from napari_reward_analysis.io.writers import COLUMNS, read_points_csv

DATA = np.array([[1.5, 2.0], [3.0, 4.0]])


def save(write: Any, path: Path, layer: Points) -> list[dict[str, str]]:
    data, attributes, _ = layer.as_layer_data_tuple()
    assert write(str(path), data, attributes) == [str(path)]
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("unit", "scale"), [("nm", 0.02), ("angstrom", 0.2), ("um", 2e-5), ("nanometer", 0.02)]
)
def test_calibrated_points(tmp_path: Path, unit: str, scale: float) -> None:
    features = {
        "sigma_px": [2.0, 2.5],
        "response": [0.5, 0.4],
        "neighbour_sum_A": [11.0, np.nan],
        "is_error": [False, True],
        "class": ["Ba", "Y"],
        "uncertainty_px": [0.05, np.nan],
        "mine": [7, 8],
    }
    layer = Points(DATA, scale=(scale, scale), units=(unit, unit), features=features)
    rows = save(write_points_csv, tmp_path / "a.csv", layer)
    assert tuple(rows[0]) == (*COLUMNS, "mine")
    assert [row["id"] for row in rows] == ["0", "1"]
    assert [row["y_px"] for row in rows] == ["1.5", "3"]
    assert [float(row["y_A"]) for row in rows] == pytest.approx([0.3, 0.6])
    assert [float(row["x_A"]) for row in rows] == pytest.approx([0.4, 0.8])
    assert [row["neighbour_sum_A"] for row in rows] == ["11", ""]
    assert [row["is_error"] for row in rows] == ["0", "1"]
    assert [row["class"] for row in rows] == ["Ba", "Y"]
    assert [row["uncertainty_px"] for row in rows] == ["0.05", ""]
    assert float(rows[0]["uncertainty_A"]) == pytest.approx(0.01)
    assert rows[1]["uncertainty_A"] == ""
    assert [row["mine"] for row in rows] == ["7", "8"]
    assert read_points_csv(tmp_path / "a.csv").tolist() == DATA.tolist()


def test_points_without_units_have_no_angstrom(tmp_path: Path) -> None:
    rows = save(write_points_csv, tmp_path / "a.csv", Points(DATA))
    assert rows[0]["x_px"] == "2"
    assert all(rows[0][name] == "" for name in COLUMNS if name not in ("id", "y_px", "x_px"))


def test_points_in_a_stack_name_their_frame(tmp_path: Path) -> None:
    layer = Points(
        [[3, 1.5, 2.0]], scale=(1, 0.02, 0.02), units=("pixel", "nm", "nm"), features={"class": [1]}
    )
    (row,) = save(write_points_csv, tmp_path / "a.csv", layer)
    assert (row["frame"], row["y_px"], row["x_px"], row["class"]) == ("3", "1.5", "2", "1")
    assert float(row["y_A"]) == pytest.approx(0.3)


def test_no_points(tmp_path: Path) -> None:
    layer = Points(np.empty((0, 2)), scale=(0.02, 0.02), units=("nm", "nm"))
    assert save(write_points_csv, tmp_path / "a.csv", layer) == []
    save(write_points_xyz, tmp_path / "a.xyz", layer)
    assert (tmp_path / "a.xyz").read_text().startswith("0\n")


def test_xyz(tmp_path: Path) -> None:
    layer = Points(
        DATA,
        scale=(0.02, 0.02),
        units=("nm", "nm"),
        features={"class": ["Ba", "Cu1"]},
        metadata={"image_shape": (100, 50)},
    )
    save(write_points_xyz, tmp_path / "a.xyz", layer)
    lines = (tmp_path / "a.xyz").read_text().splitlines()
    assert lines[1].startswith('Lattice="10 0 0 0 20 0 0 0 1" Properties=species:S:1:pos:R:3:id')
    assert lines[2].split()[:4] == ["Ba", "0.4", "0.3", "0"]
    assert lines[3].split()[0] == "Cu"


def test_xyz_of_pixels_that_are_not_square(tmp_path: Path) -> None:
    layer = Points(
        DATA,
        scale=(0.04, 0.02),
        units=("nm", "nm"),
        metadata={"image_shape": (100, 50)},
    )
    save(write_points_xyz, tmp_path / "a.xyz", layer)
    lines = (tmp_path / "a.xyz").read_text().splitlines()
    assert lines[1].startswith('Lattice="10 0 0 0 40 0 0 0 1"')
    assert lines[2].split()[:4] == ["X", "0.4", "0.6", "0"]


def test_xyz_without_units_is_refused(tmp_path: Path) -> None:
    data, attributes, _ = Points(DATA).as_layer_data_tuple()
    with pytest.raises(BadInput, match="needs a pixel size"):
        write_points_xyz(str(tmp_path / "a.xyz"), data, attributes)
    assert not list(tmp_path.iterdir())


def test_the_viewer_saves_through_the_manifest(tmp_path: Path) -> None:
    manager = npe2.PluginManager.instance()
    manager.discover(include_npe1=False)
    if "napari-reward-analysis" not in [manifest.name for manifest in manager.iter_manifests()]:
        pytest.skip("needs the plugin installed")
    layer = Points(DATA, scale=(0.02, 0.02), units=("nm", "nm"))
    for name in ("a.csv", "a.xyz"):
        path = str(tmp_path / name)
        assert layer.save(path, plugin="napari-reward-analysis") == [path]
    assert (tmp_path / "a.csv").read_text().startswith("id,y_px,x_px,y_A,x_A")
