"""Measure the position error of columns before and after the sub-pixel fit.

    python benchmarks/positions.py [--truth FOLDER]

The columns of the proposed trial are refined and compared with the truth. The error is the
rms distance of the matched columns to the true ones. A folder holds NAME.npy and NAME.json,
see `known_columns.py`. Without a folder, images are simulated. "error / stated" is the rms
error along an axis, divided by the stated uncertainty; 1 is correct.

A second table shows the time of the fit for images of growing size. It is the processor time,
the best of five, so that other programs disturb it little.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from known_columns import Known, pair, read_folder, simulated

from napari_reward_analysis import (
    AtomsSettings,
    iter_atoms,
    lattice_preset,
    pick,
    refine_trial,
)
from napari_reward_analysis.detection import BlobFinder
from napari_reward_analysis.detection.refine import refine
from napari_reward_analysis.io.simulate import simulate

CASES = [
    ("YBCO[100]", 0.18, {}),
    ("SrTiO3[001]", 0.15, {}),
    ("Si[110]", 0.10, {}),
    ("YBCO[100]", 0.18, {"dose": 100.0}),
    ("SrTiO3[001]", 0.12, {"dose": 60.0}),
    ("Si[110]", 0.10, {"dose": 60.0}),
    ("YBCO[100]", 0.18, {"noise": 0.2}),
    ("YBCO[100]", 0.18, {"noise": 0.6}),
    ("YBCO[100]", 0.18, {"noise": 1.0}),
]
SIZES = (512, 1024, 2048)


def main() -> None:
    """Print a row per image, then a row per size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    options = parser.parse_args()
    print("error, rms         whole pixels          refined              part of    error /")
    print(f"{'image':22s}     px       A       px       A  spacing     stated matched")
    for known in read_folder(options.truth) if options.truth else simulated(CASES):
        print(row(known))
    print("\n   size  columns    CPU s  ms per 1000 columns")
    for size in SIZES:
        count, seconds = timed(size)
        print(f"{size:7d} {count:8d} {seconds:8.3f} {1e6 * seconds / count:8.0f}")


def row(known: Known) -> str:
    """Print the errors of one image before and after the fit."""
    trials = list(iter_atoms(known.image, known.lattice, settings=AtomsSettings()))
    trial = refine_trial(known.image, trials[pick(trials)])
    found = trial.blobs[trial.shown, :2].astype(float)
    pairs = pair(found, known)
    # compare the same columns before and after: those that the blobs belong to
    kept = pairs.hit & pairs.judged
    true = known.columns[pairs.nearest[kept]]
    errors = trial.points[trial.shown][kept] - true
    before, after = rms(found[kept] - true), rms(errors)
    size = known.image.require_pixel_size()
    pull = np.nanmean((errors / trial.uncertainty[trial.shown][kept, None]) ** 2) ** 0.5
    return (
        f"{known.name:22s} {before:6.3f} {before * size:7.4f}   {after:6.3f} {after * size:7.4f}"
        f" {after * size / known.lattice.spacing:8.4f} {pull:10.2f} {kept.sum():7d}"
    )


def rms(differences: np.ndarray) -> float:
    """Return the rms length of vectors, shape (n, 2)."""
    return float(np.sqrt((differences**2).sum(axis=1).mean()))


def timed(size: int) -> tuple[int, float]:
    """Return the number of columns of an image and the seconds to refine them."""
    made = simulate(lattice_preset("YBCO[100]"), (size, size), 0.18, dose=100, rotation=4)
    pixels = made.image.normalised
    finder = BlobFinder(pixels, floor=0.02)
    blobs, noise = finder.find(3, 3, 1, 0.02, 0.3), finder.space.noise
    seconds = []
    for _ in range(5):
        start = time.process_time()
        refine(pixels, blobs[:, :2], 3.0, noise)
        seconds.append(time.process_time() - start)
    return len(blobs), min(seconds)


if __name__ == "__main__":
    main()
