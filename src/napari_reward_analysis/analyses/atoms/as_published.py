"""Settings of the published search for atoms.

Source: Barakati et al., arXiv 2404.14146. The search uses the LoG alone. It searches the five
parameters in the ranges of the published scripts, with QC and ER of the whole field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings, ParameterName

#: Published ranges, in pixels of 0.32 angstrom.
RANGES: dict[ParameterName, tuple[float, float]] = {
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
    "thresholds": "searched",
    "threshold_scale": "linear",
    "sigma_grid": False,
    "lattice_ds": 9.6,
    "area": "field",
}


def as_published(**changes: Any) -> AtomsSettings:
    """Return the settings of the published search.

    Parameters
    ----------
    **changes
        Other values for fields of `AtomsSettings`. `ranges` gives other ranges for the
        parameters that it names.
    """
    return AtomsSettings.model_validate({**FIELDS, **changes, "ranges": _ranges(changes)})


def is_as_published(settings: AtomsSettings) -> bool:
    """Return True for the published search, with any ranges and any number of trials."""
    return all(getattr(settings, name) == value for name, value in FIELDS.items())


def fields_as_published(given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the settings of a published search that version 0.1 made.

    Such a run saved other values in these fields but did not use them.
    """
    return {**given, **FIELDS, "ranges": _ranges(given)}


def _ranges(given: Mapping[str, Any]) -> object:
    ranges = given.get("ranges", {})
    # The settings reject anything but a mapping.
    return {**RANGES, **ranges} if isinstance(ranges, Mapping) else ranges
