"""Register the comparison with an oracle as an analysis."""

from __future__ import annotations

from napari_reward_analysis.analyses.oracle import HELP
from napari_reward_analysis.analyses.oracle.output import oracle_in_words, write_oracle
from napari_reward_analysis.analyses.oracle.problem import OracleProblem
from napari_reward_analysis.analyses.oracle.run import ORACLE_FORMAT, OracleRun
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.analyses.oracle.trials import run_comparison
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task, register_analysis


def begin_oracle(inputs: Inputs, settings: OracleSettings) -> Task[OracleRun]:
    """Set up a comparison with an oracle.

    Parameters
    ----------
    inputs : Inputs
        Image, lattice and region. `given` may hold the entries of `OracleProblem`.
    settings : OracleSettings
        Distance, threshold, pixel size and area.

    Raises
    ------
    BadInput
        If the inputs are inconsistent.
    """
    problem = OracleProblem(inputs, settings)
    run = OracleRun.of(problem)
    return Task(run=run, steps=run_comparison(problem, run), total=len(problem.judged))


ORACLE = Analysis(
    name="oracle",
    title="Oracle",
    help=HELP,
    settings=OracleSettings,
    format=ORACLE_FORMAT,
    begin=begin_oracle,
    write=lambda run, folder, _pick, image: write_oracle(run, folder, image),
    describe=oracle_in_words,
    remark=lambda judged: judged.name,
)

register_analysis(ORACLE)
