"""Make maps of sliding windows: each setting and reward as an array over the grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from napari_reward_analysis.analyses.windows.plan import Plan
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.table import in_plan_order
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.extras import require

if TYPE_CHECKING:
    import xarray

#: Names and units of maps whose name is not their key.
_NAMES = {
    "n": ("columns", ""),
    "expected": ("expected columns", ""),
    "qc": ("QC", ""),
    "er": ("ER", ""),
    "n_trials": ("trials", ""),
    "min_sigma": ("min sigma", "px"),
    "max_sigma": ("max sigma", "px"),
    "num_sigma": ("number of sigmas", ""),
}


def window_maps(results: Iterable[WindowResult], plan: Plan) -> dict[str, FloatArray]:
    """Make the maps of all values that windows have.

    Returns
    -------
    dict of ndarray, shape (rows, columns)
        Maps by the names in `WindowResult.values`; NaN for a window without such a value.
    """
    maps: dict[str, FloatArray] = {}
    for result in in_plan_order(results):
        for name, value in result.values().items():
            grid = maps.setdefault(name, np.full(plan.grid, np.nan))
            grid[result.window.row, result.window.column] = value
    return maps


def map_name(key: str) -> str:
    """Return the name of a map for readers, with its unit."""
    name, unit = _name_and_unit(key)
    return f"{name}, {unit}" if unit else name


def maps_dataset(
    maps: Mapping[str, FloatArray], plan: Plan, pixel_size: float | None
) -> xarray.Dataset:
    """Return all maps as an xarray dataset.

    Parameters
    ----------
    maps : mapping
        Maps from `window_maps`.
    plan : Plan
        The windows.
    pixel_size : float or None
        Pixel size in angstrom.

    Returns
    -------
    xarray.Dataset
        The dimensions are 'y' and 'x', the rows and columns of windows. The coordinates are
        the centres of the windows in angstrom, or in px without a pixel size. The centre of
        a pixel has whole numbers of px. Each map and coordinate has 'long_name' and 'units'.

    Raises
    ------
    BadInput
        If xarray is missing.
    """
    xr = require("xarray", "xarray", "maps as a dataset", verb="Making")
    scale, unit = (1.0, "px") if pixel_size is None else (pixel_size, "angstrom")
    rows = [(w.top + w.bottom - 1) / 2 * scale for w in plan.windows if w.column == 0]
    columns = [(w.left + w.right - 1) / 2 * scale for w in plan.windows if w.row == 0]
    coordinates = {
        axis: (axis, places, {"long_name": f"middle of the window in {axis}", "units": unit})
        for axis, places in (("y", rows), ("x", columns))
    }
    variables = {}
    for key, values in maps.items():
        name, of_map = _name_and_unit(key)
        variables[key] = (("y", "x"), values, {"long_name": name, "units": of_map or "1"})
    found: xarray.Dataset = xr.Dataset(variables, coordinates)
    return found


def _name_and_unit(key: str) -> tuple[str, str]:
    return _NAMES.get(key, (key.replace("_", " "), ""))
