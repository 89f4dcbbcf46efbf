"""The run of a search for atomic columns, and its file."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_reward_analysis.analyses.atoms.domain_map import DomainMap
from napari_reward_analysis.analyses.atoms.overlay import overlay_figure
from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.site_records import sites_from_json, sites_to_json
from napari_reward_analysis.analyses.atoms.table import atoms_table, vacancy_table
from napari_reward_analysis.analyses.atoms.trial import AtomTrial, front_of, pick
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.evidence.site_table import SiteTable
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.rewards.atoms import Physics, score_atoms
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    FORMAT,
    ImageReference,
    Status,
    checked,
    fields_of,
    front_record,
    head_of,
    index_at,
    position_of,
    versions_now,
)
from napari_reward_analysis.runs.journal import LOG_FILE, RUN_FILE, Record
from napari_reward_analysis.runs.packed import pack, unpack, unpack_bits
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from napari_reward_analysis.image import Image

__all__ = [
    "ATOMS_FORMAT",
    "FORMAT",
    "LOG_FILE",
    "RUN_FILE",
    "AtomsRun",
    "ImageReference",
    "Run",
    "Status",
    "load_run",
    "save_run",
    "trial_from_json",
    "trial_to_json",
    "versions_now",
]


@dataclass(kw_only=True, eq=False, repr=False)
class AtomsRun(BaseRun[AtomTrial]):
    """One search for atomic columns in one image. `BaseRun` has further attributes.

    Attributes
    ----------
    settings : AtomsSettings
        Settings of the search.
    physics : Physics
        Current N and DS for the scores of the trials.
    region : ndarray of bool, shape (H, W), or None
        The analysed pixels, or None for the whole field.
    drawn : bool
        True if the user drew the region, False if it was measured in the image.
    measured : dict or None
        The lattice as measured in the image, from `MeasuredLattice.facts`.
    oracles : dict
        Counts of other oracles by name. Each oracle has its own front of the same trials.
    others : tuple of Lattice
        Further crystals that were looked for.
    domains : DomainMap or None
        The domains of the field; None if no crystal was looked for or seen.
    sites : SiteTable or None
        The sites of the domains, with the evidence of the image for a column on each.
    """

    kind: ClassVar[str] = "atoms"

    settings: AtomsSettings
    physics: Physics
    region: BoolArray | None = None
    drawn: bool = False
    measured: dict[str, Any] | None = None
    oracles: dict[str, float] = field(default_factory=dict)
    others: tuple[Lattice, ...] = ()
    domains: DomainMap | None = None
    sites: SiteTable | None = None

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto front in `trials`, sorted by |QC|."""
        return front_of(self.trials)

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Return the position of the trial nearest to the ideal point, or None without one."""
        return pick(self.trials, metric, scaled=scaled)

    def has_result(self) -> bool:
        """Return True if a trial is feasible, or the image shows no column."""
        return self.found_nothing or any(trial.feasible for trial in self.trials)

    @property
    def found_nothing(self) -> bool:
        """True if the run is finished and the image shows no column."""
        return any(notice.code == NOTHING for notice in self.notices)

    def rescore(self, physics: Physics) -> None:
        """Compute the scores of all trials with another N or DS."""
        self.physics = physics
        self.trials = [trial.rescored(physics) for trial in self.trials]

    def atoms(self) -> pd.DataFrame:
        """Return the columns of the best trial, as in `atoms.csv`; see `atoms_table`.

        The table is empty if the image shows no column.
        """
        import pandas as pd

        trial = self._written()
        return pd.DataFrame(atoms_table(trial, self.physics, self.image.pixel_size, self.sites))

    def vacancies(self) -> pd.DataFrame:
        """Return the sites without a column, as in `vacancies.csv`; see `vacancy_table`."""
        import pandas as pd

        return pd.DataFrame(vacancy_table(self, self._written()))

    def plot_front(self) -> Figure:
        """Plot all trials and the Pareto front; see `front_figure`."""
        from napari_reward_analysis.analyses.atoms.figures import front_figure

        return front_figure(self)

    def plot_overlay(self, image: Image | None = None) -> Figure:
        """Plot the columns of the best trial on the image; see `overlay_figure`.

        Parameters
        ----------
        image : Image, optional
            The image of the run. It is needed if it is neither in memory nor in its file.

        Raises
        ------
        BadInput
            If the image is not available.
        """
        shown, trial = self.need_image(image), self._written()
        return overlay_figure(shown, trial, self.physics, vacancy_table(self, trial))

    def _written(self) -> AtomTrial | None:
        """Return the best trial, with sub-pixel positions if the settings ask for them."""
        position = self.proposed() if self.choice is None else self.choice
        if position is None:
            return None
        image = self.find_image() if self.settings.refine else None
        if image is not None:
            self.trials[position] = refine_trial(image, self.trials[position])
        return self.trials[position]

    @property
    def seconds(self) -> float:
        """Time of all trials and of the sampler, in seconds."""
        return sum(trial.seconds + trial.search_seconds for trial in self.trials)


#: Code of the notice that the image shows no column.
NOTHING = "nothing_supported"

#: Short name of the most common kind of run.
Run = AtomsRun


def save_run(run: AtomsRun, folder: str | Path) -> Path:
    """Write `run.json` into a folder. A failed write leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    return ATOMS_FORMAT.save(run, folder)


