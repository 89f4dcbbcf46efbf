"""F1 of the columns found at the tool's own pick, on images with known columns.

    python benchmarks/accuracy.py [--seeds 3] [--truth FOLDER] [--only NAMES] [--stages]

Side by side in one run:

* default: the workflow as shipped (Wiener filter or none before the LoG; QC, ER and
  incoherence), sub-pixel;
* full: every quick stage may be used;
* LoG alone: no stage, all three rewards;
* published rewards: the default's stages, QC and ER alone;
* as published: the paper's ranges, rewards and DS, the LoG alone;
* peaks: no search at all: a blur as wide as a column, then the N strongest maxima, with N
  from the whole field's density.

`--stages` tells instead how many columns are found inside the amorphous regions, with every
stage in front of the LoG: no stage may draw columns into a region that has none. A folder
then also holds NAME_mask.png. Without a folder, images are simulated here. A folder holds
NAME.npy beside NAME.json with the truth, as `known_columns.py` describes it.
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

#: Our own images: none of them is used to set any default.
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
#: Width of the blur before the plain peaks, and radius of their neighbourhood, in angstrom.
BLUR, NEAR = 0.45, 0.9
#: A mask is amorphous from this value on.
AMORPHOUS = 128


def main() -> None:
    """Print a row per image and a column per way to find its columns."""
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
                cells.append("refused")  # the paper's DS is that of one crystal
                continue
            seconds = (time.perf_counter() - start) / len(scores)
            cells.append(f"{np.mean(scores):.4f} ({min(scores):.4f}) {seconds:6.2f} s")
        print(f"{known.name:26s}" + "".join(f"{cell:>26s}" for cell in cells), flush=True)


def found(known: Known, way: str, trials: int, seed: int) -> np.ndarray:
    """Positions by one of the ways, shape (n, 2), y and x in px."""
    if way == "peaks":
        return plain_peaks(known)
    settings = AtomsSettings(trials=trials, seed=seed, **VARIANTS[way])
    problem = AtomsProblem(known.image, known.lattice, settings)
    best = best_of(problem)
    if way != "as published":
        best = refine_trial(problem, best)
    return best.points[best.shown]


def best_of(problem: AtomsProblem) -> AtomTrial:
    """The trial that a search proposes."""
    trials = list(Search(problem))
    position = pick(trials)
    assert position is not None, "no trial found five columns"
    return trials[position]


def f1(points: np.ndarray, known: Known) -> float:
    """Harmonic mean of precision and recall."""
    precision, recall = precision_and_recall(points, known)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def plain_peaks(known: Known) -> np.ndarray:
    """No search and nothing tuned: the N strongest maxima of a blurred image."""
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
    """Maxima found, and columns written, inside the amorphous regions, by the stage before."""
    names = ("none", *(name for name in all_stages()))
    print(
        "maxima found inside the amorphous regions, those written (F1 outside), by the stage before"
    )
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
    """Settings in which one stage, and no other, always comes before the LoG."""
    if stage == "none":
        return AtomsSettings(trials=trials, stages=())
    slot = stage_named(stage).slot
    return AtomsSettings(trials=trials, stages=(stage,), fixed={slot: stage})


def read_mask(folder: Path | None, known: Known) -> np.ndarray | None:
    """The amorphous region of an image, where it is known."""
    path = None if folder is None else folder / f"{known.name}_mask.png"
    return imread(path) >= AMORPHOUS if path is not None and path.exists() else None


if __name__ == "__main__":
    main()
