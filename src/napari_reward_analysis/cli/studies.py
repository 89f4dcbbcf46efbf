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

if TYPE_CHECKING:
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
    from napari_reward_analysis.analyses.noise.run import NoiseRun


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
    from napari_reward_analysis.analyses.windows.execute import run_windows_job, write_windows
    from napari_reward_analysis.analyses.windows.problem import WindowsProblem, WindowsSettings
    from napari_reward_analysis.analyses.windows.run import WINDOWS_FILE

    image, lattice = image_of(options), lattice_of(options)
    atoms = _search_of(options)
    settings = WindowsSettings(
        atoms=atoms, side=options.window, overlap=options.overlap, workers=options.workers
    )
    start = time.perf_counter()
    problem = WindowsProblem(image, lattice, settings)
    folder = folder_of(options, "windows")
    progress = progress_bar(len(problem.plan.windows))
    run = run_windows_job(problem, folder, progress=progress)
    with writing(folder / WINDOWS_FILE):
        summary = write_windows(run, folder) | spent(start, folder)
    tell(run.notices)
    if options.json:
        print(json.dumps(summary))
    else:
        print(
            f"{summary['n_atoms']} columns found in {summary['n_windows']} windows, "
            f"{summary['n_left_out']} of them without a result; mean QC {summary['qc']:+.4f}, "
            f"ER {summary['er']:.4f} ({summary['seconds']:.1f} s)\nResults in {folder}"
        )
    return INTERRUPTED if run.status == "cancelled" else DONE


def _noise(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.noise.execute import (
        network_oracle,
        run_noise_job,
        write_noise,
    )
    from napari_reward_analysis.analyses.noise.run import NOISE_FILE
    from napari_reward_analysis.analyses.noise.study import NoiseSettings
    from napari_reward_analysis.analyses.oracle.execute import oracle_of_file

    image, lattice = image_of(options), lattice_of(options)
    atoms = _search_of(options)
    settings = NoiseSettings(
        levels=_levels(options.levels),
        unit=options.unit,
        kind=options.kind,
        seeds=options.seeds,
        atoms=atoms,
    )
    known = oracle_of_file(image, options.truth).points if options.truth else None
    asked = options.oracle is not None
    oracle = network_oracle(Path(options.oracle) if options.oracle else None) if asked else None
    folder, start = folder_of(options, "noise"), time.perf_counter()
    progress = progress_bar((3 if asked else 2) * settings.seeds * len(settings.levels))
    run = run_noise_job(
        image, lattice, settings, folder, oracle=oracle, known=known, progress=progress
    )
    with writing(folder / NOISE_FILE):
        summary = write_noise(run, folder) | spent(start, folder)
    if options.json:
        print(json.dumps(summary))
    else:
        print(
            "\n".join([*_noise_in_words(run), f"Results in {folder} ({summary['seconds']:.1f} s)"])
        )
    return INTERRUPTED if run.status == "cancelled" else DONE


def _noise_in_words(run: NoiseRun) -> list[str]:
    """A line per method: means over the repetitions, level by level."""
    lines = [f"Columns at noise in parts of the image's {run.settings.unit}:"]
    for method in dict.fromkeys(result.method for result in run.results):
        counts, scores = run.means(method, "n"), run.means(method, "f1")
        at = ", ".join(f"{count:.0f} at {level:g}" for level, count, *_ in counts)
        scored = ", ".join(f"{f1:.3f}" for _, f1, *_ in scores)
        lines.append(f"{method}: {at}" + (f"; F1 {scored}" if scored else ""))
    return lines


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
