"""Benchmark the search against other search methods on simulated images.

Each method searches the same images with the same number of trials and several seeds. The
benchmark measures the time of the whole search, the hypervolume of |QC| and ER after 30, 60
and 100 trials (reference (1, 1)), and the F1 of the proposed trial against the simulated
columns. The search does not know these columns.
"""

from __future__ import annotations

import json
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits

from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import AtomTrial, pick
from napari_reward_analysis.crystal.lattice import Lattice, lattice_preset
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.optimize.pareto import hypervolume
from napari_reward_analysis.rewards.atoms import neighbour_sums, score_atoms
from napari_reward_analysis.search.loop import Search

PIXEL_SIZE, SIDE = 0.18, 256
#: Numbers of trials after which the hypervolume is reported.
STOPS = (30, 60, 100)
#: Largest distance of a correct column from a true one, and width of the border that is
#: ignored, both in angstrom.
NEAR, BORDER = 0.6, 2.0
_FIVE: dict[str, Any] = {"stages": (), "rewards": (), "thresholds": "searched"}
BLOB_LOG = "scikit-optimize over blob_log"

Points = npt.NDArray[np.float64]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """Results of one search method on one image, as means over the seeds.

    Attributes
    ----------
    image, way : str
        Names of the image and of the search method.
    seconds : float
        Time of a search with `STOPS[-1]` trials, including its setup.
    volumes : tuple of float
        Hypervolume after each number of trials in `STOPS`.
    f1 : float
        F1 of the trial that is proposed after 60 trials.
    """

    image: str
    way: str
    seconds: float
    volumes: tuple[float, ...]
    f1: float


def images(side: int = SIDE) -> Iterator[tuple[str, Image, Points]]:
    """Simulate one easy and several hard images, with their true columns, (y, x) in px."""
    lattice = lattice_preset("YBCO[100]")

    def made(**options: Any) -> tuple[Points, Points]:
        scene = simulate(lattice, (side, side), PIXEL_SIZE, rotation=3.0, **options)
        truth = np.column_stack([scene.truth["y"], scene.truth["x"]])
        return np.asarray(scene.image.data, float), truth

    easy, truth = made(dose=100.0, seed=1)
    yield "easy, 100 counts", Image(easy, PIXEL_SIZE, "easy"), truth
    noisy, truth = made(noise=0.6, seed=2)
    yield "noise 0.6", Image(noisy, PIXEL_SIZE, "noise"), truth
    steep, truth = made(noise=0.3, seed=3)
    across = np.linspace(0, 1, side)
    # Thickness and background both rise across the field.
    steep = steep * (0.4 + 0.6 * across) + 2 * np.ptp(steep) * across[::-1, None] ** 2
    yield "gradient, noise 0.3", Image(steep, PIXEL_SIZE, "gradient"), truth
    tilted, truth = made(noise=0.0, seed=4)
    # Off the zone axis, columns are blurred along the tilt.
    tilted = ndimage.gaussian_filter(tilted, (0.35 / PIXEL_SIZE, 0.05 / PIXEL_SIZE))
    tilted += np.random.default_rng(4).normal(0, 0.3 * np.ptp(tilted), tilted.shape)
    yield "mis-tilt, noise 0.3", Image(tilted, PIXEL_SIZE, "mis-tilt"), truth


def ways() -> dict[str, dict[str, Any] | None]:
    """Return the settings of each search method, or None for scikit-optimize with blob_log."""
    found: dict[str, dict[str, Any] | None] = {
        "as shipped": {},
        "LoG alone, exact thresholds": {"stages": (), "rewards": ()},
        "LoG alone, five parameters": _FIVE,
        "the same, Sobol points": {**_FIVE, "sampler": "sobol"},
        "the same, random points": {**_FIVE, "sampler": "random"},
    }
    if find_spec("optuna") is not None:
        found["the same, Optuna TPE"] = {**_FIVE, "sampler": "tpe"}
        found["the same, Optuna NSGA-II"] = {**_FIVE, "sampler": "nsga2"}
    found["as published"] = as_published().model_dump(exclude_defaults=True)
    found[BLOB_LOG] = None
    return found


def run_bench(seeds: int, *, say: Say, side: int = SIDE, trials: int = STOPS[-1]) -> list[Row]:
    """Run each search method on each image.

    Parameters
    ----------
    seeds : int
        Number of searches of each kind.
    say : callable
        Function that receives each line of output.
    side : int
        Side of the images in pixels.
    trials : int
        Number of trials of each search.
    """
    lattice, rows = lattice_preset("YBCO[100]"), []
    for label, image, truth in images(side):
        say(f"\n{label}, {side} x {side} px, {len(truth)} columns, {seeds} seeds")
        say(_HEAD)
        for way, options in ways().items():
            row = _measure(label, image, lattice, truth, way, options, seeds, trials)
            rows.append(row)
            say(_line(row))
    return rows


