"""Tests of the values of the form apart from its widgets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import ImageReference, Run
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.form_values import (
    FREE_CELL,
    NO_LATTICE,
    Cell,
    FormValues,
    preview,
)
from napari_reward_analysis.image import Image
from napari_reward_analysis.rewards.atoms import Physics

SHAPE, SIZE = (160, 200), 0.2
PIXELS = np.random.default_rng(0).random(SHAPE)


def sto(**fields: Any) -> FormValues:
    return FormValues(lattice="SrTiO3[001]", fields=fields)


def test_defaults_are_the_workflow_s_own() -> None:
    assert FormValues().to_settings() == AtomsSettings(area="crystal")


@pytest.mark.parametrize(
    "values",
    [
        sto(),
        sto(count=900.0),
        sto(ds=8.0),
        sto(species=("Sr",)),
        FormValues(lattice=FREE_CELL, cell=Cell(3.9, 4.1, 80.0, 3)),
    ],
)
@pytest.mark.parametrize("masked", [False, True])
def test_preview_is_what_the_run_will_use(values: FormValues, masked: bool) -> None:
    region = None
    if masked:
        region = np.zeros(SHAPE, bool)
        region[20:140, 30:150] = True
    found = preview(values, SHAPE, SIZE, region)
    problem = AtomsProblem(Image(PIXELS, SIZE), values.to_lattice(), values.to_settings(), region)
    assert found.fault == ""
    assert found.physics == problem.physics


def test_published_ds_is_the_paper_s() -> None:
    values = FormValues(as_published=True)
    problem = AtomsProblem(Image(PIXELS, SIZE), values.to_lattice(), values.to_settings())
    assert preview(values, SHAPE, SIZE).physics == problem.physics


@pytest.mark.parametrize(
    ("values", "size", "sentence"),
    [
        (sto(), None, "The pixel size is not known"),
        (
            FormValues(lattice=NO_LATTICE, as_published=True),
            0.2,
            "Choose a lattice, or type the expected number",
        ),
        (sto(ds=40.0), 0.2, "above every neighbour sum"),
        (sto(), 0.001, "smaller than one cell"),
        (FormValues(lattice=FREE_CELL, cell=Cell(None, 4.0, 90.0, 1)), 0.2, "incomplete"),
        (FormValues(lattice=FREE_CELL, cell=Cell(4.0, 4.0, 190.0, 1)), 0.2, "impossible"),
        (FormValues(invalid=("N: 'abc' is not a number.",)), 0.2, "not a number"),
        (sto(species=()), 0.2, "choose from Sr, Ti"),
    ],
)
def test_what_stands_in_the_way_is_one_sentence(
    values: FormValues, size: float | None, sentence: str
) -> None:
    fault = preview(values, SHAPE, size).fault
    assert sentence in fault
    assert fault.endswith(".")


def test_count_without_pixel_size_may_run() -> None:
    found = preview(sto(count=100.0), SHAPE, None)
    assert found == (None, "")
    assert preview(FormValues(lattice=NO_LATTICE, fields={"count": 100.0}), SHAPE, 0.2).fault == ""


def test_settings_out_of_bounds_are_told_by_name() -> None:
    with pytest.raises(BadInput, match="^N must be larger than 0, not -3"):
        sto(count=-3.0).to_settings()


@pytest.mark.parametrize(
    "values",
    [
        sto(),
        FormValues(
            lattice=FREE_CELL,
            cell=Cell(3.9, 4.1, 80.0, 3),
            as_published=True,
            fields=dict(
                count=55.0,
                ds=7.5,
                trials=17,
                search=("threshold", "overlap"),
                sampler="random",
                seed=9,
                ranges={"threshold": (0.1, 0.3)},
                fixed={"num_sigma": 4.0},
                stages=("bragg", "highpass"),
                patience=12,
                seconds=1.25,
            ),
        ),
        sto(species=("Ti",)),
        sto(calibrate="lattice", threshold_scale="linear", stages=("bragg",), rewards=()),
        FormValues(lattice=NO_LATTICE, fields={"count": 55.0}),
    ],
)
def test_a_run_s_settings_come_back_into_the_form(values: FormValues) -> None:
    run = Run(
        image=ImageReference.of(Image(PIXELS, SIZE)),
        settings=values.to_settings(),
        physics=Physics(1, 1),
        lattice=values.to_lattice(),
    )
    back = FormValues.of(run)
    assert back.to_settings() == values.to_settings()
    assert back.to_lattice() == values.to_lattice()
    assert back.pixel_size == SIZE


def test_lattice_that_is_no_preset_comes_back_as_it_is() -> None:
    lattice = lattice_preset("Si[110]").model_copy(update={"name": "mine"})
    run = Run(
        image=ImageReference.of(Image(PIXELS, SIZE)),
        settings=AtomsSettings(),
        physics=Physics(1, 1),
        lattice=lattice,
    )
    values = FormValues.of(run)
    assert values.lattice == "mine"
    assert values.to_lattice() == lattice
