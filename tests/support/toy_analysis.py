"""An analysis of a user's own: the pixels above a level, counted at several levels."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.notices import Notice, register_wording
from napari_reward_analysis.runs.analysis import Analysis, Task, register_analysis
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import ImageReference, fields_of, head_of
from napari_reward_analysis.runs.run import BaseRun
from napari_reward_analysis.search.settings import SearchSettings, option


class BrightSettings(SearchSettings):
    """Levels that are tried."""

    highest: float = option(
        0.9, title="Highest level", help="Highest level that is tried.", gt=0, lt=1
    )


@dataclass(frozen=True)
class BrightTrial:
    """The part of the pixels above one level, and how far it is from a half."""

    index: int
    level: float
    part: float
    feasible: bool = True

    @property
    def objectives(self):
        """One objective."""
        return (abs(self.part - 0.5),)


class BrightRun(BaseRun[BrightTrial]):
    """Bright pixels of one image."""

    kind = "bright"


def _steps(image, settings):
    for index in range(settings.trials):
        level = settings.highest * (index + 1) / settings.trials
        yield BrightTrial(index, level, float((image.normalised > level).mean()))


def _finish(run):
    if not any(trial.part for trial in run.trials):
        raise BadInput("No pixel is brighter than the lowest level: choose a lower one.")
    run.notices.append(Notice("few_levels", {"n": len(run.trials)}))


def _begin(inputs, settings):
    run = BrightRun(
        image=ImageReference.of(inputs.image), settings=settings, lattice=inputs.lattice
    )
    return Task(run, _steps(inputs.image, settings), settings.trials, _finish)


def _read(head, records):
    common = fields_of(head, BrightSettings)
    return BrightRun(**common, trials=[BrightTrial(**record) for record in records])


def _write(run, folder, pick, _image):
    position = run.proposed() if not pick.choice.isdigit() else int(pick.choice)
    trial = run.trials[position]
    np.savetxt(folder / "bright.csv", [[t.level, t.part] for t in run.trials], delimiter=",")
    return {"level": trial.level, "part": trial.part, "pick": trial.index}


BRIGHT = Analysis(
    name="bright",
    title="Bright pixels",
    help="Count bright pixels.",
    settings=BrightSettings,
    format=RunFormat("bright", "bright.json", head_of, asdict, _read),
    begin=_begin,
    write=_write,
    describe=lambda found: f"{found['part']:.0%} of the pixels are above {found['level']:g}",
    remark=lambda trial: f"{trial.part:.2f}",
)

register_wording("few_levels", "Only {n} levels were tried.")
register_analysis(BRIGHT)
