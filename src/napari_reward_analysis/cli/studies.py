"""The commands of the studies: `windows` and `noise`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_reward_analysis.cli.common import (
    DONE,
    INTERRUPTED,
    folder_of,
    image_of,
    image_options,
    lattice_of,
    output_options,
    progress_bar,
    spent,
    tell,
    writing,
)
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Inputs, Pick, analysis_named
from napari_reward_analysis.runs.execute import execute

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings


def add_studies(commands: Any) -> None:
    """Add the studies to the commands of a parser."""
    windows = commands.add_parser("windows", help="a search in each part of an image")
    _windows_parser(windows)
    _noise_parser(commands.add_parser("noise", help="what noise does to the search"))


def _windows_parser(parser: argparse.ArgumentParser) -> None:
    image_options(parser)
    parser.add_argument(
        "--window", type=float, metavar="A", help="side in angstrom (ten roots of the cell's area)"
    )
    parser.add_argument(
        "--overlap",
        type=float,
        default=0.25,
        metavar="F",
        help="part of a side that neighbours share (0.25)",
    )
    parser.add_argument("--trials", type=int, default=30, help="settings per window (30)")
    parser.add_argument("--workers", type=int, metavar="N", help="windows at once (cores)")
    _usual(parser)
    parser.set_defaults(command=_windows)


def _noise_parser(parser: argparse.ArgumentParser) -> None:
    image_options(parser)
    parser.add_argument(
        "--levels",
        default="0,0.2,0.4,0.6,0.8,1",
        metavar="A,B",
        help="of noise, rising (0 to 1 by 0.2)",
    )
    parser.add_argument(
        "--unit",
        choices=("range", "std"),
        default="range",
        help="what a level is a part of: the image's range or its standard deviation",
    )
    parser.add_argument("--kind", choices=("gaussian", "poisson"), default="gaussian")
    parser.add_argument("--seeds", type=int, default=3, help="repetitions (3)")
    parser.add_argument("--trials", type=int, default=30, help="settings at each level (30)")
    parser.add_argument(
        "--oracle",
        nargs="?",
        const="",
        metavar="FILE.onnx",
        help="a network beside: the package's own, or this one (extra 'oracle')",
    )
    parser.add_argument(
        "--truth", type=Path, metavar="FILE.csv", help="known positions, to score by afterwards"
    )
    _usual(parser)
    parser.set_defaults(command=_noise)


def _usual(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--area",
        choices=("crystal", "field"),
        default="crystal",
        help="where columns are expected: where the lattice is seen, or the whole field",
    )
    parser.add_argument("--as-published", action="store_true", help="the paper's LoG and ranges")
    parser.add_argument("--seed", type=int, default=0)
    output_options(parser)


def _windows(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.windows.settings import WindowsSettings

    settings = WindowsSettings(
        atoms=_search_of(options),
        side=options.window,
        overlap=options.overlap,
        workers=options.workers,
    )
    inputs = Inputs(image_of(options), lattice_of(options))
    return run_analysis("windows", options, inputs, settings)


def _noise(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.noise.settings import NoiseSettings

    settings = NoiseSettings(
        levels=_levels(options.levels),
        unit=options.unit,
        kind=options.kind,
        seeds=options.seeds,
        atoms=_search_of(options),
    )
    # without a file the package's own network
    oracle = None if options.oracle is None else options.oracle or True
    given = {"oracle": oracle, "known": options.truth}
    inputs = Inputs(image_of(options), lattice_of(options), given=given)
    return run_analysis("noise", options, inputs, settings)


def run_analysis(
    name: str,
    options: argparse.Namespace,
    inputs: Inputs,
    settings: BaseModel,
) -> int:
    """Run an analysis, write its results and tell of them."""
    analysis, start = analysis_named(name), time.perf_counter()
    task, folder = analysis.begin(inputs, settings), folder_of(options, name)
    bar = progress_bar(task.total)
    told = None if bar is None else lambda done, result: bar(done, analysis.remark(result))
    run = execute(task, analysis.format, folder, told)
    with writing(folder / analysis.format.file):
        summary = analysis.write(run, folder, Pick(), inputs.image) | spent(start, folder)
    tell(sentence(notice) for notice in run.notices)
    if options.json:
        print(json.dumps(summary))
    else:
        print(f"{analysis.describe(summary)}\nResults in {folder} ({summary['seconds']:.1f} s)")
    return INTERRUPTED if run.status == "cancelled" else DONE


def _levels(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(
            f"--levels {text} are no numbers: write them with commas, e.g. 0,0.2,0.4."
        ) from None


def _search_of(options: argparse.Namespace) -> AtomsSettings:
    from napari_reward_analysis.analyses.atoms.as_published import as_published
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings

    usual = {"trials": options.trials, "seed": options.seed, "calibrate": options.calibrate}
    if options.as_published:
        return as_published(**usual)
    return AtomsSettings(**usual, area=options.area)
