"""Tests of fields of settings as forms and help texts use them."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ValidationError

from napari_reward_analysis.search.settings import SearchSettings, described_fields, option


def every_name() -> tuple[str, ...]:
    return ("one", "two")


def toy() -> type[BaseModel]:
    """Settings made anew."""

    class Toy(BaseModel):
        count: int = option(5, title="Count", help="How many there are.", ge=1)
        time_limit: float | None = option(
            None,
            title="Limit",
            help="When it ends.",
            unit="s",
            advanced=True,
            flag="seconds",
            metavar="S",
            empty="no limit",
        )
        kind: Literal["a", "b"] = option(
            "a", title="Kind", help="Which one.", flag="-", choices={"a": "first", "b": "second"}
        )
        names: tuple[str, ...] = option(
            title="Names", help="Some.", every=every_name, factory=lambda: ("one",)
        )

    return Toy


def test_what_is_said_of_a_field_is_found_again():
    count, limit, kind, names = described_fields(toy())

    said = (limit.name, limit.title, limit.help, limit.unit, limit.advanced, limit.flag)
    assert said == ("time_limit", "Limit", "When it ends.", "s", True, "--seconds")
    assert (limit.metavar, limit.empty, limit.default) == ("S", "no limit", None)
    assert kind.choices == {"a": "first", "b": "second"}
    assert kind.flag == ""
    assert names.every is every_name
    assert names.default == ("one",)
    assert count.default == 5


def test_what_is_not_said_is_empty():
    count = next(described_fields(toy()))

    assert (count.unit, count.metavar, count.empty, count.choices) == ("", "", "", {})
    assert (count.advanced, count.every, count.flag) == (False, None, "--count")


def test_fields_of_other_models_are_described_as_far_as_they_go():
    class Plain(BaseModel):
        some_name: int = 3

    (field,) = described_fields(Plain)
    assert (field.title, field.help, field.flag) == ("some name", "", "--some-name")
    assert (field.advanced, field.choices, field.default) == (False, {}, 3)
    assert (field.unit, field.metavar, field.empty) == ("", "", "")


def test_limits_are_kept():
    with pytest.raises(ValidationError):
        toy()(count=0)
    with pytest.raises(ValidationError):
        SearchSettings(trials=0)
    assert SearchSettings().trials == 60
