"""A toy analysis: find the threshold at which a given share of the pixels is bright."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy import ndimage

from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.space import Dimension, Space, UnitPoint
from napari_reward_analysis.runs import head as heads
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Pick, Task
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.run import BaseRun
from napari_reward_analysis.search.loop import Search
from napari_reward_analysis.search.settings import SearchSettings, option


class ToySettings(SearchSettings):
    """The settings of the toy analysis."""

    share: float = option(
        0.1, title="Bright share", help="Part of the pixels that is to be bright.", gt=0, lt=1
    )


@dataclass(frozen=True)
class ToyTrial:
    """One threshold."""

    index: int
    threshold: float
    objectives: tuple[float, ...]
    search_seconds: float = 0.0

    feasible = True

    @property
    def parameters(self) -> dict[str, float]:
        """Return the searched parameters."""
        return {"threshold": self.threshold}


class ToyRun(BaseRun[ToyTrial]):
    """One search with the toy."""

    kind = "toy"


class ToyProblem:
    """An image and settings."""

    n_objectives = 2
    space = Space(dimensions=(Dimension(name="threshold", low=0.0, high=1.0),))

    def __init__(self, image: Image, settings: ToySettings) -> None:
        self.image, self.settings = image, settings

    def first_trials(self) -> Sequence[ToyTrial]:
        """Return no trials: every trial is proposed by the sampler."""
        return ()

    def trials_at(self, index: int, point: UnitPoint) -> Sequence[ToyTrial]:
        """The trial of one threshold."""
        threshold = float(point[0])
        bright = self.image.normalised > threshold
        parts = ndimage.label(bright)[1]
        mismatch = abs(float(bright.mean()) - self.settings.share)
        return [ToyTrial(index, threshold, (mismatch, parts / bright.size))]

    def told(self, trial: ToyTrial) -> tuple[float, ...]:
        """Both objectives."""
        return trial.objectives


def _begin(inputs: Inputs, settings: ToySettings) -> Task[ToyRun]:
    search = Search(ToyProblem(inputs.image, settings))
    image = heads.ImageReference.of(inputs.image)
    run = ToyRun(image=image, settings=settings, lattice=inputs.lattice, name=inputs.image.name)
    return Task(run, iter(search), settings.trials, lambda r: r.notices.extend(search.notices))


def _head(run: ToyRun) -> dict[str, Any]:
    return heads.head_of(run) | {"choice": run.choice}


def _read(head: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> ToyRun:
    trials = [ToyTrial(**{**one, "objectives": tuple(one["objectives"])}) for one in records]
    return ToyRun(**heads.fields_of(dict(head), ToySettings), trials=trials, choice=head["choice"])


def _write(run: ToyRun, folder: Path, pick: Pick, _image: Image | None) -> dict[str, Any]:
    position = int(pick.choice) if pick.choice.isdigit() else run.proposed()
    assert position is not None  # every trial is feasible
    with (folder / "toy.csv").open("w", newline="") as file:
        csv.writer(file).writerows([t.index, t.threshold, *t.objectives] for t in run.trials)
    trial = run.trials[position]
    return {"threshold": trial.threshold, "n_trials": len(run.trials), "pick": trial.index}


TOY = Analysis(
    "toy",
    "Toy",
    "Find the threshold at which a share of the pixels is bright.",
    ToySettings,
    RunFormat("toy", "toy.json", _head, asdict, _read, heads.front_record),
    _begin,
    _write,
)
