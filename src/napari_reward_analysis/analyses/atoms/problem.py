"""The problem that a search for columns solves: an image with the data that all trials share."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from napari_reward_analysis.analyses.atoms.outside import Rim
from napari_reward_analysis.analyses.atoms.physics import analysed_area, derive_physics
from napari_reward_analysis.analyses.atoms.requirements import (
    seen_vectors,
    usable_rewards,
    usable_stages,
)
from napari_reward_analysis.analyses.atoms.settings import PARAMETERS, AtomsSettings
from napari_reward_analysis.analyses.atoms.space import (
    FIXED,
    Ranges,
    noise_floor,
    ranges_for,
    search_space,
    snap_sigmas,
    threshold_range,
)
from napari_reward_analysis.analyses.atoms.stages import Chain, Workbench, stage_space
from napari_reward_analysis.analyses.atoms.support import Support
from napari_reward_analysis.analyses.atoms.trial import (
    AtomTrial,
    Parameters,
    failed_trial,
    threshold_margin,
)
from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.calibration.domains import find_domains
from napari_reward_analysis.calibration.preflight import Preflight, run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.detection import BlobFinder
from napari_reward_analysis.detection.blobs import Blobs, Candidates
from napari_reward_analysis.detection.threshold_axis import threshold_front
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.space import Space, UnitPoint
from napari_reward_analysis.preprocessing import Context
from napari_reward_analysis.rewards.atoms import MIN_BLOBS, neighbour_sums, score_atoms
from napari_reward_analysis.rewards.protocol import Depth, Detection


@dataclass(frozen=True, eq=False)
class _Found:
    """The blobs of a setting after the verdict of the image, see `AtomTrial`."""

    blobs: Blobs
    inside: BoolArray
    outside: BoolArray
    n_unsupported: int = 0
    false_rate: float = math.nan
    extra: Float32Array = field(default_factory=lambda: np.empty((0, 4), np.float32))


class AtomsProblem:
    """An image with the data that all trials of a search share.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice, optional
        The crystal. It is optional if `settings.count` is given.
    settings : AtomsSettings
        Settings of the search.
    region : ndarray of bool, shape (H, W), optional
        The crystal region as drawn by the user.
    preflight : Preflight, optional
        Preflight of this image. It is computed if not given.
    others : sequence of Lattice
        Further crystals in the field. They are ignored if the preflight is given.

    Attributes
    ----------
    image, region
        Image and region after the preflight, with its pixel size and its crystal region.

    Raises
    ------
    BadInput
        If image, lattice and settings are inconsistent.
    """

    def __init__(
        self,
        image: Image,
        lattice: Lattice | None,
        settings: AtomsSettings,
        region: BoolArray | None = None,
        preflight: Preflight | None = None,
        others: Sequence[Lattice] = (),
    ) -> None:
        self.settings, self.lattice = settings, lattice
        self.preflight = preflight or preflight_for(image, lattice, settings, region, others)
        self._drawn = region is not None
        self.image, self.region = image, region = self.preflight.image, self.preflight.region
        self.area = analysed_area(image, region)
        self.physics, self.spacing_px = derive_physics(
            image,
            lattice,
            self.area,
            count=settings.count,
            ds=chosen_ds(settings, image, lattice),
            species=settings.species,
            measured=self.preflight.measured,
            domains=self.preflight.domains,
        )
        self.physics = replace(self.physics, tolerance=settings.tolerance)
        self.support = self._measured_support()
        if self.support is not None and settings.supported:
            self.physics = replace(self.physics, vacant=float(self.support.vacant))
        self.finder = BlobFinder(image.normalised)
        self.vectors_px = seen_vectors(self.preflight, lattice, settings)
        self._depth = Depth(self.area)
        self._translations = tuple(
            (domain.mask, domain.measured.vectors_px) for domain in self.preflight.domains
        )
        self._rim = (
            Rim(image, self.area, self.spacing_px, self.vectors_px)
            if region is not None and not self._drawn
            else None
        )
        self.rewards, missing_rewards = usable_rewards(
            settings, lattice, self.vectors_px, judged=self.judges
        )
        stages, missing_stages = usable_stages(settings, self.vectors_px)
        self.n_objectives = 2 + len(self.rewards)
        self.notices = (*self.preflight.notices, *missing_rewards, *missing_stages)
        context = Context(self.spacing_px, self.finder.space.noise, self.vectors_px)
        self._bench = Workbench(image, context, self.finder)
        self._stages = stage_space(stages, settings.fixed, searched=bool(settings.search))
        self._set_space()

    @property
    def nothing_there(self) -> bool:
        """True if nothing in the image repeats as the crystal does.

        A crystal that is seen dimly still has reflections. Noise, fringes and amorphous
        films have none that fit. A count or a region from the user is taken as knowledge.
        """
        asked = self.settings.supported and self.settings.area == "crystal"
        given = self.settings.count is not None or self._drawn
        measured = self.preflight.measured
        if not asked or given or measured is None:
            return False
        if self.support is not None:
            return self.support.occupied < MIN_BLOBS
        return measured.n_reflections == 0

    @property
    def judges(self) -> bool:
        """True if columns without evidence are dropped."""
        return self.support is not None and self.settings.supported

    def _measured_support(self) -> Support | None:
        """Return the evidence of the image; None if no crystal is seen."""
        domains = self.preflight.domains
        if self.preflight.measured is None and self.lattice is not None:
            with suppress(BadInput):  # the field is too small to see a lattice
                domains = find_domains(self.image, (self.lattice,), self.region)
        return Support(self.image, domains, self.area) if domains else None

    def _set_space(self) -> None:
        settings = self.settings
        self.fixed: Parameters = {}
        if self.nothing_there:
            self.space = Space(dimensions=())
            return
        self._ranges = ranges = self._usual_ranges() | settings.ranges
        self.fixed |= {str(name): value for name, value in FIXED.items()}
        self.fixed |= settings.fixed
        for name in set(PARAMETERS) - set(settings.search) - set(settings.fixed):
            self.fixed[name] = _middle(name, ranges[name])
        searched = [name for name in PARAMETERS if name in settings.search]
        if settings.exact_thresholds:
            searched.remove("threshold")
            self.fixed["threshold"] = ranges["threshold"][0]
        self.space = search_space(
            searched,
            ranges,
            settings.fixed,
            log_threshold=settings.threshold_scale == "log",
            before=self._stages.dimensions,
        )
        self.finder.space.floor = self._floor(self.finder, ranges["threshold"])
        self.grid = ranges["min_sigma"][0], ranges["max_sigma"][1]

    def _usual_ranges(self) -> Ranges:
        """Return ranges from lattice and pixel size, or no ranges if all are given."""
        if set(PARAMETERS) <= set(self.settings.ranges):
            return {}
        ranges = ranges_for(self.spacing_px, self.image.shape)
        ranges["threshold"] = threshold_range(self.finder.space, ranges)
        return ranges

    def decode(self, point: UnitPoint) -> Parameters:
        """Convert a point of the unit cube to parameters.

        The responses of the LoG depend on the preprocessing. The range of the threshold
        therefore follows from the preprocessed image.
        """
        parameters = self._stages.settle(self.space.decode(point, self.fixed))
        if self.settings.sigma_grid:
            parameters = snap_sigmas(parameters, *self.grid)
        names = [dimension.name for dimension in self.space.dimensions]
        chain = self._stages.chain(parameters)
        if chain and "threshold" in names and "threshold" not in self.settings.ranges:
            place = names.index("threshold")
            try:
                low, high = self._threshold_range(chain)
            except Exception:  # noqa: BLE001 - the trial fails in the same way and reports it
                return parameters
            dimension = self.space.dimensions[place].model_copy(update={"low": low, "high": high})
            parameters["threshold"] = dimension.decode(float(point[place]), low)
        return parameters

    def first_trials(self) -> list[AtomTrial]:
        """Return the trials of a run without a search, or no trials if there is a search."""
        if self.space.size or self.nothing_there:
            return []
        return self.trials_at(0, np.empty(0))

    def told(self, trial: AtomTrial) -> tuple[float, ...] | None:
        """Return the objectives of a trial, or None if it is infeasible."""
        return trial.objectives if trial.feasible else None

    def trials_at(self, index: int, point: UnitPoint) -> list[AtomTrial]:
        """Return the trials at a point of the unit cube. The sampler learns from the first.

        With exact thresholds, the first trial has a threshold whose count agrees with N
        within the error of N. Without extra rewards, two trials can follow: the one nearest
        to the ideal point, and the one whose count is nearest to N. The time of the first
        trial includes the preprocessing.
        """
        start = time.perf_counter()
        parameters = self.decode(point)
        try:
            thresholds = self._thresholds(parameters)
        except Exception as error:  # noqa: BLE001 - a failed trial is recorded, the run goes on
            return [failed_trial(index, parameters, str(error) or type(error).__name__)]
        settled = time.perf_counter() - start
        trials = [
            self.evaluate(index + k, parameters | {"threshold": threshold})
            for k, threshold in enumerate(thresholds)
        ]
        trials[0] = replace(trials[0], seconds=trials[0].seconds + settled)
        return trials

    def _thresholds(self, parameters: Parameters) -> list[float]:
        """Return the thresholds to evaluate with the given other parameters."""
        if not self.settings.exact_thresholds:
            return [float(parameters["threshold"])]
        found = self._best_thresholds(parameters, self._count_uncertainty)[:1]
        if not self.rewards:
            # QC and ER alone do not show which of the counts is correct.
            found += self._best_thresholds(parameters, 0.0)
        return list(dict.fromkeys(found)) or [self._ranges["threshold"][0]]

    def _best_thresholds(self, parameters: Parameters, tolerance: float) -> list[float]:
        """Return the thresholds nearest to the ideal point and with the best count."""
        expected = max(self.physics.expected - self.physics.vacant, 1.0)
        tolerance = max(self.physics.tolerance, tolerance)
        candidates = self._candidates(parameters)
        if self.support is not None and self.judges:
            candidates = self.support.likely(candidates)
        front = threshold_front(
            candidates,
            float(parameters["overlap"]),
            self.area,
            expected=expected,
            ds=self.physics.ds_px,
            tolerance=tolerance,
            floor=self.finder_of(parameters).space.floor,
        )
        if not len(front.thresholds):
            return []
        miss = np.maximum(np.abs(front.counts - expected) / expected - tolerance, 0)
        nearest = int(np.argmin(np.hypot(miss, front.errors / expected)))
        return [float(front.thresholds[nearest]), float(front.thresholds[0])]

    @property
    def _count_uncertainty(self) -> float:
        """Relative error of N, which depends on the position of the lattice in the area.

        The error corresponds to half a row of columns along a side of a square area. A
        smaller tolerance would put the threshold between the responses of real columns.
        With this tolerance the threshold is in the widest gap of the responses.
        """
        return 0.5 * self.spacing_px / math.sqrt(float(np.count_nonzero(self.area)))

    def evaluate(self, index: int, parameters: Parameters) -> AtomTrial:
        """Evaluate one setting. An error gives a failed trial."""
        start = time.perf_counter()
        try:
            trial = self._detect(index, parameters)
        except Exception as error:  # noqa: BLE001 - a failed trial is recorded, the run goes on
            trial = failed_trial(index, parameters, str(error) or type(error).__name__)
        return replace(trial, seconds=time.perf_counter() - start)

    def finder_of(self, parameters: Parameters) -> BlobFinder:
        """Return the blob finder of the image after the stages of a setting."""
        finder = self._bench.finder(self._stages.chain(parameters))
        if finder.space.floor == 0.0:
            finder.space.floor = self._floor(finder, threshold_range(finder.space, self._ranges))
        return finder

    def _detect(self, index: int, parameters: Parameters) -> AtomTrial:
        threshold, overlap = float(parameters["threshold"]), float(parameters["overlap"])
        candidates = self._candidates(parameters)
        blobs = candidates.blobs[candidates.select(threshold, overlap)]
        found = self._supported(blobs)
        blobs, inside = found.blobs, found.inside
        sums = neighbour_sums(blobs[:, :2])
        score = score_atoms(sums, self.physics, inside)
        responses = candidates.blobs[:, 3]
        return AtomTrial(
            index=index,
            parameters=parameters,
            blobs=blobs,
            neighbour_sums=sums,
            inside=inside,
            outside=found.outside,
            score=score,
            extra_rewards=self._judge(found, sums, responses, threshold)
            if score.feasible
            else dict.fromkeys((reward.name for reward in self.rewards), 1.0),
            margin=threshold_margin(responses, threshold),
            n_unsupported=found.n_unsupported,
            false_rate=found.false_rate,
            extra=found.extra,
        )

    def _supported(self, blobs: Blobs) -> _Found:
        """Drop the blobs that the image does not support, if the settings ask for it."""
        inside = self.area[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        outside = self._outside(blobs, inside)
        if self.support is None:
            return _Found(blobs, inside, outside)
        judged = self.support.judged(blobs, inside | outside)
        n_unsupported = int(np.count_nonzero(inside & ~judged.kept))
        if not self.settings.supported:
            return _Found(blobs, inside, outside, n_unsupported)
        kept = judged.kept
        return _Found(
            blobs[kept],
            inside[kept],
            outside[kept],
            n_unsupported,
            judged.false_rate,
            judged.extra,
        )

    def _outside(self, blobs: Blobs, inside: BoolArray) -> BoolArray:
        if self._rim is None:
            return np.zeros(len(blobs), bool)
        return self._rim.columns(blobs, inside)

    def _candidates(self, parameters: Parameters) -> Candidates:
        return self.finder_of(parameters).candidates(
            float(parameters["min_sigma"]),
            float(parameters["max_sigma"]),
            int(parameters["num_sigma"]),
        )

    def _judge(
        self, found: _Found, sums: Float32Array, candidates: Float32Array, threshold: float
    ) -> dict[str, float]:
        """Compute the extra rewards of one trial."""
        if not self.rewards:
            return {}
        blobs, sums = found.blobs[found.inside], sums[found.inside]
        detection = Detection(
            points=blobs[:, :2].astype(np.float64),
            sigmas=blobs[:, 2],
            responses=blobs[:, 3],
            neighbour_sums=sums,
            candidates=candidates,
            threshold=threshold,
            area=self.area,
            image=self.image.normalised,
            physics=self.physics,
            spacing_px=self.spacing_px,
            lattice=self.lattice,
            vectors_px=self.vectors_px,
            depth=self._depth,
            unsupported=found.n_unsupported,
            domains=self._translations,
        )
        return {reward.name: reward(detection) for reward in self.rewards}

    def _threshold_range(self, chain: Chain) -> tuple[float, float]:
        finder = self._bench.finder(chain)
        return threshold_range(finder.space, self._ranges)

    def _floor(self, finder: BlobFinder, threshold: tuple[float, float]) -> float:
        """Return the lowest possible threshold, which is always above 0."""
        typed = self.settings.ranges.get("threshold", threshold)[0]
        searched = "threshold" in self.settings.search
        lowest = typed if searched else float(self.fixed["threshold"])
        return max(min(lowest, noise_floor(finder.space, self._ranges)), 1e-9)


def preflight_for(
    image: Image,
    lattice: Lattice | None,
    settings: AtomsSettings,
    region: BoolArray | None = None,
    others: Sequence[Lattice] = (),
) -> Preflight:
    """Run the preflight of an image with the given settings.

    Nothing is measured if the pixel size comes from the header and the area is the whole
    field.

    Raises
    ------
    BadInput
        If the lattice is the source of the pixel size but is missing or not found.
    """
    if settings.calibrate == "header" and settings.area == "field":
        return Preflight(image, region)
    return run_preflight(
        image,
        lattice,
        region=region,
        calibrate=settings.calibrate,
        area=settings.area,
        others=others,
    )


def chosen_ds(settings: AtomsSettings, image: Image, lattice: Lattice | None) -> float | None:
    """Return the DS of the settings, or None if it follows from lattice or image."""
    if settings.ds is None and image.pixel_size and lattice:
        return settings.lattice_ds
    return settings.ds


def _middle(name: str, limits: tuple[float, float]) -> float:
    low, high = limits
    return float(np.sqrt(low * high)) if name != "num_sigma" else FIXED["num_sigma"]
