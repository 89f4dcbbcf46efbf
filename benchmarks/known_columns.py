"""Provide images with known columns, and match found columns with them.

The other benchmarks use this module. A search uses image, pixel size and lattice. Only the
scoring uses the truth.
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

#: Matching distance, and width of the excluded border, in angstrom.
TOLERANCE, BORDER = 0.6, 2.0
#: A column that keeps a smaller share of its peak is neither required nor punished.
RETENTION = 0.5


class Known(NamedTuple):
    """An image and its columns.

    Attributes
    ----------
    name : str
    image : Image
        The image with its true pixel size.
    lattice : Lattice
        The crystal.
    columns : ndarray, shape (n, 2)
        y and x in px.
    needed : ndarray of bool, shape (n,)
        Columns that a search should find.
    rotation : float
        Rotation of the lattice in degrees.
    """

    name: str
    image: Image
    lattice: Lattice
    columns: np.ndarray
    needed: np.ndarray
    rotation: float


class Pairs(NamedTuple):
    """Pairs of found and true columns, one to one (mutual nearest).

    Attributes
    ----------
    nearest : ndarray of int, shape (m,)
        Nearest true column of every found column.
    distance : ndarray, shape (m,)
        Distance to it in px.
    hit : ndarray of bool, shape (m,)
        True if the pair is within the matching distance.
    judged : ndarray of bool, shape (m,)
        Found columns that count: not at the border, and not at a damaged column.
    """

    nearest: np.ndarray
    distance: np.ndarray
    hit: np.ndarray
    judged: np.ndarray


def read_folder(folder: Path) -> Iterator[Known]:
    """Read the images NAME.npy of a folder, each with its truth in NAME.json.

    The truth has `pixel_size_A`, `structure`, `rotation_deg` and `columns` (`x`, `y` in px,
    or `x_mean`, `y_mean`; `retention` if columns are damaged).
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
    """Simulate images of 512 x 512 px with several crystals, pixel sizes and noises."""
    for number, (name, size, noise) in enumerate(cases):
        lattice, rotation = lattice_preset(name), 3.0 * number
        made = simulate(lattice, (512, 512), size, rotation=rotation, seed=number, **noise)
        truth = made.truth
        kind = ", ".join(f"{k} {v:g}" for k, v in noise.items()) or "clean"
        columns = np.column_stack([truth["y"], truth["x"]])
        needed = truth["retention"] >= RETENTION
        yield Known(f"{name} {kind}", made.image, lattice, columns, needed, rotation)


def pair(found: np.ndarray, known: Known) -> Pairs:
    """Match found columns, shape (m, 2), y and x in px, with the true ones."""
    size = known.image.require_pixel_size()
    distance, nearest = cKDTree(known.columns).query(found)
    _, back = cKDTree(found).query(known.columns)
    hit = (distance <= TOLERANCE / size) & (back[nearest] == np.arange(len(found)))
    judged = inside(found, known.image) & known.needed[nearest]
    return Pairs(nearest, distance, hit, judged)


def precision_and_recall(found: np.ndarray, known: Known) -> tuple[float, float]:
    """Return precision and recall of found columns."""
    pairs = pair(found, known)
    wanted = inside(known.columns, known.image) & known.needed
    reached = np.zeros(len(known.columns), bool)
    reached[pairs.nearest[pairs.hit]] = True
    return float(pairs.hit[pairs.judged].mean()), float(reached[wanted].mean())


def inside(points: np.ndarray, image: Image) -> np.ndarray:
    """Return True for points that are not in the border."""
    border = BORDER / image.require_pixel_size()
    limits = np.array(image.shape) - 1 - border
    return ((points >= border) & (points <= limits)).all(axis=1)
