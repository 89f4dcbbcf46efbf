"""Compare positions with those of an oracle: matched, missed and spurious points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, FloatArray, Indices
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.points.matching import match_points, points_within


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of one set of positions with those of an oracle.

    Attributes
    ----------
    matched : ndarray of int, shape (k, 2)
        Pairs: index of the found point, index of the oracle's point.
    missed : ndarray of int
        Indices of the oracle's points without a found point.
    spurious : ndarray of int
        Indices of the found points without a point of the oracle.
    distances : ndarray, shape (k,)
        Distances of the pairs in px.
    reach : float
        Largest allowed distance of a pair in px.
    """

    matched: Indices
    missed: Indices
    spurious: Indices
    distances: FloatArray
    reach: float

    @property
    def precision(self) -> float:
        """Share of the found points that the oracle has too; 0 if nothing was found."""
        return _share(len(self.matched), len(self.matched) + len(self.spurious))

    @property
    def recall(self) -> float:
        """Share of the oracle's points that were found."""
        return _share(len(self.matched), len(self.matched) + len(self.missed))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * len(self.matched) + len(self.missed) + len(self.spurious)
        return _share(2 * len(self.matched), both)

    @property
    def count_ratio(self) -> float:
        """Found points per point of the oracle."""
        return _share(len(self.matched) + len(self.spurious), len(self.matched) + len(self.missed))

    def facts(self, pixel_size: float | None) -> dict[str, Any]:
        """The numbers, ready for JSON; lengths in angstrom are None without a pixel size."""
        there = len(self.distances) > 0
        rms = float(np.sqrt(np.mean(self.distances**2))) if there else None
        median = float(np.median(self.distances)) if there else None
        return {
            "matched": len(self.matched),
            "missed": len(self.missed),
            "spurious": len(self.spurious),
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "count_ratio": self.count_ratio,
            "rms_px": rms,
            "median_px": median,
            "rms_A": _times(rms, pixel_size),
            "median_A": _times(median, pixel_size),
            "reach_px": self.reach,
            "reach_A": _times(self.reach, pixel_size),
        }


def agreement(
    found: npt.NDArray[np.floating], oracle: npt.NDArray[np.floating], reach: float | None = None
) -> Agreement:
    """Match two sets of points one to one, nearest pairs first.

    Parameters
    ----------
    found, oracle : ndarray, shape (n, 2) and (m, 2)
        y and x in px.
    reach : float, optional
        Largest distance of a pair in px; by default half the oracle's nearest spacing.

    Returns
    -------
    Agreement

    Raises
    ------
    BadInput
        If the distance is not above 0.
    """
    found, oracle = (np.asarray(p, np.float64).reshape(-1, 2) for p in (found, oracle))
    reach = half_spacing(oracle) if reach is None else reach
    if not (np.isfinite(reach) and reach > 0):
        raise BadInput(f"A matching distance of {reach:g} is impossible: give one above 0.")
    pairs = match_points(found, oracle, reach)
    missed, spurious = np.ones(len(oracle), bool), np.ones(len(found), bool)
    missed[pairs.known] = spurious[pairs.found] = False
    return Agreement(
        matched=np.column_stack([pairs.found, pairs.known]),
        missed=np.flatnonzero(missed),
        spurious=np.flatnonzero(spurious),
        distances=pairs.distance,
        reach=float(reach),
    )


def counted(
    found: npt.NDArray[np.floating],
    inside: BoolArray,
    oracle: npt.NDArray[np.floating],
    wanted: BoolArray,
    reach: float,
) -> BoolArray:
    """Mark the found points that count when only a part of the image is compared.

    A pair across the edge of that part counts if the oracle's point lies in it. Split, the
    pair would count as a missed or a spurious column. A point without a partner counts if
    it lies in the part itself.

    Parameters
    ----------
    found, oracle : ndarray, shape (n, 2) and (m, 2)
        Points of the whole image, y and x in px.
    inside, wanted : ndarray of bool, shape (n,) and (m,)
        Points that lie in the compared part.
    reach : float
        Largest distance of a pair in px.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    pairs = match_points(found, oracle, reach)
    count = inside.copy()
    count[pairs.found] = wanted[pairs.known]
    return count


def half_spacing(points: npt.NDArray[np.floating]) -> float:
    """Half the median distance from a point to its nearest neighbour, in the same unit.

    Raises
    ------
    BadInput
        If there are fewer than two points, or most of them coincide with another.
    """
    if len(points) < 2:
        raise BadInput(
            "The oracle has fewer than two points and thus no spacing: give the matching "
            "distance in angstrom."
        )
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    half = 0.5 * float(np.median(nearest))
    if not half > 0:
        raise BadInput(
            "Most points of the oracle coincide with another one: remove the duplicates, or give "
            "the matching distance in angstrom."
        )
    return half


def per_class(
    result: Agreement, classes: Sequence[str] | npt.NDArray[Any]
) -> dict[str, dict[str, float | None]]:
    """Matched and missed points, recall and position difference for each oracle class.

    Parameters
    ----------
    result : Agreement
        Agreement of all points together.
    classes : sequence of str, shape (m,)
        Classes of the oracle's points; an empty word means no class.

    Returns
    -------
    dict
        Numbers by class; `rms_px` is None for a class without a match.
    """
    names = np.asarray(classes, dtype=str)
    table: dict[str, dict[str, float | None]] = {}
    for name in sorted(set(names[names != ""])):
        distances = result.distances[names[result.matched[:, 1]] == name]
        matched, missed = len(distances), int(np.count_nonzero(names[result.missed] == name))
        table[str(name)] = {
            "matched": matched,
            "missed": missed,
            "recall": _share(matched, matched + missed),
            "rms_px": float(np.sqrt(np.mean(distances**2))) if matched else None,
        }
    return table


def require_within(points: npt.NDArray[np.floating], area: BoolArray, name: str) -> BoolArray:
    """Mark the oracle's points that lie in the analysed area.

    Raises
    ------
    BadInput
        If most of them lie outside the image, or none in the area.
    """
    on_image = points_within(points, np.ones(area.shape, bool))
    if len(on_image) and np.count_nonzero(on_image) < 0.5 * len(on_image):
        raise BadInput(
            f"Most points of {name} lie outside the image of {area.shape[0]} x {area.shape[1]} px: "
            "choose the positions of this image, in pixels."
        )
    inside = points_within(points, area)
    if not inside.any():
        raise BadInput(f"{name} has no point in the analysed area: choose another oracle or area.")
    return inside


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _times(length: float | None, pixel_size: float | None) -> float | None:
    return None if length is None or pixel_size is None else length * pixel_size
