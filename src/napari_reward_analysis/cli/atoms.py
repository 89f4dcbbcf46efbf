"""The command `atoms`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.cli.common import (
    DONE,
    INTERRUPTED,
    check_pick,
    folder_of,
    image_of,
    image_options,
    lattice_of,
    output_options,
    pick_option,
    progress_bar,
    scaled_option,
    spent,
    tell,
)
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.samplers import SamplerName

if TYPE_CHECKING:
    from napari_reward_analysis.analyses.atoms.run import Run
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings


def add_atoms(commands: Any) -> None:
    """Add the search for columns to the commands of a parser."""
    parser = commands.add_parser("atoms", help="find atomic columns (LoG*)")
    image_options(parser)
    parser.add_argument(
        "--oracle",
        action="append",
        default=[],
        metavar="FILE.csv[:class]",
        help="known positions: a front with respect to their count (may be repeated)",
    )
    search_options(parser)
    output_options(parser)
    parser.set_defaults(command=_atoms)


def search_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser all that a search for columns may be told beside its image."""
    parser.add_argument("--ds", type=float, metavar="A", help="DS in angstrom")
    parser.add_argument("--count", type=float, metavar="N", help="expected number of columns")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, metavar="F", help="relative error of N itself (0)"
    )
    parser.add_argument(
        "--area",
        choices=get_args(AreaRule),
        default="crystal",
        help="where columns are expected: where the lattice is seen, or the whole field",
    )
    parser.add_argument("--species", metavar="A,B", help="species to expect; all by default")
    parser.add_argument("--trials", type=int, default=60, help="settings to evaluate (60)")
    parser.add_argument(
        "--search", default="all", metavar="NAMES|all", help="e.g. threshold,overlap (all five)"
    )
    parser.add_argument("--sampler", choices=get_args(SamplerName), default="skopt")
    pick_option(parser)
    parser.add_argument(
        "--stages",
        metavar="NAMES|none|all",
        help="stages that may come before the LoG (wiener); several: wiener,highpass",
    )
    parser.add_argument(
        "--rewards", metavar="NAMES|none|all", help="rewards beside QC and ER (incoherence)"
    )
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.py",
        help="a script that registers rewards or stages of your own (may be repeated)",
    )
    scaled_option(parser)
    parser.add_argument(
        "--as-published", action="store_true", help="ranges, scales and DS of the paper"
    )
    parser.add_argument(
        "--no-refine",
        action="store_false",
        dest="refine",
        help="leave the columns on whole pixels instead of fitting their positions",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--thresholds",
        choices=("exact", "searched"),
        default="exact",
        help="the best threshold of each trial, worked out or searched",
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="time budget of the search (none)"
    )
    parser.add_argument(
        "--patience", type=int, metavar="N", help="end when so many trials gained nothing (never)"
    )


def _atoms(options: argparse.Namespace) -> int:
    load_plugins(options)
    run, summary = analyse(options)
    tell(summary["notices"])
    _report(summary, options.json)
    return INTERRUPTED if run.status == "cancelled" else DONE


def load_plugins(options: argparse.Namespace) -> None:
    """Make the rewards and stages of the user's own known.

    Raises
    ------
    BadInput
        If a script is missing or of no use.
    """
    from napari_reward_analysis.plugins import load_plugin

    for file in options.plugin:
        load_plugin(file)


def analyse(options: argparse.Namespace) -> tuple[Run, dict[str, Any]]:
    """Search the columns of one image and write the results.

    Parameters
    ----------
    options : argparse.Namespace
        As of `image_options`, `search_options` and `output_options`, and `oracle`.

    Returns
    -------
    run : Run
    summary : dict
        As of `write_results`, with `seconds` and `out`.

    Raises
    ------
    BadInput
        If something does not fit; nothing is written then.
    KeyboardInterrupt
        If it comes before anything was found.
    """
    # imported here: these take a second, which `--help` need not wait for
    from napari_reward_analysis.analyses.atoms.analysis import ATOMS
    from napari_reward_analysis.runs.analysis import Inputs, Pick
    from napari_reward_analysis.runs.execute import execute

    image, lattice = image_of(options), lattice_of(options)
    oracles = _oracles(options.oracle, image)
    settings = settings_of(options, options.count)
    folder = folder_of(options, "atoms")
    start = time.perf_counter()
    task = ATOMS.begin(Inputs(image, lattice, given={"oracles": oracles}), settings)
    show = progress_bar(settings.trials)

    def progress(done: int, trial: Any) -> None:
        if show is not None:
            show(done, f"QC {trial.score.qc:+.3f} ER {trial.score.er:.3f}")

    run = execute(task, ATOMS.format, folder, progress)
    summary = ATOMS.write(run, folder, Pick(options.pick, options.scaled), image)
    return run, summary | spent(start, folder)


def settings_of(options: argparse.Namespace, count: float | None) -> AtomsSettings:
    """What `search_options` tell, with an expected count where there is one.

    Raises
    ------
    BadInput, ValidationError
        If an option is impossible.
    """
    from napari_reward_analysis.analyses.atoms.as_published import as_published
    from napari_reward_analysis.analyses.atoms.settings import PARAMETERS, AtomsSettings
    from napari_reward_analysis.preprocessing import all_stages, stage_named
    from napari_reward_analysis.rewards.protocol import all_rewards, reward_named

    usual = AtomsSettings.model_fields
    make: Callable[..., AtomsSettings] = as_published if options.as_published else AtomsSettings
    others: dict[str, Any] = {}
    if not options.as_published:
        others = {
            "area": options.area,
            "stages": _names(options.stages, all_stages, stage_named, usual["stages"].default),
            "rewards": _names(options.rewards, all_rewards, reward_named, usual["rewards"].default),
            "thresholds": options.thresholds,
        }
    settings = make(
        trials=options.trials,
        search=PARAMETERS if options.search == "all" else tuple(options.search.split(",")),
        sampler=options.sampler,
        seed=options.seed,
        ds=options.ds,
        count=count,
        tolerance=options.tolerance,
        calibrate=options.calibrate,
        species=tuple(options.species.split(",")) if options.species else None,
        seconds=options.seconds,
        patience=options.patience,
        refine=options.refine,
        **others,
    )
    check_pick(options.pick, settings.trials)
    return settings


def _oracles(names: list[str], image: Image) -> dict[str, float]:
    """Counts of the named oracles: tables of positions, with a class after a colon."""
    from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_count
    from napari_reward_analysis.analyses.atoms.physics import analysed_area
    from napari_reward_analysis.io.writers import read_points_csv

    counts: dict[str, float] = {}
    for name in names:
        file, colon, of_class = name.rpartition(":") if not Path(name).exists() else (name, "", "")
        path = Path(file) if colon else Path(name)
        points = read_points_csv(path, of_class if colon else None)
        label = f"{path.stem} {of_class}".strip() if colon else path.stem
        counts[label] = oracle_count(points, analysed_area(image, None), path.name)
    return counts


def _names(
    given: str | None,
    every: Callable[[], tuple[str, ...]],
    named: Callable[[str], object],
    default: tuple[str, ...],
) -> tuple[str, ...]:
    if given is None:
        return default
    if given in ("none", "all"):
        return every() if given == "all" else ()
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in names:
        named(name)  # refuses what there is not
    return names


def _report(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    print(in_words(summary))
    print(f"Results in {summary['out']}")


def in_words(summary: dict[str, Any]) -> str:
    """What was found, in one line."""
    from napari_reward_analysis.analyses.atoms.output import atoms_in_words

    return atoms_in_words(summary)
