"""One whole 'noise' job: the study, a log of it, its table and figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.noise.figures import save_noise_figure
from napari_reward_analysis.analyses.noise.run import NoiseLog, NoiseRun, save_noise
from napari_reward_analysis.analyses.noise.study import (
    ColumnFinder,
    NoiseSettings,
    Points,
    noise_study,
)
from napari_reward_analysis.analyses.oracle.find import find_columns
from napari_reward_analysis.analyses.oracle.network import load_model
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv

Progress = Callable[[int, str], None]


def run_noise_job(
    image: Image,
    lattice: Lattice | None,
    settings: NoiseSettings,
    folder: Path,
    *,
    region: BoolArray | None = None,
    oracle: ColumnFinder | None = None,
    known: Points | None = None,
    progress: Progress | None = None,
) -> NoiseRun:
    """Make a study with a log on disk; an interruption keeps what was found.

    Raises
    ------
    BadInput
        If the input does not fit together; the folder is then as it was.
    KeyboardInterrupt
        If it comes before the first result.
    """
    run = NoiseRun.of(image, lattice, settings, region)
    existed = folder.exists()
    log = NoiseLog(run, folder)
    try:
        for result in noise_study(image, lattice, settings, region, oracle=oracle, known=known):
            run.results.append(result)
            log.add(result)
            if progress is not None:
                progress(len(run.results), f"{result.method} at {result.level:g}")
        run.status = "done"
    except KeyboardInterrupt:
        run.status = "cancelled"
        if not run.results:
            _undo(log, folder, existed=existed)
            raise
    except BaseException:
        _undo(log, folder, existed=existed)
        raise
    save_noise(run, folder)
    log.close()
    return run


def network_oracle(model: Path | None = None) -> ColumnFinder:
    """A network as the oracle of a study.

    Parameters
    ----------
    model : Path, optional
        An ONNX file; without it the package's own network.

    Raises
    ------
    BadInput
        If the extra `oracle` or the file is missing, or the file is no such network.
    """
    network = load_model(model)
    return lambda noisy: find_columns(noisy, network).points


def write_noise(run: NoiseRun, folder: Path) -> dict[str, Any]:
    """Write `noise.json`, `noise.csv` and `noise.png`, each whole or not at all.

    Returns
    -------
    dict
        levels, methods with their mean counts (and F1 where positions are known) by level.
    """
    save_noise(run, folder)
    write_csv(folder / "noise.csv", run.table)
    save_noise_figure(run, folder / "noise.png")
    methods = list(dict.fromkeys(result.method for result in run.results))
    return {
        "levels": list(run.settings.levels),
        "n_results": len(run.results),
        "methods": {
            method: {
                name: [round(float(value), 5) for value in run.means(method, name)[:, 1]]
                for name in ("n", "qc", "er", "f1")
            }
            for method in methods
        },
    }


def _undo(log: NoiseLog, folder: Path, *, existed: bool) -> None:
    log.close()
    if not existed and not any(folder.iterdir()):
        folder.rmdir()
