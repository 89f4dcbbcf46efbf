"""Match found points with known ones, one to one, and score the agreement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, Indices

Points = npt.NDArray[np.floating]


class Matches(NamedTuple):
    """Pairs of points of two sets, each point at most once.

    Attributes
    ----------
    found, known : ndarray of int, shape (n,)
        Rows in the two sets.
    distance : ndarray, shape (n,)
        Distance of each pair.
    """

    found: Indices
    known: Indices
    distance: npt.NDArray[np.float64]


def match_points(found: Points, known: Points, tolerance: float) -> Matches:
    """Pair the points of two sets one to one, nearest pairs first.

    Parameters
    ----------
    found, known : ndarray, shapes (n, 2) and (m, 2)
        In any unit of length.
    tolerance : float
        Largest distance of a pair.
    """
    pairs = [Matches(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))]
    rows, known_rows = np.arange(len(found)), np.arange(len(known))
    for reach in _reaches(known, tolerance):
        if not len(rows) or not len(known_rows):
            break
        near = _nearest_first(found[rows], known[known_rows], reach)
        pairs.append(Matches(rows[near.found], known_rows[near.known], near.distance))
        rows, known_rows = np.delete(rows, near.found), np.delete(known_rows, near.known)
    return Matches(*(np.concatenate(part) for part in zip(*pairs, strict=True)))


def _reaches(known: Points, tolerance: float) -> list[float]:
    """Distances up to which pairs are searched in turn; the last is the tolerance.

    A large distance would give nearly all possible pairs. After a search at smaller
    distances few points are left, and the result is the same.
    """
    if not len(known):
        return []
    reach = float(np.ptp(known, axis=0).max()) / math.sqrt(len(known))
    reaches = []
    while 0 < reach < tolerance < math.inf:
        reaches.append(reach)
        reach *= 2
    return [*reaches, tolerance]


def _nearest_first(found: Points, known: Points, reach: float) -> Matches:
    near = cKDTree(found).sparse_distance_matrix(cKDTree(known), reach, output_type="ndarray")
    near = near[np.lexsort((near["j"], near["i"], near["v"]))]
    free_found, free_known = np.ones(len(found), bool), np.ones(len(known), bool)
    kept = np.zeros(len(near), bool)
    for number, (i, j) in enumerate(zip(near["i"], near["j"], strict=True)):
        kept[number] = free_found[i] and free_known[j]
        if kept[number]:
            free_found[i] = free_known[j] = False
    pairs = near[kept]
    return Matches(pairs["i"].astype(np.intp), pairs["j"].astype(np.intp), pairs["v"])


@dataclass(frozen=True)
class Score:
    """Agreement of found points with known ones.

    Attributes
    ----------
    precision, recall : float
        Shares of the found points that are known, and of the known points that are found;
        NaN if there are no such points.
    error_px : float
        Root mean square distance of the pairs; NaN without a pair.
    """

    precision: float
    recall: float
    error_px: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


def score_points(
    found: Points,
    known: Points,
    tolerance: float,
    shape: tuple[int, int],
    border: float,
    region: BoolArray | None = None,
) -> Score:
    """Score found points by known ones.

    Parameters
    ----------
    found, known : ndarray, shapes (n, 2) and (m, 2)
        y and x in px.
    tolerance : float
        Largest distance of a pair in px.
    shape : tuple of int
        Shape of the image.
    border : float
        Points nearer than this to the edge of the image, in px, are matched but not counted.
    region : ndarray of bool, shape (H, W), optional
        Points outside it are matched but not counted, so that pairs across its edge
        stay pairs.
    """
    pairs = match_points(found, known, tolerance)
    judged, wanted = _inside(found, shape, border), _inside(known, shape, border)
    if region is not None:
        judged &= points_within(found, region)
        wanted &= points_within(known, region)
    right, reached = np.zeros(len(found), bool), np.zeros(len(known), bool)
    right[pairs.found], reached[pairs.known] = True, True
    counted = pairs.distance[judged[pairs.found]]
    return Score(
        precision=float(right[judged].mean()) if judged.any() else float("nan"),
        recall=float(reached[wanted].mean()) if wanted.any() else float("nan"),
        error_px=float(np.sqrt((counted**2).mean())) if len(counted) else float("nan"),
    )


def points_within(points: Points, area: BoolArray) -> BoolArray:
    """Mark the points (y, x in px, shape (n, 2)) on a True pixel of `area`, shape (n,)."""
    pixels = np.round(np.reshape(points, (-1, 2)))
    within: BoolArray = np.all((pixels >= 0) & (pixels < np.asarray(area.shape)), axis=1)
    # Converted only now: NaN and huge numbers cannot become integers, and lie on no pixel.
    within[within] = area[tuple(pixels[within].astype(int).T)]
    return within


def _inside(points: Points, shape: tuple[int, int], border: float) -> npt.NDArray[np.bool_]:
    places = np.reshape(points, (-1, 2))
    limits = np.array(shape) - 1 - border
    return np.asarray(((places >= border) & (places <= limits)).all(axis=1))
