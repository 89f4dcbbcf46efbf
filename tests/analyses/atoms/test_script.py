"""Tests of 'Copy as Python': the script repeats the run."""

from __future__ import annotations

import contextlib
import csv
import io
import runpy
import subprocess
import sys

import numpy as np
import pytest

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    Image,
    Physics,
    Run,
    free_lattice,
    refine_trial,
    save_run,
)
from napari_reward_analysis.analyses.atoms.run import ImageReference
from napari_reward_analysis.analyses.atoms.script import as_script
from napari_reward_analysis.search.loop import Search


def make_run(folder, region=None, **settings):
    y, x = np.mgrid[:100, :100]
    pixels = np.cos(y / 3) * np.cos(x / 3)
    np.save(folder / 'it\'s a "scan".npy', pixels)
    image = Image(pixels, 0.2, "scan", str(folder / 'it\'s a "scan".npy'))
    lattice = free_lattice(4, 4)
    problem = AtomsProblem(
        image, lattice, AtomsSettings(trials=6, seed=3, ds=13.0, **settings), region
    )
    run = Run(
        image=ImageReference.of(image),
        settings=problem.settings,
        physics=problem.physics,
        lattice=lattice,
        region=region,
    )
    run.drawn = region is not None
    run.trials = list(Search(problem))
    return run


def run_alone(folder):
    """Run the script in a process of its own; returns what it prints."""
    done = subprocess.run(
        [sys.executable, "again.py"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_here(folder):
    """Run the script in this process; returns what it prints."""
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        runpy.run_path("again.py", run_name="__main__")
    return printed.getvalue()


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("with_region", [False, True])
@pytest.mark.parametrize("refine", [False, True])
def test_a_script_repeats_the_run(tmp_path, chosen, with_region, refine):
    region = None
    if with_region:
        region = np.zeros((100, 100), bool)
        region[:, 40:] = True
    run = make_run(tmp_path, region, refine=refine)
    run.rescore(Physics(run.physics.expected + 1, run.physics.ds_px, tolerance=0.01))
    if chosen:
        run.choice = run.front[-1]
    save_run(run, tmp_path)
    (tmp_path / "again.py").write_text(as_script(run))

    # once as a user runs it; the imports of a process of its own take seconds
    said = run_alone(tmp_path) if refine and chosen and with_region else run_here(tmp_path)

    best = run.trials[run.choice if chosen else run.proposed()]
    rows = list(csv.DictReader((tmp_path / "atoms.csv").read_text().splitlines()))
    if refine:
        best = refine_trial(Image(np.load(run.image.source)), best)
        assert any(float(row["uncertainty_px"] or "nan") > 0 for row in rows)
    expected = best.points[best.inside, 0]
    np.testing.assert_allclose([float(row["y_px"]) for row in rows], expected, rtol=1e-6)
    assert said.startswith(f"{best.score.count} columns of {run.physics.expected:.0f}")


def test_a_script_for_an_image_without_a_file_says_so(tmp_path):
    run = make_run(tmp_path)
    run.image = ImageReference("layer", "", run.image.shape, 0.2, run.image.fingerprint)
    text = as_script(run)
    compile(text, "script", "exec")
    assert "had no file" in text
