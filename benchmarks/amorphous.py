"""Measure the overlap of the proposed amorphous mask with the true mask.

    python benchmarks/amorphous.py [--trials 60] [--seed 0] [--truth FOLDER]

It compares the full search with the published one (one orientation of the brightest kind,
two principal components, two Gaussians, posterior). Without a folder, images are simulated:
several crystals, doses, noise levels and kinds of damage, and undamaged crystals. A folder
holds NAME.npy, NAME.json with `pixel_size_A`, `structure` and `columns`, and NAME_mask.png
(values from 128 are amorphous). The search uses image, pixel size and lattice. Only the
scoring reads the truth.

The table shows the IoU of the proposed trial. 'best' is the largest IoU of any trial, chosen
with the truth. 'names' is the share of crystalline columns with the right element, and 'Cu'
the share of copper columns with the right one of its two kinds. 'patch' is the share of
columns whose kind is right if only a mixture of the patches decides, without the position in
the cell. 'set-up' is the time of the work done once. 'trials' is the time of the search, with
its processor seconds. 'a trial' is the median time of an evaluation, without the sampler.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis import (
    AmorphousProblem,
    AmorphousSettings,
    AtomsSettings,
    Image,
    lattice_preset,
)
from napari_reward_analysis.analyses.amorphous.as_published import as_published
from napari_reward_analysis.analyses.amorphous.known_atoms import search_atoms
from napari_reward_analysis.analyses.amorphous.problem import pick
from napari_reward_analysis.io.simulate import Pocket, simulate
from napari_reward_analysis.search.loop import Search

#: Matching distance in angstrom, and the share of its peak that a crystalline column keeps.
TOLERANCE, RETENTION = 0.6, 0.5


@dataclass(frozen=True)
class Case:
    """An image with its truth."""

    image: Image
    lattice: str
    mask: np.ndarray
    columns: dict[str, np.ndarray]


def main() -> None:
    """Print a row per image."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    parser.add_argument("--noise", type=float, default=0.0, help="added, as a part of the range")
    parser.add_argument("--only", default="", metavar="TEXT", help="images with this in the name")
    options = parser.parse_args()
    print(
        f"{'image':24s} {'area':>6s} | {'full':>6s} {'best':>6s} "
        f"{'set-up':>7s} {'trials':>7s} {'cpu':>7s} {'a trial':>8s} | "
        f"{'published':>9s} {'best':>6s} | {'names':>6s} {'Cu':>6s} {'patch':>6s} | p"
    )
    for case in known(options.truth):
        if options.only in case.image.name:
            print(row(case, options), flush=True)


def row(case: Case, options: argparse.Namespace) -> str:
    """Analyse one image with both methods and print a row."""
    image, lattice = case.image, lattice_preset(case.lattice)
    if options.noise:
        rng = np.random.default_rng(options.seed)
        noise = rng.normal(0, options.noise * np.ptp(image.data), image.shape)
        image = Image(image.data + noise, image.pixel_size, image.name)
    atoms = search_atoms(image, lattice, AtomsSettings(seed=options.seed))
    found = {}
    for published in (False, True):
        make: Callable[..., AmorphousSettings] = as_published if published else AmorphousSettings
        settings = make(trials=options.trials, seed=options.seed)
        start = time.perf_counter()
        problem = AmorphousProblem(
            image,
            atoms.blobs[:, :2],
            lattice,
            atoms.preflight.measured,
            settings,
            region=atoms.preflight.region,
        )
        ready, used = time.perf_counter(), time.process_time()
        trials = list(Search(problem))
        taken = time.perf_counter() - ready, time.process_time() - used
        position = pick(trials)
        overlaps = [overlap(trial.mask, case.mask) for trial in trials]
        empty = np.zeros(image.shape, bool)
        chosen = overlap(empty, case.mask) if position is None else overlaps[position]
        one = statistics.median(trial.seconds for trial in trials)
        times = ready - start, *taken, one
        found[published] = chosen, max(overlaps), times
        if not published:
            names, copper, patch = named(problem, case)
            odds = problem.existence.p_value
    (full, best, times), (other, other_best, _) = found[False], found[True]
    return (
        f"{image.name:24s} {case.mask.mean():6.1%} | {full:6.3f} {best:6.3f} "
        f"{times[0]:6.2f}s {times[1]:6.2f}s {times[2]:6.2f}s {1000 * times[3]:6.1f}ms | "
        f"{other:9.3f} {other_best:6.3f} | "
        f"{names:6.1%} {copper:>6s} {patch:6.1%} | {odds:.3f}"
    )


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    """Return intersection over union; 1 if both masks are empty."""
    union = (mask | truth).sum()
    return float((mask & truth).sum() / union) if union else 1.0


