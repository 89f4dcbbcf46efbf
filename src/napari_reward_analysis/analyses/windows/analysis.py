"""Register sliding windows as an analysis."""

from __future__ import annotations

from napari_reward_analysis.analyses.windows import HELP
from napari_reward_analysis.analyses.windows.output import windows_in_words, write_windows
from napari_reward_analysis.analyses.windows.problem import WindowsProblem
from napari_reward_analysis.analyses.windows.run import WINDOWS_FORMAT, WindowsRun
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.analyses.windows.table import in_plan_order
from napari_reward_analysis.analyses.windows.trials import run_windows
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task, register_analysis


def begin_windows(inputs: Inputs, settings: WindowsSettings) -> Task[WindowsRun]:
    """Set up the windows of an image.

    Parameters
    ----------
    inputs : Inputs
        Image, lattice and region.
    settings : WindowsSettings
        Windows, and the search in each.

    Raises
    ------
    BadInput
        If image, lattice and settings are inconsistent.
    """
    problem = WindowsProblem(inputs.image, inputs.lattice, settings, inputs.region)
    return Task(
        run=WindowsRun.of(problem),
        steps=run_windows(problem),
        total=len(problem.plan.windows),
        finish=_finish,
    )


def _finish(run: WindowsRun) -> None:
    """Sort the windows, which finish in any order, and reject a run without a result."""
    run.trials[:] = in_plan_order(run.trials)
    if run.has_result():
        return
    reasons = [result.reason for result in run.left_out]
    common = max(sorted(set(reasons)), key=reasons.count)
    raise BadInput(
        f"No window has a result ({common.rstrip('.')}): check the lattice and the pixel size, "
        "or choose larger windows."
    )


WINDOWS = Analysis(
    name="windows",
    title="Sliding windows",
    help=HELP,
    settings=WindowsSettings,
    format=WINDOWS_FORMAT,
    begin=begin_windows,
    write=lambda run, folder, _pick, _image: write_windows(run, folder),
    describe=windows_in_words,
    remark=lambda result: result.reason,
)

register_analysis(WINDOWS)
