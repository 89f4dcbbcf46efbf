"""Search each window of an image with LoG settings of its own.

An image whose contrast, thickness or noise changes over the field has no single best
setting. Each window has a search that begins with the best settings of its neighbours
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

    Closing the generator ends all searches within one of their trials.

    Parameters
    ----------
    problem : WindowsProblem
        Image, windows and settings.

    Yields
    ------
    WindowResult or None
        Windows as they are done, also those that are left out. Their order depends on the
        threads, their content does not. None is a pulse, see `in_turn`.
    """
    workers = problem.settings.workers or os.cpu_count() or 1
    results: dict[int, WindowResult] = {}
    over = Event()
    # threads of the linear algebra would compete with the windows, and change last digits;
    # the limit is set before any window begins, since one that ends sets back what it found
    with (
        warnings.catch_warnings(),
        one_thread(),
        ThreadPoolExecutor(workers, thread_name_prefix="window") as pool,
    ):
        # each fit silences its own warnings, which threads undo for each other
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
            # windows under way end after the trial that they are at, others never begin
            over.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _search(
    problem: WindowsProblem,
    window: Window,
    known: Mapping[int, WindowResult],
    over: Event,
) -> WindowResult | None:
    """Search one window, in whatever thread; `known` are the windows of earlier waves.

    None where it is stopped before its end.
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
            window, reason="No setting found five columns in it.", n_trials=len(trials)
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
    """Best points of the neighbours that are done, by their windows, each point once.

    All windows have the same lattice, hence the same axes: a point means the same in each.
    """
    points: dict[int, UnitPoint] = {}
    for index in sorted(known):
        point = known[index].point
        if point is None or len(point) != size or not window.touches(known[index].window):
            continue
        if not any(np.array_equal(point, other) for other in points.values()):
            points[index] = point
    return points
