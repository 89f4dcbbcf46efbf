"""Trials and runs of amorphous regions in words."""

from __future__ import annotations

from napari_reward_analysis.analyses.amorphous.problem import AmorphousTrial
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.gui.widgets.words import percent
from napari_reward_analysis.notices import sentence


def mask_in_words(trial: AmorphousTrial, pixel_size: float | None) -> str:
    """How a mask scores, in one line."""
    score = trial.score
    if not score.n_regions:
        return "no region"
    length, unit = score.perimeter_px, "px"
    if pixel_size is not None:
        length, unit = length * pixel_size / 10, "nm"
    regions = "1 region" if score.n_regions == 1 else f"{score.n_regions} regions"
    return (
        f"{percent(score.area_fraction)} of the field, {regions}, outline {length:.4g} {unit}, "
        f"compactness {score.compactness:.2f}"
    )


def mask_tooltip(trial: AmorphousTrial, pixel_size: float | None) -> str:
    """Parameters and scores of a trial, as plain text of a few lines."""
    p = trial.parameters
    lines = [
        f"trial {trial.index}: {mask_in_words(trial, pixel_size)}",
        trial.failure,
        f"disorder left unexplained {percent(trial.score.unexplained)}",
        f"class {p['class']}, {p['measure']}, threshold {float(p['threshold']):.3g}",
        f"window {float(p['window']):.3g}, smoothing {float(p['smoothing']):.3g} spacings",
    ]
    return "\n".join(line for line in lines if line)


def search_in_words(run: AmorphousRun, front: list[int]) -> str:
    """How far a run is."""
    trials = "1 trial" if len(run.trials) == 1 else f"{len(run.trials)} trials"
    failed = sum(bool(trial.failure) for trial in run.trials)
    parts = [f"{trials} ({failed} failed)" if failed else trials]
    if front:
        parts.append(f"{len(front)} on the front")
    return ", ".join(parts)


def notices_in_words(run: AmorphousRun) -> str:
    """What the user should know of a run.

    Of what a preflight says, the crystal's area is for counting columns: here all of them are
    judged.
    """
    told = (notice for notice in run.notices if notice.code != "crystal_share")
    return " ".join(map(sentence, told))
