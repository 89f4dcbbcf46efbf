"""Tests of options from a settings model: help, values, refusals, defaults."""

from __future__ import annotations

import argparse
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from napari_reward_analysis import BadInput
from napari_reward_analysis.cli.options import add_settings, options_of, settings_from
from napari_reward_analysis.cli.reference import option_table, with_tables
from napari_reward_analysis.search.settings import described_fields, option


class Depth(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: int = option(4, title="Layers", help="Number of layers.", ge=1, le=9)
    speed: float | None = option(
        None, title="Speed", help="Speed.", unit="Å", advanced=True, gt=0, empty="any"
    )
    hidden: int = option(0, title="Hidden", help="Not offered.", flag="-")


class Toy(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    trials: int = option(30, title="Trials", help="Number of trials.", ge=1)
    refine: bool = option(True, title="Refine", help="Fit the positions, 100 % of them.")
    kind: Literal["flat", "round"] = option("flat", title="Kind", help="Kind of window.")
    names: tuple[str, ...] = option(
        ("a",), title="Names", help="Stages.", every=lambda: ("a", "b", "c")
    )
    search: tuple[Literal["x", "y"], ...] = option(("x", "y"), title="Search", help="Searched.")
    species: tuple[str, ...] | None = option(None, title="Species", help="Species.")
    levels: tuple[float, ...] = option((0.0, 0.5), title="Levels", help="Levels of noise.")
    fixed: dict[str, float | str] = option(
        title="Fixed", help="Fixed values.", flag="fix", factory=dict
    )
    ranges: dict[Literal["x", "y"], tuple[float, float]] = option(
        title="Ranges", help="Ranges.", flag="range", factory=dict
    )
    depth: Depth = option(Depth(layers=2), title="Depth", help="Depth.")

    @field_validator("levels")
    @classmethod
    def _rising(cls, levels):
        if list(levels) != sorted(levels):
            raise ValueError("levels must be rising")
        return levels


def parsed(model, *arguments, **how):
    parser = argparse.ArgumentParser(prog="toy")
    add_settings(parser, model)
    return settings_from(parser.parse_args(arguments), model, **how)


def help_of(model):
    parser = argparse.ArgumentParser(prog="toy", formatter_class=WideHelp)
    add_settings(parser, model)
    return parser.format_help()


class WideHelp(argparse.HelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, width=300)


def test_without_options_the_settings_are_the_model_s_own():
    assert parsed(Toy) == Toy()


def test_each_kind_of_field_reads_its_option():
    found = parsed(
        Toy,
        *("--trials", "7", "--no-refine", "--kind", "round", "--names", "b, c", "--search", "y"),
        *("--species", "Ba,Y", "--levels", "0,0.25", "--fix", "x=2", "--fix", "slot=wiener"),
        *("--range", "y=0.5,3", "--layers", "5", "--speed", "1.5"),
    )
    assert found == Toy(
        trials=7,
        refine=False,
        kind="round",
        names=("b", "c"),
        search=("y",),
        species=("Ba", "Y"),
        levels=(0.0, 0.25),
        fixed={"x": 2.0, "slot": "wiener"},
        ranges={"y": (0.5, 3.0)},
        depth=Depth(layers=5, speed=1.5),
    )


def test_none_and_all_stand_for_the_names_that_a_field_knows():
    assert parsed(Toy, "--names", "none").names == ()
    assert parsed(Toy, "--names", "all").names == ("a", "b", "c")
    assert parsed(Toy, "--search", "all").search == ("x", "y")
    # species are no list to choose from
    assert parsed(Toy, "--species", "all").species == ("all",)


def test_help_has_description_unit_and_default():
    words = help_of(Toy)
    assert "Number of trials. (default: 30)" in words
    assert "Fit the positions, 100 % of them. (default: on)" in words
    assert "--kind {flat,round}" in words
    assert "--names NAMES|none|all" in words
    assert "--range NAME=LOW,HIGH" in words
    assert "Levels of noise. (default: 0,0.5)" in words
    assert "Speed. (angstrom; default: any)" in words
    # the inner model's default is the one that the outer model gives it
    assert "Number of layers. (default: 2)" in words
    assert "hidden" not in words
    usual, _, advanced = words.rpartition("advanced settings:")
    assert "Number of layers" in usual
    assert "Speed." in advanced


def test_a_default_changed_in_its_field_changes_help_value_and_described_field():
    class Changed(Toy):
        trials: int = option(45, title="Trials", help="Number of trials.", ge=1)

    assert "Number of trials. (default: 45)" in help_of(Changed)
    assert parsed(Changed).trials == 45
    assert "| `--trials N` | Number of trials. | 45 |" in option_table(Changed)
    (field,) = (field for field in described_fields(Changed) if field.name == "trials")
    assert field.default == 45


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--trials", "0"], "--trials must be at least 1, not 0."),
        (["--layers", "10"], "--layers must be at most 9, not 10."),
        (["--speed", "0"], "--speed must be larger than 0, not 0.0."),
        (["--search", "x,z"], "--search must be 'x' or 'y', not 'z'."),
        (["--levels", "1,0"], "--levels: levels must be rising."),
        (["--range", "z=1,2"], "--range (z) must be 'x' or 'y', not 'z'."),
    ],
)
def test_a_value_that_is_refused_is_one_sentence_with_the_option(arguments, sentence):
    with pytest.raises(BadInput) as refused:
        parsed(Toy, *arguments)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trials", "many"], "argument --trials: 'many' is not a whole number"),
        (["--levels", "0,a"], "argument --levels: '0,a' is not a list of numbers"),
        (["--fix", "x"], "argument --fix: 'x' is not a setting: write NAME=VALUE"),
        (["--range", "x=1"], "argument --range: 'x=1' is not a setting: write NAME=LOW,HIGH"),
        (["--kind", "square"], "argument --kind"),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error_of_the_parser(arguments, words, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(Toy, *arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_another_function_may_make_the_settings_and_given_options_go_before():
    def published(**changes):
        return Depth(**{"layers": 7, "speed": 3.0} | changes)

    found = parsed(Toy, "--speed", "5", make={Depth: published}, more={"trials": 9})
    # the outer model's own choice of an inner default is a change like one of the user's
    assert found.depth == Depth(layers=2, speed=5.0)
    assert found.trials == 9
    assert parsed(Toy, "--trials", "3", more={"trials": 9}).trials == 3


def test_a_field_that_no_option_can_be_made_of_is_the_author_s_mistake():
    class Odd(BaseModel):
        thing: set[str] = option(title="Thing", help="A set.", factory=set)

    with pytest.raises(TypeError, match="give the field flag='-'"):
        help_of(Odd)


def test_a_table_of_the_options_is_made_for_the_docs():
    rows = option_table(Toy, without=("levels",)).splitlines()
    assert rows[:2] == ["| option | meaning | default |", "|---|---|---|"]
    assert "| `--refine, --no-refine` | Fit the positions, 100 % of them. | on |" in rows
    assert "| `--kind flat\\|round` | Kind of window. | flat |" in rows
    assert "| `--speed X` | Speed. In angstrom. | any |" in rows
    assert not any("--levels" in row for row in rows)


def test_tables_of_a_page_are_made_anew_and_the_rest_stays():
    page = "before\n<!-- settings: toy -->\nold\n<!-- end -->\nafter\n"
    assert with_tables(page, {"toy": "| new |\n"}) == (
        "before\n<!-- settings: toy -->\n| new |\n<!-- end -->\nafter\n"
    )


def test_fields_that_a_command_leaves_out_are_no_options():
    flags = [o.field.flag for o in options_of(Toy, without=("depth.layers", "kind"))]
    assert "--layers" not in flags
    assert "--kind" not in flags
    assert "--trials" in flags
