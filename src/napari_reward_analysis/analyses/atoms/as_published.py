"""The search of the paper, as settings.

Barakati et al., arXiv 2404.14146: the LoG alone, its five parameters searched in the ranges
of the published scripts, judged by QC and ER over the whole field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings, ParameterName

#: In pixels of 0.32 angstrom.
RANGES: dict[ParameterName, tuple[float, float]] = {
    "min_sigma": (0.1, 3.0),
    "max_sigma": (1.0, 6.0),
    "num_sigma": (10, 10),
    "threshold": (0.01, 0.4),
    "overlap": (0.01, 0.5),
}
#: Settings in which the published search differs from the default, beside its ranges.
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
    """Settings of the published search.

    Parameters
    ----------
    **changes
        Fields of `AtomsSettings` that shall have another value. `ranges` names the
        parameters that shall have another range.
    """
    return AtomsSettings.model_validate({**FIELDS, **changes, "ranges": _ranges(changes)})


def is_as_published(settings: AtomsSettings) -> bool:
    """Whether settings are those of the published search, whatever their ranges and length."""
    return all(getattr(settings, name) == value for name, value in FIELDS.items())


def fields_as_published(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a run of version 0.1 that was made as published.

    Such a run had other values in these fields and made no use of them.
    """
    return {**given, **FIELDS, "ranges": _ranges(given)}


def _ranges(given: Mapping[str, Any]) -> object:
    ranges = given.get("ranges", {})
    # the settings refuse what is no mapping
    return {**RANGES, **ranges} if isinstance(ranges, Mapping) else ranges
