"""LoG*: atomic columns by a Laplacian of Gaussian tuned to what the lattice predicts.

`find_atoms` is a generator: the script, the command line and the worker thread all
iterate it, and to cancel is to stop iterating.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.detection import BlobFinder
from napari_reward_analysis.image import BoolArray, Image
from napari_reward_analysis.lattice import Lattice
from napari_reward_analysis.optimize.samplers import make_sampler
from napari_reward_analysis.rewards.atoms import neighbour_sums, score_atoms
from napari_reward_analysis.workflows.atoms_physics import analysed_area, derive_physics
from napari_reward_analysis.workflows.atoms_settings import AtomsSettings
from napari_reward_analysis.workflows.atoms_space import (
    FIXED,
    PARAMETERS,
    noise_floor,
    published_ranges,
    ranges_for,
    search_space,
    snap_sigmas,
)
from napari_reward_analysis.workflows.atoms_trial import (
    AtomTrial,
    failed_trial,
    front_of,
    pick,
    require_feasible,
    threshold_margin,
)
from napari_reward_analysis.workflows.survey import AreaRule, Survey, survey

__all__ = [
    "PARAMETERS",
    "AtomTrial",
    "AtomsProblem",
    "AtomsSettings",
    "find_atoms",
    "front_of",
    "pick",
    "require_feasible",
    "run_trials",
]


class AtomsProblem:
    """An image with everything that its trials share.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice, optional
        What the crystal predicts; may be left out where `settings.count` is given.
    settings : AtomsSettings
        What the user chose.
    region : ndarray of bool, shape (H, W), optional
        The crystal, drawn by the user.
    surveyed : Survey, optional
        Of this image, where it was made before; made here otherwise.

    Attributes
    ----------
    image, region
        As they are used: with the pixel size and the crystal that the survey found.

    Raises
    ------
    BadInput
        If image, lattice and settings do not fit together.
    """

    def __init__(
        self,
        image: Image,
        lattice: Lattice | None,
        settings: AtomsSettings,
        region: BoolArray | None = None,
        surveyed: Survey | None = None,
    ) -> None:
        self.settings = settings
        self.survey = surveyed or survey_for(image, lattice, settings, region)
        self.image, self.region = image, region = self.survey.image, self.survey.region
        self.area = analysed_area(image, region)
        self.physics, spacing_px = derive_physics(
            image,
            lattice,
            self.area,
            count=settings.count,
            ds=_published_ds(settings, image, lattice),
            species=settings.species,
            measured=self.survey.measured,
        )
        self.physics = replace(self.physics, tolerance=settings.tolerance)
        self.finder = BlobFinder(image.normalised)
        if settings.as_published:
            ranges = published_ranges()
        else:
            ranges = ranges_for(spacing_px, image.shape, self.finder.space)
        ranges.update(settings.ranges)
        self.fixed = FIXED | settings.fixed
        for name in set(PARAMETERS) - set(settings.search) - set(settings.fixed):
            self.fixed[name] = _middle(name, ranges[name])
        searched = [name for name in PARAMETERS if name in settings.search]
        self.space = search_space(
            searched, ranges, settings.fixed, log_threshold=not settings.as_published
        )
        lowest = ranges["threshold"][0] if "threshold" in searched else self.fixed["threshold"]
        self.finder.space.floor = min(lowest, noise_floor(self.finder.space, ranges))
        self.grid = ranges["min_sigma"][0], ranges["max_sigma"][1]

    def decode(self, point: npt.NDArray[np.float64]) -> dict[str, float]:
        """Parameters at a point of the unit cube, with sigmas on the grid.

        The published search keeps its sigmas as they come, at the cost of filtering.
        """
        parameters = cast(dict[str, float], self.space.decode(point, self.fixed))
        return parameters if self.settings.as_published else snap_sigmas(parameters, *self.grid)

    def evaluate(self, index: int, parameters: dict[str, float]) -> AtomTrial:
        """One setting, whose failure is a result too."""
        start = time.perf_counter()
        try:
            trial = self._detect(index, parameters)
        except Exception as error:  # noqa: BLE001 - a failed trial is recorded, the run goes on
            trial = failed_trial(index, parameters, str(error) or type(error).__name__)
        return replace(trial, seconds=time.perf_counter() - start)

    def _detect(self, index: int, parameters: dict[str, float]) -> AtomTrial:
        candidates = self.finder.candidates(
            parameters["min_sigma"], parameters["max_sigma"], int(parameters["num_sigma"])
        )
        chosen = candidates.select(parameters["threshold"], parameters["overlap"])
        blobs = candidates.blobs[chosen]
        inside = self.area[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        sums = neighbour_sums(blobs[:, :2])
        return AtomTrial(
            index=index,
            parameters=parameters,
            blobs=blobs,
            sums=sums,
            inside=inside,
            score=score_atoms(sums, self.physics, inside),
            margin=threshold_margin(candidates.blobs[:, 3], parameters["threshold"]),
        )


def survey_for(
    image: Image,
    lattice: Lattice | None,
    settings: AtomsSettings,
    region: BoolArray | None = None,
) -> Survey:
    """Survey of an image as the settings ask for it.

    Nothing is measured where nothing would be used: with the header's pixel size and the
    whole field as the area.

    Raises
    ------
    BadInput
        If the pixel size shall come from a lattice that is not given or not seen.
    """
    area: AreaRule = "field" if settings.as_published else settings.area
    if settings.calibrate == "header" and area == "field":
        return Survey(image, region)
    return survey(image, lattice, region=region, calibrate=settings.calibrate, area=area)


def find_atoms(
    image: Image,
    lattice: Lattice | None = None,
    settings: AtomsSettings | None = None,
    region: BoolArray | None = None,
) -> Iterator[AtomTrial]:
    """Search the LoG parameters whose blobs agree best with the lattice.

    Parameters
    ----------
    image : Image
        The image, with a pixel size unless `settings.count` is given.
    lattice : Lattice, optional
        What the crystal predicts.
    settings : AtomsSettings, optional
        Search and rewards.
    region : ndarray of bool, shape (H, W), optional
        The crystal, where it does not fill the field.

    Yields
    ------
    AtomTrial
        In the order of evaluation.

    Raises
    ------
    BadInput
        Before the first trial, if the input does not fit together.

    References
    ----------
    Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146.
    """
    yield from run_trials(AtomsProblem(image, lattice, settings or AtomsSettings(), region))


def run_trials(problem: AtomsProblem) -> Iterator[AtomTrial]:
    """The search itself, for a problem that is already set up."""
    settings = problem.settings
    if problem.space.size == 0:
        yield problem.evaluate(0, problem.decode(np.empty(0)))
        return
    sampler = make_sampler(settings.sampler, problem.space, settings.seed, trials=settings.trials)
    for index in range(settings.trials):
        start = time.perf_counter()
        point = sampler.ask()
        asked = time.perf_counter() - start
        trial = problem.evaluate(index, problem.decode(point))
        start = time.perf_counter()
        sampler.tell(point, trial.objectives if trial.feasible else None)
        yield replace(trial, search_seconds=asked + time.perf_counter() - start)


def _published_ds(settings: AtomsSettings, image: Image, lattice: Lattice | None) -> float | None:
    if settings.ds is None and settings.as_published and image.pixel_size and lattice:
        return 9.6
    return settings.ds


def _middle(name: str, limits: tuple[float, float]) -> float:
    low, high = limits
    return float(np.sqrt(low * high)) if name != "num_sigma" else FIXED["num_sigma"]
