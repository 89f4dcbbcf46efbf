"""Measure the F1 of the proposed trial on images with known columns.

    python benchmarks/accuracy.py [--seeds 3] [--truth FOLDER] [--only NAMES] [--stages]

The methods are:

* default: the default settings (Wiener filter or none before the LoG; QC, ER and
  incoherence) with sub-pixel positions;
* full: the search may use every quick stage;
* LoG alone: no stage, all three rewards;
* published rewards: the default stages, only QC and ER;
* as published: ranges, rewards and DS of the paper, only the LoG;
* peaks: no search: a blur as wide as a column, then the N strongest maxima. N follows from
  the density in the whole field.

`--stages` counts instead the columns found inside the amorphous regions, for every stage
before the LoG. A stage must not create columns in an amorphous region. The folder must then
also hold NAME_mask.png. A folder holds NAME.npy and NAME.json with the truth, see
`known_columns.py`. Without a folder, images are simulated.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from known_columns import Known, precision_and_recall, read_folder, simulated
from scipy.ndimage import gaussian_filter, maximum_filter
from skimage.io import imread

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    AtomTrial,
    BadInput,
    all_stages,
    pick,
    refine_trial,
)
from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.settings import QUICK_STAGES
from napari_reward_analysis.preprocessing import stage_named
from napari_reward_analysis.search.loop import Search

#: Simulated images. None of them was used to choose a default.
CASES = [
    ("YBCO[100]", 0.18, {"dose": 100.0}),
    ("YBCO[100]", 0.16, {"dose": 20.0}),
    ("YBCO[100]", 0.20, {"noise": 0.2}),
    ("YBCO[100]", 0.18, {"noise": 0.6}),
    ("YBCO[100]", 0.18, {"noise": 1.0}),
    ("SrTiO3[001]", 0.12, {"dose": 60.0}),
    ("SrTiO3[001]", 0.15, {"noise": 0.8}),
    ("Si[110]", 0.10, {"dose": 60.0}),
]
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "full": {"stages": QUICK_STAGES},
    "LoG alone": {"stages": ()},
    "published rewards": {"rewards": ()},
    "as published": as_published().model_dump(exclude_defaults=True),
}
#: Width of the blur before the peaks, and radius of their neighbourhood, in angstrom.
BLUR, NEAR = 0.45, 0.9
#: A mask is amorphous from this value on.
AMORPHOUS = 128


def main() -> None:
    """Print a row per image and a column per method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    parser.add_argument("--only", default=",".join([*VARIANTS, "peaks"]), metavar="NAMES")
    parser.add_argument("--stages", action="store_true", help="count columns inside masks")
    options = parser.parse_args()
    images = list(read_folder(options.truth) if options.truth else simulated(CASES))
    if options.stages:
        inside_masks(images, options)
        return
    ways = [name for name in options.only.split(",") if name in {*VARIANTS, "peaks"}]
    print(f"F1, mean of {options.seeds} seeds (the worst), seconds of a search")
    print(f"{'image':26s}" + "".join(f"{name:>26s}" for name in ways))
    for known in images:
        cells = []
        for name in ways:
            start, seeds = time.perf_counter(), range(1 if name == "peaks" else options.seeds)
            try:
                scores = [f1(found(known, name, options.trials, seed), known) for seed in seeds]
            except BadInput:
                cells.append("refused")  # the DS of the paper belongs to one crystal
                continue
            seconds = (time.perf_counter() - start) / len(scores)
            cells.append(f"{np.mean(scores):.4f} ({min(scores):.4f}) {seconds:6.2f} s")
        print(f"{known.name:26s}" + "".join(f"{cell:>26s}" for cell in cells), flush=True)


def found(known: Known, way: str, trials: int, seed: int) -> np.ndarray:
    """Return the positions that a method finds, shape (n, 2), y and x in px."""
    if way == "peaks":
        return plain_peaks(known)
    settings = AtomsSettings(trials=trials, seed=seed, **VARIANTS[way])
    problem = AtomsProblem(known.image, known.lattice, settings)
    best = best_of(problem)
    if way != "as published":
        best = refine_trial(problem, best)
    return best.points[best.shown]


def best_of(problem: AtomsProblem) -> AtomTrial:
    """Return the trial that a search proposes."""
    trials = list(Search(problem))
    position = pick(trials)
    assert position is not None, "no trial found five columns"
    return trials[position]


def f1(points: np.ndarray, known: Known) -> float:
    """Return the harmonic mean of precision and recall."""
    precision, recall = precision_and_recall(points, known)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def plain_peaks(known: Known) -> np.ndarray:
    """Return the N strongest maxima of a blurred image, without a search."""
    size = known.image.require_pixel_size()
    pixels = known.image.normalised.astype(float)
    blurred = gaussian_filter(pixels, BLUR / size)
    contrast = blurred - gaussian_filter(blurred, 4 / size)
    reach = max(1, round(NEAR / size))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    highest = maximum_filter(blurred, footprint=y**2 + x**2 <= reach**2) == blurred
    places = np.argwhere(highest)
    count = round(known.lattice.expected_count(pixels.size * size**2))
    return places[np.argsort(-contrast[highest])[:count]].astype(float)


def inside_masks(images: list[Known], options: argparse.Namespace) -> None:
    """Print the number of maxima and columns inside amorphous regions, for each stage."""
    names = ("none", *(name for name in all_stages()))
    print("maxima inside the amorphous regions, columns written (F1 outside), for each stage")
    print(f"{'image':26s}" + "".join(f"{name:>18s}" for name in names))
    for known in images:
        mask = read_mask(options.truth, known)
        if mask is None:
            continue
        cells = []
        for name in names:
            problem = AtomsProblem(known.image, known.lattice, only(name, options.trials))
            best = refine_trial(problem, best_of(problem))
            y, x = np.rint(best.blobs[:, :2]).astype(int).T
            maxima, written = mask[y, x].sum(), mask[y, x][best.shown].sum()
            score = f1(best.points[best.shown], known)
            cells.append(f"{maxima}, {written} ({score:.4f})")
        print(f"{known.name:26s}" + "".join(f"{cell:>18s}" for cell in cells), flush=True)


def only(stage: str, trials: int) -> AtomsSettings:
    """Return settings with one stage that always comes before the LoG."""
    if stage == "none":
        return AtomsSettings(trials=trials, stages=())
    slot = stage_named(stage).slot
    return AtomsSettings(trials=trials, stages=(stage,), fixed={slot: stage})


def read_mask(folder: Path | None, known: Known) -> np.ndarray | None:
    """Read the amorphous region of an image; None if it is unknown."""
    path = None if folder is None else folder / f"{known.name}_mask.png"
    return imread(path) >= AMORPHOUS if path is not None and path.exists() else None


if __name__ == "__main__":
    main()
