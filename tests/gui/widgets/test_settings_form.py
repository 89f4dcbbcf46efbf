"""Tests of the form that is made from a settings model."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, model_validator
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm
from napari_reward_analysis.search.settings import SearchSettings, option


class Toy(BaseModel):
    """One field of every kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    trials: int = option(60, title="Trials", help="How many.", ge=1, le=100)
    tick: bool = option(True, title="Sub-pixel", help="Whether to fit.")
    way: Literal["fast", "very_slow"] = option("fast", title="Way", help="How.")
    side: float | None = option(
        None, title="Side", help="Of a window.", unit="Å", empty="ten cells", gt=0
    )
    names: tuple[Literal["sigma", "overlap"], ...] = option(
        ("sigma",), title="Searched", help="What is searched."
    )
    levels: tuple[float, ...] = option((0.0, 0.5), title="Levels", help="Rising.")
    ranges: dict[Literal["sigma", "overlap"], tuple[float, float]] = option(
        factory=dict, title="Ranges", help="Of the search."
    )
    share: float = option(0.25, title="Share", help="Part of it.", ge=0, lt=1, advanced=True)
    patience: int | None = option(
        None, title="Patience", help="Without gain.", empty="never", ge=1, advanced=True
    )
    sampler: Literal["skopt", "sobol"] | None = option(
        None, title="Sampler", help="Which.", choices={"skopt": "Bayesian"}, advanced=True
    )

    @model_validator(mode="after")
    def _consistent(self) -> Toy:
        if self.way == "very_slow" and self.trials > 90:
            raise ValueError("A slow way allows 90 trials at most")
        return self


@pytest.fixture
def form(qtbot: QtBot) -> SettingsForm[Toy]:
    made = SettingsForm(Toy)
    qtbot.addWidget(made)
    return made


def labels(form: SettingsForm[Any]) -> dict[str, QLabel]:
    return {label.text(): label for label in form.findChildren(QLabel)}


def test_untouched_it_gives_the_model_s_defaults(form: SettingsForm[Toy]) -> None:
    assert form.settings() == Toy()
    assert form.values() == dict(Toy())
    assert form.fault == ""


def test_shows_titles_units_and_help(form: SettingsForm[Toy]) -> None:
    shown = labels(form)
    assert {"Trials", "Way", "Side", "Å", "Patience"} <= set(shown)
    assert shown["Side"].toolTip() == "Of a window. Unit: Å. Empty: ten cells."
    assert form.control("side").toolTip() == "Of a window. Unit: Å. Empty: ten cells."
    assert form.control("tick").text() == "Sub-pixel"
    assert "Sub-pixel" not in shown
    assert form.control("way").itemText(1) == "very slow"
    assert form.control("sampler").itemText(0) == "automatic"
    assert form.control("sampler").itemText(1) == "Bayesian"


def test_limits_are_the_model_s(form: SettingsForm[Toy]) -> None:
    box = form.control("trials")
    assert (box.minimum(), box.maximum()) == (1, 100)


def test_an_empty_number_says_what_it_stands_for(form: SettingsForm[Toy]) -> None:
    assert form.control("side").placeholderText() == "ten cells"
    assert form.control("patience").placeholderText() == "never"
    assert form.control("share").placeholderText() == "0.25"


def test_gives_back_what_it_is_given(form: SettingsForm[Toy]) -> None:
    other = Toy(
        trials=7,
        tick=False,
        way="very_slow",
        side=12.5,
        names=("sigma", "overlap"),
        levels=(0.0, 0.1, 2.0),
        ranges={"sigma": (1.0, 4.0)},
        share=0.5,
        patience=9,
        sampler="sobol",
    )
    form.set_values(other)
    assert form.settings() == other
    form.reset()
    assert form.settings() == Toy()


def test_shows_some_values_and_leaves_the_others(form: SettingsForm[Toy]) -> None:
    form.set_values({"trials": 5})
    form.set_values({"share": 0.5, "unknown": 1})
    assert form.settings() == Toy(trials=5, share=0.5)


