"""Rewards for amorphous regions: compactness, perimeter and unexplained disorder.

The first two are those of Barakati et al., arXiv 2404.14146. Compactness is defined such
that a disk has 1 and every other outline more. Both depend only on the outline, so that a
small disk anywhere is best. The third reward measures whether the outline is where order is
lost. It is the share of the columns' differences that the division into two parts does not
explain, which is the complement of Otsu's criterion.
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
    """Rewards of a mask, all minimised, and facts about it.

    Attributes
    ----------
    compactness : float
        perimeter^2 / (4 pi area), as the mean over the regions weighted by area; 1 for
        disks.
    perimeter : float
        Length of all outlines over the outline of the field.
    unexplained : float
        Share of the columns' differences that the mask does not explain, 0 to 1.
    perimeter_px : float
        Length of all outlines in px.
    area_fraction : float
        Share of the field.
    n_regions : int
        Number of regions.
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
        """The reward with this name."""
        return float(getattr(self, name))


#: Score of a mask that is empty or full, and of a failed trial.
NO_REGION = RegionScore(math.inf, 1.0, 1.0, 0.0, 0.0, 0, False)


@dataclass(frozen=True)
class Outline:
    """Size and position of one region.

    Attributes
    ----------
    area_px, perimeter_px : float
        Area in square px, and length of the outline including holes in px.
    centroid : tuple of float
        y and x in px.
    """

    area_px: float
    perimeter_px: float
    centroid: tuple[float, float]

    @property
    def compactness(self) -> float:
        """perimeter^2 / (4 pi area), which is 1 for a disk and more for other outlines."""
        # Counting pixels can give a value below 1 for a small disk, which is impossible.
        return max(1.0, self.perimeter_px**2 / (4 * math.pi * self.area_px))


def outlines(regions: npt.NDArray[np.integer]) -> list[Outline]:
    """Outline of each region of a mask.

    Parameters
    ----------
    regions : ndarray of int, shape (H, W)
        0 for crystal, 1 and more for the regions.

    Returns
    -------
    list of Outline
        One for each region, by number. The border of the field counts as outline.
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
    """Compute the rewards of a mask.

    Parameters
    ----------
    regions : ndarray of int, shape (H, W)
        0 for crystal, 1 and more for the regions.
    left : ndarray, shape (n,)
        Unexplained part of each column, from `left_over`.
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
    """Unexplained part of each column after a division into crystal and disorder.

    Parameters
    ----------
    inside : ndarray of bool, shape (n,)
        Columns inside a region.
    level : ndarray, shape (n,)
        Distance of each column from crystal, which does not depend on the mask.
    weight : ndarray, shape (n,)
        One over the variance of the level in crystal; 0 if the level is not known.
    kinds : ndarray of str, shape (n,)
        Kind of each column. Each kind has its own mean level in both parts, so that
        disorder of only one kind counts fully.

    Returns
    -------
    ndarray, shape (n,)
        Weighted squared difference from the mean of the same kind in the same part, over
        the sum of squared differences from the mean of the same kind. The sum is 0 if
        each part is uniform and 1 if the division explains nothing.
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
