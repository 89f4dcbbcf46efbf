"""Search spaces: named parameters over the unit cube.

Samplers see points of the unit cube only; what a coordinate means (a log scale, an
integer, a value that may not fall below another) is settled here.
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
    """One searched parameter.

    Attributes
    ----------
    name : str
        Name of the parameter.
    low, high : float
        Its range, both ends included.
    scale : {'linear', 'log', 'integer', 'category'}
        How the unit interval is mapped on the range.
    choices : tuple of str
        Of a category; its range is not used.
    active_if : tuple, optional
        Name of a category, listed earlier, and its choices under which this parameter
        matters; otherwise it is left out.
    not_below : str, optional
        Name of a parameter, listed earlier, that raises the lower end where it is
        larger: no part of the unit cube is then wasted on impossible pairs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    low: float = 0.0
    high: float = 1.0
    scale: Literal["linear", "log", "integer", "category"] = "linear"
    choices: tuple[str, ...] = ()
    active_if: tuple[str, tuple[str, ...]] | None = None
    not_below: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Dimension:
        if not self.low <= self.high:
            raise ValueError(f"{self.name}: the range {self.low:g} to {self.high:g} is empty")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"{self.name}: a log scale needs a range above zero")
        return self

    def decode(self, unit: float, low: float) -> float | str:
        """Value at a coordinate of the unit interval, for a given lower end."""
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
        What is searched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimensions: tuple[Dimension, ...]

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
            The fixed parameters and the searched ones.
        """
        values: dict[str, float | str] = dict(fixed)
        for dimension, unit in zip(self.dimensions, point, strict=True):
            if dimension.active_if is not None:
                name, choices = dimension.active_if
                if values.get(name) not in choices:
                    continue
            low = dimension.low
            if dimension.not_below is not None:
                low = min(dimension.high, max(low, float(values.get(dimension.not_below, low))))
            values[dimension.name] = dimension.decode(float(np.clip(unit, 0, 1)), low)
        return values
