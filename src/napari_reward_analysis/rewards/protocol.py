"""Extra rewards by name: built in, registered by a script, or from a package.

Extra rewards come in addition to QC and ER. A reward takes one detection and returns a
number to minimise. It is 0 for a perfect result and about 1 for a completely wrong one, so
that it is comparable with QC and ER, which are shares of N.
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
    "napari_reward_analysis.rewards.support",
    "napari_reward_analysis.rewards.sites",
    "napari_reward_analysis.rewards.spacing",
    "napari_reward_analysis.rewards.separation",
)

#: Facts that a reward may need, in words; not every image provides them.
NEEDS = {
    "lattice": "a lattice with known columns",
    "vectors": "a lattice seen in the image",
    "evidence": "a crystal seen in the image",
}


class Depth:
    """Depth of each pixel in an area, computed once when it is first needed.

    Parameters
    ----------
    area : ndarray of bool, shape (H, W)
        The analysed pixels. The border of the field is a border of the area too.
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
    """One result for a reward. Lengths are in pixels, positions are (y, x).

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Blobs inside the analysed area, strongest first.
    sigmas, responses, neighbour_sums : ndarray, shape (n,)
        Sigma and response of the blobs, and sum of the distances to the four nearest blobs.
    candidates : ndarray, shape (m,)
        Responses of all candidates of the same sigmas, falling.
    threshold : float
        The threshold of the response between blobs and rejected candidates.
    area : ndarray of bool, shape (H, W)
        The analysed pixels.
    image : ndarray, shape (H, W)
        The normalised image before all stages.
    physics : Physics
        N and DS.
    spacing_px : float
        Smallest distance between columns.
    lattice : Lattice or None
        The crystal.
    vectors_px : ndarray, shape (2, 2), or None
        Rows: two translations of the lattice seen in the image. If the crystal is known,
        they are along the vectors of its cell.
    depth : Depth, optional
        Depth of the area, shared by all results on one image.
    unsupported : int
        Number of points in the area that were dropped, because the image itself does not
        show a column there.
    domains : tuple of (ndarray, ndarray)
        Mask and lattice translations, shape (2, 2), of each domain; empty if they are not
        known.
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
    unsupported: int = 0
    domains: tuple[tuple[BoolArray, npt.NDArray[np.float64]], ...] = ()

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
        Name of the reward.
    function : callable
        ``function(detection) -> float``, minimised.
    label : str
        Its name in the form and the plot.
    needs : tuple of str
        Keys of `NEEDS` without which the reward has no meaning.
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
            If it is not a finite number.
        """
        value = float(self.function(detection))
        if not np.isfinite(value):
            raise BadInput(
                f"The reward {self.name!r} returned {value}, not a finite number: correct its "
                "function."
            )
        return value


_REWARDS: Registry[Reward] = Registry(
    "reward",
    "napari_reward_analysis.rewards",
    ("incoherence", "unsupported", "vacancy", "too_close", "too_far", "gaps", "ambiguity"),
)


def register_reward(
    name: str, *, label: str = "", needs: tuple[str, ...] = ()
) -> Callable[[Callable[[Detection], float]], Callable[[Detection], float]]:
    """Decorator that makes a function a reward for detected columns.

    Parameters
    ----------
    name : str
        Name of the reward.
    label : str
        Its name in the form and the plot; by default `name`.
    needs : tuple of str
        'lattice' (columns with known positions), 'vectors' (a lattice seen in the image),
        'evidence' (the crystal is seen, so that each column can be judged).
        The reward is left out, with a notice, if one of them is missing.

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
    """The reward with this name.

    Raises
    ------
    BadInput
        If there is no such reward.
    """
    _load_built_in()
    return _REWARDS[name]


def all_rewards() -> tuple[str, ...]:
    """Names of all extra rewards, built-in ones first."""
    _load_built_in()
    return tuple(_REWARDS)


def _load_built_in() -> None:
    for module in _BUILT_IN:
        importlib.import_module(module)
