"""Compare samplers on easy and hard detection problems.

    python benchmarks/samplers.py [--truth FOLDER] [--seeds 2] [--only NAMES] [--plot FILE]

Every sampler searches the same five parameters of the same images with the same number of
trials. The score is the area of the unit square that the front does not dominate
(1 - hypervolume of |QC| and ER, reference (1, 1)). Smaller is better. Ratios of two scores
remain meaningful if both hypervolumes are nearly 1. The table shows geometric means over the
seeds, and the processor time of the sampler per trial. A last table shows the time of one ask
of "ours" after 100, 300 and 2000 trials.

Images are simulated. `--truth` adds a folder of NAME.npy and NAME.json with `pixel_size_A`
and `structure`; other values are not read. `--objectives 3` adds the share of blobs that miss
a neighbour (the neighbour sum is at least a third above DS). "skopt GP" is the Optimizer of
scikit-optimize with default settings and random augmented Chebyshev weights. Optuna and
BoTorch are compared if they are installed.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from skopt import Optimizer

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    BadInput,
    Image,
    Lattice,
    lattice_preset,
)
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.optimize.pareto import hypervolume
from napari_reward_analysis.optimize.samplers import Sampler, make_sampler
from napari_reward_analysis.optimize.samplers.skopt import SkoptSampler
from napari_reward_analysis.optimize.space import Dimension, Space, UnitPoint

#: If a neighbour sum is this many times DS, a column in between was missed.
TOO_FAR = 4 / 3
#: Points of the initial design, the same for all samplers that learn.
INITIAL = 12
#: The five parameters of the LoG, scored by QC and ER. None is set by the calibration.
FIVE = AtomsSettings(area="field", stages=(), rewards=(), thresholds="searched")
Maker = Callable[[Space, int, int], Sampler]


def main() -> None:
    """Print a table per image, and a table for all hard images."""
    options = arguments()
    samplers = available(options.only)
    results: dict[str, list[Result]] = {name: [] for name in samplers}
    hard = []
    for label, image, lattice, is_hard in images(options.truth, options.size):
        if options.images and not any(text in label for text in options.images):
            continue
        problem = AtomsProblem(image, lattice, FIVE)
        print(f"\n{label}: {image.shape[0]} x {image.shape[1]} px")
        header(options)
        for name, maker in samplers.items():
            result = measure(problem, maker, options)
            results[name].append(result)
            row(name, [result], options)
        hard.append(is_hard)
    print(f"\ngeometric mean of the {sum(hard)} hard images")
    header(options)
    for name, measured in results.items():
        row(name, [r for r, use in zip(measured, hard, strict=True) if use], options)
    if options.plot:
        plot(results, hard, options)
    asks_of_long_searches()


def arguments() -> argparse.Namespace:
    """Parse the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, help="folder of NAME.npy and NAME.json")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--at", type=int, nargs="+", default=[30, 60, 100])
    parser.add_argument("--objectives", type=int, choices=[2, 3], default=2)
    parser.add_argument("--size", type=int, default=384, help="of the simulated images")
    parser.add_argument("--images", nargs="+", metavar="TEXT", help="those whose label has it")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="samplers by their labels")
    parser.add_argument("--plot", type=Path, help="picture of the means over the hard images")
    options = parser.parse_args()
    options.at = [trial for trial in options.at if trial <= options.trials]
    return options


# ---- images


def images(folder: Path | None, size: int) -> Iterator[tuple[str, Image, Lattice, bool]]:
    """Yield label, image, crystal, and True for a hard image."""
    cases: list[tuple[str, float, float, dict[str, Any], dict[str, float]]] = [
        ("YBCO[100]", 0.18, 1.0, {"dose": 100.0}, {}),
        ("YBCO[100]", 0.18, 7.0, {"noise": 0.6}, {}),
        ("YBCO[100]", 0.18, 12.0, {"noise": 1.0}, {}),
        ("YBCO[100]", 0.18, 7.0, {}, {"noise": 0.15, "tilt": 2.5, "gradient": 1.5}),
        ("SrTiO3[001]", 0.15, 10.0, {}, {"noise": 0.3, "tilt": 2.5, "gradient": 1.5}),
        ("Si[110]", 0.12, 13.0, {}, {"noise": 0.3, "tilt": 2.5, "gradient": 1.5}),
    ]
    for number, (name, pixel_size, rotation, made, spoilt) in enumerate(cases):
        lattice = lattice_preset(name)
        image = simulate(
            lattice, (size, size), pixel_size, rotation=rotation, seed=number, **made
        ).image
        words = ", ".join(f"{key} {value:g}" for key, value in (made | spoilt).items())
        if spoilt:
            image = Image(spoil(image.data, seed=number, **spoilt), pixel_size, image.name)
        yield f"{name} {words}", image, lattice, "dose" not in made
    for path in sorted(folder.glob("*.npy")) if folder else ():
        about = json.loads(path.with_suffix(".json").read_text())
        image = Image(np.load(path), about["pixel_size_A"], path.stem)
        yield image.name, image, lattice_preset(about["structure"]), "noise" in path.stem


