"""Search spaces: named parameters over the unit cube.

Samplers see only points of the unit cube. This module defines the meaning of a coordinate:
a number on a linear or log scale, an integer, a choice, or a number above another one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, model_validator

UnitPoint = npt.NDArray[np.float64]


class Dimension(BaseModel):
    """One searched parameter: a number with a range, or a choice.

    Attributes
    ----------
    name : str
        Name of the parameter.
    low, high : float
        Range of a number, both ends included.
    scale : {'linear', 'log', 'integer', 'category'}
        Mapping of the unit interval to the range. For a category, the interval is cut into
        equal parts, one for each choice.
    choices : tuple of str
        Choices of a category, at least two.
    not_below : str, optional
        Name of an earlier parameter that raises the lower end if it is larger. In this
        way no part of the unit cube is wasted on impossible pairs.
    active_if : tuple of (str, tuple of str), optional
        Name of an earlier category, and the choices for which this parameter matters. For
        other choices it has no value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    low: float = 0.0
    high: float = 0.0
    scale: Literal["linear", "log", "integer", "category"] = "linear"
    choices: tuple[str, ...] = ()
    not_below: str | None = None
    active_if: tuple[str, tuple[str, ...]] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Dimension:
        if self.scale == "category":
            if len(set(self.choices)) < 2 or len(set(self.choices)) < len(self.choices):
                raise ValueError(f"{self.name}: a category needs two or more different choices")
            return self
        if self.choices:
            raise ValueError(f"{self.name}: choices belong to the scale 'category'")
        if not {"low", "high"} <= self.model_fields_set:
            raise ValueError(f"{self.name}: a number needs a range, low and high")
        if not self.low <= self.high:
            raise ValueError(f"{self.name}: the range {self.low:g} to {self.high:g} is empty")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"{self.name}: a log scale needs a range above zero")
        return self

    @property
    def levels(self) -> int:
        """Number of different values; 0 for a continuous range."""
        if self.scale == "category":
            return len(self.choices)
        return math.floor(self.high - self.low) + 1 if self.scale == "integer" else 0

    def decode(self, unit: float, low: float) -> float | str:
        """Value at a coordinate of the unit interval, with a given lower end."""
        if self.scale == "category":
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        if self.scale == "log":
            return float(low * (self.high / low) ** unit)
        if self.scale == "integer":
            return float(min(self.high, math.floor(low + unit * (self.high - low + 1))))
        return float(low + unit * (self.high - low))


class Space(BaseModel):
    """An ordered set of dimensions.

    Attributes
    ----------
    dimensions : tuple of Dimension
        The searched parameters, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimensions: tuple[Dimension, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Space:
        earlier: dict[str, Dimension] = {}
        for dimension in self.dimensions:
            if dimension.name in earlier:
                raise ValueError(f"{dimension.name} is searched twice")
            if dimension.active_if is not None:
                name, choices = dimension.active_if
                known = earlier[name].choices if name in earlier else ()
                if not choices or not set(choices) <= set(known):
                    raise ValueError(
                        f"{dimension.name}: active_if names {name} and {choices}, "
                        "which is no earlier category with these choices"
                    )
            earlier[dimension.name] = dimension
        return self

    @property
    def size(self) -> int:
        """Number of dimensions."""
        return len(self.dimensions)

    def decode(self, point: UnitPoint, fixed: Mapping[Any, float | str]) -> dict[str, float | str]:
        """Parameters at a point of the unit cube.

        Parameters
        ----------
        point : ndarray, shape (size,)
            Coordinates in [0, 1].
        fixed : mapping
            Parameters that are not searched.

        Returns
        -------
        dict
            The fixed and the searched parameters: numbers, and chosen names for categories.
            Parameters that do not matter for these choices are left out.
        """
        values: dict[str, float | str] = dict(fixed)
        for dimension, unit in zip(self.dimensions, point, strict=True):
            if dimension.active_if is not None:
                name, choices = dimension.active_if
                if values.get(name) not in choices:
                    values.pop(dimension.name, None)
                    continue
            low = dimension.low
            bound = values.get(dimension.not_below) if dimension.not_below else None
            if isinstance(bound, float | int):
                low = min(dimension.high, max(low, bound))
            values[dimension.name] = dimension.decode(float(np.clip(unit, 0, 1)), low)
        return values

    def active(self, points: UnitPoint) -> npt.NDArray[np.bool_]:
        """Mark the coordinates that matter, shape (n, size), for points of that shape."""
        mattering = np.ones(np.shape(points), bool)
        places = {dimension.name: k for k, dimension in enumerate(self.dimensions)}
        for k, dimension in enumerate(self.dimensions):
            if dimension.active_if is None:
                continue
            name, choices = dimension.active_if
            place = places[name]
            known = self.dimensions[place].choices
            wanted = [known.index(choice) for choice in choices]
            chosen = _part(points[:, place], len(known))
            mattering[:, k] = mattering[:, place] & np.isin(chosen, wanted)
        return mattering

    def canonical(self, points: UnitPoint) -> UnitPoint:
        """Points with the same parameters, but in a unique form, shape (n, size).

        Integers and choices move to the middle of their part of the unit interval.
        Coordinates that do not matter move to 0.5. Points with the same meaning thus
        become equal.
        """
        moved = np.clip(points, 0.0, 1.0)
        for k, dimension in enumerate(self.dimensions):
            if dimension.levels:
                moved[:, k] = (_part(moved[:, k], dimension.levels) + 0.5) / dimension.levels
        return np.where(self.active(moved), moved, 0.5)


def _part(units: UnitPoint, parts: int) -> npt.NDArray[np.int64]:
    """Index of the part of the unit interval in which each coordinate lies."""
    return np.minimum((np.asarray(units) * parts).astype(np.int64), parts - 1)
