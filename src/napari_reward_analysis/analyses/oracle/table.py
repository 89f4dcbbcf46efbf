"""Tables of an oracle's columns, and of positions that were compared with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import FloatArray, StrArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.points.agreement import Agreement
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.neighbours import neighbour_sums

Table = dict[str, npt.NDArray[Any]]


def oracle_table(oracle: Oracle, pixel_size: float | None, lattice: Lattice | None) -> Table:
    """The oracle's points with the columns of `atoms.csv`; the response is its confidence."""
    scale = np.nan if pixel_size is None else pixel_size
    sums = neighbour_sums(oracle.points).astype(float)
    known_ds = lattice is not None and pixel_size is not None and bool(lattice.columns)
    ds = lattice.default_ds / pixel_size if known_ds and lattice and pixel_size else 0.0
    nothing = np.full(len(oracle.points), np.nan)
    return {
        **_positions(oracle.points, pixel_size),
        "sigma_px": nothing,
        "response": oracle.confidence,
        "neighbour_sum_A": np.where(np.isfinite(sums), sums, np.nan) * scale,
        "is_error": sums < ds,
        "class": oracle.classes.astype(object),
        "uncertainty_px": nothing,
        "uncertainty_A": nothing,
    }


def agreement_table(
    found: FloatArray, oracle: Oracle, result: Agreement, pixel_size: float | None
) -> Table:
    """Compared positions with their kind.

    Parameters
    ----------
    found : ndarray, shape (n, 2)
        y and x in px.
    oracle : Oracle
        What they were compared with.
    result : Agreement
        Of the two.
    pixel_size : float or None
        In angstrom.

    Returns
    -------
    dict of ndarray
        id, y_px, x_px, y_A, x_A, agreement (see `points_by_kind`); for matched positions
        dy_px, dx_px (found less known), distance_px, distance_A; class, of the oracle.
    """
    points, kinds = points_by_kind(found, oracle, result)
    offsets, classes = np.full((len(points), 2), np.nan), np.full(len(points), "", object)
    pairs, missed = kinds == "matched", kinds == "missed"
    offsets[pairs] = points[pairs] - oracle.points[result.matched[:, 1]]
    classes[pairs] = oracle.classes[result.matched[:, 1]]
    classes[missed] = oracle.classes[result.missed]
    distance = np.hypot(*offsets.T)
    return _positions(points, pixel_size) | {
        "agreement": kinds.astype(object),
        "dy_px": offsets[:, 0],
        "dx_px": offsets[:, 1],
        "distance_px": distance,
        "distance_A": distance * (np.nan if pixel_size is None else pixel_size),
        "class": classes,
    }


def points_by_kind(
    found: FloatArray, oracle: Oracle, result: Agreement
) -> tuple[FloatArray, StrArray]:
    """Points (n, 2) and the kind of each.

    'matched' and 'spurious' ones lie where they were found, 'missed' ones where the oracle
    knows them.
    """
    parts = {
        "matched": found[result.matched[:, 0]],
        "missed": oracle.points[result.missed],
        "spurious": found[result.spurious],
    }
    kinds = np.repeat(list(parts), [len(points) for points in parts.values()])
    return np.concatenate(list(parts.values())), kinds


def _positions(points: FloatArray, pixel_size: float | None) -> Table:
    scale = np.nan if pixel_size is None else pixel_size
    return {
        "id": np.arange(len(points)),
        "y_px": points[:, 0],
        "x_px": points[:, 1],
        "y_A": points[:, 0] * scale,
        "x_A": points[:, 1] * scale,
    }
