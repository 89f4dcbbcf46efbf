"""Describe trials and runs of amorphous regions in words."""

from __future__ import annotations

from collections.abc import Sequence

from napari_reward_analysis.analyses.amorphous.problem import AmorphousTrial
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.gui.analysis.notices import notices_in_words
from napari_reward_analysis.gui.analysis.objectives import Objective
from napari_reward_analysis.gui.widgets.words import percent


def mask_in_words(trial: AmorphousTrial, pixel_size: float | None) -> tuple[str, str]:
    """Scores of a mask in two lines."""
    score = trial.score
    if not score.n_regions:
        return "no region", ""
    length, unit = score.perimeter_px, "px"
    if pixel_size is not None:
        length, unit = length * pixel_size / 10, "nm"
    regions = "1 region" if score.n_regions == 1 else f"{score.n_regions} regions"
    return (
        f"{percent(score.area_fraction)} of the field, {regions}, outline {length:.4g} {unit}",
        f"compactness {score.compactness:.2f}, unexplained {percent(score.unexplained)}",
    )


def mask_tooltip(trial: AmorphousTrial, pixel_size: float | None) -> str:
    """Parameters and scores of a trial, as plain text of a few lines."""
    p = trial.parameters
    words, more = mask_in_words(trial, pixel_size)
    lines = [
        f"trial {trial.index}: {words}",
        more,
        trial.failure,
        f"class {p['class']}, {p['measure']}, threshold {float(p['threshold']):.3g}",
        f"window {float(p['window']):.3g}, smoothing {float(p['smoothing']):.3g} spacings",
    ]
    return "\n".join(line for line in lines if line)


def mask_columns(
    run: AmorphousRun | None, objectives: Sequence[Objective]
) -> dict[str, list[object]]:
    """Title and values of each column, in the order of the table."""
    trials = run.trials if run is not None else []
    columns: dict[str, list[object]] = {
        "area, %": [100 * trial.score.area_fraction for trial in trials],
        "regions": [trial.score.n_regions for trial in trials],
    }
    # the plot shows the compactness less that of a disk; the table shows the whole
    columns |= {
        one.short: [getattr(trial.score, one.name) for trial in trials] for one in objectives
    }
    for name in dict.fromkeys(name for trial in trials for name in trial.parameters):
        columns[name] = [trial.parameters.get(name) for trial in trials]
    return columns


def region_notices_in_words(run: AmorphousRun) -> str:
    """Notices of a run in words.

    The notice of the crystal's share is left out: it concerns the count of columns, but here
    all columns are judged.
    """
    return notices_in_words(one for one in run.notices if one.code != "crystal_share")
