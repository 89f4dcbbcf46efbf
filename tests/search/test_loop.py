"""Tests of the search loop with a parabola instead of an analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.notices import sentence
from napari_reward_analysis.optimize.samplers import make_sampler
from napari_reward_analysis.optimize.space import Dimension, Space
from napari_reward_analysis.search.loop import Search
from napari_reward_analysis.search.settings import SearchSettings


@dataclass(frozen=True)
class Trial:
    index: int
    objectives: tuple[float, ...]
    feasible: bool = True
    search_seconds: float = 0.0


class Parabola:
    """Two objectives with their best values at 0.2 and 0.6 of the only parameter."""

    n_objectives = 2

    def __init__(self, dimensions=1, first=0, at_a_point=1, fails=lambda index: False, **settings):
        self.settings = SearchSettings(**{"sampler": "sobol", **settings})
        names = [f"x{k}" for k in range(dimensions)]
        self.space = Space(dimensions=tuple(Dimension(name=n, low=0, high=1) for n in names))
        self.first, self.at_a_point, self.fails = first, at_a_point, fails
        self.asked, self.learnt = [], []

    def first_trials(self):
        return [self._trial(index, 0.5) for index in range(self.first)]

    def trials_at(self, index, point):
        self.asked.append(point)
        return [self._trial(index + k, float(point[0])) for k in range(self.at_a_point)]

    def told(self, trial):
        self.learnt.append(trial.index)
        return trial.objectives if trial.feasible else None

    def _trial(self, index, x):
        return Trial(index, ((x - 0.2) ** 2, (x - 0.6) ** 2), not self.fails(index))


@given(
    trials=st.integers(1, 12),
    first=st.integers(0, 3),
    at_a_point=st.integers(1, 3),
    starts=st.integers(0, 3),
)
def test_trials_are_numbered_and_never_more_than_asked_for(trials, first, at_a_point, starts):
    problem = Parabola(first=first, at_a_point=at_a_point, trials=trials)
    search = Search(problem, [np.array([0.1 * k]) for k in range(starts)])
    found = list(search)
    assert [trial.index for trial in found] == list(range(trials))
    assert len(search.points) == trials
    assert [point is None for point in search.points] == [k < first for k in range(trials)]
    assert search.notices == []


def test_nothing_is_asked_where_nothing_is_searched():
    problem = Parabola(dimensions=0, first=1, trials=5)
    search = Search(problem)
    assert [trial.index for trial in search] == [0]
    assert problem.asked == []
    assert search.notices == []


def test_a_grid_is_as_fine_as_the_number_of_trials_allows():
    problem = Parabola(dimensions=2, trials=16, sampler="grid")
    list(Search(problem))
    assert [len(np.unique(values)) for values in np.transpose(problem.asked)] == [4, 4]


def test_good_points_of_another_image_come_first():
    problem = Parabola(trials=4)
    start = [np.array([0.3]), np.array([0.4])]
    search = Search(problem, start)
    list(search)
    assert [float(point[0]) for point in search.points[:2]] == [0.3, 0.4]
    assert np.unique(search.points, axis=0).shape == (4, 1)


def test_patience_ends_the_search_with_a_notice():
    problem = Parabola(trials=1000, patience=5, sampler="random")
    search = Search(problem)
    found = list(search)
    assert 5 < len(found) < 1000
    assert search.notices[0].code == "ended_early"
    assert search.notices[0].values["trials"] == len(found)
    assert sentence(search.notices[0]).startswith(f"The search ended after {len(found)} trials: no")


def test_patience_counts_after_the_first_trials_and_the_initial_design():
    problem = Parabola(first=4, trials=1000, patience=3, sampler="random")
    initial = make_sampler("random", problem.space, 0).initial
    assert len(list(Search(problem))) >= 4 + initial + 3
    assert problem.learnt[:4] == [0, 1, 2, 3]


def test_time_that_is_spent_ends_the_search_after_one_point():
    problem = Parabola(trials=1000, seconds=1e-9, at_a_point=2)
    search = Search(problem)
    assert len(list(search)) == 2
    assert "time budget" in sentence(search.notices[0])


def test_the_time_of_the_first_trials_counts():
    problem = Parabola(first=1, trials=1000, seconds=1e-9)
    search = Search(problem)
    assert len(list(search)) == 1
    assert search.notices[0].values == {"trials": 1, "reason": "time budget of 1e-09 s spent"}


def test_failed_trials_are_trials_and_the_search_goes_on():
    problem = Parabola(trials=12, fails=lambda index: index % 3 == 0, sampler="skopt")
    found = list(Search(problem))
    assert [trial.feasible for trial in found[:4]] == [False, True, True, False]
    assert len(found) == 12


def test_a_search_in_which_all_fails_ends():
    problem = Parabola(trials=12, fails=lambda index: True, sampler="skopt")
    assert not any(trial.feasible for trial in Search(problem))


def test_ceasing_to_iterate_ends_the_search():
    problem = Parabola(trials=50)
    steps = iter(Search(problem))
    next(steps)
    steps.close()
    assert len(problem.asked) == 1
    assert list(steps) == []


def test_each_iteration_begins_anew():
    search = Search(Parabola(trials=6, seed=3, sampler="skopt"))
    first = [trial.objectives for trial in search]
    assert [trial.objectives for trial in search] == first
    assert len(search.points) == 6


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_repeats_a_search(seed):
    runs = [
        [trial.objectives for trial in Search(Parabola(trials=9, seed=seed, sampler="skopt"))]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != [t.objectives for t in Search(Parabola(trials=9, seed=7, sampler="skopt"))]


def test_the_time_of_the_sampler_belongs_to_the_first_trial_of_a_point():
    found = list(Search(Parabola(trials=4, at_a_point=2)))
    assert [trial.search_seconds > 0 for trial in found] == [True, False, True, False]
