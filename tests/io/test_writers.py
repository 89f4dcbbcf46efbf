from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.io.writers import (
    COLUMNS,
    read_points_csv,
    symbol_of,
    write_csv,
    write_extxyz,
    write_mask,
)


@pytest.fixture
def atoms() -> dict[str, np.ndarray]:
    """Three atoms as the analysis hands them over."""
    return {
        "id": np.array([0, 1, 2]),
        "y_px": np.array([1.25, 10.0, 99.123456789]),
        "x_px": np.array([2.5, 20.0, 0.0]),
        "y_A": np.array([0.225, 1.8, 17.842222]),
        "x_A": np.array([0.45, 3.6, 0.0]),
        "sigma_px": np.array([2.0, 2.5, 2.0], dtype=np.float32),
        "response": np.array([0.5, 0.25, 1e-7]),
        "neighbour_sum_A": np.array([11.1, np.nan, 9.9]),
        "is_error": np.array([False, False, True]),
        "class": np.array(["Ba", "Cu2", None], dtype=object),
        "uncertainty_px": np.array([0.05, np.nan, 0.1]),
        "uncertainty_A": np.array([0.009, np.nan, 0.018]),
    }


def test_csv_is_what_the_command_line_promises(
    tmp_path: Path, atoms: dict[str, np.ndarray]
) -> None:
    write_csv(tmp_path / "atoms.csv", atoms)
    assert tuple(atoms) == COLUMNS
    assert (tmp_path / "atoms.csv").read_text() == (
        "id,y_px,x_px,y_A,x_A,sigma_px,response,neighbour_sum_A,is_error,class,"
        "uncertainty_px,uncertainty_A\n"
        "0,1.25,2.5,0.225,0.45,2,0.5,11.1,0,Ba,0.05,0.009\n"
        "1,10,20,1.8,3.6,2.5,0.25,,0,Cu2,,\n"
        "2,99.1234568,0,17.842222,0,2,1e-07,9.9,1,,0.1,0.018\n"
    )


