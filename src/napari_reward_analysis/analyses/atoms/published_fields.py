"""Values of the published search for atoms, and the conversion of old run files that hold it.

The settings convert old run files, so this module does not import them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Published ranges, in pixels of 0.32 angstrom.
RANGES: dict[str, tuple[float, float]] = {
    "min_sigma": (0.1, 3.0),
    "max_sigma": (1.0, 6.0),
    "num_sigma": (10, 10),
    "threshold": (0.01, 0.4),
    "overlap": (0.01, 0.5),
}
#: Settings of the published search that differ from the defaults, except its ranges.
FIELDS: Mapping[str, Any] = {
    "stages": (),
    "rewards": (),
    "supported": False,
    "thresholds": "searched",
    "threshold_scale": "linear",
    "sigma_grid": False,
    "lattice_ds": 9.6,
    "area": "field",
}


def fields_as_published(given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the settings of a published search that version 0.1 made.

    Such a run saved other values in these fields but did not use them.
    """
    return {**given, **FIELDS, "ranges": with_ranges(given)}


def with_ranges(given: Mapping[str, Any]) -> object:
    """Return the published ranges with those of the given settings in their place."""
    ranges = given.get("ranges", {})
    # The settings reject anything but a mapping.
    return {**RANGES, **ranges} if isinstance(ranges, Mapping) else ranges
