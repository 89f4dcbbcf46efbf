from __future__ import annotations

import math

import pint
import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.formats.units import Kind, parse_unit, to_angstrom


@pytest.mark.parametrize(
    ("said", "name", "factor"),
    [
        ("A", "angstrom", 1),
        ("\u00c5", "angstrom", 1),
        ("\u212b", "angstrom", 1),
        ("Ang", "angstrom", 1),
        ("angstrom", "angstrom", 1),
        ("Angstroms", "angstrom", 1),
        ("nm", "nm", 10),
        ("n_m", "nm", 10),
        ("[n_m]", "nm", 10),
        ("nanometer", "nm", 10),
        ("nm\0", "nm", 10),
        ("um", "um", 1e4),
        ("\u00b5m", "um", 1e4),
        ("\u03bcm", "um", 1e4),
        ("\\u00B5m", "um", 1e4),
        ("\u00c2\u00b5m", "um", 1e4),
        ("micron", "um", 1e4),
        ("microns", "um", 1e4),
        ("micrometer", "um", 1e4),
        ("pm", "pm", 0.01),
        ("m", "m", 1e10),
        ("[m]", "m", 1e10),
        ("mm", "mm", 1e7),
        ("cm", "cm", 1e8),
        ("inch", "inch", 2.54e8),
    ],
)
def test_lengths(said: str, name: str, factor: float) -> None:
    unit = parse_unit(said)
    assert unit.kind is Kind.LENGTH
    assert unit.name == name
    assert unit.angstrom == factor
    assert to_angstrom(3, said) == pytest.approx(3 * factor, rel=1e-15)


@pytest.mark.parametrize(
    "said", ["", None, " ", "px", "pixel", "Pixels", "none", "<undefined>", "dimensionless"]
)
def test_pixels(said: str | None) -> None:
    assert parse_unit(said) == ("pixel", Kind.PIXEL, pytest.approx(math.nan, nan_ok=True))


@pytest.mark.parametrize(
    "said",
    [
        *("1/nm", "1 / nm", "nm^-1", "nm-1", "nm\u207b\u00b9", "nm**-1", "nm^(-1)", "1/(nm)"),
        *("1/A", "1/\u00c5", "\u00c5^-1", "1/n_m", "[1/n_m]", "1/m", "1/px", "mrad", "rad"),
    ],
)
def test_reciprocal(said: str) -> None:
    assert parse_unit(said).kind is Kind.RECIPROCAL


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("eV", Kind.ENERGY),
        ("keV", Kind.ENERGY),
        ("[m_eV]", Kind.ENERGY),
        ("s", Kind.TIME),
        ("seconds", Kind.TIME),
        ("ms", Kind.TIME),
        ("Slices", Kind.OTHER),
        ("counts", Kind.OTHER),
        ("mM", Kind.OTHER),
        ("e-", Kind.OTHER),
        ("unit1", Kind.OTHER),
        ("-1", Kind.OTHER),
        ("/", Kind.OTHER),
    ],
)
def test_other_kinds(said: str, kind: Kind) -> None:
    assert parse_unit(said).kind is kind


def test_sub_angstrom_conversion_is_exact() -> None:
    assert to_angstrom(7, "pm") == 0.07


@pytest.mark.parametrize("said", ["px", "1/nm", "eV", "furlong"])
def test_no_length_no_conversion(said: str) -> None:
    with pytest.raises(BadInput, match="not a unit of length"):
        to_angstrom(1, said)


@pytest.mark.parametrize("said", ["A", "nm", "\u00b5m", "pm", "m", "cm", "inch", "s", "min", ""])
def test_the_viewer_understands_every_name(said: str) -> None:
    unit = parse_unit(said)
    known = pint.get_application_registry().parse_units(unit.name)
    if unit.kind is Kind.LENGTH:
        assert (1 * known).to("angstrom").magnitude == pytest.approx(unit.angstrom)
