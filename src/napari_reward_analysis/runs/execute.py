"""Run an analysis from its first trial to its saved file.

An interruption keeps the finished trials. A run that finds nothing leaves no files.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from napari_reward_analysis.runs.analysis import Task
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.run import BaseRun
from napari_reward_analysis.search.pulses import without_pulses

R = TypeVar("R", bound=BaseRun[Any])
#: Called with the number of trials so far and the last trial.
Progress = Callable[[int, Any], None]


def collect(task: Task[R], add: Callable[[Any], None] | None = None) -> R:
    """Run a task in memory.

    Parameters
    ----------
    task : Task
        The task that `Analysis.begin` returned.
    add : callable, optional
        Called with each trial after it was added to the run.

    Returns
    -------
    BaseRun
        The run. Its status is 'done', or 'cancelled' after a KeyboardInterrupt.

    Raises
    ------
    BadInput
        If nothing was found.
    KeyboardInterrupt
        If the user interrupts before there is a result to keep.
    """
    run = task.run
    try:
        # an interruption between two steps must also end the work in progress
        with closing(task.steps):
            for trial in without_pulses(task.steps):
                run.trials.append(trial)
                if add is not None:
                    add(trial)
    except KeyboardInterrupt:
        if not run.has_result():
            raise
        run.status = "cancelled"
    else:
        task.finish(run)
        run.status = "done"
    return run


def execute(
    task: Task[R], files: RunFormat[R], folder: Path, progress: Progress | None = None
) -> R:
    """Run a task with a log on disk, and save the run.

    Parameters
    ----------
    task : Task
        The task that `Analysis.begin` returned.
    files : RunFormat
        The `format` of the analysis.
    folder : Path
        Folder of log and run. It is made if missing.
    progress : callable, optional
        Called after each trial.

    Returns
    -------
    BaseRun
        The run, as `collect` returns it.

    Raises
    ------
    BadInput
        If nothing was found, or the folder cannot be written to. A folder that was made
        here is removed again.
    KeyboardInterrupt
        If the user interrupts before there is a result to keep.
    """
    existed = folder.exists()
    log = files.log(task.run, folder)

    def add(trial: Any) -> None:
        log.add(trial)
        if progress is not None:
            progress(len(task.run.trials), trial)

    try:
        run = collect(task, add)
    except BaseException:
        log.close()
        if not existed:
            with suppress(OSError):  # another program may have written files there
                folder.rmdir()
        raise
    files.save(run, folder)
    log.close()
    return run
