from __future__ import annotations

from dataclasses import fields

import pytest
from napari.utils.theme import available_themes

from napari_reward_analysis.gui.widgets.theme import (
    ThemeColours,
    contrast,
    mix,
    napari_colours,
    readable,
)

DRAWN = ("accent", "euclidean", "chebyshev", "warning", "muted")


def test_contrast_of_black_on_white() -> None:
    assert contrast("black", "white") == pytest.approx(21.0)
    assert contrast("#345678", "#345678") == pytest.approx(1.0)


@pytest.mark.parametrize("theme", available_themes())
def test_what_is_drawn_stands_out_in_every_theme(theme: str) -> None:
    colours = napari_colours(theme)
    assert contrast(colours.foreground, colours.background) > 7
    for name in DRAWN:
        assert contrast(getattr(colours, name), colours.background) >= 3, name
    for colour in colours.species:
        assert contrast(colour, colours.background) >= 2.9
    assert len(set(colours.species)) == len(colours.species)
    assert len({colours.accent, colours.euclidean, colours.chebyshev}) == 3


def test_dark_and_light_differ() -> None:
    dark, light = napari_colours("dark"), napari_colours("light")
    for field in fields(ThemeColours):
        if field.name != "species":
            assert getattr(dark, field.name) != getattr(light, field.name)


def test_readable_keeps_a_colour_that_is_good_already() -> None:
    assert readable("#ffff00", "black", 4.5) == "#ffff00"
    assert contrast(readable("#4560c4", "#23242b", 4.5), "#23242b") >= 4.5
    assert contrast(readable("#a0b8ff", "white", 4.5), "white") >= 4.5


def test_readable_ends_on_a_middling_grey() -> None:
    assert contrast(readable("#808080", "#767676", 20.0), "#767676") > 3


def test_mix() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("red", "blue", 0.0) == "#ff0000"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="not a colour"):
        ThemeColours.from_base("white", "no such colour", "red")
    with pytest.raises(ValueError, match="no such theme"):
        napari_colours("no such theme")
