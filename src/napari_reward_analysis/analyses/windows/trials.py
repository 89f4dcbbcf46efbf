"""Search each window of an image for its own LoG settings.

An image with changes of contrast, thickness or noise over the field has no single best
setting. The search in each window begins with the best settings of its neighbours
(Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146, Fig. 2A).
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np

from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.trial import pick
from napari_reward_analysis.analyses.windows.plan import Window
from napari_reward_analysis.analyses.windows.problem import WindowsProblem
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.optimize.samplers.surrogate import one_thread
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.search.in_turn import in_turn
from napari_reward_analysis.search.loop import Search


def run_windows(problem: WindowsProblem) -> Generator[WindowResult | None, None, None]:
    """Search the overlapping windows of an image, several at the same time.

    If the generator is closed, each search ends after its current trial.

    Parameters
    ----------
    problem : WindowsProblem
        Image, windows and settings.

    Yields
    ------
    WindowResult or None
        Finished windows, also those without a result. Their order depends on the threads, but
        their content does not. None is a pulse; see `in_turn`.
    """
    workers = problem.settings.workers or os.cpu_count() or 1
    results: dict[int, WindowResult] = {}
    over = Event()
    # Threads of the linear algebra would compete with the windows and change the last digits.
    # The limit is set before the first window, because each window restores the limit at its
    # end.
    with (
        warnings.catch_warnings(),
        one_thread(),
        ThreadPoolExecutor(workers, thread_name_prefix="window") as pool,
    ):
        # Each fit silences its own warnings, but threads undo this for each other.
        warnings.filterwarnings("ignore", module="sklearn")
        try:
            for wave in problem.plan.waves:
                known = dict(results)
                futures = [pool.submit(_search, problem, w, known, over) for w in wave]
                for result in in_turn(futures, over.set):
                    if result is not None:
                        results[result.window.index] = result
                    yield result
        finally:
            # Running windows end after their current trial. Other windows never begin.
            over.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _search(
    problem: WindowsProblem,
    window: Window,
    known: Mapping[int, WindowResult],
    over: Event,
) -> WindowResult | None:
    """Search one window with the results `known` of earlier waves.

    Return None if the search is cancelled.
    """
    if over.is_set():
        return None
    start = time.perf_counter()
    preflight = problem.preflight_of(window)
    if isinstance(preflight, str):
        return WindowResult(window, reason=preflight)
    part = AtomsProblem(
        preflight.image, problem.lattice, problem.atoms_in(preflight), preflight=preflight
    )
    teachers = _teachers(window, known, part.space.size)
    search, trials = Search(part, list(teachers.values())), []
    for trial in search:
        if over.is_set():
            return None
        trials.append(trial)
    best = pick(trials)
    if best is None:
        return WindowResult(
            window, reason="No setting found five columns in the window.", n_trials=len(trials)
        )
    chosen = trials[best]
    if problem.atoms.refine:
        chosen = refine_trial(part, chosen)
    return WindowResult(
        window=window,
        trial=chosen,
        physics=part.physics,
        n_trials=len(trials),
        learnt_from=tuple(teachers),
        point=search.points[best],
        seconds=time.perf_counter() - start,
        crystal=preflight.region,
    )


def _teachers(window: Window, known: Mapping[int, WindowResult], size: int) -> dict[int, UnitPoint]:
    """Return the best points of finished neighbours by window index, each point once.

    All windows have the same lattice and thus the same search space.
    """
    points: dict[int, UnitPoint] = {}
    for index in sorted(known):
        point = known[index].point
        if point is None or len(point) != size or not window.touches(known[index].window):
            continue
        if not any(np.array_equal(point, other) for other in points.values()):
            points[index] = point
    return points
