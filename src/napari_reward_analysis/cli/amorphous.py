"""The command `amorphous`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, get_args

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
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.samplers import SamplerName


def add_amorphous(commands: Any) -> None:
    """Add the search for amorphous regions to the commands of a parser."""
    parser = commands.add_parser("amorphous", help="find amorphous regions")
    image_options(parser)
    parser.add_argument("--count", type=float, metavar="N", help="expected number of columns")
    parser.add_argument(
        "--atoms", type=Path, metavar="FILE.csv", help="known positions, instead of a search"
    )
    parser.add_argument("--kinds", type=int, metavar="K", help="kinds of column (the lattice's)")
    parser.add_argument("--trials", type=int, default=60, help="settings to evaluate (60)")
    parser.add_argument(
        "--search", default="all", metavar="NAMES|all", help="e.g. class,threshold (all eight)"
    )
    parser.add_argument(
        "--fix",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter that is not searched, e.g. class=Cu (may be repeated)",
    )
    parser.add_argument("--sampler", choices=get_args(SamplerName), default="skopt")
    pick_option(parser)
    scaled_option(parser)
    parser.add_argument(
        "--as-published",
        action="store_true",
        help="two components of one orientation of the brightest kind, posterior, two rewards",
    )
    parser.add_argument("--seed", type=int, default=0)
    output_options(parser)
    parser.set_defaults(command=_amorphous)


def _amorphous(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.amorphous.analysis import AMORPHOUS
    from napari_reward_analysis.analyses.amorphous.as_published import as_published
    from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
    from napari_reward_analysis.io.writers import read_points_csv
    from napari_reward_analysis.runs.analysis import Inputs, Pick
    from napari_reward_analysis.runs.execute import execute

    image, lattice = image_of(options), lattice_of(options)
    chosen: dict[str, Any] = {
        "trials": options.trials,
        "fixed": dict(_fixed_value(text) for text in options.fix),
        "sampler": options.sampler,
        "seed": options.seed,
        "kinds": options.kinds,
        "count": options.count,
        "calibrate": options.calibrate,
    }
    if options.search != "all":
        chosen["search"] = tuple(options.search.split(","))
    make = as_published if options.as_published else AmorphousSettings
    settings = make(**chosen)
    check_pick(options.pick, settings.trials)
    folder = folder_of(options, "amorphous")
    start = time.perf_counter()
    given = {} if options.atoms is None else {"points": read_points_csv(options.atoms)}
    task = AMORPHOUS.begin(Inputs(image, lattice, given=given), settings)
    show = progress_bar(settings.trials)

    def progress(done: int, trial: Any) -> None:
        if show is not None:
            show(done, f"area {trial.score.area_fraction:.1%}")

    run = execute(task, AMORPHOUS.format, folder, progress)
    pick = Pick(options.pick, options.scaled)
    summary = AMORPHOUS.write(run, folder, pick, image)
    tell(summary["notices"])
    summary |= spent(start, folder)
    if options.json:
        print(json.dumps(summary))
    else:
        print(f"{AMORPHOUS.describe(summary)}\nResults in {summary['out']}")
    return INTERRUPTED if run.status == "cancelled" else DONE


def _fixed_value(text: str) -> tuple[str, float | str]:
    """Name and value of a parameter that is not searched."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise BadInput(f"--fix {text} is no setting: write NAME=VALUE, e.g. class=Cu.")
    try:
        return name, float(value)
    except ValueError:
        return name, value