def spoil(
    pixels: np.ndarray, *, noise: float, tilt: float, gradient: float, seed: int
) -> np.ndarray:
    """Make a clean image hard.

    Columns are elongated along y (as by a mis-tilt, in pixels). The thickness falls to a
    third across the field. A background varies more than the columns are high. Noise is added.
    """
    drawn = gaussian_filter(pixels.astype(float), (tilt, 0.5))
    drawn = (drawn - drawn.min()) / np.ptp(drawn)
    y, x = np.meshgrid(*(np.linspace(0, 1, n) for n in pixels.shape), indexing="ij")
    background = gradient * y + gradient / 3 * np.sin(5 * x)
    random = np.random.default_rng(seed).normal(size=pixels.shape)
    return (drawn * (0.35 + 0.65 * x) + background + noise * random).astype(np.float32)


# ---- samplers


def available(only: list[str] | None) -> dict[str, Maker]:
    """Return the installed samplers, or the named ones among them."""
    makers: dict[str, Maker] = {
        "ours, EHVI": lambda *about: SkoptSampler(*about, acquisition="hypervolume"),
        "ours, ParEGO": lambda *about: SkoptSampler(*about, acquisition="parego"),
        "random": lambda *about: make_sampler("random", *about),
        "Sobol": lambda *about: make_sampler("sobol", *about),
        "Optuna TPE": lambda *about: make_sampler("tpe", *about),
        "Optuna NSGA-II": lambda *about: make_sampler("nsga2", *about),
        "skopt GP": SkoptDefault,
        "BoTorch": BoTorch,
    }
    found = {}
    for name, maker in makers.items():
        if only and name not in only:
            continue
        try:
            maker(Space(dimensions=(Dimension(name="x", low=0, high=1),)), 0, 2)
        except (BadInput, ImportError) as error:
            print(f"{name} is left out: {error}")
        else:
            found[name] = maker
    return found


class SkoptDefault:
    """The Optimizer of scikit-optimize with default settings and random Chebyshev weights."""

    initial = INITIAL

    def __init__(self, space: Space, seed: int, n_objectives: int) -> None:
        self._rng, self._worst = np.random.default_rng(seed), np.ones(n_objectives)
        self._optimizer = Optimizer(
            [(0.0, 1.0)] * space.size, "GP", n_initial_points=INITIAL, random_state=seed
        )

    def ask(self) -> UnitPoint:
        """Return the next point."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about repeated points and kernel bounds
            return np.array(self._optimizer.ask())

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Tell one number: the objectives with weights that are new each time."""
        values = self._worst if objectives is None else np.minimum(objectives, self._worst)
        weighted = self._rng.dirichlet(self._worst) * values
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._optimizer.tell(list(point), float(weighted.max() + 0.05 * weighted.sum()))


