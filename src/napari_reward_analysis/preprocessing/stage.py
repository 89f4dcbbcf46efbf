"""Preprocessing stages by name: built in, registered by a script, or from a package.

A stage is a function from image to image with a few parameters. Their ranges are given at
registration. The search tries a few levels of each parameter, so that trials with the same
level share the filtered image.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.registry import Registry

#: Stages of one slot exclude each other. The slots are applied in this order.
Slot = Literal["background", "denoise"]
SLOTS: tuple[Slot, ...] = get_args(Slot)

_BUILT_IN = (
    "napari_reward_analysis.preprocessing.background",
    "napari_reward_analysis.preprocessing.denoise",
    "napari_reward_analysis.preprocessing.fourier",
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a stage and its levels.

    Attributes
    ----------
    low, high : float
        The ends of the range, both included.
    scale : {'linear', 'log'}
        Spacing of the levels.
    levels : int
        Number of levels.
    """

    low: float
    high: float
    scale: Literal["linear", "log"] = "log"
    levels: int = 4

    def __post_init__(self) -> None:
        if not self.low <= self.high or self.levels < 1 or (self.scale == "log" and self.low <= 0):
            raise BadInput(
                f"A range of {self.low:g} to {self.high:g} in {self.levels} levels "
                f"({self.scale}) is empty: give the lower end first, above zero on a log scale."
            )

    def values(self) -> tuple[float, ...]:
        """The levels, rounded to four digits so that they are easy to read and type."""
        if self.levels == 1 or self.low == self.high:
            return (float(self.low),)
        spread = np.geomspace if self.scale == "log" else np.linspace
        return tuple(float(f"{v:.4g}") for v in spread(self.low, self.high, self.levels))


@dataclass(frozen=True, eq=False)
class Context:
    """Facts about the image that a stage may use besides its pixels.

    Attributes
    ----------
    spacing_px : float
        Smallest distance between columns in pixels.
    noise : float
        Standard deviation of the white noise in the normalised image.
    vectors_px : ndarray, shape (2, 2), or None
        Rows: two translations (y, x) of the lattice seen in the image; None if no lattice
        is seen.
    """

    spacing_px: float
    noise: float
    vectors_px: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Stage:
    """One registered stage.

    Attributes
    ----------
    name : str
        Name of the stage.
    function : callable
        ``function(image, **parameters)`` or ``function(image, context, **parameters)``:
        image of shape (H, W), float32 in [0, 1], to image of the same shape.
    parameters : dict
        Name to `Parameter`.
    slot : {'background', 'denoise'}
        Its position in the chain.
    label : str
        Its name in the form.
    needs_lattice : bool
        Whether it works only if a lattice is seen in the image.
    """

    name: str
    function: Callable[..., npt.NDArray[Any]]
    parameters: dict[str, Parameter] = field(default_factory=dict)
    slot: Slot = "denoise"
    label: str = ""
    needs_lattice: bool = False

    def apply(self, image: Float32Array, context: Context, **values: float) -> Float32Array:
        """The image after this stage, shape (H, W), float32, not yet normalised.

        Raises
        ------
        BadInput
            If the function does not return a finite image of the same shape.
        """
        result = np.asarray(self._call(image.copy(), context, values))
        if result.shape != image.shape or result.dtype.kind not in "buif":
            raise BadInput(
                f"The stage {self.name!r} made {result.dtype} of shape {result.shape} from an "
                f"image of {image.shape}: it must return a real image of the same shape."
            )
        if not np.isfinite(result).all():
            raise BadInput(
                f"The stage {self.name!r} made pixels that are not finite: correct its function."
            )
        return np.asarray(result, dtype=np.float32)

    def _call(self, image: Float32Array, context: Context, values: dict[str, float]) -> Any:
        known = inspect.signature(self.function).parameters
        if "context" in known:
            return self.function(image, context=context, **values)
        return self.function(image, **values)


_STAGES: Registry[Stage] = Registry(
    "stage",
    "napari_reward_analysis.preprocessing",
    ("highpass", "flatten", "gaussian", "tv", "nlm", "wiener", "bragg"),
)


def register_stage(
    name: str,
    *,
    slot: Slot = "denoise",
    label: str = "",
    needs_lattice: bool = False,
    **parameters: Parameter | tuple[float, float],
) -> Callable[[Callable[..., npt.NDArray[Any]]], Callable[..., npt.NDArray[Any]]]:
    """Decorator that makes a function a stage before the LoG.

    Parameters
    ----------
    name : str
        Name of the stage.
    slot : {'background', 'denoise'}
        Its position in the chain; stages of one slot exclude each other.
    label : str
        Its name in the form; by default `name`.
    needs_lattice : bool
        Whether it is left out if no lattice is seen in the image.
    **parameters : Parameter or (low, high)
        Range of each parameter of the function.

    Raises
    ------
    BadInput
        If name, slot or a range is impossible.
    """
    if slot not in SLOTS:
        raise BadInput(f"There is no slot {slot!r} for stages: choose from {', '.join(SLOTS)}.")
    ranges = {
        key: value if isinstance(value, Parameter) else Parameter(*value, scale="linear")
        for key, value in parameters.items()
    }

    def register(function: Callable[..., npt.NDArray[Any]]) -> Callable[..., npt.NDArray[Any]]:
        _STAGES.add(name, Stage(name, function, ranges, slot, label or name, needs_lattice))
        return function

    return register


def stage_named(name: str) -> Stage:
    """The stage with this name.

    Raises
    ------
    BadInput
        If there is no such stage.
    """
    _load_built_in()
    return _STAGES[name]


def all_stages() -> tuple[str, ...]:
    """Names of all stages, built-in ones first."""
    _load_built_in()
    return tuple(_STAGES)


def _load_built_in() -> None:
    # The modules register their stages on import; this delays the import of scipy.
    for module in _BUILT_IN:
        importlib.import_module(module)
