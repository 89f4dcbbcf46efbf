"""Register the search for atomic columns as an analysis."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from napari_reward_analysis.analyses.atoms import HELP
from napari_reward_analysis.analyses.atoms.domain_map import DomainMap
from napari_reward_analysis.analyses.atoms.evidence_notices import evidence_notices
from napari_reward_analysis.analyses.atoms.output import atoms_in_words, write_atoms
from napari_reward_analysis.analyses.atoms.own_cell import OwnCell, own_cell
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import ATOMS_FORMAT, NOTHING, AtomsRun
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import require_feasible
from napari_reward_analysis.calibration.notices import no_cell_in_image
from napari_reward_analysis.calibration.preflight import measured_facts
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task, register_analysis
from napari_reward_analysis.runs.head import ImageReference
from napari_reward_analysis.search.loop import Search


def begin_atoms(inputs: Inputs, settings: AtomsSettings) -> Task[AtomsRun]:
    """Set up a search for columns.

    Parameters
    ----------
    inputs : Inputs
        Image, lattices and region. `given` may hold `preflight`, the `Preflight` of the same
        image, and `oracles`, counts of other oracles by name. Each oracle gets its own
        front. Without a lattice and a count, the first oracle gives N. Without an oracle as
        well, the crystal is taken from the image itself.
    settings : AtomsSettings
        Search and rewards.

    Raises
    ------
    BadInput
        If the inputs are inconsistent.
    """
    oracles = dict(inputs.given.get("oracles") or {})
    if settings.count is None and inputs.lattice is None and oracles:
        settings = settings.model_copy(update={"count": next(iter(oracles.values()))})
    if _nothing_given(inputs, settings):
        own = own_cell(inputs.image)
        if own is None:
            return _nothing_seen(inputs, settings)
        return _begin(inputs, settings, {}, own)
    return _begin(inputs, settings, oracles, None)


def _nothing_given(inputs: Inputs, settings: AtomsSettings) -> bool:
    """True if the image is the only input."""
    known = inputs.lattice is not None or settings.count is not None
    return settings.supported and settings.calibrate == "header" and not known


def _nothing_seen(inputs: Inputs, settings: AtomsSettings) -> Task[AtomsRun]:
    """Return a task without steps: the image shows no lattice, and nothing else is known."""
    run = AtomsRun(
        image=ImageReference.of(inputs.image),
        settings=settings,
        # no column is expected; a run needs positive numbers to score trials
        physics=Physics(1.0, 1.0),
        notices=[no_cell_in_image(), Notice(NOTHING)],
        name=f"{inputs.image.name} atoms",
    )
    return Task(run=run, steps=_no_steps(), total=1)


def _no_steps() -> Generator[None, None, None]:
    yield from ()


def _begin(
    inputs: Inputs, settings: AtomsSettings, oracles: dict[str, float], own: OwnCell | None
) -> Task[AtomsRun]:
    preflight = inputs.given.get("preflight") if own is None else None
    image = inputs.image if own is None else own.image
    lattices = (inputs.lattice, *inputs.others) if own is None else own.lattices
    problem = AtomsProblem(
        image, lattices[0], settings, inputs.region, preflight, _placed(lattices[1:])
    )
    # a stand-in for the pixel size is not kept
    shown = (
        replace(problem.image, pixel_size=None) if _without_scale(inputs, own) else problem.image
    )
    run = AtomsRun(
        image=ImageReference.of(shown),
        settings=settings,
        physics=problem.physics,
        lattice=lattices[0],
        region=problem.region,
        drawn=inputs.region is not None,
        measured=measured_facts(problem.preflight),
        notices=[*(() if own is None else own.notices), *problem.notices],
        oracles=oracles,
        others=_placed(lattices[1:]),
        domains=DomainMap.of(problem.preflight.domains, problem.image.shape),
        sites=None if problem.support is None else problem.support.sites,
        name=f"{inputs.image.name} atoms",
    )
    search = Search(problem)

    def finish(run: AtomsRun) -> None:
        run.notices += search.notices
        if problem.nothing_there:
            run.notices.append(Notice(NOTHING))
            return
        require_feasible(run.trials)
        run.notices += evidence_notices(run)

    total = settings.trials if problem.space.size else 1
    return Task(run=run, steps=iter(search), total=total, finish=finish)


def _placed(lattices: Sequence[Lattice | None]) -> tuple[Lattice, ...]:
    return tuple(lattice for lattice in lattices if lattice is not None)


def _without_scale(inputs: Inputs, own: OwnCell | None) -> bool:
    return own is not None and inputs.image.pixel_size is None


ATOMS = Analysis(
    name=AtomsRun.kind,
    title="Find atoms (LoG*)",
    help=HELP,
    settings=AtomsSettings,
    format=ATOMS_FORMAT,
    begin=begin_atoms,
    write=write_atoms,
    describe=atoms_in_words,
    remark=lambda trial: f"QC {trial.score.qc:+.3f} ER {trial.score.er:.3f}",
)

register_analysis(ATOMS)