def write_bench(rows: list[Row], folder: Path) -> None:
    """Write `bench.md`, `bench.json` and `bench.png`.

    Raises
    ------
    BadInput
        If the files cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "bench.json", json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    write_text(folder / "bench.md", _markdown(rows))
    _plot(rows, folder / "bench.png")


def _measure(
    label: str,
    image: Image,
    lattice: Lattice,
    truth: Points,
    way: str,
    options: dict[str, Any] | None,
    seeds: int,
    trials: int,
) -> Row:
    seconds, volumes, scores = [], [], []
    for seed in range(seeds):
        start = time.perf_counter()
        if options is None:
            # Many threads on small matrices slow scikit-optimize down tenfold.
            with threadpool_limits(1):
                found = _over_blob_log(image, lattice, seed, trials)
        else:
            settings = AtomsSettings(trials=trials, seed=seed, **options)
            found = list(Search(AtomsProblem(image, lattice, settings)))
        seconds.append(time.perf_counter() - start)
        volumes.append([_volume(found[:stop]) for stop in STOPS])
        best = pick(found[:60])
        scores.append(0.0 if best is None else _f1(found[best], truth, image.shape))
    means = tuple(float(v) for v in np.mean(volumes, axis=0))
    return Row(label, way, statistics.mean(seconds), means, statistics.mean(scores))


def _volume(trials: list[AtomTrial]) -> float:
    return hypervolume([t.score.objectives for t in trials if t.feasible], (1.0, 1.0))


def _f1(trial: AtomTrial, truth: Points, shape: tuple[int, int]) -> float:
    """Compute the F1 of found against true columns, one to one, without the border."""
    found = trial.blobs[trial.shown, :2].astype(float)
    border = BORDER / PIXEL_SIZE
    limit = np.array(shape) - 1 - border
    distance, nearest = cKDTree(truth).query(found)
    _, back = cKDTree(found).query(truth)
    hit = (distance <= NEAR / PIXEL_SIZE) & (back[nearest] == np.arange(len(found)))
    judged, wanted = (((p >= border) & (p <= limit)).all(axis=1) for p in (found, truth))
    reached = np.isin(np.arange(len(truth)), nearest[hit])
    precision, recall = float(hit[judged].mean()), float(reached[wanted].mean())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _over_blob_log(image: Image, lattice: Lattice, seed: int, trials: int) -> list[AtomTrial]:
    """Search with the default optimiser of scikit-optimize, which filters for each trial."""
    from skimage import feature
    from skopt import Optimizer
    from skopt.space import Integer, Real

    problem = AtomsProblem(image, lattice, AtomsSettings(trials=trials, seed=seed, **_FIVE))
    dimensions = [
        Integer(d.low, d.high, name=d.name)
        if d.scale == "integer"
        else Real(d.low, d.high, "log-uniform" if d.scale == "log" else "uniform", name=d.name)
        for d in problem.space.dimensions
    ]
    blob_log: Any = feature.blob_log  # some versions have no type hints
    rng, found = np.random.default_rng(seed), []
    optimiser = Optimizer(dimensions, "GP", n_initial_points=12, random_state=seed)
    for index in range(trials):
        with warnings.catch_warnings():
            # Repeated points and kernel parameters at their bounds cause warnings.
            warnings.simplefilter("ignore")
            point = optimiser.ask()
        values = dict(zip((d.name for d in dimensions), map(float, point), strict=True))
        values["max_sigma"] = max(values["max_sigma"], values["min_sigma"])
        blobs = blob_log(image.normalised, **values | {"num_sigma": int(values["num_sigma"])})
        inside = problem.area[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        sums = neighbour_sums(blobs[:, :2])
        score = score_atoms(sums, problem.physics, inside)
        found.append(
            AtomTrial(index, dict(values), blobs, sums, inside, np.zeros_like(inside), score)
        )
        pair = np.minimum(score.objectives if score.feasible else (1.0, 1.0), 1.0)
        weight = rng.random()
        weighted = np.array([weight, 1 - weight]) * pair
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optimiser.tell(point, float(weighted.max() + 0.05 * weighted.sum()))
    return found


_HEAD = f"{'':32s}{'seconds':>9s}" + "".join(f"{f'1-HV {n}':>10s}" for n in STOPS) + f"{'F1':>9s}"


def _line(row: Row) -> str:
    volumes = "".join(f"{1 - volume:10.5f}" for volume in row.volumes)
    return f"{row.way:32s}{row.seconds:9.2f}{volumes}{row.f1:9.4f}"


def _markdown(rows: list[Row]) -> str:
    lines = [
        "# Comparison of search methods",
        "",
        "`napari-reward-analysis bench` made this page. *1-HV* is the part of the unit square of",
        "|QC| and ER that the front does not dominate after a number of trials. Smaller is better.",
        "*F1* is the agreement of the proposed trial with the simulated columns. *Seconds* is the",
        f"time of a search with {STOPS[-1]} trials.",
        f"Python {platform.python_version()}.",
    ]
    for image in dict.fromkeys(row.image for row in rows):
        stops = " | ".join(f"1-HV, {stop}" for stop in STOPS)
        lines += [
            "",
            f"## {image}",
            "",
            f"| way | seconds | {stops} | F1 |",
            "|---|---|---|---|---|---|",
        ]
        for row in (row for row in rows if row.image == image):
            volumes = " | ".join(f"{1 - volume:.5f}" for volume in row.volumes)
            lines.append(f"| {row.way} | {row.seconds:.2f} | {volumes} | {row.f1:.4f} |")
    return "\n".join(lines) + "\n"


def _plot(rows: list[Row], path: Path) -> None:
    from matplotlib.figure import Figure

    from napari_reward_analysis.io.atomic import atomic_path

    names = list(dict.fromkeys(row.image for row in rows))
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    panels = figure.subplots(2, -(-len(names) // 2), squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        for row in (row for row in rows if row.image == name):
            left = [max(1 - volume, 1e-5) for volume in row.volumes]
            axes.plot(STOPS, left, marker="o", markersize=3, label=row.way)
        axes.set_yscale("log")
        axes.set_title(name, fontsize="medium")
        axes.set_xlabel("trials")
        axes.set_ylabel("1 - hypervolume")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png", dpi=130)
