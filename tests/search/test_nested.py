"""Tests of nested settings: named, made from values, refused in one sentence."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from napari_reward_analysis import BadInput
from napari_reward_analysis.search.nested import build, by_path, places_of
from napari_reward_analysis.search.settings import option


class Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: int = option(60, title="Trials", help="Trials.", ge=1)
    seed: int = option(0, title="Seed", help="Seed.")
    levels: int = option(9, title="Levels", help="Hidden by the outer one.")


class Outer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    levels: int = option(3, title="Levels", help="Levels.")
    atoms: Inner = option(Inner(trials=30), title="Search", help="Search.")


def test_the_default_is_the_one_that_the_outer_model_gives():
    found = {place.path: place.default for place in places_of(Outer)}
    assert found == {
        ("levels",): 3,
        ("atoms", "trials"): 30,
        ("atoms", "seed"): 0,
        ("atoms", "levels"): 9,
    }


class Needy(BaseModel):
    image: str = option(title="Image", help="Must be given.")


def test_a_field_that_must_be_given_has_no_default():
    assert [place.default for place in places_of(Needy)] == [None]


def test_a_name_alone_finds_its_field():
    assert by_path(Outer, {"seed": 4, "levels": 2}) == {"atoms": {"seed": 4}, "levels": 2}
    assert by_path(Outer, {"atoms": Inner(seed=4)}) == {"atoms": Inner(seed=4)}


def test_a_name_that_is_not_there_is_refused_with_the_nearest_one():
    with pytest.raises(BadInput, match=r"no setting 'trails': did you mean 'trials'\?"):
        by_path(Outer, {"trails": 4})
    with pytest.raises(BadInput, match=r"no setting 'x': choose from .*levels.*trials"):
        by_path(Outer, {"x": 4})


def test_values_that_are_not_given_keep_their_defaults():
    assert build(Outer, {}) == Outer()
    assert build(Outer, {"atoms": {"seed": 4}}).atoms == Inner(trials=30, seed=4)
    assert build(Outer, {"atoms": Inner(seed=4)}).atoms == Inner(seed=4)


def test_a_refused_value_is_called_as_it_was_given():
    with pytest.raises(BadInput, match="^trials must be at least 1, not 0\\.$"):
        build(Outer, {"atoms": {"trials": 0}})
    with pytest.raises(BadInput, match="^--trials must be at least 1, not 0\\.$"):
        build(Outer, {"atoms": {"trials": 0}}, name=lambda field: field.flag)
