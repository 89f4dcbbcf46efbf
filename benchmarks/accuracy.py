"""F1 of the columns found at the tool's own pick, on images with known columns.

    python benchmarks/accuracy.py [--seeds 3] [--truth FOLDER]

Without a folder, images are simulated here: several crystals, doses and noise levels. A
folder holds NAME.npy beside NAME.json with the truth, as `known_columns.py` describes it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from known_columns import precision_and_recall, read_folder, simulated

from napari_reward_analysis import AtomsSettings, find_atoms, pick

#: Our own images: none of them is used to set any default.
CASES = [
    ("YBCO[100]", 0.18, {"dose": 100.0}),
    ("YBCO[100]", 0.16, {"dose": 20.0}),
    ("YBCO[100]", 0.20, {"noise": 0.2}),
    ("YBCO[100]", 0.18, {"noise": 0.6}),
    ("SrTiO3[001]", 0.12, {"dose": 60.0}),
    ("Si[110]", 0.10, {"dose": 60.0}),
]


def main() -> None:
    """Print a row per image: mean over the seeds of the search, and the worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    options = parser.parse_args()
    print(f"{'image':22s}  F1 mean   F1 min  recall precision      s")
    for known in read_folder(options.truth) if options.truth else simulated(CASES):
        scores, start = [], time.perf_counter()
        for seed in range(options.seeds):
            settings = AtomsSettings(trials=options.trials, seed=seed)
            trials = list(find_atoms(known.image, known.lattice, settings))
            best = trials[pick(trials)]
            scores.append(precision_and_recall(best.blobs[best.inside, :2], known))
        seconds = (time.perf_counter() - start) / options.seeds
        f1 = [2 * p * r / max(p + r, 1e-9) for p, r in scores]
        precision, recall = np.mean(scores, axis=0)
        print(
            f"{known.name:22s} {np.mean(f1):8.4f} {min(f1):8.4f} {recall:7.4f} "
            f"{precision:9.4f} {seconds:6.2f}"
        )


if __name__ == "__main__":
    main()
