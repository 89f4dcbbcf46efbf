"""Options of the command `oracle`, and what it says."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from napari_reward_analysis.image import Image
from napari_reward_analysis.lattice import Lattice


def oracle_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options beside those of the image."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--model", type=Path, metavar="FILE.onnx", help="another network than the package's own"
    )
    source.add_argument(
        "--points",
        type=Path,
        metavar="FILE",
        help="known positions instead of a network: a CSV file, or atomap's .hdf5",
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="a saved run to compare: its folder or run.json"
    )
    parser.add_argument(
        "--distance",
        type=float,
        metavar="A",
        help="matching distance in angstrom (half the oracle's nearest spacing)",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.3,
        metavar="T",
        help="least height of a column in the network's map, 0 to 1 (0.3)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="results (beside the image)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_command(
    options: argparse.Namespace, image: Image, lattice: Lattice | None, folder: Path
) -> dict[str, Any]:
    """Do what was asked; returns the summary.

    Raises
    ------
    BadInput
        If anything does not fit.
    """
    from napari_reward_analysis.oracle_job import run_oracle

    return run_oracle(
        image,
        lattice,
        folder,
        calibrate=options.calibrate,
        model=options.model,
        points=options.points,
        run=options.run,
        distance=options.distance,
        threshold=options.threshold,
    )


def in_words(summary: dict[str, Any]) -> str:
    """The summary for a person."""
    lines = [f"{summary['n_oracle']} columns by {summary['oracle']}"]
    if "f1" in summary:
        lines.append(
            f"Trial {summary['trial']}: {summary['matched']} matched, {summary['missed']} missed, "
            f"{summary['spurious']} spurious; precision {summary['precision']:.3f}, recall "
            f"{summary['recall']:.3f}, F1 {summary['f1']:.3f}{_difference(summary)}"
        )
        lines.append(f"Best agreement: trial {summary['best_trial']}, F1 {summary['best_f1']:.3f}")
    return "\n".join([*lines, f"Results in {summary['out']}"])


def _difference(summary: dict[str, Any]) -> str:
    if summary["rms_px"] is None:
        return ""
    unit = "px" if summary["rms_A"] is None else "A"
    return f"; positions differ by {summary[f'rms_{unit}']:.3f} {unit} rms"
