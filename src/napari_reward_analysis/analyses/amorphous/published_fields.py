"""Values of the published search for regions, and the conversion of old run files that hold it.

The settings convert old run files, so this module does not import them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

SEARCH: tuple[str, ...] = ("threshold", "covariance")
RANGES: dict[str, tuple[float, float]] = {"threshold": (0.0, 1.0)}
#: Parameters of the published search that differ from the defaults.
FIXED: dict[str, float | str] = {
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


def fields_as_published(given: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
    """Convert the settings of a published search that version 0.1 made.

    Such a run lists all parameters in `search`, but it searched only the published ones.

    Parameters
    ----------
    given : dict
        The settings in the run file.
    parameters : sequence of str
        All parameters of a search.
    """
    rest = dict(given)
    if list(rest.get("search", ())) == list(parameters):
        del rest["search"]
    return {**rest, **FIELDS, **published_parameters(rest)}


def published_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields `search`, `fixed` and `ranges`."""
    search, fixed, ranges = (given.get(name, {}) for name in ("search", "fixed", "ranges"))
    search = search or SEARCH
    # The settings reject other types.
    if isinstance(search, Collection) and isinstance(fixed, Mapping):
        fixed = {name: value for name, value in FIXED.items() if name not in search} | {**fixed}
    if isinstance(ranges, Mapping):
        ranges = {**RANGES, **ranges}
    return {"search": search, "fixed": fixed, "ranges": ranges}