def test_tells_of_what_the_user_changes_and_of_nothing_else(
    qtbot: QtBot, form: SettingsForm[Toy]
) -> None:
    with qtbot.assertNotEmitted(form.changed):
        form.set_values(Toy(trials=3, side=2.0, tick=False, way="very_slow", patience=4))
        form.reset()
    for name, act in {
        "trials": lambda box: box.setValue(8),
        "tick": lambda box: box.setChecked(False),
        "way": lambda box: box.setCurrentIndex(1),
        "side": lambda box: qtbot.keyClicks(box, "7"),
        "levels": lambda box: qtbot.keyClicks(box, ", 1"),
    }.items():
        with qtbot.waitSignal(form.changed):
            act(form.control(name))
    with qtbot.waitSignal(form.changed):
        form.inputs["names"].boxes["overlap"].setChecked(True)  # type: ignore[attr-defined]
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(form.inputs["ranges"].ends["sigma"][0], "1")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("side", "0", "Side must be larger than 0."),
        ("side", "wide", "Side: 'wide' is not a number."),
        ("share", "1", "Share must be below 1."),
        ("share", "-1", "Share must be at least 0."),
        ("patience", "1.5", "Patience must be a whole number, not 1.5."),
        ("patience", "0", "Patience must be at least 1."),
        (
            "levels",
            "0, x",
            (
                "Levels: '0, x' is no list of numbers; write numbers with commas between them, "
                "such as 0, 0.2, 0.4."
            ),
        ),
    ],
)
def test_a_sentence_says_why_a_value_is_impossible(
    qtbot: QtBot, form: SettingsForm[Toy], name: str, text: str, sentence: str
) -> None:
    form.control(name).clear()
    qtbot.keyClicks(form.control(name), text)
    assert form.fault == sentence


def test_what_the_model_refuses_as_a_whole_is_a_fault_too(form: SettingsForm[Toy]) -> None:
    form.set_values({"trials": 95, "way": "very_slow"})
    assert form.fault == "A slow way allows 90 trials at most."
    with pytest.raises(BadInput, match="A slow way"):
        form.settings()
    assert form.settings(trials=90).trials == 90


def test_half_a_range_is_a_fault(qtbot: QtBot, form: SettingsForm[Toy]) -> None:
    low, high = form.inputs["ranges"].ends["sigma"]  # type: ignore[attr-defined]
    qtbot.keyClicks(low, "3")
    assert form.fault == "sigma: type both ends of its range, or neither."
    qtbot.keyClicks(high, "2")
    assert form.fault == "sigma: the range 3 to 2 is empty: give the lower end first."
    qtbot.keyClicks(high, "0")
    assert form.settings().ranges == {"sigma": (3.0, 20.0)}


def test_advanced_fields_fold_away_and_say_when_they_were_changed(form: SettingsForm[Toy]) -> None:
    assert form.advanced is not None
    assert not form.advanced.is_open
    assert form.advanced.content.isAncestorOf(form.control("share"))
    assert not form.advanced.content.isAncestorOf(form.control("trials"))
    assert form.changes_in_words() == ""
    form.set_values({"patience": 4, "trials": 3, "sampler": "skopt", "tick": False})
    assert form.advanced.summary == "patience 4, sampler Bayesian"
    assert form.changes_in_words() == "trials 3, not sub-pixel, patience 4, sampler Bayesian"


def test_keys_step_a_number(qtbot: QtBot, form: SettingsForm[Toy]) -> None:
    form.set_values({"patience": 4, "side": 100.0})
    qtbot.keyClick(form.control("patience"), Qt.Key.Key_Up)
    qtbot.keyClick(form.control("side"), Qt.Key.Key_Down)
    assert (form.settings().patience, form.settings().side) == (5, 99.0)


def test_shows_chosen_fields_in_their_order(qtbot: QtBot) -> None:
    form = SettingsForm(Toy, ("side", "trials"))
    qtbot.addWidget(form)
    assert list(form.inputs) == ["side", "trials"]
    assert form.advanced is None
    assert form.settings() == Toy()


