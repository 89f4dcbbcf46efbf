"""Compare sixty trials of five parameters with `skimage.feature.blob_log`.

    python benchmarks/trials_against_blob_log.py [IMAGE --pixel-size A --lattice NAME]

Without an image, one of 1024 x 1024 px is simulated. Both sides run in turn, in one process.
Two ratios are printed:

* trials: both sides get the same settings and only detect, including all preparation. Our
  trials are repeated from the start, and the median counts, since a busy machine delays short
  work more than long work;
* optimisation: LoG* is compared with the Gaussian-process optimiser of scikit-optimize (default
  settings, random augmented-Chebyshev weights) over `blob_log`. The times include the search.
  The hypervolume of each side is printed too.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from skimage.feature import blob_log
from skopt import Optimizer
from skopt.space import Integer, Real
from threadpoolctl import threadpool_limits

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    Image,
    Lattice,
    parse_lattice,
    read_image,
)
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.optimize.pareto import hypervolume
from napari_reward_analysis.rewards.atoms import neighbour_sums, score_atoms
from napari_reward_analysis.search.loop import Search

REFERENCE = (1.0, 1.0)
#: Number of repeats of our trials.
IN_BETWEEN = 4


def main() -> None:
    """Run both sides and print the table."""
    options = arguments()
    lattice = parse_lattice(options.lattice)
    image = load(options, lattice)
    print(f"{image.name}: {image.shape[0]} x {image.shape[1]} px, {options.trials} trials")

    start = time.perf_counter()
    # both sides use the whole field, since this comparison does not look for the crystal,
    # and the five parameters of the LoG, which blob_log has too, scored by QC and ER
    settings = AtomsSettings(
        trials=options.trials,
        seed=options.seed,
        area="field",
        stages=(),
        rewards=(),
        thresholds=options.thresholds,
    )
    problem = AtomsProblem(image, lattice, settings)
    trials = list(Search(problem))
    ours = time.perf_counter() - start
    search = sum(trial.search_seconds for trial in trials)
    volume = hypervolume([t.objectives for t in trials if t.feasible], REFERENCE)

    def detection() -> float:
        begin = time.perf_counter()
        fresh = AtomsProblem(image, lattice, settings)
        for trial in trials:
            fresh.evaluate(trial.index, trial.parameters)
        return time.perf_counter() - begin

    parameters = [trial.parameters for trial in trials]
    again, same, differing = same_settings(problem, parameters, detection)
    print(f"the same settings given to blob_log: blobs differ in {differing} of {len(trials)}")
    row("trials (detection)", statistics.median([ours - search, *again]), same)
    if not options.skip_optimiser:
        # many threads for small matrices would make scikit-optimize ten times slower
        with threadpool_limits(1):
            # their search treats the threshold like any other parameter
            searched = settings.model_copy(update={"thresholds": "searched"})
            five = AtomsProblem(image, lattice, searched)
            theirs, their_search, their_volume = published_style(five, options)
        row("whole optimisation", ours, theirs)
        print(f"  search only           ours {search:7.2f} s   theirs {their_search:7.2f} s")
        print(f"  hypervolume           ours {volume:7.4f}     theirs {their_volume:7.4f}")


def arguments() -> argparse.Namespace:
    """Parse the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path, nargs="?")
    parser.add_argument("--pixel-size", type=float)
    parser.add_argument("--lattice", default="YBCO[100]")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--size", type=int, default=1024, help="of the simulated image")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--thresholds", choices=("exact", "searched"), default="exact")
    parser.add_argument("--skip-optimiser", action="store_true", help="compare the trials only")
    return parser.parse_args()


def load(options: argparse.Namespace, lattice: Lattice) -> Image:
    """Load the given image, or simulate one."""
    if options.image:
        return read_image(options.image, pixel_size=options.pixel_size)
    size = (options.size, options.size)
    return simulate(lattice, size, 0.18, rotation=2, dose=100, seed=options.seed).image


def row(what: str, ours: float, theirs: float) -> None:
    """Print one row of the table."""
    print(f"{what:22s}  ours {ours:7.2f} s   theirs {theirs:7.2f} s   factor {theirs / ours:6.1f}")


def same_settings(
    problem: AtomsProblem, settings: list[dict[str, float]], detection: Callable[[], float]
) -> tuple[list[float], float, int]:
    """Return seconds of our trials and of blob_log, and the number of different results."""
    pixels = problem.image.normalised
    again, seconds, differing = [], 0.0, 0
    for index, parameters in enumerate(settings):
        if index % max(1, len(settings) // IN_BETWEEN) == 0:
            again.append(detection())
        start = time.perf_counter()
        theirs = plain_blobs(pixels, parameters)
        seconds += time.perf_counter() - start
        ours = problem.finder.find(**parameters)
        differing += as_set(ours) != as_set(theirs)
    return again, seconds, differing


def plain_blobs(pixels: np.ndarray, parameters: dict[str, float]) -> np.ndarray:
    """Call `blob_log` with a dictionary of parameters."""
    return blob_log(
        pixels,
        parameters["min_sigma"],
        parameters["max_sigma"],
        int(parameters["num_sigma"]),
        parameters["threshold"],
        parameters["overlap"],
    )


def as_set(blobs: np.ndarray) -> set[tuple[float, ...]]:
    """Return blobs as a set of rows: y, x, sigma."""
    return {(float(y), float(x), round(float(s), 4)) for y, x, s in blobs[:, :3]}


def published_style(
    problem: AtomsProblem, options: argparse.Namespace
) -> tuple[float, float, float]:
    """Optimise blob_log; return total seconds, search seconds and hypervolume."""
    rng = np.random.default_rng(options.seed)
    dimensions = [
        Integer(d.low, d.high, name=d.name)
        if d.scale == "integer"
        else Real(d.low, d.high, "log-uniform" if d.scale == "log" else "uniform", name=d.name)
        for d in problem.space.dimensions
    ]
    optimiser = Optimizer(dimensions, "GP", n_initial_points=12, random_state=options.seed)
    objectives: list[tuple[float, float]] = []
    begin, search = time.perf_counter(), 0.0
    for _ in range(options.trials):
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about repeated points and kernel bounds
            point = optimiser.ask()
        search += time.perf_counter() - start
        values = dict(zip((d.name for d in dimensions), map(float, point), strict=True))
        values["max_sigma"] = max(values["max_sigma"], values["min_sigma"])
        blobs = plain_blobs(problem.image.normalised, values)
        inside = problem.area[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        score = score_atoms(neighbour_sums(blobs[:, :2]), problem.physics, inside)
        pair = score.objectives if score.feasible else (1.0, 1.0)
        objectives.append(pair)
        start = time.perf_counter()
        weight = rng.random()
        weighted = np.array([weight, 1 - weight]) * np.minimum(pair, 1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optimiser.tell(point, float(weighted.max() + 0.05 * weighted.sum()))
        search += time.perf_counter() - start
    return time.perf_counter() - begin, search, hypervolume(objectives, REFERENCE)


if __name__ == "__main__":
    main()