class BoTorch:
    """The qLogNEHVI of BoTorch with a SingleTaskGP per objective, as in its tutorial."""

    initial = INITIAL

    def __init__(self, space: Space, seed: int, n_objectives: int) -> None:
        import botorch
        import torch

        self._botorch, self._torch, self._size, self._seed = botorch, torch, space.size, seed
        self._sobol, self._worst = make_sampler("sobol", space, seed), np.ones(n_objectives)
        self._points: list[UnitPoint] = []
        self._values: list[np.ndarray] = []

    def ask(self) -> UnitPoint:
        """Return the next point."""
        if len(self._points) < INITIAL:
            return self._sobol.ask()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._maximise()

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Tell the objectives with opposite sign, since BoTorch maximises."""
        self._points.append(point)
        values = self._worst if objectives is None else np.minimum(objectives, self._worst)
        self._values.append(-values)

    def _maximise(self) -> UnitPoint:
        from botorch.acquisition.multi_objective.logei import (
            qLogNoisyExpectedHypervolumeImprovement,
        )
        from botorch.models import ModelListGP, SingleTaskGP
        from botorch.models.transforms import Standardize
        from botorch.optim import optimize_acqf
        from gpytorch.mlls import SumMarginalLogLikelihood

        torch = self._torch
        torch.manual_seed(self._seed + len(self._points))
        x, y = torch.tensor(np.array(self._points)), torch.tensor(np.array(self._values))
        model = ModelListGP(
            *(
                SingleTaskGP(x, y[:, k : k + 1], outcome_transform=Standardize(1))
                for k in range(y.shape[1])
            )
        )
        self._botorch.fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
        gain = qLogNoisyExpectedHypervolumeImprovement(
            model, ref_point=list(-self._worst), X_baseline=x, prune_baseline=True
        )
        bounds = torch.stack([torch.zeros(self._size), torch.ones(self._size)]).double()
        best, _ = optimize_acqf(gain, bounds, q=1, num_restarts=10, raw_samples=512)
        return best.detach().numpy()[0]


# ---- measuring


@dataclass
class Result:
    """The results of one sampler on one image."""

    #: log of the area that is left, shape (seeds, trials)
    left: list[list[float]] = field(default_factory=list)
    #: processor time of the sampler in one search
    seconds: float = 0.0


def measure(problem: AtomsProblem, maker: Maker, options: argparse.Namespace) -> Result:
    """Run one sampler with every seed."""
    result = Result()
    for seed in range(options.seeds):
        sampler, seen, left = maker(problem.space, seed, options.objectives), [], []
        for index in range(options.trials):
            start = time.process_time()
            point = sampler.ask()
            result.seconds += time.process_time() - start
            trial = problem.evaluate(index, problem.decode(point))
            values = objectives_of(problem, trial)[: options.objectives]
            if trial.feasible:
                seen.append(values)
            start = time.process_time()
            sampler.tell(point, values if trial.feasible else None)
            result.seconds += time.process_time() - start
            left.append(np.log(max(1 - hypervolume(seen, [1.0] * options.objectives), 1e-6)))
        result.left.append(left)
    result.seconds /= options.seeds
    return result


def asks_of_long_searches() -> None:
    """Print the time of one ask after many trials of a function of five numbers."""
    space = Space(
        dimensions=tuple(Dimension(name=f"x{k}", low=0, high=1) for k in range(5)),
    )
    print("\ntrials before   CPU ms/ask")
    for trials in (100, 300, 2000):
        sampler = make_sampler("skopt", space, 0, 2)
        for point in np.random.default_rng(0).random((trials, 5)):
            sampler.tell(point, (float(point[:3].sum()), float((1 - point[2:]).sum())))
        start = time.process_time()
        for _ in range(10):
            point = sampler.ask()
            sampler.tell(point, (float(point[:3].sum()), float((1 - point[2:]).sum())))
        print(f"{trials:13d} {100 * (time.process_time() - start):12.1f}", flush=True)


def objectives_of(problem: AtomsProblem, trial: AtomTrial) -> tuple[float, float, float]:
    """Return |QC|, ER, and the share of blobs that miss a neighbour."""
    far = np.count_nonzero(trial.neighbour_sums[trial.inside] > TOO_FAR * problem.physics.ds_px)
    return (*trial.objectives, far / problem.physics.expected)


def header(options: argparse.Namespace) -> None:
    """Return the titles of the columns."""
    columns = "".join(f"{'at ' + str(trial):>10s}" for trial in options.at)
    print(f"{'1 - hypervolume':16s}{columns}{'worst seed':>12s}{'CPU ms/trial':>14s}")


def row(name: str, results: list[Result], options: argparse.Namespace) -> None:
    """Return the row of a sampler: geometric means over images and seeds."""
    left = np.array([result.left for result in results])
    means = np.exp(left.mean(axis=(0, 1)))
    worst = np.exp(left[:, :, options.at[-1] - 1].max(axis=1).mean())
    cost = 1000 * np.mean([result.seconds for result in results]) / options.trials
    columns = "".join(f"{means[trial - 1]:10.4f}" for trial in options.at)
    print(f"{name:16s}{columns}{worst:12.4f}{cost:14.1f}", flush=True)


def plot(results: dict[str, list[Result]], hard: list[bool], options: argparse.Namespace) -> None:
    """Plot the undominated area against the number of trials, mean of the hard images."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, measured in results.items():
        left = np.array([r.left for r, use in zip(measured, hard, strict=True) if use])
        trials = np.arange(1, left.shape[-1] + 1)
        axes.plot(trials, np.exp(left.mean(axis=(0, 1))), label=name)
    axes.set(xlabel="trials", ylabel="1 - hypervolume, hard images", yscale="log")
    axes.set_xlim(5, options.trials)
    axes.legend(fontsize="small")
    figure.savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
