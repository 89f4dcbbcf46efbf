"""Known positions with their classes, from a table or from another program's file."""

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
    """Positions and what they are.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y and x in px.
    classes : ndarray of str, shape (n,)
        Empty words where the file names none.
    """

    points: npt.NDArray[np.float64]
    classes: npt.NDArray[np.str_]


def read_points(path: Path) -> KnownPoints:
    """Read positions: a CSV file, or an atom lattice that atomap saved (.hdf5).

    Parameters
    ----------
    path : Path
        The file. A sublattice of atomap is a class of its own.

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
    """Every group with 'atom_positions' (x, y in px) is a sublattice."""
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
            f"{path.name} holds no atom positions: save the atom lattice with atomap's own save."
        )
    points = np.concatenate([places for _, places in found])[:, ::-1]
    if not np.isfinite(points).all():
        raise BadInput(f"{path.name} has positions that are not finite: refine them anew.")
    classes = np.concatenate([np.full(len(places), name) for name, places in found])
    return KnownPoints(points, classes)