def test_values_of_settings_are_its_defaults(qtbot: QtBot) -> None:
    form = SettingsForm(Toy(trials=7, share=0.5, patience=3))
    qtbot.addWidget(form)
    assert form.control("share").placeholderText() == "0.5"
    form.control("patience").clear()
    assert form.settings() == Toy(trials=7, share=0.5)
    form.reset()
    assert form.settings() == Toy(trials=7, share=0.5, patience=3)


def test_another_default_in_the_model_is_another_one_in_the_form(qtbot: QtBot) -> None:
    class Changed(Toy):
        trials: int = option(7, title="Trials", help="How many.", ge=2, le=9)

    form = SettingsForm(Changed)
    qtbot.addWidget(form)
    box = form.control("trials")
    assert (box.value(), box.minimum(), box.maximum()) == (7, 2, 9)


def test_every_search_has_a_form(qtbot: QtBot) -> None:
    form = SettingsForm(SearchSettings)
    qtbot.addWidget(form)
    assert form.settings() == SearchSettings()
    assert form.control("patience").placeholderText() == "never"
    assert form.control("sampler").currentText() == "Bayesian optimisation"


def test_a_type_without_an_input_is_refused(qtbot: QtBot) -> None:
    class Odd(BaseModel):
        picture: bytes = option(b"", title="Picture", help="No input takes it.")

    with pytest.raises(TypeError, match="no input for picture"):
        SettingsForm(Odd, ("picture",))
    form = SettingsForm(Odd)
    qtbot.addWidget(form)
    assert form.inputs == {}
    assert form.settings() == Odd()


class Outer(BaseModel):
    """Settings with settings in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: int = option(3, title="Repetitions", help="How many.", ge=1)
    names: tuple[str, ...] = option(
        ("a",), title="Names", help="From a registry.", every=lambda: ("a", "b c")
    )
    toy: Toy = option(Toy(trials=30), title="Search", help="Of each.")


def test_fields_of_settings_in_the_settings_stand_beside_the_others(qtbot: QtBot) -> None:
    form = SettingsForm(Outer, ("seeds", "trials", "share"))
    qtbot.addWidget(form)
    assert form.settings() == Outer()
    assert form.control("trials").value() == 30
    form.set_values(Outer(seeds=2, toy=Toy(trials=4, share=0.5)))
    assert form.settings() == Outer(seeds=2, toy=Toy(trials=4, share=0.5))
    assert form.settings(way="very_slow").toy.way == "very_slow"
    form.control("share").setText("2")
    assert form.fault == "Share must be below 1."


def test_settings_inside_may_be_made_by_a_function(qtbot: QtBot) -> None:
    form = SettingsForm(Outer, ("trials",))
    qtbot.addWidget(form)

    def slow(**changes: Any) -> Toy:
        return Toy(**({"way": "very_slow"} | changes))

    assert form.settings({Toy: slow}) == Outer(toy=Toy(trials=30, way="very_slow"))


def test_names_of_a_registry_are_ticked(qtbot: QtBot) -> None:
    form = SettingsForm(Outer, ("names",))
    qtbot.addWidget(form)
    boxes = form.inputs["names"].boxes  # type: ignore[attr-defined]
    assert [box.isChecked() for box in boxes.values()] == [True, False]
    boxes["b c"].setChecked(True)
    assert form.settings().names == ("a", "b c")


def test_inputs_of_both_parts_begin_in_one_line(qtbot: QtBot, form: SettingsForm[Toy]) -> None:
    form.insert_row(0, "A row with a longer title", QLabel("mine"))
    form.resize(400, 600)
    form.show()
    assert form.advanced is not None
    form.advanced.set_open(True)
    qtbot.waitUntil(lambda: form.inputs["share"].isVisible())
    lefts = {
        form.inputs[name].mapTo(form, form.inputs[name].rect().topLeft()).x()
        for name in ("trials", "side", "share", "sampler")
    }
    assert len(lefts) == 1
