"""One whole 'windows' job: search, keep a log, write table and maps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_reward_analysis.analyses.windows.problem import WindowsProblem, run_windows
from napari_reward_analysis.analyses.windows.run import WindowsLog, WindowsRun, save_windows
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.atomic import atomic_path
from napari_reward_analysis.io.writers import write_csv

Progress = Callable[[int, str], None]


def run_windows_job(
    problem: WindowsProblem, folder: Path, *, progress: Progress | None = None
) -> WindowsRun:
    """Search all windows with a log on disk; an interruption keeps what was found.

    Raises
    ------
    BadInput
        If no window has a result; the folder is then as it was.
    KeyboardInterrupt
        If it comes before the first window with a result.
    """
    run = WindowsRun.of(problem)
    existed = folder.exists()
    log = WindowsLog(run, folder)
    try:
        _iterate(problem, run, log, progress)
        _require_result(run)
    except BaseException:
        log.close()
        if not existed and not any(folder.iterdir()):
            folder.rmdir()
        raise
    save_windows(run, folder)
    log.close()
    return run


def write_windows(run: WindowsRun, folder: Path) -> dict[str, Any]:
    """Write `windows.json`, `atoms.csv`, `maps.tif` and `maps.png`, each whole or not at all.

    Returns
    -------
    dict
        n_atoms, n_windows, n_left_out with reasons, grid, mean qc and er, notices.
    """
    from napari_reward_analysis.analyses.windows.figures import save_maps

    save_windows(run, folder)
    table, maps = run.table, run.maps
    write_csv(folder / "atoms.csv", table)
    stack = np.stack([maps[name] for name in maps]).astype(np.float32)
    with atomic_path(folder / "maps.tif") as draft:
        tifffile.imwrite(draft, stack, imagej=True, metadata={"axes": "ZYX", "Labels": list(maps)})
    save_maps(run, folder / "maps.png")
    return {
        "n_atoms": len(table["id"]),
        "n_windows": len(run.results),
        "n_left_out": len(run.left_out),
        "left_out": {r.window.index: r.reason for r in run.left_out},
        "grid": list(run.plan.grid),
        "qc": float(np.nanmean(maps["qc"])),
        "er": float(np.nanmean(maps["er"])),
        "n_trials": sum(result.n_trials for result in run.results),
        "pixel_size_A": run.image.pixel_size,
        "notices": run.notices,
    }


def _iterate(
    problem: WindowsProblem, run: WindowsRun, log: WindowsLog, progress: Progress | None
) -> None:
    try:
        for result in run_windows(problem):
            run.results.append(result)
            log.add(result)
            if progress is not None:
                progress(len(run.results), result.reason)
    except KeyboardInterrupt:
        if len(run.left_out) == len(run.results):
            raise
        run.status = "cancelled"
    else:
        run.status = "done"


def _require_result(run: WindowsRun) -> None:
    if len(run.left_out) < len(run.results):
        return
    reasons = [result.reason for result in run.left_out]
    common = max(sorted(set(reasons)), key=reasons.count)
    raise BadInput(
        f"No window has a result ({common.rstrip('.')}): check the lattice and the pixel size, "
        "or choose larger windows."
    )
