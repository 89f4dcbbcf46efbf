"""Save the results of a comparison with an oracle, and summarise them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.oracle.figures import save_comparison_figure
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.analyses.oracle.table import agreement_table, oracle_table
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.points.agreement import per_class

#: Long lists among the facts of a comparison, which a summary does not contain.
_LISTS = ("runs", "matched_pairs", "missed_points", "spurious_points")


def write_oracle(run: OracleRun, folder: Path, image: Image | None) -> dict[str, Any]:
    """Write the table of the oracle and the results of the comparison.

    The files are `oracle.csv` and, if positions were compared, `agreement.csv` and
    `comparison.json`. With the image, `oracle.png` and `comparison.png` are added. A failed
    write leaves no partial file.

    Parameters
    ----------
    run : OracleRun
        A run with the columns of its oracle.
    folder : Path
        An existing folder.
    image : Image or None
        The image for the figures.

    Returns
    -------
    dict
        n_oracle, oracle, pixel_size_A, notices and, if positions were compared, the numbers
        of the agreement.

    Raises
    ------
    BadInput
        If a file cannot be written.
    """
    oracle, found, size = run.oracle, run.found, run.image.pixel_size
    summary: dict[str, Any] = {
        "n_oracle": len(oracle.points),
        "oracle": oracle.name,
        "pixel_size_A": size,
        "notices": [sentence(notice) for notice in run.notices],
    }
    if found is not None and run.result is not None:
        write_csv(folder / "agreement.csv", agreement_table(found, oracle, run.result, size))
        facts = comparison_facts(run)
        write_text(folder / "comparison.json", json.dumps(facts, indent=1) + "\n")
        if image is not None:
            save_comparison_figure(
                folder / "comparison.png", image, found, oracle.points, run.result
            )
        summary |= {name: value for name, value in facts.items() if name not in _LISTS}
    write_csv(folder / "oracle.csv", oracle_table(oracle, size, run.lattice))
    if image is not None:
        save_comparison_figure(folder / "oracle.png", image, oracle.points, oracle.points, None)
    return summary


def comparison_facts(run: OracleRun) -> dict[str, Any]:
    """Return the content of `comparison.json`: agreement, pairs, and the F1 of each trial."""
    oracle, found, result = run.oracle, run.found, run.result
    facts: dict[str, Any] = {
        "oracle": oracle.name,
        "n_oracle": len(oracle.points),
        "runs": [_facts_of(judged) for judged in run.trials],
    }
    if found is None or result is None:
        return facts
    facts |= {
        "compared": run.found_name,
        "n_found": len(found),
        **result.facts(run.image.pixel_size),
        "classes": per_class(result, oracle.classes),
        "matched_pairs": result.matched.tolist(),
        "missed_points": oracle.points[result.missed].round(4).tolist(),
        "spurious_points": found[result.spurious].round(4).tolist(),
    }
    if run.trial is not None and run.trials:
        facts |= {"trial": run.trial, **run.trials[0].best()}
    return facts


def oracle_in_words(summary: dict[str, Any]) -> str:
    """Return the summary of `write_oracle` as a few lines."""
    lines = [f"{summary['n_oracle']} columns by {summary['oracle']}"]
    if "f1" in summary:
        compared = f"Trial {summary['trial']}" if "trial" in summary else summary["compared"]
        lines.append(
            f"{compared}: {summary['matched']} matched, {summary['missed']} missed, "
            f"{summary['spurious']} spurious; precision {summary['precision']:.3f}, recall "
            f"{summary['recall']:.3f}, F1 {summary['f1']:.3f}{_difference(summary)}"
        )
    if summary.get("best_trial") is not None:
        others = summary["n_best"] - 1
        as_good = f" (and {others} more)" if others else ""
        lines.append(
            f"Best agreement: trial {summary['best_trial']}{as_good}, F1 {summary['best_f1']:.3f}"
        )
    return "\n".join(lines)


def _facts_of(judged: TrialAgreement) -> dict[str, Any]:
    known = np.flatnonzero(np.isfinite(judged.f1)).tolist()
    return {
        "run": judged.run,
        "name": judged.name,
        **judged.best(),
        "f1_of_trials": {str(judged.indices[k]): float(judged.f1[k]) for k in known},
    }


def _difference(summary: dict[str, Any]) -> str:
    if summary["rms_px"] is None:
        return ""
    unit = "px" if summary["rms_A"] is None else "A"
    return f"; positions differ by {summary[f'rms_{unit}']:.3f} {unit} rms"
