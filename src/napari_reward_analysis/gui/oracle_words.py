"""An oracle's comparison in words and as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.gui.oracle_layers import agreement_table
from napari_reward_analysis.gui.oracle_work import OracleOutcome


def outcome_in_words(outcome: OracleOutcome) -> str:
    """How many columns the oracle has and how well what was compared agrees."""
    number = len(outcome.oracle.points)
    lines = [f"{outcome.oracle.name}: {number} column{'' if number == 1 else 's'}"]
    result = outcome.result
    if result is not None:
        facts = result.facts(outcome.image.pixel_size)
        rms, unit = (facts["rms_A"], "Å") if facts["rms_A"] is not None else (facts["rms_px"], "px")
        lines.append(
            f"precision {result.precision:.3f}, recall {result.recall:.3f}, F1 {result.f1:.3f}"
        )
        difference = "" if rms is None else f"rms difference {rms:.3g} {unit}, "
        lines.append(f"{difference}count ratio {result.count_ratio:.3f}")
    return "\n".join([*lines, *outcome.notices])


def export_table(outcome: OracleOutcome) -> dict[str, npt.NDArray[Any]]:
    """Compared points with their kind; the oracle's own where nothing was compared."""
    table = agreement_table(outcome)
    points = outcome.oracle.points if table is None else table[0]
    scale = np.nan if outcome.image.pixel_size is None else outcome.image.pixel_size
    columns: dict[str, npt.NDArray[Any]] = {
        "id": np.arange(len(points)),
        "y_px": points[:, 0],
        "x_px": points[:, 1],
        "y_A": points[:, 0] * scale,
        "x_A": points[:, 1] * scale,
    }
    if table is not None:
        return columns | {"agreement": table[1].astype(object)}
    classes = outcome.oracle.classes.astype(object)
    return columns | {"confidence": outcome.oracle.confidence, "class": classes}
