"""Make the tables of an oracle's columns and of the positions compared with them."""

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
    """Return the oracle's points with the columns of `atoms.csv` and confidence as response."""
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
    """Return the compared positions with their kind.

    Parameters
    ----------
    found : ndarray, shape (n, 2)
        Found positions, y and x in px.
    oracle : Oracle
        The oracle.
    result : Agreement
        Agreement of both.
    pixel_size : float or None
        Pixel size in angstrom.

    Returns
    -------
    dict of ndarray
        id, y_px, x_px, y_A, x_A, agreement (see `points_by_kind`), dy_px and dx_px (found
        minus known), distance_px, distance_A, and class of the oracle. Differences and
        distances are NaN for positions without a match.
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
    """Return points, shape (n, 2), and the kind of each.

    'matched' and 'spurious' points have their found positions. 'missed' points have the
    positions of the oracle.
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
