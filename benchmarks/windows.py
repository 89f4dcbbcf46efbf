"""Compare sliding windows with one setting for the whole image.

    python benchmarks/windows.py [--data ../shared/data] [--trials 30]

A joined image is a simulated crystal with less contrast and more noise in its right half. The
image ybco_1024 is homogeneous: it shows the accuracy if windows are not needed. Only the
scoring uses the truth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from known_columns import RETENTION, Known, precision_and_recall, read_folder
from scipy.spatial import cKDTree

from napari_reward_analysis import AtomsSettings, Image, iter_atoms, lattice_preset, pick
from napari_reward_analysis.analyses.windows.analysis import begin_windows
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.runs.execute import collect

#: Contrast of the right half relative to the left; noise of both relative to the range.
CONTRASTS, NOISE = (0.3, 0.15, 0.1), (0.02, 0.1)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--trials", type=int, default=30)
    options = parser.parse_args()
    print("| image | area | one setting: F1 | windows: F1 | windows | doubles |")
    print("|---|---|---|---|---|---|")
    for contrast in CONTRASTS:
        for area in ("crystal", "field"):
            report(joined(contrast), options.trials, area, 50.0)
    for known in read_folder(options.data / "sim"):
        if known.name == "ybco_1024":
            report(known, options.trials, "crystal", None)


def joined(contrast: float, shape: tuple[int, int] = (384, 768)) -> Known:
    """Simulate a crystal of YBCO with a darker and noisier right half."""
    lattice = lattice_preset("YBCO[100]")
    made = simulate(lattice, shape, 0.18, rotation=2.0)
    pixels, half = made.image.normalised.astype(float), shape[1] // 2
    noise = np.random.default_rng(0).standard_normal(shape)
    pixels[:, half:] = 0.3 + contrast * pixels[:, half:]
    pixels += np.where(np.arange(shape[1]) < half, *NOISE) * noise
    columns = np.column_stack([made.truth["y"], made.truth["x"]])
    needed = made.truth["retention"] >= RETENTION
    return Known(f"joined, {contrast:g}", Image(pixels, 0.18), lattice, columns, needed, 2.0)


def report(known: Known, trials: int, area: str, side: float | None) -> None:
    """Print one row of the table."""
    atoms = AtomsSettings(trials=trials, area=area)
    found = list(iter_atoms(known.image, known.lattice, settings=atoms))
    chosen = found[pick(found)]
    settings = WindowsSettings(atoms=atoms, side=side)
    run = collect(begin_windows(Inputs(known.image, known.lattice), settings))
    table = run.stitched
    points = np.column_stack([table["y_px"], table["x_px"]])
    pairs = cKDTree(points).query_pairs(run.spacing_px / 2, output_type="ndarray")
    doubles = int((table["window"][pairs[:, 0]] != table["window"][pairs[:, 1]]).sum())
    grid = " x ".join(map(str, run.plan.grid))
    print(
        f"| {known.name} | {area} | {f1(chosen.points[chosen.shown], known):.4f} "
        f"| {f1(points, known):.4f} | {grid} | {doubles} |",
        flush=True,
    )


def f1(points: np.ndarray, known: Known) -> float:
    """Return the harmonic mean of precision and recall."""
    precision, recall = precision_and_recall(points, known)
    return 2 * precision * recall / (precision + recall)


if __name__ == "__main__":
    main()
