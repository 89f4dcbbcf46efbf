"""Derive ranges of the LoG parameters from lattice and pixel size, and the search space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from napari_reward_analysis.analyses.atoms.settings import ParameterName
from napari_reward_analysis.analyses.atoms.trial import Parameters
from napari_reward_analysis.detection import ScaleSpace
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.space import Dimension, Space

Ranges = dict[ParameterName, tuple[float, float]]

#: Values of parameters that are neither searched nor fixed.
FIXED: dict[ParameterName, float] = {"num_sigma": 10, "overlap": 0.3}

#: Approximate number of steps of the sigma grid between the smallest and the largest sigma.
_GRID_STEPS = 24


def ranges_for(spacing_px: float, shape: tuple[int, int]) -> Ranges:
    """Derive the ranges of all parameters except the threshold from the column spacing.

    Parameters
    ----------
    spacing_px : float
        Smallest distance between columns in pixels.
    shape : tuple of int
        Shape of the image.

    Notes
    -----
    A typical blob has a sigma of 0.18 spacings, which is a full width at half maximum of
    0.42 spacings. Sharp probes give a sigma down to 0.1 spacings. Above 0.45 spacings two
    neighbours merge into one blob.

    Raises
    ------
    BadInput
        If the spacing is too small for this pixel size.
    """
    if spacing_px < 2.0:
        raise BadInput(
            f"Neighbouring columns are only {spacing_px:.2g} px apart, but at least 2 px "
            "are needed to resolve them: check the pixel size and the lattice."
        )
    limit = (min(shape) - 1) / 4
    return {
        "min_sigma": (min(max(0.1 * spacing_px, 0.5), limit), min(0.30 * spacing_px, limit)),
        "max_sigma": (min(0.2 * spacing_px, limit), min(0.45 * spacing_px, limit)),
        "num_sigma": (2, 10),
        "overlap": (0.01, 0.5),
    }


def threshold_range(space: ScaleSpace, ranges: Ranges) -> tuple[float, float]:
    """Return the range of the threshold, from the noise floor to the largest response.

    Parameters
    ----------
    space : ScaleSpace
        LoG images of the searched image.
    ranges : dict
        Ranges of the sigmas.
    """
    middle = math.sqrt(ranges["min_sigma"][0] * ranges["max_sigma"][1])
    largest = float(space.response(_on_grid(middle, 1 / 16)).max())
    return min(noise_floor(space, ranges), 0.5 * largest), largest


def noise_floor(space: ScaleSpace, ranges: Mapping[ParameterName, tuple[float, float]]) -> float:
    """Return the response below which there is only noise, at the largest sigma of a search.

    It is twice the standard deviation of the noise. It is at least a thousandth of the
    largest response, so that an image without noise has a floor too. It is also at least
    the response of a bright uniform area.
    """
    sigma = _on_grid(ranges["max_sigma"][1], 1 / 16)
    largest = float(space.response(sigma).max())
    uniform = 1.1 * space.uniform_response(sigma)
    return max(2 * space.response_noise(sigma), uniform, 1e-3 * largest, 1e-6)


def search_space(
    searched: Sequence[ParameterName],
    ranges: Mapping[ParameterName, tuple[float, float]],
    fixed: Mapping[str, float | str],
    *,
    log_threshold: bool = True,
    before: Sequence[Dimension] = (),
) -> Space:
    """Return the search space, with the dimensions of the preprocessing first.

    In this space max_sigma is never below min_sigma.
    """
    dimensions = list(before)
    for name in searched:
        low, high = ranges[name]
        if name == "max_sigma" and "min_sigma" in fixed:
            low = max(low, float(fixed["min_sigma"]))
        if low > high:
            raise BadInput(
                f"The range of {name}, {low:g} to {high:g}, is empty: give the lower end first."
            )
        dimensions.append(
            Dimension(
                name=name,
                low=low,
                high=high,
                scale=_scale(name, log_threshold),
                not_below="min_sigma" if name == "max_sigma" else None,
            )
        )
    return Space(dimensions=tuple(dimensions))


def snap_sigmas(parameters: Parameters, smallest: float, largest: float) -> Parameters:
    """Round all sigmas of the scale stack to a common grid.

    Trials then share their LoG images. The grid step is the power of two nearest to 1/24 of
    the searched interval, which is exact in floating point. The difference of two sigmas is
    a whole number of grid steps. The stack never exceeds the given `max_sigma`: `num_sigma`
    is lowered if the steps do not fit.
    """
    grid = 2.0 ** round(math.log2(max(largest - smallest, 1e-3) / _GRID_STEPS))
    low = _on_grid(float(parameters["min_sigma"]), grid)
    span = max(0, math.floor((float(parameters["max_sigma"]) - low) / grid + 1e-9))
    asked = int(parameters["num_sigma"])
    step = max(1, round(span / (asked - 1))) if asked > 1 else 1
    count = min(asked, span // step + 1)
    return parameters | {
        "min_sigma": low,
        "max_sigma": low + step * grid * (count - 1),
        "num_sigma": float(count),
    }


def _on_grid(value: float, grid: float) -> float:
    return max(1, round(value / grid)) * grid


def _scale(name: ParameterName, log_threshold: bool) -> Literal["linear", "log", "integer"]:
    if name == "num_sigma":
        return "integer"
    return "log" if name == "threshold" and log_threshold else "linear"
