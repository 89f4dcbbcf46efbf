"""Write a Python script that repeats a run without the GUI."""

from __future__ import annotations

from napari_reward_analysis.analyses.atoms.run import RUN_FILE, Run

_HEAD = '''\
"""Repeat the run {title!r} of {created}."""

from pathlib import Path

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    Lattice,
    Physics,
    Search,
    atoms_table,
    pick,
    read_image,
    refine_trial,
)
from napari_reward_analysis.io.writers import write_csv
'''

_TAIL = """
problem = AtomsProblem(image, lattice, settings, region)
trials = [trial.rescored(physics) for trial in Search(problem)]
best = trials[{choice}]
if settings.refine:
    best = refine_trial(problem, best)
print(f"{{best.score.count}} columns of {{physics.expected:.0f}} expected,", end=" ")
print(f"QC {{best.score.qc:+.3f}}, ER {{best.score.er:.3f}}")
write_csv(Path("atoms.csv"), atoms_table(best, physics, image.pixel_size))
"""


def as_script(run: Run) -> str:
    """Return a script that repeats a run and writes its columns to `atoms.csv`.

    Parameters
    ----------
    run : Run
        The run. The script loads a region drawn by hand from the saved run in its folder.

    Returns
    -------
    str
        Source code of the complete script.
    """
    settings = run.settings.model_dump(mode="json", exclude_defaults=True)
    lattice = run.lattice and run.lattice.model_dump(mode="json", exclude_defaults=True)
    body = [
        _HEAD.format(title=run.name or run.image.name, created=run.created),
        *_image_lines(run),
        f"lattice = Lattice.model_validate({lattice!r})" if lattice else "lattice = None",
        f"settings = AtomsSettings.model_validate({settings!r})",
        f"physics = {run.physics!r}",
        *_region_lines(run),
    ]
    choice = "pick(trials)"
    if run.choice is not None:
        choice = str(run.choice)
    return "\n".join(body) + _TAIL.format(choice=choice)


def _image_lines(run: Run) -> list[str]:
    source = run.image.source
    size = run.image.pixel_size
    known = "" if size is None else f", pixel_size={size!r}"
    missing = [] if source else ["# The image had no file: save it and give its name here."]
    return [
        *missing,
        f"image = read_image({source or run.image.name + '.npy'!r}{known})",
    ]


def _region_lines(run: Run) -> list[str]:
    if run.region is None or not run.drawn:
        # The same settings find a measured region again.
        return ["region = None"]
    return [
        "from napari_reward_analysis import load_run",
        f"region = load_run(Path({RUN_FILE!r})).region  # drawn by hand, saved with the run",
    ]
