"""Tests of the comparison with an oracle: inputs, pulses, tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from napari_reward_analysis import AtomsSettings, BadInput, Image, free_lattice, iter_atoms
from napari_reward_analysis.analyses.atoms.oracle_counts import agreement_of_trials
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import Run, save_run
from napari_reward_analysis.analyses.oracle.analysis import ORACLE, begin_oracle
from napari_reward_analysis.analyses.oracle.problem import Compared
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.runs.analysis import Inputs, analysis_named
from napari_reward_analysis.runs.execute import collect, execute
from napari_reward_analysis.runs.head import ImageReference

SQUARE = free_lattice(4.0, 4.0, 90, 1)
Y, X = np.mgrid[10:160:20, 10:220:20]
KNOWN = np.column_stack([Y.ravel(), X.ravel()]).astype(float)


def columns_image(shape=(160, 220)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.cos(2 * np.pi * (y - 10) / 20) + np.cos(2 * np.pi * (x - 10) / 20)
    noise = np.random.default_rng(0).standard_normal(shape)
    return Image(np.exp(2 * wave - 4) + 0.03 * noise, 0.2)


@pytest.fixture(scope="module")
def image():
    return columns_image()


@pytest.fixture(scope="module")
def searched(image):
    """A search over the left half of the image."""
    left = np.zeros(image.shape, bool)
    left[:, :110] = True
    settings = AtomsSettings(trials=6)
    return Run(
        image=ImageReference.of(image),
        settings=settings,
        physics=AtomsProblem(image, SQUARE, settings, left).physics,
        lattice=SQUARE,
        trials=list(iter_atoms(image, SQUARE, settings=settings, region=left)),
        region=left,
        name="left half",
    )


def compared(image, settings=None, region=None, **given):
    inputs = Inputs(image, SQUARE, region, given)
    return collect(begin_oracle(inputs, settings or OracleSettings()))


def test_a_run_is_compared_in_the_area_that_it_analysed(image, searched):
    run = compared(image, points=KNOWN, run=searched)
    assert run.status == "done"
    assert (run.oracle.points[:, 1] < 110).all()
    assert run.reach == 10
    assert run.result.f1 == 1
    assert run.found_name == f"left half, trial {run.trial}"
    (judged,) = run.trials
    expected = agreement_of_trials(searched.trials, KNOWN, 10.0, searched.region)
    np.testing.assert_array_equal(judged.values(searched), expected)


def test_a_run_is_given_by_its_path_and_known_positions_by_a_table(image, searched, tmp_path):
    save_run(searched, tmp_path / "run")
    table = tmp_path / "known.csv"
    table.write_text("y_px,x_px\n" + "".join(f"{y},{x}\n" for y, x in KNOWN))
    run = compared(image, points=str(table), run=str(tmp_path / "run"))
    assert run.oracle.name == "known.csv"
    assert run.result.f1 == 1


def test_a_drawn_region_goes_before_the_area_of_what_is_compared(image):
    top, left = np.zeros((2, *image.shape), bool)
    top[:80], left[:, :110] = True, True
    found = Compared(KNOWN + 1, "marked", left)
    assert len(compared(image, points=KNOWN, found=found).found) == 8 * 5
    run = compared(image, points=KNOWN, found=found, region=top)
    assert len(run.found) == len(run.oracle.points) == 4 * 11


def test_the_distance_of_a_pair_is_a_setting(image):
    found = Compared(KNOWN + np.array([0, 3]), "shifted")
    near = compared(image, OracleSettings(distance=0.5), points=KNOWN, found=found)
    assert (near.reach, near.result.f1) == (2.5, 0)
    assert compared(image, OracleSettings(distance=0.7), points=KNOWN, found=found).result.f1 == 1
    for wrong in (0, -2, float("nan")):
        with pytest.raises(ValidationError):
            OracleSettings(distance=wrong)


def test_the_network_pulses_and_can_be_cancelled(searched):
    pytest.importorskip("onnxruntime")
    image = columns_image((160, 900))
    task = begin_oracle(Inputs(image, given={"runs": ()}), OracleSettings())
    # three tiles side by side
    assert [next(task.steps) for _ in range(2)] == [None, None]
    task.steps.close()
    assert not task.run.has_result()


def test_each_judged_trial_is_a_pulse(image, searched):
    inputs = Inputs(image, SQUARE, given={"points": KNOWN, "run": searched})
    task = begin_oracle(inputs, OracleSettings())
    steps = list(task.steps)
    assert steps[:-1] == [None] * len(searched.trials)
    assert steps[-1].run == searched.identifier
    assert task.total == 1


def test_tables_are_data_frames_and_the_files(image, searched, tmp_path):
    inputs = Inputs(image, SQUARE, given={"points": KNOWN[:-1], "run": searched})
    run = execute(begin_oracle(inputs, OracleSettings()), ORACLE.format, tmp_path)
    summary = ORACLE.write(run, tmp_path, None, None)
    for table, name in ((run.atoms(), "oracle.csv"), (run.table(), "agreement.csv")):
        written = pd.read_csv(tmp_path / name)
        assert list(table) == list(written)
        np.testing.assert_allclose(written["y_px"], table["y_px"], rtol=1e-8)
    assert run.table()["agreement"].value_counts().to_dict() == {"matched": 8 * 5}
    assert summary["trial"] == run.trial
    assert ORACLE.describe(summary).splitlines()[1].startswith(f"Trial {run.trial}: 40 matched")
    alone = compared(image, points=KNOWN)
    assert len(alone.atoms()) == len(KNOWN)
    with pytest.raises(BadInput, match="Nothing was compared"):
        alone.table()


def test_what_does_not_fit_is_refused(image, searched):
    with pytest.raises(BadInput, match="the pixels differ"):
        compared(columns_image((160, 200)), points=KNOWN, run=searched)
    with pytest.raises(BadInput, match="no point in the analysed area"):
        compared(image, points=Oracle.of_points("marked", KNOWN[-3:]), run=searched)
    with pytest.raises(BadInput, match="outside the image"):
        compared(image, points=KNOWN + 1000)


def test_the_analysis_is_known_by_its_name():
    assert analysis_named("oracle") is ORACLE
