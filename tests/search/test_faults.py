"""Tests of the sentences that say why a setting was refused."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from napari_reward_analysis.search.faults import fault_in_words
from napari_reward_analysis.search.settings import option


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    trials: int = option(5, title="Trials", help="How long.", ge=1, le=10)


class Toy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    share: float = option(0.5, title="Share", help="Of it.", gt=0, lt=1, allow_inf_nan=False)
    way: Literal["fast", "slow"] = option("fast", title="Way", help="How.")
    tick: bool = option(False, title="Tick", help="Whether.")
    ranges: dict[str, tuple[float, float]] = option(
        factory=dict, title="Ranges", help="Lowest and highest."
    )
    inner: Inner = option(Inner(), title="Inner", help="Nested.")
    word: str = option("a", title="Word", help="Spoken.")

    @field_validator("word")
    @classmethod
    def _short(cls, word: str) -> str:
        if len(word) > 3:
            raise ValueError("Type at most three letters")
        return word


def fault(**given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Toy(**given)
    return fault_in_words(refused.value, Toy)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"share": 0}, "Share must be larger than 0, not 0."),
        ({"share": 1.5}, "Share must be below 1, not 1.5."),
        ({"share": "much"}, "Share must be a number, not 'much'."),
        ({"share": float("nan")}, "Share must be a finite number, not nan."),
        ({"way": "odd"}, "Way must be 'fast' or 'slow', not 'odd'."),
        ({"tick": "perhaps"}, "Tick must be true or false, not 'perhaps'."),
        ({"ranges": {"sigma": ("a", 2)}}, "Ranges (sigma) must be a number, not 'a'."),
        ({"inner": {"trials": 0}}, "Trials must be at least 1, not 0."),
        ({"inner": {"trials": 11}}, "Trials must be at most 10, not 11."),
        ({"inner": {"trials": 1.5}}, "Trials must be a whole number, not 1.5."),
        ({"word": "long"}, "Word: type at most three letters."),
        ({"other": 1}, "There is no setting 'other'."),
        ({"ranges": {"sigma": (1, 2, 3)}}, None),
    ],
)
def test_says_what_is_wrong(given: dict[str, Any], sentence: str | None) -> None:
    said = fault(**given)
    if sentence is not None:
        assert said == sentence
    assert said.endswith(".")


def test_calls_a_field_as_it_is_asked_to() -> None:
    with pytest.raises(ValidationError) as refused:
        Toy(share=2)
    said = fault_in_words(refused.value, Toy, name=lambda field: field.flag)
    assert said == "--share must be below 1, not 2."


def test_a_fault_of_no_field_is_one_of_the_settings() -> None:
    with pytest.raises(ValidationError) as refused:
        Toy.model_validate(5)
    assert fault_in_words(refused.value, Toy).startswith("Settings: input should be")
