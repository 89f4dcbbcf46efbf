"""Read and write point tables, and write masks.

A table is a dict of columns, `dict[str, ndarray]`, which all have the same length. The
order of the columns is kept. This module does not need napari.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import check_pixel_size
from napari_reward_analysis.io.atomic import atomic_path, write_text

PathLike = str | os.PathLike[str]
Table = Mapping[str, npt.NDArray[Any] | Sequence[Any]]

_SYMBOLS = (
    " H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As "
    "Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu "
    "Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np "
    "Pu Am Cm Bk Cf Es Fm Md No Lr "
)

#: Columns that every table of atoms has, in this order.
COLUMNS = (
    "id",
    "y_px",
    "x_px",
    "y_A",
    "x_A",
    "sigma_px",
    "response",
    "neighbour_sum_A",
    "is_error",
    "class",
    "uncertainty_px",
    "uncertainty_A",
)
#: Names of the class column, and of the two coordinate columns, in tables of any program.
_CLASS_NAMES = ("class", "species", "label")
_POSITION_NAMES = (("y_px", "x_px"), ("axis-0", "axis-1"), ("y", "x"))


def write_csv(path: PathLike, table: Table) -> None:
    """Write a table as comma-separated values, completely or not at all.

    Parameters
    ----------
    path : path-like
        File to write, UTF-8 with one header line.
    table : dict of str to array
        Columns of equal length. NaN and None become empty cells, booleans become 0 and 1,
        and numbers keep nine digits.

    Raises
    ------
    BadInput
        If the file cannot be written. An older file is then unchanged.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table)
    columns = [[_cell(value) for value in np.asarray(column)] for column in table.values()]
    writer.writerows(zip(*columns, strict=True))
    write_text(path, buffer.getvalue())


def read_points_csv(path: PathLike, of_class: str | None = None) -> npt.NDArray[np.float64]:
    """Read the positions from a table of points.

    Parameters
    ----------
    path : path-like
        A table with a header line, separated by commas, semicolons or tabs, with
        columns 'y_px' and 'x_px' (this package), 'axis-0' and 'axis-1' (napari), or
        'Y' and 'X' (ImageJ and others). Case does not matter, and blank lines are ignored.
    of_class : str, optional
        If given, only rows with this word in the column 'class', 'species' or 'label'.

    Returns
    -------
    ndarray, shape (n, 2)
        y and x in pixels.

    Raises
    ------
    BadInput
        If the file is missing, has no such columns or class, or a cell is not a number.
    """
    path = Path(path)
    rows = _rows(path)
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    y, x = _position_columns(header, path.name)
    chosen = rows[1:] if of_class is None else _of_class(rows[1:], header, of_class, path.name)
    points = [_position(row, y, x, line, path.name) for line, row in chosen]
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def read_classes_csv(path: PathLike) -> npt.NDArray[np.str_]:
    """Read the classes of the points of a table, in the order of `read_points_csv`.

    Returns
    -------
    ndarray of str, shape (n,)
        Classes; empty words if the table has no column 'class', 'species' or 'label'.

    Raises
    ------
    BadInput
        If the file is missing or is not a table.
    """
    rows = _rows(Path(path))
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    column = next((header.index(word) for word in _CLASS_NAMES if word in header), None)
    if column is None:
        return np.full(max(len(rows) - 1, 0), "")
    return np.array([row[column].strip() if column < len(row) else "" for _, row in rows[1:]], str)


def write_extxyz(
    path: PathLike,
    table: Table,
    pixel_size: float | None,
    shape: tuple[int, int] | None = None,
) -> None:
    """Write points as an extended XYZ file, in angstrom.

    x and y are as in the image (x to the right, y down), and z is 0. The cell is the field
    of view and is not periodic. The chemical symbol is the one with which the class
    begins ('Cu2' is Cu), or else 'X'. All other columns follow as properties.

    Parameters
    ----------
    path : path-like
        File to write.
    table : dict of str to array
        Columns, at least 'y_px' and 'x_px'.
    pixel_size : float or None
        Pixel size in angstrom.
    shape : tuple of int, optional
        Height and width of the image in pixels. Without them the cell ends at the
        outermost points.

    Raises
    ------
    BadInput
        If the pixel size is missing or impossible, or the file cannot be written.
    """
    if pixel_size is None:
        raise BadInput(
            "An XYZ file needs a pixel size, because it is in angstrom: give the pixel size, or "
            "save a CSV file in pixels."
        )
    check_pixel_size(pixel_size)
    y, x = (np.asarray(table[name], dtype=np.float64) for name in ("y_px", "x_px"))
    height, width = shape or (_extent(y), _extent(x))
    species = [symbol_of(name) for name in table["class"]] if "class" in table else ["X"] * len(y)
    extra = {
        name: np.asarray(column)
        for name, column in table.items()
        if name not in ("y_px", "x_px", "y_A", "x_A")
    }
    properties = ["species:S:1", "pos:R:3", *(_property(*item) for item in extra.items())]
    cell = f"{width * pixel_size:.9g} 0 0 0 {height * pixel_size:.9g} 0 0 0 1"
    header = f'Lattice="{cell}" Properties={":".join(properties)} pbc="F F F"'
    lines = [str(len(y)), f"{header} pixel_size_A={pixel_size:.9g}"]
    for i, symbol in enumerate(species):
        position = f"{x[i] * pixel_size:.9g} {y[i] * pixel_size:.9g} 0"
        lines.append(" ".join([symbol, position, *(_xyz_cell(c[i]) for c in extra.values())]))
    write_text(path, "\n".join(lines) + "\n")


