"""Colour found columns by error, species, evidence or displacement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import ensure_colormap

from napari_reward_analysis.analyses.atoms.overlay import (
    ERROR_COLOUR,
    OUTSIDE_COLOUR,
    RIGHT_COLOUR,
)

ColourRule = Literal["errors", "species", "evidence", "displacement"]
#: Titles of the rules in a form.
COLOUR_RULES: Mapping[ColourRule, str] = {
    "errors": "columns too close",
    "species": "species",
    "evidence": "evidence (p_column)",
    "displacement": "displacement from the site",
}
#: Colours of species, in the order of their names. Safe for colour-blind readers.
_SPECIES = ("#00c8ff", "#ffb000", "#7ddb57", "#ff6ec7", "#b69cff", "#f5f5a0")
#: Colour of a column without a species or a value.
_UNKNOWN = "#c8c8c8"
_MAP = "viridis"
#: Share of the largest displacements that have the last colour.
_TOP = 0.98


def point_colours(
    features: Mapping[str, npt.NDArray[Any]], rule: ColourRule
) -> npt.NDArray[np.str_]:
    """Return the colour of each point, as text.

    Parameters
    ----------
    features : dict of ndarray
        Columns of the table of atoms.
    rule : {'errors', 'species', 'evidence', 'displacement'}
        The quantity.

    Returns
    -------
    ndarray of str, shape (n,)
        Hexadecimal colours.
    """
    if rule == "species":
        return _of_names(features["class"])
    if rule == "evidence":
        return _of_values(features["p_column"], 1.0)
    if rule == "displacement":
        away = np.hypot(features["dy_A"].astype(float), features["dx_A"].astype(float))
        known = away[np.isfinite(away)]
        return _of_values(away, float(np.quantile(known, _TOP)) if len(known) else 1.0)
    errors, counted = (features[name].astype(bool) for name in ("is_error", "is_counted"))
    return np.where(errors, ERROR_COLOUR, np.where(counted, RIGHT_COLOUR, OUTSIDE_COLOUR))


def _of_names(names: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    known = sorted({str(name) for name in names if isinstance(name, str) and name})
    colour = {name: _SPECIES[k % len(_SPECIES)] for k, name in enumerate(known)}
    return np.array([colour.get(str(name), _UNKNOWN) for name in names], dtype="<U9")


def _of_values(values: npt.NDArray[Any], top: float) -> npt.NDArray[np.str_]:
    share = np.clip(values.astype(float) / max(top, 1e-12), 0, 1)
    colours = np.full(len(share), _UNKNOWN, dtype="<U9")
    known = np.isfinite(share)
    mapped = np.rint(ensure_colormap(_MAP).map(share[known])[:, :3] * 255).astype(int)
    colours[known] = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in mapped]
    return colours
