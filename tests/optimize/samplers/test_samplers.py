"""Tests of samplers: repeatable, inside the cube, and better than chance."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.pareto import hypervolume
from napari_reward_analysis.optimize.samplers import make_sampler, skopt
from napari_reward_analysis.optimize.samplers.acquisition import (
    expected_hypervolume_improvement,
    folded_shortfall,
    normal_shortfall,
)
from napari_reward_analysis.optimize.samplers.skopt import SkoptSampler
from napari_reward_analysis.optimize.samplers.surrogate import Surrogate
from napari_reward_analysis.optimize.space import Dimension, Space
from napari_reward_analysis.optimize.stopping import Stopper

NAMES = ("skopt", "tpe", "nsga2", "sobol", "random", "grid")
SEEDED = tuple(name for name in NAMES if name != "grid")
LEARNING = ("skopt", "tpe", "nsga2")


def cube(size):
    return Space(
        dimensions=tuple(Dimension(name=f"x{k}", low=0, high=1) for k in range(size)),
    )


#: Two of three filters have a parameter of their own; the best is a gauss of 2.
STAGES = Space(
    dimensions=(
        Dimension(name="filter", scale="category", choices=("none", "gauss", "median")),
        Dimension(name="sigma", low=0, high=3, active_if=("filter", ("gauss",))),
        Dimension(name="size", low=3, high=9, scale="integer", active_if=("filter", ("median",))),
        Dimension(name="threshold", low=0, high=1),
    )
)


def run(sampler, objective, trials):
    points, values = [], []
    for _ in range(trials):
        point = sampler.ask()
        result = objective(point)
        sampler.tell(point, result)
        points.append(point)
        values.append(result or (2.0, 2.0))
    return np.array(points), np.array(values)


def narrow(point):
    """Two conflicting valleys in three of five dimensions, as a noisy image has them."""
    x = np.asarray(point)
    base = 4 * ((x[0] - 0.8) ** 2 + (x[1] - 0.15) ** 2)
    return float(base + abs(x[2] - 0.3)), float(base + abs(x[2] - 0.4))


def filtered(point):
    values = STAGES.decode(point, {})
    off = {"none": 1.0, "gauss": 0.2 * abs(values.get("sigma", 0) - 2), "median": 0.7}
    base = off[values["filter"]]
    return base + abs(values["threshold"] - 0.3), base + abs(values["threshold"] - 0.5)


@pytest.mark.parametrize("name", SEEDED)
def test_the_same_seed_asks_the_same_points_inside_the_cube(name):
    first, _ = run(make_sampler(name, cube(5), 3), narrow, 30)
    again, _ = run(make_sampler(name, cube(5), 3), narrow, 30)
    other, _ = run(make_sampler(name, cube(5), 4), narrow, 30)

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ((first >= 0) & (first <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_failures_constant_objectives_and_one_dimension_are_survived(name):
    run(make_sampler(name, cube(2), 0), lambda point: None, 25)
    run(make_sampler(name, cube(2), 0), lambda p: (np.nan if p[0] < 0.5 else p[0], np.inf), 25)
    run(make_sampler(name, cube(1), 0), lambda point: (0.0, 0.0), 25)
    half, _ = run(
        make_sampler(name, cube(1), 0),
        lambda p: None if p[0] < 0.5 else (float(p[0]), 1.0),
        25,
    )
    assert len(half) == 25


@pytest.mark.parametrize("name", NAMES)
def test_choices_and_what_hangs_on_them_are_searched(name):
    points, _ = run(make_sampler(name, STAGES, 0, trials=40), filtered, 40)

    chosen = [STAGES.decode(point, {})["filter"] for point in points]
    assert set(chosen) == {"none", "gauss", "median"}
    assert ((points >= 0) & (points <= 1)).all()


@pytest.mark.parametrize("name", ["skopt", "tpe"])
def test_what_learns_settles_on_the_better_choice(name):
    points, _ = run(make_sampler(name, STAGES, 1), filtered, 50)

    late = [STAGES.decode(point, {})["filter"] for point in points[25:]]
    assert late.count("gauss") > len(late) / 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_objectives", [1, 2, 3, 5])
def test_any_number_of_objectives(name, n_objectives):
    def objectives(point):
        return tuple(float(abs(point[0] - k / 5) + point[1]) for k in range(n_objectives))

    points, _ = run(make_sampler(name, cube(2), 0, n_objectives), objectives, 25)

    assert len(points) == 25


@pytest.mark.parametrize("name", LEARNING)
def test_results_of_an_earlier_run_are_learnt_from(name):
    sampler = make_sampler(name, STAGES, 0)
    for point in np.random.default_rng(0).random((30, 4)):
        sampler.tell(point, filtered(point))

    points, _ = run(sampler, filtered, 5)

    assert len(points) == 5


@pytest.mark.parametrize("name", ["skopt", "tpe"])
def test_results_of_an_earlier_run_show_where_to_search(name):
    sampler = make_sampler(name, cube(2), 0)
    for point in np.random.default_rng(0).random((60, 2)):
        sampler.tell(point, tuple(np.abs(point - 0.15)))

    points, _ = run(sampler, lambda point: tuple(np.abs(point - 0.15)), 12)

    assert np.median(np.abs(points - 0.15)) < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_said(name, capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        run(make_sampler(name, cube(2), 0), lambda point: tuple(point), 25)

    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == ""


@pytest.mark.parametrize("name", ["tpe", "nsga2"])
def test_a_missing_optuna_is_told_with_its_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(BadInput, match=r'pip install "napari-reward-analysis\[optuna\]"'):
        make_sampler(name, cube(2), 0)


def test_the_model_beats_even_coverage_on_a_narrow_problem():
    volume = {
        name: np.mean(
            [
                hypervolume(run(make_sampler(name, cube(5), seed), narrow, 40)[1], (1.0, 1.0))
                for seed in range(3)
            ]
        )
        for name in ("skopt", "sobol", "random")
    }
    assert volume["skopt"] > volume["sobol"]
    assert volume["skopt"] > volume["random"]


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_scale_of_an_objective_does_not_matter(scale):
    plain, _ = run(make_sampler("skopt", cube(3), 0), lambda p: (p[0], abs(p[1] - p[0])), 30)
    scaled, _ = run(
        make_sampler("skopt", cube(3), 0), lambda p: (scale * p[0], abs(p[1] - p[0])), 30
    )
    np.testing.assert_allclose(plain, scaled, atol=1e-3)


def test_objectives_below_zero_are_searched_too():
    def below(point):
        return float(point[0] - 3), float(abs(point[1] - point[0]) - 1)

    volume = {
        name: hypervolume(run(make_sampler(name, cube(3), 0), below, 40)[1], (-2, 0))
        for name in ("skopt", "random")
    }
    assert volume["skopt"] > volume["random"]


@pytest.mark.parametrize(("lowest", "expected"), [(0.0, "folded"), (-0.5, "normal")])
def test_only_errors_are_expected_to_end_at_zero(lowest, expected, monkeypatch):
    used = []

    def spy(*args):
        used.append(args[-1])
        return expected_hypervolume_improvement(*args)

    monkeypatch.setattr(skopt, "expected_hypervolume_improvement", spy)
    run(SkoptSampler(cube(2), 0), lambda p: (p[0] + lowest, p[1] + lowest), 16)

    assert set(used) == {{"folded": folded_shortfall, "normal": normal_shortfall}[expected]}


def test_a_rare_disaster_does_not_blind_the_model():
    def rough(point):
        first, second = narrow(point)
        return (1e4, 1e4) if point[0] < 0.2 else (first, second)

    volume = {
        name: hypervolume(run(make_sampler(name, cube(5), 0), rough, 50)[1], (1, 1))
        for name in ("skopt", "sobol")
    }
    assert volume["skopt"] > volume["sobol"]


@pytest.mark.parametrize("acquisition", ["hypervolume", "parego"])
def test_three_objectives_are_covered_better_than_by_chance(acquisition):
    def three(point):
        centres = np.array([[0.2, 0.2, 0.5], [0.4, 0.2, 0.5], [0.3, 0.4, 0.5]])
        return tuple(((np.asarray(point)[:3] - centres) ** 2).sum(axis=1))

    ours = SkoptSampler(cube(4), 0, 3, acquisition=acquisition)
    chance = make_sampler("random", cube(4), 0, 3)
    reference = (0.2, 0.2, 0.2)

    learnt = hypervolume(run(ours, three, 40)[1], reference)
    assert learnt > hypervolume(run(chance, three, 40)[1], reference)


def test_no_point_is_asked_twice_while_there_are_others():
    space = Space(dimensions=(Dimension(name="n", low=0, high=29, scale="integer"),))
    points, _ = run(make_sampler("skopt", space, 0), lambda p: (p[0], 1 - p[0]), 30)

    learnt = points[12:, 0]  # the initial design may meet a value twice
    assert len(set(learnt)) == len(learnt)


@pytest.fixture
def fits(monkeypatch):
    """Number of points of each fit of a model, and whether its kernel was fitted too."""
    made, fit = [], Surrogate.fit

    def noted(self, features, values, *, kernel):
        made.append((len(values), kernel))
        fit(self, features, values, kernel=kernel)

    monkeypatch.setattr(Surrogate, "fit", noted)
    return made


def test_the_models_of_a_long_search_are_given_a_part_of_it_and_it_finds_more(fits):
    sampler = make_sampler("skopt", cube(5), 0)
    random = np.random.default_rng(0).random((2000, 5))
    told = [narrow(point) for point in random]
    for point, values in zip(random, told, strict=True):
        sampler.tell(point, values)
    _, values = run(sampler, narrow, 3)

    # the cost of a fit is the cube of its points
    assert {points for points, _ in fits} == {300}
    assert hypervolume([*told, *values], (1, 1)) > hypervolume(told, (1, 1))


def test_kernels_are_fitted_when_there_are_a_quarter_more_trials(fits):
    run(make_sampler("skopt", cube(5), 0), narrow, 60)

    # two objectives, a model each; between these the models take the new points alone
    assert [points for points, kernel in fits[::2] if kernel] == [12, 15, 19, 24, 30, 38, 48]
    assert [points for points, _ in fits[::2]] == list(range(12, 60))


def test_a_loop_over_categories_and_conditions_ends_by_patience():
    space = Space(
        dimensions=(
            Dimension(name="filter", scale="category", choices=("none", "gauss", "median")),
            Dimension(name="sigma", low=0.5, high=3, active_if=("filter", ("gauss",))),
            Dimension(name="threshold", low=1e-3, high=1, scale="log"),
        )
    )

    def judge(threshold, sigma=None, **chosen):
        off = abs(sigma - 2) if chosen["filter"] == "gauss" else 1.0
        return (off + abs(np.log10(threshold) + 1), off + abs(np.log10(threshold) + 1.5))

    sampler = make_sampler("skopt", space, seed=0, n_objectives=2)
    stopper = Stopper(patience=20, initial=sampler.initial)
    while not stopper.reason:
        point = sampler.ask()
        errors = judge(**space.decode(point, fixed={}))
        sampler.tell(point, errors)
        stopper.tell(errors)
    assert stopper.reason == "no gain in 20 trials"