def write_mask(path: PathLike, mask: npt.NDArray[Any], pixel_size: float | None = None) -> None:
    """Write regions as an 8-bit TIFF that ImageJ opens with its scale.

    Parameters
    ----------
    path : path-like
        File to write.
    mask : ndarray of bool or int, shape (H, W)
        0 for crystal, 1 and more for the regions.
    pixel_size : float, optional
        Pixel size in angstrom; without it the file has no scale.

    Raises
    ------
    BadInput
        If the mask is not 2-D, has more than 255 regions, or cannot be written.
    """
    regions = np.asarray(mask)
    if regions.ndim != 2 or regions.dtype.kind not in "bui":
        raise BadInput("A mask must be a 2-D array of whole numbers: convert it first.")
    if regions.size and not 0 <= regions.min() <= regions.max() <= 255:
        raise BadInput("A mask holds at most 255 regions: join some before saving.")
    scale: dict[str, Any] = {"metadata": {"axes": "YX"}}
    if pixel_size is not None:
        check_pixel_size(pixel_size)
        per_nm = 10 / pixel_size
        scale = {"resolution": (per_nm, per_nm), "metadata": {"axes": "YX", "unit": "nm"}}
    with atomic_path(path) as draft:
        tifffile.imwrite(draft, regions.astype(np.uint8), imagej=True, **scale)


def symbol_of(name: Any) -> str:
    """The chemical symbol with which the name of a column begins, or 'X'."""
    found = re.match(r"[A-Z][a-z]?(?![a-z])", "" if name is None else str(name))
    return found[0] if found and f" {found[0]} " in _SYMBOLS else "X"


def _cell(value: Any) -> str:
    """A value as text for a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else format(float(value), ".9g")
    return str(value)


def _xyz_cell(value: Any) -> str:
    """A value as text without blanks, because blanks separate the columns."""
    if isinstance(value, bool | np.bool_):
        return "T" if value else "F"
    if isinstance(value, float | np.floating):
        return format(float(value), ".9g")
    return "_".join(str("" if value is None else value).split()) or "-"


def _property(name: str, column: npt.NDArray[Any]) -> str:
    code = {"b": "L", "i": "I", "u": "I", "f": "R"}.get(column.dtype.kind, "S")
    return f"{name}:{code}:1"


def _extent(positions: npt.NDArray[np.float64]) -> float:
    return float(positions.max()) + 1.0 if positions.size else 1.0


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """All rows that are not blank, with their line numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}: check the name.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read as text: choose a CSV file.") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInput(f"{path.name} is not a table: choose a CSV file.") from error


def _position_columns(header: list[str], name: str) -> tuple[int, int]:
    if "axis-2" in header:
        raise BadInput(
            f"{name} has points in three dimensions: save those of one frame as 2-D points."
        )
    for y, x in _POSITION_NAMES:
        if y in header and x in header:
            return header.index(y), header.index(x)
    raise BadInput(
        f"{name} has no columns of positions: name them y_px and x_px, Y and X, "
        "or axis-0 and axis-1."
    )


def _of_class(
    rows: list[tuple[int, list[str]]], header: list[str], wanted: str, name: str
) -> list[tuple[int, list[str]]]:
    column = next((header.index(word) for word in _CLASS_NAMES if word in header), None)
    if column is None:
        raise BadInput(f"{name} has no column of classes: name it {' or '.join(_CLASS_NAMES)}.")
    words = [row[column].strip() if column < len(row) else "" for _, row in rows]
    if wanted not in words:
        known = ", ".join(sorted(set(filter(None, words)))) or "none"
        raise BadInput(f"{name} has no points of class {wanted!r}: its classes are {known}.")
    return [row for row, word in zip(rows, words, strict=True) if word == wanted]


def _position(row: list[str], y: int, x: int, line: int, name: str) -> tuple[float, float]:
    try:
        position = float(row[y]), float(row[x])
    except (ValueError, IndexError) as error:
        raise BadInput(
            f"Line {line} of {name} does not hold two numbers for a position: correct that line."
        ) from error
    if not all(math.isfinite(value) for value in position):
        raise BadInput(
            f"Line {line} of {name} has a position that is not finite: correct that line."
        )
    return position
