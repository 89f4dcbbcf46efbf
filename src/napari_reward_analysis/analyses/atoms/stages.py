"""The preprocessing stages of a search: their dimensions, and the preprocessed images."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari_reward_analysis.analyses.atoms.trial import Parameters
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.detection import BlobFinder
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.space import Dimension
from napari_reward_analysis.preprocessing import SLOTS, Context, Stage, stage_named

#: Entry of a slot without a stage.
NONE = "none"

#: One stage with the values of its parameters. A chain is in the order of application.
Step = tuple[str, tuple[tuple[str, float], ...]]
Chain = tuple[Step, ...]

#: Largest memory of all finders of a search in bytes, and largest number of finders.
_MEMORY, _MOST = 2**30, 6


@dataclass(frozen=True)
class StageSpace:
    """The stages that a search may use.

    Attributes
    ----------
    stages : tuple of Stage
        Stages in the order of their slots.
    dimensions : tuple of Dimension
        A category for each slot, and the levels of the parameters of each stage.
    """

    stages: tuple[Stage, ...]
    dimensions: tuple[Dimension, ...]

    def settle(self, parameters: Parameters) -> Parameters:
        """Convert levels to values, and enter 'none' for each unused slot."""
        settled = dict(parameters)
        searched = {dimension.name for dimension in self.dimensions}
        for stage in self.stages:
            settled.setdefault(stage.slot, NONE)
            for name, parameter in stage.parameters.items():
                key = f"{stage.name}.{name}"
                if key in searched and key in settled:
                    settled[key] = parameter.values()[int(settled[key])]
        return settled

    def chain(self, parameters: Mapping[str, float | str]) -> Chain:
        """Return the stages of a setting in the order of application."""
        chosen = {stage.name: stage for stage in self.stages}
        steps: list[Step] = []
        for slot in SLOTS:
            stage = chosen.get(str(parameters.get(slot, NONE)))
            if stage is not None and stage.slot == slot:
                steps.append((stage.name, _values(stage, parameters)))
        return tuple(steps)


def stage_space(
    names: Sequence[str], fixed: Mapping[str, float | str], *, searched: bool = True
) -> StageSpace:
    """Return the search space of the preprocessing stages.

    Parameters
    ----------
    names : sequence of str
        Stages that the search may use.
    fixed : mapping
        Values of parameters that are not searched.
    searched : bool
        False for a single setting without a search. It uses the fixed stages, with the
        middle level of parameters that are not fixed.

    Raises
    ------
    BadInput
        If a stage is unknown, or a fixed stage is not among the named ones.
    """
    stages = [stage_named(name) for name in dict.fromkeys(names)]
    dimensions: list[Dimension] = []
    for slot in SLOTS:
        here = tuple(stage.name for stage in stages if stage.slot == slot)
        if slot in fixed:
            _check_fixed(slot, fixed[slot], here)
        elif here:
            dimensions.append(Dimension(name=slot, scale="category", choices=(NONE, *here)))
    for stage in stages:
        if fixed.get(stage.slot, stage.name) == stage.name:
            dimensions += _levels(stage, fixed)
    ordered = sorted(stages, key=lambda stage: SLOTS.index(stage.slot))
    return StageSpace(tuple(ordered), tuple(dimensions) if searched else ())


def _levels(stage: Stage, fixed: Mapping[str, float | str]) -> list[Dimension]:
    """Return one dimension, over its levels, for each searched parameter of a stage."""
    condition = None if stage.slot in fixed else (stage.slot, (stage.name,))
    found = []
    for name, parameter in stage.parameters.items():
        key, last = f"{stage.name}.{name}", len(parameter.values()) - 1
        if key not in fixed and last > 0:
            found.append(
                Dimension(name=key, low=0, high=last, scale="integer", active_if=condition)
            )
    return found


class Workbench:
    """Blob finders of an image after each chain of stages, made at their first use.

    Parameters
    ----------
    image : Image
        The image.
    context : Context
        Data about the image that the stages use.

    Notes
    -----
    The finders share 1 GiB. The least recently used ones are removed first.
    """

    def __init__(self, image: Image, context: Context, first: BlobFinder) -> None:
        self._image, self._context = image, context
        self._finders: OrderedDict[Chain, BlobFinder] = OrderedDict({(): first})

    def finder(self, chain: Chain) -> BlobFinder:
        """Return the finder of the image after these stages.

        Raises
        ------
        BadInput
            If a stage leaves no contrast in the image.
        """
        if chain not in self._finders:
            self._finders[chain] = BlobFinder(self.staged(chain), memory=_MEMORY // _MOST)
            while len(self._finders) > self._most:
                # The finder of the original image stays, because it measured the noise.
                oldest = next(key for key in self._finders if key)
                del self._finders[oldest]
        self._finders.move_to_end(chain)
        return self._finders[chain]

    def staged(self, chain: Chain) -> Float32Array:
        """Return the image after these stages, normalised to [0, 1], shape (H, W)."""
        pixels = self._image.normalised
        for name, values in chain:
            pixels = stage_named(name).apply(pixels, self._context, **dict(values))
            pixels = _normalised(pixels, name)
        return pixels

    @property
    def _most(self) -> int:
        # A finder keeps a spectrum of 8 bytes per pixel and at least three LoG images.
        least = 20 * self._image.normalised.size
        return max(2, min(_MOST, _MEMORY // least))


def _values(stage: Stage, parameters: Mapping[str, float | str]) -> tuple[tuple[str, float], ...]:
    found = []
    for name, parameter in stage.parameters.items():
        levels = parameter.values()
        # A parameter that is neither searched nor fixed has its middle level.
        value = parameters.get(f"{stage.name}.{name}", levels[len(levels) // 2])
        found.append((name, float(value)))
    return tuple(found)


def _normalised(pixels: Float32Array, name: str) -> Float32Array:
    low, high = float(pixels.min()), float(pixels.max())
    if not high > low:
        raise BadInput(f"The stage {name!r} leaves no contrast in the image: leave it out.")
    return (pixels - low) / (high - low)


def _check_fixed(slot: str, name: float | str, here: tuple[str, ...]) -> None:
    if name not in (NONE, *here):
        choices = ", ".join((NONE, *here))
        raise BadInput(
            f"{slot}: {name!r} is not among the stages of this run: choose from {choices}."
        )
