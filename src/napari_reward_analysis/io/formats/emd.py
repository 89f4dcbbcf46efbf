"""Read EMD files (.emd) of both kinds, Velox and Berkeley, with h5py.

h5py comes with ncempy. The layout of both kinds is simple enough to read directly. This
gives all detectors of a Velox file, and frames in the right order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.extras import require
from napari_reward_analysis.io.formats.file_image import Signal, default_labels


def signals(path: Path) -> Iterator[Signal]:
    """All images of an EMD file."""
    h5py = require("h5py", "em", ".emd files")
    with h5py.File(path, "r") as file:
        if "Data/Image" in file:
            groups = [group for group in file["Data/Image"].values() if "Data" in group]
            found = [_velox(group) for group in groups]
            # The names of the groups are random: HAADF images come first.
            yield from sorted(found, key=lambda signal: "HAADF" not in signal.name.upper())
            return
        groups = []
        file.visititems(
            lambda _, item: groups.append(item) if _is_berkeley(item, h5py.Group) else None
        )
        for group in groups:
            yield _berkeley(group)


def _velox(group: Any) -> Signal:
    data = group["Data"]
    header = _velox_header(group)
    result = header.get("BinaryResult", {})
    size = result.get("PixelSize", {})
    height, width, count = (*data.shape, 1)[:3]

    def load() -> npt.NDArray[Any]:
        pixels = data[()]
        return pixels if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)

    return Signal(
        shape=(count, height, width) if data.ndim == 3 else data.shape,
        load=load,
        sizes=(None,) * (data.ndim - 2) + (_number(size.get("height")), _number(size.get("width"))),
        units=(None,) * (data.ndim - 2) + (result.get("PixelUnitY"), result.get("PixelUnitX")),
        name=str(result.get("Detector") or ""),
        # Velox stores Fourier transforms as pairs of numbers.
        refusal="complex (a Fourier transform)" if data.dtype.names else "",
        metadata=_velox_metadata(header),
    )


def _velox_header(group: Any) -> dict[str, Any]:
    """The JSON header of the first frame; empty if there is no readable header."""
    if "Metadata" not in group:
        return {}
    text = group["Metadata"][:, 0].tobytes().partition(b"\0")[0]
    try:
        header = json.loads(text.decode("utf-8", "ignore"))
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def _velox_metadata(header: dict[str, Any]) -> dict[str, Any]:
    found = {
        "instrument": header.get("Instrument", {}).get("InstrumentModel"),
        "acceleration voltage (V)": _number(header.get("Optics", {}).get("AccelerationVoltage")),
        "dwell time (s)": _number(header.get("Scan", {}).get("DwellTime")),
    }
    return {key: value for key, value in found.items() if value}


def _is_berkeley(item: Any, group_type: Any) -> bool:
    return (
        isinstance(item, group_type)
        and "data" in item
        and np.array_equal(item.attrs.get("emd_group_type", 0), 1)
    )


def _berkeley(group: Any) -> Signal:
    data = group["data"]
    dims = [group.get(f"dim{i + 1}") for i in range(data.ndim)]
    labels = [_text(dim, "name") for dim in dims]
    # HyperSpy writes its arrays transposed, with x first.
    order = _x_first(labels)
    axes = range(data.ndim)[:: -1 if order else 1]

    def load() -> npt.NDArray[Any]:
        pixels: npt.NDArray[Any] = data[()]
        return pixels.T if order else pixels

    shown = tuple(
        labels[i] or usual for i, usual in zip(axes, default_labels(data.ndim), strict=True)
    )
    return Signal(
        shape=tuple(int(data.shape[i]) for i in axes),
        load=load,
        sizes=tuple(_step(dims[i]) for i in axes),
        units=tuple(_text(dims[i], "units") for i in axes),
        labels=(*shown[:-2], "y", "x")[-data.ndim :],
        name=str(group.name).rpartition("/")[2],
    )


def _x_first(labels: list[str]) -> bool:
    low = [label.strip().lower() for label in labels]
    return "x" in low and "y" in low and low.index("x") < low.index("y")


def _step(dim: Any) -> float | None:
    """Step of a dimension vector; None if it has no step."""
    if dim is None or dim.ndim != 1 or dim.shape[0] < 2 or dim.dtype.kind not in "iuf":
        return None
    return float(dim[1]) - float(dim[0])


def _text(dim: Any, attribute: str) -> str:
    if dim is None:
        return ""
    value = np.ravel(dim.attrs.get(attribute, ""))
    first = value[0] if value.size else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
