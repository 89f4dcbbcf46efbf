"""Rewards beside QC and ER by name: built in, registered by a script, or by a package.

A reward sees one detection and gives back a number to be minimised, best 0 and about 1
where everything is wrong, so that it can stand beside QC and ER, which are shares of N.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.crystal.projected import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.registry import Registry
from napari_reward_analysis.rewards.atoms import Physics

_BUILT_IN = (
    "napari_reward_analysis.rewards.order",
    "napari_reward_analysis.rewards.sites",
    "napari_reward_analysis.rewards.spacing",
    "napari_reward_analysis.rewards.separation",
)

#: What a reward may ask for and an image may lack.
NEEDS = {"lattice": "a lattice with known columns", "vectors": "a lattice seen in the image"}


class Depth:
    """How deep each pixel lies in an area: worked out when first asked for, and once.

    Parameters
    ----------
    area : ndarray of bool, shape (H, W)
        The analysed pixels; the field's border is a border of the area.
    """

    def __init__(self, area: BoolArray) -> None:
        self._area = area

    @cached_property
    def px(self) -> Float32Array:
        """Distance to the border of the area, shape (H, W); 0 outside."""
        distance = distance_transform_edt(np.pad(self._area, 1))[1:-1, 1:-1]
        return np.asarray(distance, np.float32)


@dataclass(frozen=True, eq=False)
class Detection:
    """One result as rewards see it. Lengths are pixels, positions (y, x).

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Blobs inside the analysed area, strongest first.
    sigmas, responses, neighbour_sums : ndarray, shape (n,)
        Their sigma, response, and sum of the distances to the four nearest blobs.
    candidates : ndarray, shape (m,)
        Responses of all candidates of the same sigmas, falling.
    threshold : float
        The response that parted blobs from rejects.
    area : ndarray of bool, shape (H, W)
        The analysed pixels.
    image : ndarray, shape (H, W)
        The normalised image, as it was before any stage.
    physics : Physics
        N and DS.
    spacing_px : float
        Smallest distance between columns.
    lattice : Lattice or None
        The crystal.
    vectors_px : ndarray, shape (2, 2), or None
        Rows: two translations of the lattice as seen in the image, along the cell's
        vectors where the crystal is known.
    depth : Depth, optional
        Of the area, shared by all results on one image.
    """

    points: npt.NDArray[np.float64]
    sigmas: Float32Array
    responses: Float32Array
    neighbour_sums: Float32Array
    candidates: Float32Array
    threshold: float
    area: BoolArray
    image: Float32Array
    physics: Physics
    spacing_px: float
    lattice: Lattice | None = None
    vectors_px: npt.NDArray[np.float64] | None = None
    depth: Depth | None = None

    @cached_property
    def depth_px(self) -> Float32Array:
        """Distance of every pixel to the border of the area, shape (H, W); 0 outside."""
        return (self.depth or Depth(self.area)).px


@dataclass(frozen=True)
class Reward:
    """One registered reward.

    Attributes
    ----------
    name : str
        By which it is chosen.
    function : callable
        ``function(detection) -> float``, minimised.
    label : str
        What the form and the plot call it.
    needs : tuple of str
        Keys of `NEEDS` without which it means nothing.
    """

    name: str
    function: Callable[[Detection], float]
    label: str = ""
    needs: tuple[str, ...] = ()

    def __call__(self, detection: Detection) -> float:
        """The number to minimise.

        Raises
        ------
        BadInput
            If it is no finite number.
        """
        value = float(self.function(detection))
        if not np.isfinite(value):
            raise BadInput(f"The reward {self.name!r} is {value}, not a finite number: mend it.")
        return value


_REWARDS: Registry[Reward] = Registry(
    "reward",
    "napari_reward_analysis.rewards",
    ("incoherence", "vacancy", "too_close", "too_far", "gaps", "ambiguity"),
)


def register_reward(
    name: str, *, label: str = "", needs: tuple[str, ...] = ()
) -> Callable[[Callable[[Detection], float]], Callable[[Detection], float]]:
    """Decorator that makes a function a reward for detected columns.

    Parameters
    ----------
    name : str
        By which it is chosen.
    label : str
        What the form and the plot call it; the name by default.
    needs : tuple of str
        'lattice' (columns with known places), 'vectors' (a lattice seen in the image):
        the reward is left out, with a notice, where one is missing.

    Raises
    ------
    BadInput
        If the name or a need is impossible.
    """
    unknown = sorted(set(needs) - set(NEEDS))
    if unknown:
        raise BadInput(
            f"A reward cannot need {', '.join(unknown)}: choose from {', '.join(NEEDS)}."
        )
    if name in ("qc", "er"):
        raise BadInput(f"{name!r} is the name of a published reward: choose another name.")

    def register(function: Callable[[Detection], float]) -> Callable[[Detection], float]:
        _REWARDS.add(name, Reward(name, function, label or name, tuple(needs)))
        return function

    return register


def reward_named(name: str) -> Reward:
    """The reward of a name.

    Raises
    ------
    BadInput
        If there is none.
    """
    _load_built_in()
    return _REWARDS[name]


def all_rewards() -> tuple[str, ...]:
    """Names of all rewards beside QC and ER, built-in ones first."""
    _load_built_in()
    return tuple(_REWARDS)


def _load_built_in() -> None:
    for module in _BUILT_IN:
        importlib.import_module(module)
