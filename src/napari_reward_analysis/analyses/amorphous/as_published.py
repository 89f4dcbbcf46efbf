"""Settings of the published search for amorphous regions.

Source: Barakati et al., arXiv 2404.14146. The search uses the posterior of a mixture of two
Gaussians in two principal components, for columns of the brightest kind in one orientation.
It searches the threshold and the covariance, with compactness and perimeter as rewards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from napari_reward_analysis.analyses.amorphous.settings import (
    PARAMETERS,
    AmorphousSettings,
    ParameterName,
    Value,
)

SEARCH: tuple[ParameterName, ...] = ("threshold", "covariance")
RANGES: dict[ParameterName, tuple[float, float]] = {"threshold": (0.0, 1.0)}
#: Parameters of the published search that differ from the defaults.
FIXED: dict[ParameterName, Value] = {
    "measure": "posterior",
    "window": 1.0,
    "components": 2,
    "mixture": 2,
}
#: Other settings of the published search that differ from the defaults.
FIELDS: Mapping[str, Any] = {
    "rewards": (),
    "orientations": "one",
    "significant": False,
    "start_at_defaults": False,
}


def as_published(**changes: Any) -> AmorphousSettings:
    """Return the settings of the published search.

    Parameters
    ----------
    **changes
        Other values for fields of `AmorphousSettings`. `fixed` and `ranges` give other
        values or ranges for the parameters that they name. A parameter in `search` is
        searched.
    """
    return AmorphousSettings.model_validate({**FIELDS, **changes, **_parameters(changes)})


def is_as_published(settings: AmorphousSettings) -> bool:
    """Return True for the published search, with any searched parameters."""
    return all(getattr(settings, name) == value for name, value in FIELDS.items())


def fields_as_published(given: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the settings of a published search that version 0.1 made.

    Such a run lists all parameters in `search`, but it searched only the published ones.
    """
    rest = dict(given)
    if list(PARAMETERS) == rest.get("search", PARAMETERS) or rest.get("search") == PARAMETERS:
        del rest["search"]
    return {**rest, **FIELDS, **_parameters(rest)}


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields `search`, `fixed` and `ranges`."""
    search, fixed, ranges = (given.get(name, {}) for name in ("search", "fixed", "ranges"))
    search = search or SEARCH
    # The settings reject other types.
    if isinstance(search, Collection) and isinstance(fixed, Mapping):
        fixed = {name: value for name, value in FIXED.items() if name not in search} | {**fixed}
    if isinstance(ranges, Mapping):
        ranges = {**RANGES, **ranges}
    return {"search": search, "fixed": fixed, "ranges": ranges}
