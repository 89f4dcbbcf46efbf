"""F1 of the columns found at the tool's own pick, on images with known columns.

    python benchmarks/accuracy.py [--seeds 3] [--truth FOLDER]

Without a folder, images are simulated here: several crystals, doses and noise levels. A
folder holds NAME.npy beside NAME.json with `pixel_size_A`, `structure` and `columns`
(`x`, `y` in px, or `x_mean`, `y_mean`; `retention` where columns are damaged). The search
sees the image, the pixel size and the lattice; the truth is read by the scoring alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis import AtomsSettings, Image, find_atoms, lattice_preset, pick
from napari_reward_analysis.io.simulate import simulate

#: Matching distance and width of the border that is left out, in angstrom.
TOLERANCE, BORDER = 0.6, 2.0
#: A column that kept less of its peak than this is neither required nor punished.
RETENTION = 0.5


def main() -> None:
    """Print a row per image: mean over the seeds of the search, and the worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    options = parser.parse_args()
    print(f"{'image':22s}  F1 mean   F1 min  recall precision      s")
    for name, image, lattice, truth in known(options.truth):
        scores, start = [], time.perf_counter()
        for seed in range(options.seeds):
            settings = AtomsSettings(trials=options.trials, seed=seed)
            trials = list(find_atoms(image, lattice_preset(lattice), settings))
            best = trials[pick(trials)]
            scores.append(match(best.blobs[best.inside, :2], truth, image))
        seconds = (time.perf_counter() - start) / options.seeds
        f1 = [2 * p * r / max(p + r, 1e-9) for p, r in scores]
        precision, recall = np.mean(scores, axis=0)
        print(
            f"{name:22s} {np.mean(f1):8.4f} {min(f1):8.4f} {recall:7.4f} "
            f"{precision:9.4f} {seconds:6.2f}"
        )


def known(folder: Path | None) -> Iterator[tuple[str, Image, str, np.ndarray]]:
    """Images with their crystal and the true (y, x, needed) of their columns."""
    if folder is None:
        yield from simulated()
        return
    for path in sorted(folder.glob("*.npy")):
        truth = json.loads(path.with_name(path.name[:-4] + ".json").read_text())
        columns = truth["columns"]
        y, x = (np.array(columns.get(f"{axis}_mean", columns[axis])) for axis in "yx")
        needed = np.array(columns.get("retention", np.ones(len(y)))) >= RETENTION
        image = Image(np.load(path), truth["pixel_size_A"], path.name[:-4])
        yield image.name, image, truth["structure"], np.column_stack([y, x, needed])


def simulated() -> Iterator[tuple[str, Image, str, np.ndarray]]:
    """Our own images: none of them is used to set any default."""
    cases = [
        ("YBCO[100]", 0.18, {"dose": 100.0}),
        ("YBCO[100]", 0.16, {"dose": 20.0}),
        ("YBCO[100]", 0.20, {"noise": 0.2}),
        ("YBCO[100]", 0.18, {"noise": 0.6}),
        ("SrTiO3[001]", 0.12, {"dose": 60.0}),
        ("Si[110]", 0.10, {"dose": 60.0}),
    ]
    for number, (name, size, noise) in enumerate(cases):
        lattice = lattice_preset(name)
        made = simulate(lattice, (512, 512), size, rotation=3.0 * number, seed=number, **noise)
        truth = made.truth
        label = f"{name} " + ", ".join(f"{k} {v:g}" for k, v in noise.items())
        needed = truth["retention"] >= RETENTION
        yield label, made.image, name, np.column_stack([truth["y"], truth["x"], needed])


def match(found: np.ndarray, truth: np.ndarray, image: Image) -> tuple[float, float]:
    """Precision and recall of one-to-one (mutual nearest) matches away from the border."""
    size = image.require_pixel_size()
    distance, nearest = cKDTree(truth[:, :2]).query(found)
    _, back = cKDTree(found).query(truth[:, :2])
    hit = (distance <= TOLERANCE / size) & (back[nearest] == np.arange(len(found)))
    needed = truth[:, 2] > 0
    judged = inside(found, image) & needed[nearest]
    wanted = inside(truth, image) & needed
    reached = np.zeros(len(truth), bool)
    reached[nearest[hit]] = True
    return float(hit[judged].mean()), float(reached[wanted].mean())


def inside(points: np.ndarray, image: Image) -> np.ndarray:
    """Points that are not within the border."""
    border = BORDER / image.require_pixel_size()
    limits = np.array(image.shape) - 1 - border
    return ((points[:, :2] >= border) & (points[:, :2] <= limits)).all(axis=1)


if __name__ == "__main__":
    main()
