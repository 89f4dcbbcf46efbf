"""The search space of amorphous trials: choices, ranges and defaults of the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from napari_reward_analysis.analyses.amorphous.classes.mixture import Covariance
from napari_reward_analysis.analyses.amorphous.settings import (
    PARAMETERS,
    AmorphousSettings,
    ParameterName,
    Value,
)
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.space import Dimension, Space, UnitPoint

Parameters = dict[str, Value]

#: Searched windows, from the column alone to its neighbours. There are only a few, so that
#: the patches of each window are cut once.
WINDOWS = (0.3, 0.36, 0.45, 0.6, 0.8)
COVARIANCES: tuple[Covariance, ...] = get_args(Covariance)
MEASURES = ("similarity", "likelihood")
ALL = "all"

#: Ranges of the numbers, both ends included.
RANGES: dict[ParameterName, tuple[float, float]] = {
    "components": (1, 6),
    "mixture": (1, 4),
    "threshold": (0.1, 0.9),
    "smoothing": (0.6, 1.2),
}
DEFAULTS: dict[ParameterName, Value] = {
    "class": ALL,
    "measure": "similarity",
    "window": 0.36,
    "components": 1,
    "mixture": 1,
    "covariance": "full",
    "threshold": 0.5,
    "smoothing": 0.8,
}
_INTEGERS = ("components", "mixture")


class AmorphousSpace:
    """The searched parameters on the unit cube, with choices as whole numbers.

    Parameters
    ----------
    settings : AmorphousSettings
        Searched parameters, fixed values and ranges.
    classes : sequence of str
        Possible classes.

    Raises
    ------
    BadInput
        If a range is empty or a fixed value is not among the choices.
    """

    def __init__(self, settings: AmorphousSettings, classes: Sequence[str]) -> None:
        self.choices: dict[str, tuple[Value, ...]] = {
            "class": tuple(classes),
            "measure": MEASURES,
            "window": WINDOWS,
            "covariance": COVARIANCES,
        }
        self.fixed: Parameters = {str(k): v for k, v in (DEFAULTS | settings.fixed).items()}
        self._check(settings)
        self.searched = tuple(
            name for name in PARAMETERS if name in settings.search and name not in settings.fixed
        )
        ranges = RANGES | settings.ranges
        fixed = float(self.fixed["components"])
        self._most_components = max(
            fixed, ranges["components"][1] if "components" in self.searched else fixed
        )
        self.space = Space(dimensions=tuple(self._dimension(n, ranges) for n in self.searched))

    @property
    def size(self) -> int:
        """Number of searched parameters."""
        return self.space.size

    @property
    def components(self) -> int:
        """Largest number of components of a trial."""
        return max(1, int(self._most_components))

    def decode(self, point: UnitPoint) -> Parameters:
        """Convert a point of the unit cube to parameters."""
        found = self.space.decode(point, {})
        named: Parameters = {
            name: self.choices[name][int(value)] if name in self.choices else value
            for name, value in found.items()
        }
        return self.fixed | named

    def _dimension(
        self, name: ParameterName, ranges: dict[ParameterName, tuple[float, float]]
    ) -> Dimension:
        if name in self.choices:
            return Dimension(name=name, low=0, high=len(self.choices[name]) - 1, scale="integer")
        low, high = ranges[name]
        if low > high:
            raise BadInput(
                f"The range of {name}, {low:g} to {high:g}, is empty: give the lower end first."
            )
        if name in _INTEGERS:
            return Dimension(name=name, low=low, high=high, scale="integer")
        return Dimension(name=name, low=low, high=high)

    def _check(self, settings: AmorphousSettings) -> None:
        for name, value in settings.fixed.items():
            numeric = name not in self.choices or name == "window"
            choices = (*MEASURES, "posterior") if name == "measure" else self.choices.get(name, ())
            wrong = not isinstance(value, float | int) if numeric else value not in choices
            if wrong:
                expected = "a number" if numeric else f"one of {', '.join(map(str, choices))}"
                raise BadInput(f"{name} cannot be {value!r}: choose {expected}.")
        for name in settings.ranges:
            if name in self.choices:
                raise BadInput(f"{name} is a choice and has no range: fix its value or search it.")
