"""Register the noise study as an analysis."""

from __future__ import annotations

from napari_reward_analysis.analyses.noise import HELP
from napari_reward_analysis.analyses.noise.output import noise_in_words, write_noise
from napari_reward_analysis.analyses.noise.problem import NoiseProblem
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT, NoiseRun
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.noise.trials import run_noise
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task, register_analysis


def begin_noise(inputs: Inputs, settings: NoiseSettings) -> Task[NoiseRun]:
    """Set up a noise study.

    Parameters
    ----------
    inputs : Inputs
        Image, lattice and region. `given` may hold the entries of `NoiseProblem.of`.
    settings : NoiseSettings
        Levels, noise, seeds and search.

    Raises
    ------
    BadInput
        If an oracle or known positions cannot be read or do not fit. Other inconsistent
        inputs are rejected at the first step.
    """
    problem = NoiseProblem.of(inputs, settings)
    return Task(run=NoiseRun.of(problem), steps=run_noise(problem), total=problem.total)


NOISE = Analysis(
    name="noise",
    title="Noise",
    help=HELP,
    settings=NoiseSettings,
    format=NOISE_FORMAT,
    begin=begin_noise,
    write=lambda run, folder, _pick, _image: write_noise(run, folder),
    describe=noise_in_words,
    remark=lambda result: f"{result.method} at {result.level:g}",
)

register_analysis(NOISE)
