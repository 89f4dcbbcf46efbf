"""Images whose columns are known, and which of them a search has found.

What the other scripts here share. The search sees an image, its pixel size and its
lattice; the truth is for the scoring alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis import Image, Lattice, lattice_preset
from napari_reward_analysis.io.simulate import simulate

#: Matching distance and width of the border that is left out, in angstrom.
TOLERANCE, BORDER = 0.6, 2.0
#: A column that kept less of its peak than this is neither required nor punished.
RETENTION = 0.5


class Known(NamedTuple):
    """An image and its columns.

    Attributes
    ----------
    name : str
    image : Image
        With its true pixel size.
    lattice : Lattice
        The crystal.
    columns : ndarray, shape (n, 2)
        y and x in px.
    needed : ndarray of bool, shape (n,)
        Columns that are to be found.
    rotation : float
        Of the lattice, in degrees.
    """

    name: str
    image: Image
    lattice: Lattice
    columns: np.ndarray
    needed: np.ndarray
    rotation: float


class Pairs(NamedTuple):
    """Found columns and their true ones, one to one (mutual nearest).

    Attributes
    ----------
    nearest : ndarray of int, shape (m,)
        True column of every found one.
    distance : ndarray, shape (m,)
        To it, in px.
    hit : ndarray of bool, shape (m,)
        Near enough to be the same.
    judged : ndarray of bool, shape (m,)
        Found columns that count: away from the border, and not of a damaged column.
    """

    nearest: np.ndarray
    distance: np.ndarray
    hit: np.ndarray
    judged: np.ndarray


def read_folder(folder: Path) -> Iterator[Known]:
    """Images NAME.npy of a folder, each with its truth in NAME.json.

    The truth has `pixel_size_A`, `structure`, `rotation_deg` and `columns` (`x`, `y` in px,
    or `x_mean`, `y_mean`; `retention` where columns are damaged).
    """
    for path in sorted(folder.glob("*.npy")):
        truth = json.loads(path.with_suffix(".json").read_text())
        columns = truth["columns"]
        yx = np.stack([columns.get(f"{axis}_mean", columns[axis]) for axis in "yx"], axis=1)
        needed = np.array(columns.get("retention", np.ones(len(yx)))) >= RETENTION
        image = Image(np.load(path), truth["pixel_size_A"], path.stem)
        lattice = lattice_preset(truth["structure"])
        yield Known(path.stem, image, lattice, yx, needed, truth["rotation_deg"])


def simulated(cases: Iterable[tuple[str, float, dict[str, Any]]]) -> Iterator[Known]:
    """Images of 512 px square, made here: crystal, pixel size in angstrom, and noise."""
    for number, (name, size, noise) in enumerate(cases):
        lattice, rotation = lattice_preset(name), 3.0 * number
        made = simulate(lattice, (512, 512), size, rotation=rotation, seed=number, **noise)
        truth = made.truth
        kind = ", ".join(f"{k} {v:g}" for k, v in noise.items()) or "clean"
        columns = np.column_stack([truth["y"], truth["x"]])
        needed = truth["retention"] >= RETENTION
        yield Known(f"{name} {kind}", made.image, lattice, columns, needed, rotation)


def pair(found: np.ndarray, known: Known) -> Pairs:
    """Match found columns, (m, 2) y, x in px, with the true ones."""
    size = known.image.require_pixel_size()
    distance, nearest = cKDTree(known.columns).query(found)
    _, back = cKDTree(found).query(known.columns)
    hit = (distance <= TOLERANCE / size) & (back[nearest] == np.arange(len(found)))
    judged = inside(found, known.image) & known.needed[nearest]
    return Pairs(nearest, distance, hit, judged)


def precision_and_recall(found: np.ndarray, known: Known) -> tuple[float, float]:
    """Shares of the found columns that are true, and of the true ones that are found."""
    pairs = pair(found, known)
    wanted = inside(known.columns, known.image) & known.needed
    reached = np.zeros(len(known.columns), bool)
    reached[pairs.nearest[pairs.hit]] = True
    return float(pairs.hit[pairs.judged].mean()), float(reached[wanted].mean())


def inside(points: np.ndarray, image: Image) -> np.ndarray:
    """Points that are not within the border."""
    border = BORDER / image.require_pixel_size()
    limits = np.array(image.shape) - 1 - border
    return ((points >= border) & (points <= limits)).all(axis=1)
