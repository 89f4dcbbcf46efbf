"""The analysis "amorphous" as the dock needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.amorphous import run as runs
from napari_reward_analysis.analyses.amorphous.execute import write_regions
from napari_reward_analysis.analyses.amorphous.problem import AmorphousSettings
from napari_reward_analysis.runs.analysis import Analysis


class _Format:
    name, file = "amorphous", "run.json"

    def log(self, run: Any, folder: Path) -> Any:
        return runs.AmorphousLog(run, folder)

    def save(self, run: Any, folder: Path) -> Path:
        return runs.save_amorphous_run(run, folder)

    def load(self, path: Path) -> runs.AmorphousRun:
        return runs.load_amorphous_run(path)


def _begin(*_: Any) -> Any:
    raise NotImplementedError


def _write(run: Any, folder: Path, pick: Any, _image: Any) -> dict[str, Any]:
    return write_regions(run, folder, pick.choice, scaled=pick.scaled)


_FORMAT: Any = _Format()
AMORPHOUS: Analysis[Any] = Analysis(
    "amorphous", "Amorphous regions", "", AmorphousSettings, _FORMAT, _begin, _write
)