def test_csv_keeps_the_order_and_quotes(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", {"z": np.array([1]), "a, b": np.array(['x "y", z'])})
    with (tmp_path / "a.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["z", "a, b"], ["1", 'x "y", z']]


def test_csv_of_no_atoms(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", {name: np.empty(0) for name in COLUMNS})
    assert (tmp_path / "a.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert read_points_csv(tmp_path / "a.csv").shape == (0, 2)


def test_columns_of_different_length_write_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        write_csv(tmp_path / "a.csv", {"a": np.zeros(2), "b": np.zeros(3)})
    assert not list(tmp_path.iterdir())


def test_full_disk(
    tmp_path: Path, atoms: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    for write in (
        lambda path: write_csv(path, atoms),
        lambda path: write_extxyz(path, atoms, 0.18),
    ):
        with pytest.raises(BadInput, match="the disk is full"):
            write(tmp_path / "atoms")
    assert not list(tmp_path.iterdir())


@given(
    points=st.lists(st.tuples(*[st.floats(-1e5, 1e5, allow_nan=False, width=32)] * 2), max_size=20)
)
def test_points_come_back(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[float, float]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    array = np.array(points, dtype=float).reshape(-1, 2)
    write_csv(path, {"y_px": array[:, 0], "x_px": array[:, 1]})
    assert read_points_csv(path) == pytest.approx(array, rel=1e-8, abs=1e-30)


@pytest.mark.parametrize(
    "text",
    [
        "y_px,x_px\n1,2\n3,4.5\n",
        "id,x_px,y_px,class\n0,2,1,Ba\n1,4.5,3,\n",
        "index,axis-0,axis-1\n0.0,1.0,2.0\n1.0,3.0,4.5\n",
        "X,Y\n2,1\n4.5,3\n",
        "x,y\r\n\r\n2,1\r\n\r\n4.5,3\r\n",
        "\ufeffX;Y;label\n2;1;a\n4.5;3;b\n",
        "Y\tX\n1\t2\n3\t4.5\n",
        ' "Y" , "X"\n 1 , 2\n3,4.5\n\n'.replace(' "Y" , "X"', '"Y","X"'),
        "X_PX,Y_PX\n2,1\n4.5,3",
    ],
)
def test_tables_of_other_programs(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    assert read_points_csv(tmp_path / "a.csv").tolist() == [[1, 2], [3, 4.5]]


def test_labels_drawn_by_hand(shared_data: Path) -> None:
    points = read_points_csv(shared_data / "real/singleatom_bpy_crop19.csv")
    assert points[0].tolist() == [1, 14]
    assert points.shape[1] == 2
    assert len(points) > 100
    assert points.min() >= 0
    assert points.max() < 512


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no columns of positions"),
        ("1,2\n3,4\n", "has no columns of positions: name them y_px and x_px"),
        ("y_A,x_A\n1,2\n", "has no columns of positions"),
        ("index,axis-0,axis-1,axis-2\n0,1,2,3\n", "three dimensions"),
        ("y,x\n1,2\n3,four\n", "Line 3 of a.csv does not hold two numbers"),
        ("y,x\n1,2\n\n3\n", "Line 4 of a.csv does not hold two numbers"),
        ("y,x\n1,nan\n", "Line 2 of a.csv has a position that is not finite"),
        ("y,x\n1,inf\n", "Line 2 of a.csv has a position that is not finite"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadInput, match=sentence) as caught:
        read_points_csv(tmp_path / "a.csv")
    assert "a.csv" in str(caught.value)


def test_table_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BadInput, match="cannot be read as text"):
        read_points_csv(tmp_path / "a.csv")
    with pytest.raises(BadInput, match="There is no file"):
        read_points_csv(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="cannot be read as text"):
        read_points_csv(tmp_path)


def test_extended_xyz_as_ase_reads_it(tmp_path: Path, atoms: dict[str, np.ndarray]) -> None:
    ase_io = pytest.importorskip("ase.io")
    write_extxyz(tmp_path / "a.xyz", atoms, 0.18, shape=(100, 50))
    found = ase_io.read(tmp_path / "a.xyz", format="extxyz")
    assert found.get_chemical_symbols() == ["Ba", "Cu", "X"]
    assert found.positions[:, 0] == pytest.approx(atoms["x_px"] * 0.18)
    assert found.positions[:, 1] == pytest.approx(atoms["y_px"] * 0.18)
    assert found.positions[:, 2].tolist() == [0, 0, 0]
    assert found.cell.lengths() == pytest.approx([9, 18, 1])
    assert not found.pbc.any()
    assert found.info["pixel_size_A"] == 0.18
    assert found.arrays["response"] == pytest.approx(atoms["response"])
    assert found.arrays["is_error"].tolist() == [False, False, True]
    assert found.arrays["class"].tolist() == ["Ba", "Cu2", "-"]
    assert np.isnan(found.arrays["neighbour_sum_A"][1])
    assert found.arrays["id"].tolist() == [0, 1, 2]


def test_extended_xyz_by_hand(tmp_path: Path) -> None:
    table = {"y_px": np.array([2.0]), "x_px": np.array([4.0])}
    write_extxyz(tmp_path / "a.xyz", table, 0.5)
    assert (tmp_path / "a.xyz").read_text() == (
        "1\n"
        'Lattice="2.5 0 0 0 1.5 0 0 0 1" Properties=species:S:1:pos:R:3 pbc="F F F" '
        "pixel_size_A=0.5\n"
        "X 2 1 0\n"
    )


def test_extended_xyz_needs_a_pixel_size(tmp_path: Path, atoms: dict[str, np.ndarray]) -> None:
    with pytest.raises(BadInput, match="needs a pixel size.*: give the pixel size"):
        write_extxyz(tmp_path / "a.xyz", atoms, None)
    with pytest.raises(BadInput, match="impossible"):
        write_extxyz(tmp_path / "a.xyz", atoms, 0.0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("Ba", "Ba"),
        ("Cu1", "Cu"),
        ("Ba/Y", "Ba"),
        ("Y", "Y"),
        ("O", "O"),
        ("Column", "X"),
        ("class 1", "X"),
        ("Xx", "X"),
        ("", "X"),
        (None, "X"),
        (3, "X"),
    ],
)
def test_symbols(name: object, symbol: str) -> None:
    assert symbol_of(name) == symbol


def test_mask_with_its_scale(tmp_path: Path) -> None:
    mask = np.zeros((40, 30), np.int32)
    mask[5:9], mask[20:24] = 1, 2
    write_mask(tmp_path / "mask.tif", mask, 0.18)
    written = tifffile.imread(tmp_path / "mask.tif")
    assert written.dtype == np.uint8
    assert np.array_equal(written, mask)
    image = read_image(tmp_path / "mask.tif")
    assert image.pixel_size == pytest.approx(0.18, rel=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["mask.tif"]


def test_mask_without_scale_and_of_booleans(tmp_path: Path) -> None:
    write_mask(tmp_path / "mask.tif", np.eye(8, dtype=bool))
    image = read_image(tmp_path / "mask.tif")
    assert image.pixel_size is None
    assert np.array_equal(image.data, np.eye(8))


def test_masks_that_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="2-D array of whole numbers"):
        write_mask(tmp_path / "mask.tif", np.zeros((2, 3, 4), int))
    with pytest.raises(BadInput, match="2-D array of whole numbers"):
        write_mask(tmp_path / "mask.tif", np.zeros((3, 4)))
    with pytest.raises(BadInput, match="at most 255 regions"):
        write_mask(tmp_path / "mask.tif", np.full((3, 4), 256))
    with pytest.raises(BadInput, match="its folder does not exist"):
        write_mask(tmp_path / "none" / "mask.tif", np.eye(4, dtype=bool))
    assert not list(tmp_path.iterdir())
