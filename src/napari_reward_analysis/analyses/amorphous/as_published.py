"""The search of the paper for amorphous regions, as settings.

Barakati et al., arXiv 2404.14146: the posterior of a mixture of two Gaussians over two
principal components, of columns of the brightest kind in one orientation. The threshold and
the covariance are searched; compactness and perimeter are the rewards.
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
#: Values of parameters where the published search takes another one than the default.
FIXED: dict[ParameterName, Value] = {
    "measure": "posterior",
    "window": 1.0,
    "components": 2,
    "mixture": 2,
}
#: The other settings in which the published search differs from the default.
FIELDS: Mapping[str, Any] = {
    "rewards": (),
    "orientations": "one",
    "significant": False,
    "start_at_defaults": False,
}


def as_published(**changes: Any) -> AmorphousSettings:
    """Settings of the published search.

    Parameters
    ----------
    **changes
        Fields of `AmorphousSettings` that shall have another value. `fixed` and `ranges`
        name the parameters that shall have another value or range; a parameter in `search`
        is searched.
    """
    return AmorphousSettings.model_validate({**FIELDS, **changes, **_parameters(changes)})


def is_as_published(settings: AmorphousSettings) -> bool:
    """Whether settings are those of the published search, whatever it searches."""
    return all(getattr(settings, name) == value for name, value in FIELDS.items())


def fields_as_published(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a run of version 0.1 that was made as published.

    Such a run has all parameters in its settings where it searched the published ones.
    """
    rest = dict(given)
    if list(PARAMETERS) == rest.get("search", PARAMETERS) or rest.get("search") == PARAMETERS:
        del rest["search"]
    return {**rest, **FIELDS, **_parameters(rest)}


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is searched, fixed and limited."""
    search, fixed, ranges = (given.get(name, {}) for name in ("search", "fixed", "ranges"))
    search = search or SEARCH
    # the settings refuse what is of another type
    if isinstance(search, Collection) and isinstance(fixed, Mapping):
        fixed = {name: value for name, value in FIXED.items() if name not in search} | {**fixed}
    if isinstance(ranges, Mapping):
        ranges = {**RANGES, **ranges}
    return {"search": search, "fixed": fixed, "ranges": ranges}
