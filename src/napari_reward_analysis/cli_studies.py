"""The commands of the studies: `windows` and `noise`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.lattice import Lattice

DONE, INTERRUPTED = 0, 130


class Common(NamedTuple):
    """What all commands share: options that tell the image, and what they stand for."""

    image_options: Callable[[argparse.ArgumentParser], None]
    image: Callable[[argparse.Namespace], Image]
    lattice: Callable[[argparse.Namespace], Lattice | None]
    progress: Callable[[int], Callable[[int, str], None] | None]


def add_studies(commands: Any, common: Common) -> None:
    """Add the studies to the commands of a parser."""
    windows = commands.add_parser("windows", help="a search in each part of an image")
    _windows_parser(windows, common)
    _noise_parser(commands.add_parser("noise", help="what noise does to the search"), common)


def _windows_parser(parser: argparse.ArgumentParser, common: Common) -> None:
    common.image_options(parser)
    parser.add_argument("--window", type=float, metavar="A", help="side in angstrom (ten cells)")
    parser.add_argument("--overlap", type=float, default=0.25, metavar="F", help="part (0.25)")
    parser.add_argument("--trials", type=int, default=30, help="settings per window (30)")
    parser.add_argument("--workers", type=int, metavar="N", help="windows at once (cores)")
    _usual(parser)
    parser.set_defaults(command=lambda options: _windows(options, common))


def _noise_parser(parser: argparse.ArgumentParser, common: Common) -> None:
    common.image_options(parser)
    parser.add_argument(
        "--levels", default="0,0.2,0.4,0.6,0.8,1", metavar="A,B", help="of the noise, rising"
    )
    parser.add_argument("--unit", choices=("range", "std"), default="range", help="of a level")
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
    parser.set_defaults(command=lambda options: _noise(options, common))


def _usual(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--area",
        choices=("crystal", "field"),
        default="crystal",
        help="where columns are expected: where the lattice is seen, or the whole field",
    )
    parser.add_argument("--as-published", action="store_true", help="the paper's LoG and ranges")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="DIR", help="results (beside the image)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _windows(options: argparse.Namespace, common: Common) -> int:
    from napari_reward_analysis.windows_job import run_windows_job, write_windows
    from napari_reward_analysis.workflows.atoms import AtomsSettings
    from napari_reward_analysis.workflows.windows import WindowsProblem, WindowsSettings

    image, lattice = common.image(options), common.lattice(options)
    atoms = AtomsSettings(
        trials=options.trials,
        seed=options.seed,
        calibrate=options.calibrate,
        area=options.area,
        as_published=options.as_published,
    )
    settings = WindowsSettings(
        atoms=atoms, side=options.window, overlap=options.overlap, workers=options.workers
    )
    start = time.perf_counter()
    problem = WindowsProblem(image, lattice, settings)
    folder = _folder(options, "windows")
    progress = common.progress(len(problem.plan.windows))
    run = run_windows_job(problem, folder, progress=progress)
    summary = write_windows(run, folder) | _spent(start, folder)
    for notice in run.notices:
        print(f"Note: {notice}", file=sys.stderr)
    if options.json:
        print(json.dumps(summary))
    else:
        print(
            f"{summary['n_atoms']} columns found in {summary['n_windows']} windows, "
            f"{summary['n_left_out']} of them without a result; mean QC {summary['qc']:+.4f}, "
            f"ER {summary['er']:.4f} ({summary['seconds']:.1f} s)\nResults in {folder}"
        )
    return INTERRUPTED if run.status == "cancelled" else DONE


def _noise(options: argparse.Namespace, common: Common) -> int:
    from napari_reward_analysis.io.writers import read_points_csv
    from napari_reward_analysis.noise_job import network_oracle, run_noise_job, write_noise
    from napari_reward_analysis.workflows.atoms import AtomsSettings
    from napari_reward_analysis.workflows.noise import NoiseSettings

    image, lattice = common.image(options), common.lattice(options)
    atoms = AtomsSettings(
        trials=options.trials,
        seed=options.seed,
        calibrate=options.calibrate,
        area=options.area,
        as_published=options.as_published,
    )
    settings = NoiseSettings(
        levels=_levels(options.levels),
        unit=options.unit,
        kind=options.kind,
        seeds=options.seeds,
        atoms=atoms,
    )
    known = read_points_csv(options.truth) if options.truth else None
    asked = options.oracle is not None
    oracle = network_oracle(Path(options.oracle) if options.oracle else None) if asked else None
    folder, start = _folder(options, "noise"), time.perf_counter()
    progress = common.progress((3 if asked else 2) * settings.seeds * len(settings.levels))
    run = run_noise_job(
        image, lattice, settings, folder, oracle=oracle, known=known, progress=progress
    )
    summary = write_noise(run, folder) | _spent(start, folder)
    if options.json:
        print(json.dumps(summary))
    else:
        for method, values in summary["methods"].items():
            scored = f", F1 {values['f1']}" if values["f1"] else ""
            print(f"{method}: columns {values['n']}{scored}")
        print(f"Results in {folder} ({summary['seconds']:.1f} s)")
    return INTERRUPTED if run.status == "cancelled" else DONE


def _levels(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(
            f"--levels {text} are no numbers: write them with commas, e.g. 0,0.2,0.4."
        ) from None


def _folder(options: argparse.Namespace, suffix: str) -> Path:
    image: Path = options.image
    chosen: Path | None = options.out
    return chosen or image.with_name(f"{image.stem}_{suffix}")


def _spent(start: float, folder: Path) -> dict[str, Any]:
    return {"seconds": round(time.perf_counter() - start, 3), "out": str(folder)}
