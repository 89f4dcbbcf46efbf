"""Sliding windows: each part of an image with the LoG settings that suit it.

An image whose contrast, thickness or noise changes over the field has no one best setting.
Here it is cut into overlapping windows, each with a search of its own that begins with the
best settings of its neighbours (Fig. 2A of the paper). `sliding_windows` is a generator:
to cancel is to stop iterating.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.analyses.atoms.trials import pick, preflight_for, search_from
from napari_reward_analysis.analyses.windows.plan import (
    MIN_CELLS,
    Window,
    plan_windows,
    side_in_px,
)
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.preflight import Preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.samplers.surrogate import one_thread
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.search.in_turn import in_turn

__all__ = ["WindowResult", "WindowsProblem", "WindowsSettings", "run_windows", "sliding_windows"]


class WindowsProblem:
    """An image with its windows, before any is searched.

    Parameters
    ----------
    image : Image
        The image, with a pixel size unless the settings take the lattice's.
    lattice : Lattice or None
        What the crystal predicts; it is needed, and None is refused.
    settings : WindowsSettings
        What the user chose.
    region : ndarray of bool, shape (H, W), optional
        The crystal, drawn by the user.

    Attributes
    ----------
    plan : Plan
        The windows.
    spacing_px : float
        Distance of the nearest columns.
    preflight : Preflight
        Of the whole image.

    Raises
    ------
    BadInput
        If image, lattice and settings do not fit together.
    """

    def __init__(
        self,
        image: Image,
        lattice: Lattice | None,
        settings: WindowsSettings,
        region: BoolArray | None = None,
    ) -> None:
        if lattice is None:
            raise BadInput("Windows are judged by what the crystal predicts: choose a lattice.")
        if settings.atoms.count is not None:
            raise BadInput(
                "A count of the whole image says nothing about its windows: leave the count "
                "out, the lattice gives each window its own."
            )
        self.settings, self.lattice, self.drawn = settings, lattice, region
        self.preflight = preflight_for(image, lattice, settings.atoms, region)
        self.image = self.preflight.image
        cell_px = self._cell_px()
        side = side_in_px(self.image, lattice, cell_px, settings.side)
        self.plan = plan_windows(image.shape, side, settings.overlap)
        self.spacing_px = lattice.spacing * cell_px / lattice.area**0.5
        self.smallest_crystal = MIN_CELLS * cell_px**2
        # each window has a preflight of its own, at the pixel size that is settled now
        self.atoms = settings.atoms.model_copy(update={"calibrate": "header"})

    def _cell_px(self) -> float:
        measured = self.preflight.measured
        if measured is not None and measured.found:
            return float(measured.cell_area_px**0.5)
        return float(self.lattice.area**0.5 / self.image.require_pixel_size())

    def preflight_of(self, window: Window) -> Preflight | str:
        """The window as it will be searched, or why it is left out.

        The crystal is looked for in the window itself, by its own contrast; where noise
        hides it there, the whole image may still show it.
        """
        try:
            part = replace(self.image, data=np.ascontiguousarray(self.image.data[window.slices]))
        except BadInput:
            return "It has no contrast."
        drawn = None if self.drawn is None else self.drawn[window.slices]
        if drawn is not None and np.count_nonzero(drawn) < self.smallest_crystal:
            return "It lies outside the drawn region."
        found = preflight_for(part, self.lattice, self.atoms, drawn)
        if self._whole_field(found) or (found.measured is not None and found.measured.found):
            crystal = found.region
        elif (whole := self.preflight.measured) is not None and whole.found:
            crystal = (
                None if self.preflight.region is None else self.preflight.region[window.slices]
            )
            found = Preflight(part, crystal, whole)
        else:
            return "No crystal is seen in it."
        if crystal is not None and np.count_nonzero(crystal) < self.smallest_crystal:
            return "Less than two cells of crystal are seen in it."
        return found

    def atoms_in(self, found: Preflight) -> AtomsSettings:
        """Settings of one window's search, with the error of its own N as the tolerance.

        A small window holds half a row of columns more or less along each side: to hit N
        more exactly would add columns that are none.
        """
        crystal = found.image.data.size if found.region is None else np.count_nonzero(found.region)
        error = min(0.5, 0.5 * self.spacing_px / float(crystal) ** 0.5)
        tolerance = max(self.atoms.tolerance, error)
        return self.atoms.model_copy(update={"tolerance": tolerance})

    def _whole_field(self, found: Preflight) -> bool:
        """Whether nothing was measured, because columns are expected everywhere."""
        settings: AtomsSettings = self.atoms
        return found.measured is None and settings.area == "field"


def sliding_windows(
    image: Image,
    lattice: Lattice | None,
    settings: WindowsSettings | None = None,
    region: BoolArray | None = None,
) -> Iterator[WindowResult]:
    """Search each of the overlapping windows of an image.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice
        What the crystal predicts.
    settings : WindowsSettings, optional
        Windows, and the search in each.
    region : ndarray of bool, shape (H, W), optional
        The crystal, where it does not fill the field.

    Yields
    ------
    WindowResult
        In the order of the plan's waves, also for windows that are left out.

    Raises
    ------
    BadInput
        Before the first window, if the input does not fit together.

    References
    ----------
    Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146, Fig. 2A.
    """
    yield from run_windows(WindowsProblem(image, lattice, settings or WindowsSettings(), region))


def run_windows(
    problem: WindowsProblem, *, stop: threading.Event | None = None
) -> Iterator[WindowResult]:
    """The searches themselves, for a problem that is already set up.

    Parameters
    ----------
    problem : WindowsProblem
        Image, windows and settings.
    stop : threading.Event, optional
        Set by another thread it ends all within a trial: windows under way are dropped,
        finished ones still come. A KeyboardInterrupt does the same, and is raised then.
    """
    workers = problem.settings.workers or os.cpu_count() or 1
    results: dict[int, WindowResult] = {}
    over = threading.Event()

    def stopped() -> bool:
        return over.is_set() or (stop is not None and stop.is_set())

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
                futures = [pool.submit(_search, problem, w, known, stopped) for w in wave]
                for result in in_turn(futures, over.set):
                    results[result.window.index] = result
                    yield result
                if stopped():
                    break
        finally:
            # windows under way end after the trial that they are at, others never begin
            over.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _search(
    problem: WindowsProblem,
    window: Window,
    known: Mapping[int, WindowResult],
    stopped: Callable[[], bool],
) -> WindowResult | None:
    """One window, in whatever thread; `known` are the windows of earlier waves.

    None where it is stopped before its end.
    """
    if stopped():
        return None
    start = time.perf_counter()
    preflight = problem.preflight_of(window)
    if isinstance(preflight, str):
        return WindowResult(window, reason=preflight)
    part = AtomsProblem(
        preflight.image, problem.lattice, problem.atoms_in(preflight), preflight=preflight
    )
    teachers = _teachers(window, known, part.space.size)
    trials: list[AtomTrial] = []
    points: list[UnitPoint] = []
    for trial, point in search_from(part, list(teachers.values())):
        if stopped():
            return None
        trials.append(trial)
        points.append(point)
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
        point=points[best],
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
