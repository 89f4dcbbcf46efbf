"""Read HyperSpy files (.hspy, .zspy) with rosettasciio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.extras import require
from napari_reward_analysis.io.formats.file_image import Signal, with_article


def signals(path: Path) -> Iterator[Signal]:
    """All signals of the file."""
    suffix = path.suffix.lower()
    rsciio = require(f"rsciio.{suffix[1:]}", "hyperspy", f"{suffix} files")
    for content in rsciio.file_reader(str(path)):
        yield _signal(content)


def _signal(content: dict[str, Any]) -> Signal:
    data = np.asarray(content["data"])
    axes = content["axes"]
    metadata = content.get("metadata", {})
    kind = str(metadata.get("Signal", {}).get("signal_type", ""))
    n_signal = sum(not axis.get("navigate", False) for axis in axes)
    refusal = ""
    # A map of spectra has one signal axis; an image of summed spectra has none.
    if n_signal == 1 or (kind.upper().startswith(("EELS", "EDS")) and data.ndim != 2):
        refusal = with_article(f"{kind} spectrum or a map of spectra")
    return Signal(
        shape=data.shape,
        load=lambda: data,
        sizes=tuple(_number(axis.get("scale")) for axis in axes),
        units=tuple(_text(axis.get("units")) for axis in axes),
        labels=tuple(_text(axis.get("name")) or f"axis {i}" for i, axis in enumerate(axes)),
        name=str(metadata.get("General", {}).get("title", "")),
        refusal=refusal,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float | np.number) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
