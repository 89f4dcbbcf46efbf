"""Register the search for atomic columns as an analysis."""

from __future__ import annotations

from napari_reward_analysis.analyses.atoms import HELP
from napari_reward_analysis.analyses.atoms.domain_map import DomainMap
from napari_reward_analysis.analyses.atoms.evidence_notices import evidence_notices
from napari_reward_analysis.analyses.atoms.output import atoms_in_words, write_atoms
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import ATOMS_FORMAT, NOTHING, AtomsRun
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import require_feasible
from napari_reward_analysis.calibration.preflight import measured_facts
from napari_reward_analysis.notices import Notice
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
        front. Without a lattice and a count, the first oracle gives N.
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
    preflight = inputs.given.get("preflight")
    problem = AtomsProblem(
        inputs.image, inputs.lattice, settings, inputs.region, preflight, inputs.others
    )
    run = AtomsRun(
        image=ImageReference.of(problem.image),
        settings=settings,
        physics=problem.physics,
        lattice=inputs.lattice,
        region=problem.region,
        drawn=inputs.region is not None,
        measured=measured_facts(problem.preflight),
        notices=list(problem.notices),
        oracles=oracles,
        others=inputs.others,
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