def load_run(path: str | Path) -> AtomsRun:
    """Load a run from its folder, its `run.json`, or the log of an interrupted run.

    Raises
    ------
    BadInput
        If there is no run, or the file is damaged or of a newer version.
    """
    return ATOMS_FORMAT.load(path)


@dataclass(frozen=True)
class _Head:
    """Entries of the head that only this kind of run has, as plain values."""

    physics: Physics
    region: str | None
    drawn: bool
    measured: dict[str, Any] | None
    oracles: dict[str, float]
    choice: int | None
    others: tuple[Lattice, ...] = ()
    domains: dict[str, Any] | None = None
    sites: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Record:
    """A trial as plain values, with packed arrays.

    Runs of earlier versions lack the extra rewards and all later entries.
    """

    index: int
    parameters: dict[str, float | str]
    blobs: str
    sums: str
    inside: str
    margin: float
    seconds: float
    search_seconds: float
    failure: str
    further: dict[str, float] = field(default_factory=dict)
    beside: str | None = None
    refined: str | None = None
    n_unsupported: int = 0
    false_rate: float | None = None
    extra: str | None = None


def _head(run: AtomsRun) -> Record:
    return head_of(run) | {
        "physics": asdict(run.physics),
        "region": None if run.region is None else pack(np.packbits(run.region)),
        "drawn": run.drawn,
        "measured": run.measured,
        "oracles": run.oracles,
        "choice": index_at(run.trials, run.choice),
        "others": [lattice.model_dump() for lattice in run.others],
        "domains": None if run.domains is None else run.domains.to_json(),
        "sites": None if run.sites is None else sites_to_json(run.sites),
    }


def trial_to_json(trial: AtomTrial) -> Record:
    """Convert a trial to plain values, with packed arrays."""
    return {
        "index": trial.index,
        "parameters": trial.parameters,
        "n": trial.score.count,
        "qc": trial.score.qc,
        "er": trial.score.er,
        "further": trial.extra_rewards,
        "feasible": trial.feasible,
        "margin": trial.margin,
        "seconds": trial.seconds,
        "search_seconds": trial.search_seconds,
        "failure": trial.failure,
        "blobs": pack(trial.blobs.astype("<f4")),
        "sums": pack(trial.neighbour_sums.astype("<f4")),
        "inside": pack(np.packbits(trial.inside)),
        "beside": pack(np.packbits(trial.outside)),
        "refined": _pack_refined(trial.refined),
        "n_unsupported": trial.n_unsupported,
        "false_rate": None if math.isnan(trial.false_rate) else trial.false_rate,
        "extra": pack(trial.extra.astype("<f4")) if len(trial.extra) else None,
    }


def _from_json(head: Record, records: list[Record]) -> AtomsRun:
    own: _Head = checked(_Head, head)
    if not (own.physics.expected > 0 and own.physics.ds_px > 0):
        raise ValueError("N or DS")
    common = fields_of(head, AtomsSettings)
    trials = [trial_from_json(record, own.physics) for record in records]
    shape = common["image"].shape
    return AtomsRun(
        **common,
        physics=own.physics,
        trials=trials,
        region=None if own.region is None else unpack_bits(own.region, shape),
        drawn=own.drawn,
        measured=own.measured,
        oracles=own.oracles,
        others=own.others,
        domains=None if own.domains is None else DomainMap.from_json(own.domains, shape),
        sites=None if own.sites is None else sites_from_json(own.sites),
        choice=position_of(trials, own.choice),
    )


def trial_from_json(record: Record, physics: Physics) -> AtomTrial:
    """Convert the values of `trial_to_json` to a trial, with scores from N and DS.

    Raises
    ------
    ValueError
        If an entry is missing or damaged.
    """
    saved: _Record = checked(_Record, record)
    sums = unpack(saved.sums, "<f4")
    inside = unpack_bits(saved.inside, sums.shape)
    blobs = unpack(saved.blobs, "<f4").reshape(-1, 4)
    refined = _unpack_refined(saved.refined)
    if len(blobs) != len(sums) or (refined is not None and len(refined.points) != len(sums)):
        raise ValueError("numbers of blobs and neighbour sums differ")
    outside = np.zeros(sums.shape, bool)
    return AtomTrial(
        index=saved.index,
        parameters=saved.parameters,
        blobs=blobs,
        neighbour_sums=sums,
        inside=inside,
        outside=outside if saved.beside is None else unpack_bits(saved.beside, sums.shape),
        score=score_atoms(sums, physics, inside),
        extra_rewards=saved.further,
        margin=saved.margin,
        seconds=saved.seconds,
        search_seconds=saved.search_seconds,
        failure=saved.failure,
        refined=refined,
        n_unsupported=saved.n_unsupported,
        false_rate=math.nan if saved.false_rate is None else saved.false_rate,
        extra=unpack(saved.extra or pack(np.empty(0, "<f4")), "<f4").reshape(-1, 4),
    )


def _pack_refined(refined: Refined | None) -> str | None:
    """Pack the columns y, x and uncertainty."""
    return None if refined is None else pack(np.column_stack(refined).astype("<f4"))


def _unpack_refined(text: str | None) -> Refined | None:
    if text is None:
        return None
    table = unpack(text, "<f4").reshape(-1, 3)
    return Refined(table[:, :2], table[:, 2])


ATOMS_FORMAT = RunFormat(AtomsRun.kind, RUN_FILE, _head, trial_to_json, _from_json, front_record)
