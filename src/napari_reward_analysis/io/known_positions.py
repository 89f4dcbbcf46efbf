"""Read known positions and their classes from a table or a file of atomap."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.extras import foreign_reader, require
from napari_reward_analysis.io.writers import read_classes_csv, read_points_csv

_HDF5 = (".hdf5", ".h5")


class KnownPoints(NamedTuple):
    """Positions and their classes.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y and x in px.
    classes : ndarray of str, shape (n,)
        Classes; empty words if the file has none.
    """

    points: npt.NDArray[np.float64]
    classes: npt.NDArray[np.str_]


def read_points(path: Path) -> KnownPoints:
    """Read positions from a CSV file, or from an atom lattice of atomap (.hdf5).

    Parameters
    ----------
    path : Path
        The file. Each sublattice of atomap becomes a class.

    Returns
    -------
    KnownPoints

    Raises
    ------
    BadInput
        If the file is missing, holds no positions, or cannot be read.
    """
    if path.suffix.lower() in _HDF5:
        return _atomap(path)
    points = read_points_csv(path)
    if not len(points):
        raise BadInput(f"{path.name} holds no positions: choose a table with a row for each.")
    return KnownPoints(points, read_classes_csv(path))


def _atomap(path: Path) -> KnownPoints:
    """Read the sublattices: all groups with 'atom_positions' (x, y in px)."""
    if not path.is_file():
        raise BadInput(f"There is no file {path}: check the name.")
    h5py = require("h5py", "em", "atom lattices of atomap")
    found: list[tuple[str, npt.NDArray[Any]]] = []
    with foreign_reader(path), h5py.File(path, "r") as file:
        for name, group in file.items():
            if isinstance(group, h5py.Group) and "atom_positions" in group:
                places = np.asarray(group["atom_positions"], np.float64)
                found.append((name.removesuffix("_sublattice"), places.reshape(-1, 2)))
    if not sum(len(places) for _, places in found):
        raise BadInput(
            f"{path.name} holds no atom positions: save the atom lattice with atomap's save method."
        )
    points = np.concatenate([places for _, places in found])[:, ::-1]
    if not np.isfinite(points).all():
        raise BadInput(f"{path.name} has positions that are not finite: refine them again.")
    classes = np.concatenate([np.full(len(places), name) for name, places in found])
    return KnownPoints(points, classes)
