"""Find blobs in LoG images by scale-space maxima, threshold and overlap.

The results are those of `skimage.feature.blob_log`, but a new threshold or overlap costs
only a look-up. One rule differs. In scikit-image the order of removals depends on the
iteration order of a Python set. Here overlapping blobs are decided from the largest sigma
on, so that a removed blob never removes another.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import Float32Array, Indices
from napari_reward_analysis.detection.scale_space import ScaleSpace
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.points.neighbours import pairs_within

#: An image with more scale-space maxima than this shows noise, not atoms.
MAX_CANDIDATES = 1_000_000

Blobs = npt.NDArray[np.float32]


@dataclass
class Candidates:
    """Scale-space maxima of one sigma triple, strongest first.

    Attributes
    ----------
    blobs : ndarray, shape (n, 4), float32
        y, x (px), sigma (px), response.
    """

    blobs: Blobs
    _pairs: Indices = field(default_factory=lambda: np.empty((0, 2), np.intp), repr=False)
    _overlaps: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0), repr=False)
    _paired: int = 0

    def above(self, threshold: float) -> int:
        """Number of candidates with a response above the threshold."""
        return int(np.searchsorted(-self.blobs[:, 3], -np.float32(threshold), side="left"))

    def select(self, threshold: float, overlap: float) -> Indices:
        """Candidates that survive a threshold and an overlap, strongest first.

        Parameters
        ----------
        threshold : float
            Lowest response, exclusive.
        overlap : float
            If the disks (radius sqrt(2) sigma) of two blobs share more than this
            fraction of the smaller disk, the blob with the smaller sigma is removed.

        Returns
        -------
        ndarray of int
            Rows of `blobs`.
        """
        count = self.above(threshold)
        sigmas = self.blobs[:count, 2]
        return np.flatnonzero(_survivors(sigmas, self.overlapping(count, overlap)))

    def overlapping(self, count: int, overlap: float) -> Indices:
        """Pairs among the first `count` candidates that overlap too much, shape (n, 2)."""
        if count > self._paired:
            # Doubling keeps the total work linear, and weak candidates are not paired early.
            self._paired = min(len(self.blobs), max(count, 2 * self._paired))
            self._pairs, self._overlaps = _overlapping_pairs(self.blobs[: self._paired, :3])
        return self._pairs[(self._overlaps > overlap) & (self._pairs < count).all(axis=1)]


class BlobFinder:
    """Find blobs of one image for any LoG parameters; each sigma is filtered once.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Float image, normalised to [0, 1].
    floor : float
        The lowest threshold that will be used.
    memory : int
        Bytes for cached LoG images, see `ScaleSpace`. Candidates add about 40 bytes
        each and 32 bytes per overlapping pair.
    """

    def __init__(self, image: Float32Array, *, floor: float = 0.0, memory: int = 2**30) -> None:
        self.space = ScaleSpace(image, floor=floor, memory=memory)
        self._candidates: dict[tuple[float, ...], Candidates] = {}

    def candidates(self, min_sigma: float, max_sigma: float, num_sigma: int) -> Candidates:
        """Scale-space maxima of a sigma triple above the floor.

        Raises
        ------
        BadInput
            If there are more than `MAX_CANDIDATES`.
        """
        sigmas = sigma_list(min_sigma, max_sigma, num_sigma)
        check_sigmas(sigmas, self.space.shape)
        key = tuple(sigmas)
        if key not in self._candidates:
            self._candidates[key] = _scale_space_maxima(self.space, key)
        return self._candidates[key]

    def find(
        self,
        min_sigma: float,
        max_sigma: float,
        num_sigma: int,
        threshold: float,
        overlap: float,
    ) -> Blobs:
        """Blobs as `skimage.feature.blob_log` finds them, with their response.

        Parameters
        ----------
        min_sigma, max_sigma : float
            Smallest and largest standard deviation of the kernel in pixels.
        num_sigma : int
            Number of evenly spaced sigmas between them.
        threshold : float
            Lowest response, at least the floor.
        overlap : float
            Largest tolerated overlap of two blobs, 0 to 1.

        Returns
        -------
        ndarray, shape (n, 4), float32
            y, x (px), sigma (px), response; strongest first.

        Raises
        ------
        BadInput
            If the sigmas are impossible, the threshold is below the floor, or there
            are more than a million candidates.
        """
        if threshold < self.space.floor:
            raise BadInput(
                f"The threshold {threshold:g} is below the noise floor {self.space.floor:g}: "
                "raise the threshold or lower the floor."
            )
        found = self.candidates(min_sigma, max_sigma, num_sigma)
        return found.blobs[found.select(threshold, overlap)]


def find_blobs(
    image: npt.NDArray[Any],
    min_sigma: float = 1,
    max_sigma: float = 50,
    num_sigma: int = 10,
    threshold: float = 0.2,
    overlap: float = 0.5,
) -> Blobs:
    """Find the blobs of an image for one setting; see `BlobFinder.find`.

    The function needs about 30 bytes per pixel for any number of sigmas.
    """
    # One setting needs only three neighbouring LoG images at the same time.
    finder = BlobFinder(np.asarray(image, np.float32), floor=threshold, memory=12 * image.size)
    return finder.find(min_sigma, max_sigma, num_sigma, threshold, overlap)


def sigma_list(min_sigma: float, max_sigma: float, num_sigma: int) -> list[float]:
    """The evenly spaced sigmas, rounded to float32 as in scikit-image."""
    ends = np.asarray([min_sigma, max_sigma], np.float32)
    return [float(s) for s in np.linspace(ends[0], ends[1], int(num_sigma), dtype=np.float32)]


def check_sigmas(sigmas: list[float], shape: tuple[int, int]) -> None:
    """Raise BadInput for sigmas that are not positive, not rising, or too large."""
    if not sigmas or not all(math.isfinite(s) and s > 0 for s in sigmas):
        raise BadInput("Sigma must be a positive number of pixels: raise min_sigma.")
    if sigmas[0] > sigmas[-1]:
        raise BadInput(
            f"min_sigma {sigmas[0]:g} is larger than max_sigma {sigmas[-1]:g}: exchange them."
        )
    if sigmas[-1] >= min(shape):
        raise BadInput(
            f"A sigma of {sigmas[-1]:g} px is as large as the image "
            f"({shape[0]} x {shape[1]} px): lower max_sigma."
        )


def _scale_space_maxima(space: ScaleSpace, sigmas: tuple[float, ...]) -> Candidates:
    # Each LoG image is compared with both neighbours while all three are in the cache.
    kept = [np.ones(len(space.maxima(s).place), bool) for s in sigmas[:1]]
    for below, here in itertools.pairwise(sigmas):
        kept.append(np.ones(len(space.maxima(here).place), bool))
        kept[-2] &= space.beats(below, here)
        kept[-1] &= space.beats(here, below)
    counts = [int(np.count_nonzero(keep)) for keep in kept]
    if sum(counts) > MAX_CANDIDATES:
        raise BadInput(
            "There are more than a million candidates, mostly noise: raise min_sigma or the "
            "threshold."
        )
    peaks = [space.maxima(sigma) for sigma in sigmas]
    place = np.concatenate([p.place[keep] for p, keep in zip(peaks, kept, strict=True)])
    response = np.concatenate([p.response[keep] for p, keep in zip(peaks, kept, strict=True)])
    sigma = np.repeat(np.asarray(sigmas, np.float32), counts)
    # Strongest first, then raster order, then sigma, as in peak_local_max.
    raster = np.argsort(place, kind="stable")
    order = raster[np.argsort(-response[raster], kind="stable")]
    y, x = space.positions(place[order])
    return Candidates(np.column_stack([y, x, sigma[order], response[order]]).astype(np.float32))


def _overlapping_pairs(blobs: Blobs) -> tuple[Indices, npt.NDArray[np.float64]]:
    """Pairs of blobs whose disks touch, and the shared fraction of the smaller disk."""
    sigma = blobs[:, 2].astype(float)
    reach = 2 * math.sqrt(2) * float(sigma.max(initial=0))
    first, second, distance = pairs_within(blobs[:, :2], reach)
    largest = np.maximum(sigma[first], sigma[second])
    ratio = np.minimum(sigma[first], sigma[second]) / largest
    gap = distance / (largest * math.sqrt(2))
    near = gap <= 1 + ratio
    pairs = np.column_stack([first[near], second[near]])
    return pairs, disk_overlap(gap[near], ratio[near])


def disk_overlap(
    distance: npt.NDArray[np.float64], radius: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Shared area of a unit disk and a smaller one, as a fraction of the smaller."""
    d, r = distance, radius
    inside = d <= 1 - r
    safe = np.where(inside, 1.0, d)  # avoids a division by zero where the lens is not used
    large = np.arccos(np.clip((safe**2 + 1 - r**2) / (2 * safe), -1, 1))
    small = np.arccos(np.clip((safe**2 + r**2 - 1) / (2 * safe * r), -1, 1))
    kite = np.sqrt(np.abs((1 + r - safe) * (safe + 1 - r) * (safe - 1 + r) * (safe + 1 + r)))
    lens = large + r**2 * small - 0.5 * kite
    return np.asarray(np.where(inside, 1.0, lens / (np.pi * r**2)))


def removals(sigmas: Float32Array, pairs: Indices) -> tuple[Indices, Indices]:
    """For each overlapping pair, the blob that stays and the blob that is removed.

    The larger sigma stays. For equal sigmas the stronger response is removed, as in
    scikit-image.
    """
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    low_wins = sigmas[low] > sigmas[high]
    return np.where(low_wins, low, high), np.where(low_wins, high, low)


def _survivors(sigmas: Float32Array, pairs: Indices) -> npt.NDArray[np.bool_]:
    """Mark the blobs that remain after all overlapping pairs lost their smaller blob.

    Each round decides the blobs that no undecided blob can remove. The number of rounds
    is the length of the longest chain of overlaps, not the number of pairs.
    """
    alive = np.ones(len(sigmas), bool)
    killer, victim = removals(sigmas, pairs)
    while len(killer):
        threatened = np.zeros(len(sigmas), bool)
        threatened[victim] = True
        alive[victim[~threatened[killer]]] = False
        open_ = alive[killer] & alive[victim]
        killer, victim = killer[open_], victim[open_]
    return alive