def named(problem: AmorphousProblem, case: Case) -> tuple[float, str, float]:
    """Return shares of columns with the right element, kind of copper, and kind by patch."""
    truth = case.columns
    distance, nearest = cKDTree(truth["yx"]).query(problem.columns.yx)
    near = distance < TOLERANCE / case.image.require_pixel_size()
    asked = near & (truth["retention"][nearest] >= RETENTION)
    true, found = truth["species"][nearest][asked], problem.described.labels[asked]
    elements = [np.char.rstrip(names.astype(str), "0123456789") for names in (true, found)]
    copper = elements[0] == "Cu"
    same = f"{(true == found)[copper].mean():.1%}" if copper.any() else "-"
    by_patch = problem.described.mixture_labels[asked]
    return float((elements[0] == elements[1]).mean()), same, float((true == by_patch).mean())


def known(folder: Path | None) -> Iterator[Case]:
    """Yield images with their truth: those of a folder with a mask, or simulated ones."""
    if folder is None:
        yield from simulated()
        return
    from skimage.io import imread

    for path in sorted(folder.glob("*.npy")):
        name = path.name[:-4]
        truth = json.loads(path.with_name(name + ".json").read_text())
        picture = path.with_name(name + "_mask.png")
        if not picture.exists() and truth.get("damage"):
            continue
        pixels = np.load(path)
        mask = imread(picture) >= 128 if picture.exists() else np.zeros(pixels.shape, bool)
        columns = truth["columns"]
        yx = np.column_stack([columns["y"], columns["x"]])
        kept = np.array(columns.get("retention", np.ones(len(yx))))
        image = Image(pixels, truth["pixel_size_A"], name)
        known_columns = {"yx": yx, "species": np.array(columns["species"]), "retention": kept}
        if truth["structure"].startswith("YBCO") and "partial_field" not in name:
            yield Case(image, truth["structure"], mask, known_columns)


def simulated() -> Iterator[Case]:
    """Yield simulated images. None of them was used to choose a default."""
    wavy = ((2, 0.12, 0.7), (3, 0.1, 2.0), (5, 0.06, 4.0))
    melt = Pocket((210, 300), (20, 15), 25, 2.5, intensity=0.75, waves=wavy)
    part = Pocket((260, 230), (24, 20), -10, 2.5, depth=0.6, intensity=0.75, waves=wavy)
    copper = Pocket((250, 270), (22, 17), 20, stray=1.1, stray_of={"Ba": 0.3, "Y": 0.35})
    small = Pocket((200, 300), (8, 7), edge=2.5)
    cases: list[tuple[str, str, float, dict[str, float], tuple[Pocket, ...]]] = [
        ("molten", "YBCO[100]", 0.18, {"dose": 100}, (melt,)),
        ("molten, 15 counts", "YBCO[100]", 0.2, {"dose": 15}, (melt,)),
        ("molten, noise 0.2", "YBCO[100]", 0.18, {"noise": 0.2}, (melt,)),
        ("small", "YBCO[100]", 0.18, {"dose": 100}, (small,)),
        ("partial depth", "YBCO[100]", 0.18, {"dose": 100}, (part,)),
        ("copper only", "YBCO[100]", 0.18, {"dose": 140}, (copper,)),
        ("copper only, noise 0.2", "YBCO[100]", 0.18, {"noise": 0.2}, (copper,)),
        ("SrTiO3", "SrTiO3[001]", 0.13, {"dose": 90}, (melt,)),
        ("undamaged", "YBCO[100]", 0.18, {"dose": 100}, ()),
        ("undamaged, 15 counts", "YBCO[100]", 0.2, {"dose": 15}, ()),
        ("undamaged, noise 0.4", "YBCO[100]", 0.18, {"noise": 0.4}, ()),
        ("undamaged SrTiO3", "SrTiO3[001]", 0.13, {"dose": 90}, ()),
    ]
    for number, (name, lattice, size, noise, pockets) in enumerate(cases):
        made = simulate(
            lattice_preset(lattice),
            pixel_size=size,
            rotation=3.0 * number - 10,
            origin=(3.0, 7.0),
            pockets=pockets,
            seed=number,
            name=name,
            **noise,
        )
        truth = made.truth
        columns = {
            "yx": np.column_stack([truth["y"], truth["x"]]),
            "species": truth["species"],
            "retention": truth["retention"],
        }
        yield Case(made.image, lattice, made.mask, columns)


if __name__ == "__main__":
    main()
