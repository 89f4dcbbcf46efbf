"""The problem of an amorphous search: image and atoms with the data that all trials share."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from skimage.filters import threshold_otsu

from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import (
    ContrastLoss,
    compare_with_reference,
)
from napari_reward_analysis.analyses.amorphous.classes.mixture import (
    Covariance,
    Halves,
    filled,
    two_orientations,
)
from napari_reward_analysis.analyses.amorphous.classes.scatter_mean import ScatterMean
from napari_reward_analysis.analyses.amorphous.describe import (
    KIND_WINDOW,
    OWN_WINDOW,
    describe_columns,
)
from napari_reward_analysis.analyses.amorphous.regions.existence import Existence, ask_existence
from napari_reward_analysis.analyses.amorphous.regions.levels import (
    crystal_features,
    likelihood_level,
    posterior_level,
)
from napari_reward_analysis.analyses.amorphous.regions.masks import (
    mask_of,
    number_regions,
    without_regions,
)
from napari_reward_analysis.analyses.amorphous.regions.rewards import (
    RegionScore,
    left_over,
    score_regions,
)
from napari_reward_analysis.analyses.amorphous.settings import (
    PARAMETERS,
    AmorphousSettings,
    Value,
)
from napari_reward_analysis.analyses.amorphous.space import ALL, DEFAULTS, AmorphousSpace
from napari_reward_analysis.analyses.amorphous.trial import (
    AmorphousTrial,
    failed_trial,
    front_of,
    pick,
)
from napari_reward_analysis.analyses.amorphous.verdict import Verdict
from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, StrArray
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.space import Space, UnitPoint

__all__ = [
    "PARAMETERS",
    "AmorphousProblem",
    "AmorphousSettings",
    "AmorphousTrial",
    "front_of",
    "pick",
]

Parameters = dict[str, Value]


class AmorphousProblem:
    """An image and its atoms with the data that all trials share.

    Parameters
    ----------
    image : Image
        The image.
    atoms : array_like, shape (n, 2)
        y and x of the atoms in px, over the whole field.
    lattice, measured : optional
        The crystal, and its lattice as measured in the image (`measure_lattice`). If both are
        given, the columns are the sites of the lattice, with their species, and sites
        without an atom are known.
    settings : AmorphousSettings, optional
        Settings of the search.
    region : ndarray of bool, shape (H, W), optional
        Region that is known to be crystal.
    labels : array_like of str, shape (n,), optional
        Kinds of the atoms as given by the user.

    Attributes
    ----------
    described : Described
        Columns with their kinds and their contrast loss.
    existence : Existence
        Result of the test for an amorphous region.
    classes : tuple of str
        Values of the parameter `class`: all, each kind, and each element with several kinds.
    parameters : AmorphousSpace
        Values of each parameter.
    space : Space
        The searched parameters; empty if nothing is amorphous.

    Raises
    ------
    BadInput
        If image, atoms and settings are inconsistent.
    """

    def __init__(
        self,
        image: Image,
        atoms: npt.ArrayLike,
        lattice: Lattice | None = None,
        measured: MeasuredLattice | None = None,
        settings: AmorphousSettings | None = None,
        *,
        region: BoolArray | None = None,
        labels: npt.ArrayLike | None = None,
        domains: Sequence[Domain] = (),
    ) -> None:
        self.image = image
        self.settings = settings = settings or AmorphousSettings()
        self.described = describe_columns(
            image,
            atoms,
            lattice,
            measured,
            region=region,
            labels=labels,
            kinds=settings.kinds,
            seed=settings.seed,
            domains=domains,
        )
        self.columns = self.described.columns
        smoothing = float(DEFAULTS["smoothing"]) * self.columns.spacing
        self.existence: Existence = ask_existence(
            self.columns.yx, self.described.labels, self.described.kept, smoothing, settings.seed
        )
        self.classes = (ALL, *self.described.kinds, *_elements(self.described.kinds))
        self._check_class(settings.fixed.get("class"))
        self.parameters = AmorphousSpace(settings, self.classes)
        # If nothing is amorphous, a search cannot find a region.
        self.space = self.parameters.space if self.existence.exists else Space(dimensions=())
        if "window" in settings.fixed:
            self.described.sampler.check(float(settings.fixed["window"]))
        self.patches = lru_cache(maxsize=8)(self._patches)
        self.level = lru_cache(maxsize=256)(self._level)
        self.kept = lru_cache(maxsize=8)(self._kept)
        self.features = lru_cache(maxsize=64)(self._features)

    @property
    def verdict(self) -> Verdict:
        """The verdict on an amorphous region, for run files and messages."""
        return Verdict.of(self.existence)

    def members(self, name: str) -> BoolArray:
        """Select the columns of a class with a known level, shape (n,)."""
        labels, known = self.described.labels, self.described.kept.weight > 0
        if name == ALL:
            return np.asarray(known)
        chosen = [k for k in self.described.kinds if name in (k, _element(k))]
        return np.asarray(known & np.isin(labels, chosen))

    def halves(self, name: str) -> Halves:
        """Split a class into its two orientations, as in the published method."""
        members = self.members(name) & self.columns.found
        crystal = self.described.kept.reference
        return two_orientations(self.patches(KIND_WINDOW), members, crystal, self.settings.seed)

    #: Number of objectives for the sampler; see `told`.
    n_objectives = 2

    def first_trials(self) -> list[AmorphousTrial]:
        """Return the trial at the defaults, which is the only one without a search."""
        if self.space.size and not self.settings.start_at_defaults:
            return []
        return [self.evaluate(0, self.first())]

    def trials_at(self, index: int, point: UnitPoint) -> list[AmorphousTrial]:
        """Return the trial at a point of the unit cube."""
        return [self.evaluate(index, self.parameters.decode(point))]

    def told(self, trial: AmorphousTrial) -> tuple[float, float] | None:
        """Return two objectives from 0 to 1 for the sampler, or None for an infeasible trial.

        With the unexplained disorder as a reward, they are the mean of both rewards of the
        outline, and the unexplained disorder. Without it, they are compactness and perimeter.
        """
        if not trial.feasible:
            return None
        score = trial.score
        ragged = 1 - 1 / score.compactness
        if "unexplained" in trial.rewards:
            return (ragged + score.perimeter) / 2, score.unexplained
        return ragged, score.perimeter

    def first(self) -> Parameters:
        """Return the first setting of a search: the defaults with a threshold from the image.

        The threshold is half way between the typical levels of crystal and of disorder.
        """
        parameters = dict(self.parameters.fixed)
        if "threshold" in self.parameters.searched:
            parameters["threshold"] = self._half_way(parameters)
        return parameters

    def evaluate(self, index: int, parameters: Parameters) -> AmorphousTrial:
        """Evaluate one setting. An error gives a failed trial."""
        start = time.perf_counter()
        try:
            trial = self._trial(index, parameters)
        except Exception as error:  # noqa: BLE001 - a failed trial is recorded, the run goes on
            reason = str(error) or type(error).__name__
            trial = failed_trial(
                index, parameters, self.image.shape, self.settings.objectives, reason
            )
        return replace(trial, seconds=time.perf_counter() - start)

    def level_map(self, parameters: Parameters) -> Float32Array:
        """Return the map of levels to which the threshold of a setting applies, shape (H, W)."""
        level, mean, _ = self._averaged(parameters)
        return mean.grid.to_pixels(mean(np.nan_to_num(level)), self.image.shape)

    def left(self, mask: BoolArray) -> FloatArray:
        """Return the unexplained part of each column for a mask, shape (n,)."""
        losses, yx = self.described.kept, np.rint(self.columns.yx).astype(int)
        inside = mask[yx[:, 0], yx[:, 1]]
        level = np.nan_to_num(losses.loss)
        return left_over(inside, level, losses.weight, self.described.labels)

    def score(self, mask: BoolArray) -> RegionScore:
        """Compute the rewards of any mask of this image, for example one drawn by hand."""
        return score_regions(number_regions(mask), self.left(mask))

    def _trial(self, index: int, parameters: Parameters) -> AmorphousTrial:
        level, mean, sigma = self._averaged(parameters)
        height = mean.grid.to_pixels(mean(np.nan_to_num(level)), self.image.shape)
        mask = mask_of(height, float(parameters["threshold"]), sigma) & self.image.valid
        if not self.existence.exists:
            mask = np.zeros_like(mask)
        elif self.settings.significant:
            # A region must contain a column with a significant contrast loss.
            mask = without_regions(mask, self.columns.yx[self.existence.significant])
        left = self.left(mask)
        return AmorphousTrial(
            index=index,
            parameters=parameters,
            level=level.astype(np.float32),
            left=left.astype(np.float32),
            packed=np.packbits(mask),
            shape=self.image.shape,
            score=score_regions(number_regions(mask), left),
            rewards=self.settings.objectives,
        )

    def _averaged(self, parameters: Parameters) -> tuple[FloatArray, ScatterMean, float]:
        """Return the levels of a setting, the mean over neighbours, and its sigma in px."""
        key = ("class", "measure", "window", "components", "mixture", "covariance")
        level, weight = self.level(*(parameters[name] for name in key))
        asked = weight > 0
        share = float(asked.sum()) / len(asked)
        # The spacing within one class is larger than the column spacing.
        spacing = self.columns.spacing / np.sqrt(share)
        sigma = float(parameters["smoothing"]) * float(spacing)
        return level, ScatterMean(self.columns.yx, self.image.shape, sigma, weight), sigma

    def _level(
        self,
        name: str,
        measure: str,
        window: float,
        components: float,
        mixture: float,
        covariance: Covariance,
    ) -> tuple[FloatArray, FloatArray]:
        """Return level and weight of each column; NaN and 0 for columns of other classes."""
        if measure == "posterior":
            return self._published(name, window, int(components), int(mixture), covariance)
        losses, members = self.kept(window), self.members(name)
        level = np.where(members, losses.loss, np.nan)
        if measure == "likelihood":
            for kind in losses.means:
                of_kind = (self.described.labels == kind) & (losses.weight > 0)
                if not (of_kind & members).any():
                    continue
                level[of_kind] = likelihood_level(
                    self.features(window, kind)[:, : int(components)],
                    losses.reference[of_kind],
                    int(mixture),
                    covariance,
                    self.settings.seed,
                )
        known = members & np.isfinite(level)
        level[~known] = np.nan
        return level, np.where(known, losses.weight, 0.0)

    def _published(
        self, name: str, window: float, components: int, mixture: int, covariance: Covariance
    ) -> tuple[FloatArray, FloatArray]:
        """Compute the posterior of the atoms of one class, in one of its orientations."""
        if self.settings.orientations == "one":
            first = self.halves(self._brightest() if name == ALL else name).first
        else:
            first = self.members(name) & self.columns.found
        level = np.full(len(first), np.nan)
        rows = filled(self.patches(window)[first])
        level[first] = posterior_level(rows, components, mixture, covariance, self.settings.seed)
        return level, first.astype(float)

    def _patches(self, window: float) -> Float32Array:
        return self.described.sampler.cut(self.columns.yx, window)

    def _kept(self, window: float) -> ContrastLoss:
        if window == OWN_WINDOW:
            return self.described.kept
        return compare_with_reference(
            self.patches(window),
            self.described.labels,
            self.columns.yx,
            self.described.kept.reference,
        )

    def _features(self, window: float, kind: str) -> FloatArray:
        """Return the features of the columns of a kind, for the largest number of components."""
        losses = self.kept(window)
        of_kind = (self.described.labels == kind) & (losses.weight > 0)
        return crystal_features(
            self.patches(window), losses, of_kind, kind, self.parameters.components
        )

    def _half_way(self, parameters: Parameters) -> float:
        level, mean, _ = self._averaged(parameters)
        asked = np.isfinite(level)
        local = mean.at(mean(np.nan_to_num(level)), self.columns.yx[asked])
        if np.ptp(local) <= 0:
            return 0.5
        cut = float(threshold_otsu(local))  # type: ignore[no-untyped-call]
        middle = (float(np.median(local[local > cut])) + float(np.median(local[local <= cut]))) / 2
        return float(np.clip(middle, 0.1, 0.9))

    def _brightest(self) -> str:
        """Return the brightest kind, for example Ba in YBCO."""
        means = self.described.kind_means
        middle = next(iter(means.values())).shape[0] // 2
        return max(means, key=lambda k: float(means[k][middle, middle]))

    def _check_class(self, name: Value | None) -> None:
        if name is None or name in self.classes:
            return
        known = ", ".join(self.classes)
        labels: StrArray = self.described.labels
        count = int(np.sum(labels == str(name)))
        if count:
            raise BadInput(
                f"Class {name!r} has too few atoms in crystal for its mean patch ({count} in all): "
                f"choose one of {known}."
            )
        raise BadInput(f"Class {name!r} holds no atoms: choose one of {known}.")


def _element(kind: str) -> str:
    """Return the element of a numbered kind, such as Cu for Cu2, or any other name unchanged."""
    numbered = re.fullmatch(r"([A-Z][a-z]?)\d+", kind)
    return numbered[1] if numbered else kind


def _elements(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the elements with several kinds of column."""
    names = [_element(kind) for kind in kinds if _element(kind) != kind]
    return tuple(name for name in dict.fromkeys(names) if names.count(name) > 1)
