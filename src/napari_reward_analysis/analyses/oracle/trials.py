"""Compare positions and the trials of runs with an oracle."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from napari_reward_analysis.analyses.atoms.oracle_counts import agreement_of_trials
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.oracle.problem import OracleProblem
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.matching import points_within


def run_comparison(
    problem: OracleProblem, run: OracleRun
) -> Generator[TrialAgreement | None, None, None]:
    """Find the columns of the oracle, and compare positions and runs with them.

    Parameters
    ----------
    problem : OracleProblem
        Image, oracle and compared positions.
    run : OracleRun
        The run. It receives the oracle, the distance and the agreement before the first
        result.

    Yields
    ------
    TrialAgreement or None
        F1 of the trials of each run with columns of the oracle in its area. None is a pulse
        after each tile of a network and after each compared trial.

    Raises
    ------
    BadInput
        If the inputs are inconsistent.
    """
    everywhere = yield from problem.oracle()
    there = everywhere if problem.region is None else everywhere.within(problem.region)
    reach = problem.reach(there)
    found = None if reach is None else problem.found(everywhere, reach)
    run.oracle, run.reach = there, reach
    if found is not None:
        run.compare(found)
    if reach is None:
        return
    for judged in problem.judged:
        yield from _judge(judged, problem, everywhere, reach)


def _judge(
    run: Run, problem: OracleProblem, oracle: Oracle, reach: float
) -> Generator[TrialAgreement | None, None, None]:
    area = problem.area_of(run)
    if area is not None and not points_within(oracle.points, area).any():
        return
    values = np.empty(len(run.trials))
    for position, trial in enumerate(run.trials):
        values[position] = agreement_of_trials([trial], oracle.points, reach, area)[0]
        yield None
    yield TrialAgreement.of(run, values)
