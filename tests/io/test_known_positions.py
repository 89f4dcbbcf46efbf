"""Tests of known positions from tables and from atomap files."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from napari_reward_analysis import BadInput
from napari_reward_analysis.io.known_positions import read_points


def test_a_table_with_and_without_classes(tmp_path):
    (tmp_path / "a.csv").write_text("y_px,x_px,class\n1,2,Ba\n\n3,4,Cu\n")
    points, classes = read_points(tmp_path / "a.csv")
    assert (points.tolist(), classes.tolist()) == ([[1, 2], [3, 4]], ["Ba", "Cu"])
    (tmp_path / "b.csv").write_text("X;Y\n2;1\n")
    points, classes = read_points(tmp_path / "b.csv")
    assert (points.tolist(), classes.tolist()) == ([[1, 2]], [""])


def test_a_table_without_positions_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("height,width\n1,2\n")
    with pytest.raises(BadInput, match="no columns of positions"):
        read_points(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("y,x\n")
    with pytest.raises(BadInput, match="holds no positions"):
        read_points(tmp_path / "b.csv")


def test_the_sublattices_of_atomap_are_classes(tmp_path):
    path = tmp_path / "lattice.hdf5"
    with h5py.File(path, "w") as file:
        file["A_sublattice/atom_positions"] = np.array([[2.5, 1.0], [4.0, 3.0]])  # x, y
        file["B_sublattice/atom_positions"] = np.array([[6.0, 5.0]])
        file["image_data0"] = np.zeros((8, 8))
    points, classes = read_points(path)
    assert points.tolist() == [[1, 2.5], [3, 4], [5, 6]]
    assert classes.tolist() == ["A", "A", "B"]


def test_other_hdf5_files_are_refused(tmp_path):
    with pytest.raises(BadInput, match="There is no file"):
        read_points(tmp_path / "none.hdf5")
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["image"] = np.zeros((8, 8))
    with pytest.raises(BadInput, match="no atom positions"):
        read_points(tmp_path / "a.hdf5")
    (tmp_path / "b.hdf5").write_bytes(b"no hdf5")
    with pytest.raises(BadInput, match=r"b\.hdf5 cannot be read"):
        read_points(tmp_path / "b.hdf5")
