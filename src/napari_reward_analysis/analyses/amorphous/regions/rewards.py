"""Rewards for amorphous regions: compactness, perimeter, and the disorder left unexplained.

The first two are those of Barakati et al., arXiv 2404.14146, with compactness written so
that a disk has 1 and every other outline more. They speak of the outline alone, and a
small disk anywhere has the best of both. The third asks whether the outline is where the
order is lost: it is the part of the columns' differences that the division into two
leaves over, the complement of Otsu's criterion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import perimeter_crofton

from napari_reward_analysis.analyses.amorphous.settings import RegionReward
from napari_reward_analysis.arrays import BoolArray, FloatArray


@dataclass(frozen=True)
class RegionScore:
    """What a mask is worth; all rewards are minimised.

    Attributes
    ----------
    compactness : float
        perimeter^2 / (4 pi area), the mean over the regions by area: 1 for disks.
    perimeter : float
        Length of all outlines over the outline of the field.
    unexplained : float
        Part of the columns' differences that the mask leaves over, 0 to 1.
    perimeter_px : float
        Length of all outlines in px.
    area_fraction : float
        Part of the field.
    n_regions : int
        Regions.
    feasible : bool
        Whether the mask is neither empty nor full.
    """

    compactness: float
    perimeter: float
    unexplained: float
    perimeter_px: float
    area_fraction: float
    n_regions: int
    feasible: bool

    def reward(self, name: RegionReward) -> float:
        """One reward by its name."""
        return float(getattr(self, name))


#: Of a mask that is empty or full, or of a trial that failed.
NO_REGION = RegionScore(math.inf, 1.0, 1.0, 0.0, 0.0, 0, False)


@dataclass(frozen=True)
class Outline:
    """Size of one region.

    Attributes
    ----------
    area_px, perimeter_px : float
        Area in square px and length of the outline (with that of holes) in px.
    centroid : tuple of float
        y and x in px.
    """

    area_px: float
    perimeter_px: float
    centroid: tuple[float, float]

    @property
    def compactness(self) -> float:
        """perimeter^2 / (4 pi area): 1 for a disk, more for every other outline."""
        # the count of pixels may make a small disk rounder than it can be
        return max(1.0, self.perimeter_px**2 / (4 * math.pi * self.area_px))


def outlines(regions: npt.NDArray[np.integer]) -> list[Outline]:
    """Size of each region of a mask.

    Parameters
    ----------
    regions : ndarray of int, shape (H, W)
        0 crystal, 1 and up the regions.

    Returns
    -------
    list of Outline
        In the order of the numbers. The border of the field counts as outline.
    """
    found = []
    for number, box in enumerate(ndimage.find_objects(regions), start=1):
        if box is None:
            continue
        part = np.pad(regions[box] == number, 1)
        rows, columns = np.nonzero(part)
        centre = (
            float(rows.mean()) - 1 + box[0].start,
            float(columns.mean()) - 1 + box[1].start,
        )
        length = perimeter_crofton(part)  # type: ignore[no-untyped-call]
        found.append(Outline(float(len(rows)), float(length), centre))
    return found


def score_regions(regions: npt.NDArray[np.integer], left: FloatArray) -> RegionScore:
    """Judge a mask.

    Parameters
    ----------
    regions : ndarray of int, shape (H, W)
        0 crystal, 1 and up the regions.
    left : ndarray, shape (n,)
        What it leaves unexplained of each column, as of `left_over`.
    """
    sizes = outlines(regions)
    area = sum(size.area_px for size in sizes)
    if not sizes or area >= regions.size:
        return NO_REGION
    perimeter = sum(size.perimeter_px for size in sizes)
    return RegionScore(
        compactness=sum(size.compactness * size.area_px for size in sizes) / area,
        perimeter=perimeter / (2 * sum(regions.shape)),
        unexplained=float(left.sum()),
        perimeter_px=perimeter,
        area_fraction=area / regions.size,
        n_regions=len(sizes),
        feasible=True,
    )


def left_over(
    inside: BoolArray, level: FloatArray, weight: FloatArray, kinds: npt.NDArray[np.str_]
) -> FloatArray:
    """What a division into crystal and disorder leaves unexplained of each column.

    Parameters
    ----------
    inside : ndarray of bool, shape (n,)
        Columns that lie in a region.
    level : ndarray, shape (n,)
        How far each column is from crystal, known before any mask.
    weight : ndarray, shape (n,)
        One over its variance in crystal; 0 where the level is not known.
    kinds : ndarray of str, shape (n,)
        Kind of each column: each has its own level in either part, so that disorder of
        one kind alone counts in full.

    Returns
    -------
    ndarray, shape (n,)
        Weighted square of the difference from the mean of the own kind in the own part,
        over the sum of those from the mean of the own kind: the sum is 0 where either part
        is all alike and 1 where the division tells nothing.
    """
    total, within = 0.0, np.zeros(len(level))
    for kind in set(kinds[weight > 0].tolist()):
        members = (kinds == kind) & (weight > 0)
        total += float(_squares(level, weight, members).sum())
        for part in (members & inside, members & ~inside):
            within[part] = _squares(level, weight, part)
    return within / total if total > 0 else np.full(len(level), 1 / max(len(level), 1))


def _squares(level: FloatArray, weight: FloatArray, members: BoolArray) -> FloatArray:
    values = level[members]
    return np.asarray(weight[members] * (values - values.mean()) ** 2) if len(values) else values
