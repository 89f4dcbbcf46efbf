"""The analysis "atoms" as the dock needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.atoms import run as runs
from napari_reward_analysis.analyses.atoms.execute import write_results
from napari_reward_analysis.analyses.atoms.run import ImageReference, Run
from napari_reward_analysis.analyses.atoms.trial import require_feasible
from napari_reward_analysis.analyses.atoms.trials import AtomsProblem, AtomsSettings
from napari_reward_analysis.calibration.preflight import measured_facts
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task
from napari_reward_analysis.search.loop import Search


class _Format:
    name, file = "atoms", "run.json"

    def log(self, run: Any, folder: Path) -> Any:
        return runs.RunLog(run, folder)

    def save(self, run: Any, folder: Path) -> Path:
        return runs.save_run(run, folder)

    def load(self, path: Path) -> Run:
        return runs.load_run(path)


def _begin(inputs: Inputs, settings: AtomsSettings) -> Task[Any]:
    found = inputs.given.get("preflight")
    problem = AtomsProblem(inputs.image, inputs.lattice, settings, inputs.region, found)
    run: Any = Run(
        image=ImageReference.of(problem.image),
        settings=settings,
        physics=problem.physics,
        lattice=inputs.lattice,
        region=problem.region,
        drawn=inputs.region is not None,
        measured=measured_facts(problem.preflight),
        notices=list(problem.notices),
    )
    search = Search(problem)

    def finish(run: Any) -> None:
        run.notices.extend(sentence(one) for one in search.notices)
        require_feasible(run.trials)

    total = settings.trials if settings.search else 1
    return Task(run, iter(search), total, finish)


def _write(run: Any, folder: Path, pick: Any, image: Any) -> dict[str, Any]:
    return write_results(run, folder, pick.choice, scaled=pick.scaled, image=image)


_FORMAT: Any = _Format()
ATOMS: Analysis[Any] = Analysis("atoms", "Find atoms", "", AtomsSettings, _FORMAT, _begin, _write)
