"""The writers for Points layers of napari: CSV and extended XYZ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.io.formats.units import Kind, parse_unit, to_angstrom
from napari_reward_analysis.io.writers import COLUMNS, write_csv, write_extxyz


def write_points_csv(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Save a Points layer as CSV, in pixels and, if calibrated, in angstrom.

    Parameters
    ----------
    path : str
        File to write.
    data : ndarray, shape (n, D)
        Coordinates in pixels of the image that the layer belongs to. The layer has the
        scale of that image.
    attributes : dict
        State of the layer. Its 'scale', 'units' and 'features' are used.

    Returns
    -------
    list of str
        The path written.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    write_csv(path, points_table(data, attributes))
    return [path]


def write_points_xyz(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Save a calibrated Points layer as extended XYZ; see :func:`write_points_csv`.

    Raises
    ------
    BadInput
        If the layer is not calibrated or the file cannot be written.
    """
    size = _pixel_sizes(attributes)
    table = points_table(data, attributes)
    known = {name: column for name, column in table.items() if _is_known(column)}
    shape = attributes.get("metadata", {}).get("image_shape")
    if size is not None and size[0] != size[1]:
        # The file has one pixel size: y is converted to pixels with the size along x.
        known["y_px"] = np.asarray(known["y_px"]) * (size[0] / size[1])
        shape = None if shape is None else (shape[0] * size[0] / size[1], shape[1])
    write_extxyz(path, known, None if size is None else size[1], shape)
    return [path]


def points_table(data: Any, attributes: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a Points layer.

    Parameters
    ----------
    data : ndarray, shape (n, D)
        Coordinates in pixels; the last two are y and x.
    attributes : dict
        State of the layer.

    Returns
    -------
    dict of str to ndarray
        First the columns of every table of atoms, empty (NaN or None) if the layer does
        not have them. Then 'frame' for points in a stack, then all other features.
    """
    points = np.asarray(data, dtype=np.float64)
    count = len(points)
    features = _features(attributes)
    table: dict[str, npt.NDArray[Any]] = {name: np.full(count, np.nan) for name in COLUMNS}
    table["class"] = np.full(count, None, dtype=object)
    table["id"] = np.arange(count)
    table["y_px"], table["x_px"] = points[:, -2], points[:, -1]
    if (size := _pixel_sizes(attributes)) is not None:
        table["y_A"], table["x_A"] = points[:, -2] * size[0], points[:, -1] * size[1]
    if points.shape[1] > 2:
        table["frame"] = points[:, -3]
    if size is not None and "uncertainty_px" in features:
        # Pixels are nearly square, so that their mean edge serves for both axes.
        table["uncertainty_A"] = features["uncertainty_px"].astype(float) * math.sqrt(
            math.prod(size)
        )
    positions = ("y_px", "x_px", "y_A", "x_A")
    return table | {name: column for name, column in features.items() if name not in positions}


def _features(attributes: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    features = attributes.get("features")
    if features is None:
        return {}
    return {str(name): np.asarray(features[name]) for name in features}


def _pixel_sizes(attributes: dict[str, Any]) -> tuple[float, float] | None:
    """Edges of a pixel along y and x in angstrom; None without units of length."""
    units = attributes.get("units")
    scale = attributes.get("scale")
    if units is None or scale is None:
        return None
    # One unit may be given for all axes.
    each = [units] if isinstance(units, str) or not hasattr(units, "__len__") else list(units)
    known = [parse_unit(str(unit)) for unit in (each * 2)[-2:]]
    if any(unit.kind is not Kind.LENGTH for unit in known):
        return None
    y, x = (to_angstrom(float(s), u) for s, u in zip(list(scale)[-2:], known, strict=True))
    return y, x


def _is_known(column: npt.NDArray[Any]) -> bool:
    return not len(column) or any(value is not None and value == value for value in column)
