"""Run an analysis from its first trial to its saved file.

An interruption keeps what was found; a run that finds nothing leaves nothing behind.
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
#: Called with the number of trials so far, and the last one.
Progress = Callable[[int, Any], None]


def collect(task: Task[R], add: Callable[[Any], None] | None = None) -> R:
    """Fill a task's run in memory.

    Parameters
    ----------
    task : Task
        As of `Analysis.begin`.
    add : callable, optional
        Called with each trial, after it was added.

    Returns
    -------
    BaseRun
        Status 'done', or 'cancelled' after a KeyboardInterrupt.

    Raises
    ------
    BadInput
        If nothing was found.
    KeyboardInterrupt
        If it comes before there is anything to keep.
    """
    run = task.run
    try:
        # an interruption here, between two steps, ends the work under way too
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
    """Fill a task's run with a log on disk, and save it.

    Parameters
    ----------
    task : Task
        As of `Analysis.begin`.
    files : RunFormat
        As of `Analysis.format`.
    folder : Path
        Where log and run go; made when missing.
    progress : callable, optional
        Called after each trial.

    Returns
    -------
    BaseRun
        As of `collect`.

    Raises
    ------
    BadInput
        If nothing was found, or the folder cannot be written to; a folder that was made
        here is then gone again.
    KeyboardInterrupt
        If it comes before there is anything to keep.
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
            with suppress(OSError):  # somebody else may have put something there
                folder.rmdir()
        raise
    files.save(run, folder)
    log.close()
    return run
