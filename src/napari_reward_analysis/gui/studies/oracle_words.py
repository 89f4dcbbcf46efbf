"""Describe a comparison with an oracle in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.analyses.oracle.table import agreement_table, oracle_table
from napari_reward_analysis.gui.pareto.values import largest
from napari_reward_analysis.points.agreement import per_class


def comparison_in_words(comparison: OracleRun) -> str:
    """Return the number of the oracle's columns, and the agreement with them."""
    number = len(comparison.oracle.points)
    lines = [f"{comparison.oracle.name}: {number} column{'' if number == 1 else 's'}"]
    result = comparison.result
    if result is not None:
        facts = result.facts(comparison.image.pixel_size)
        rms, unit = (facts["rms_A"], "Å") if facts["rms_A"] is not None else (facts["rms_px"], "px")
        lines.append(
            f"precision {result.precision:.3f}, recall {result.recall:.3f}, F1 {result.f1:.3f}"
        )
        difference = "" if rms is None else f"rms difference {rms:.3g} {unit}, "
        lines.append(f"{difference}count ratio {result.count_ratio:.3f}")
        by_class = per_class(result, comparison.oracle.classes)
        if by_class:
            parts = [f"{name} {numbers['recall']:.3f}" for name, numbers in by_class.items()]
            lines.append(f"recall by class: {', '.join(parts)}")
    return "\n".join(lines)


def favourites_in_words(judged: Sequence[TrialAgreement], runs: Sequence[Run]) -> str:
    """Compare the proposed trial of each run with the one that agrees best; a line for each run."""
    known = {run.identifier: run for run in runs}
    return "\n".join(
        _favourites(known[one.run], one.values(known[one.run]))
        for one in judged
        if one.run in known and np.isfinite(one.f1).any()
    )


def _favourites(run: Run, f1: npt.NDArray[np.float64]) -> str:
    best, proposed, front = float(np.nanmax(f1)), run.proposed(), run.front
    # if several trials agree equally, take the one with the star on the plot
    position = largest(dict(enumerate(f1)), (front,))
    assert position is not None  # at least one F1 is finite
    favourite = str(run.trials[position].index)
    if position not in front:
        favourite += ", which is not on the front,"
    if proposed is None:
        return f"{run.name}: trial {favourite} agrees best with the oracle (F1 {best:.3f})."
    index, value = run.trials[proposed].index, float(f1[proposed])
    if value == best:
        return (
            f"{run.name}: trial {index}, which the rewards propose, also agrees best with the "
            f"oracle (F1 {best:.3f})."
        )
    return (
        f"{run.name}: the rewards propose trial {index} (F1 {value:.3f}). "
        f"Trial {favourite} agrees best with the oracle (F1 {best:.3f})."
    )


def export_table(comparison: OracleRun) -> dict[str, npt.NDArray[Any]]:
    """Return a table of the compared points with their kind, or of the oracle's columns."""
    size = comparison.image.pixel_size
    if comparison.found is None or comparison.result is None:
        return oracle_table(comparison.oracle, size, comparison.lattice)
    return agreement_table(comparison.found, comparison.oracle, comparison.result, size)
