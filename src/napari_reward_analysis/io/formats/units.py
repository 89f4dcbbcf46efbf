"""Parse the unit strings in microscope files.

Each manufacturer spells units in its own way ('n_m', '1/nm', 'micron', the angstrom sign in
two encodings), and a general units library reads 'A' as ampere. This module turns a string
into a :class:`Unit` with its kind. The kind decides whether an array is a real-space image.
"""

from __future__ import annotations

import math
import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

from napari_reward_analysis.errors import BadInput


class Kind(StrEnum):
    """The quantity that a unit measures."""

    LENGTH = "length"
    PIXEL = "pixel"
    RECIPROCAL = "reciprocal"
    ENERGY = "energy"
    TIME = "time"
    OTHER = "other"


class Unit(NamedTuple):
    """A unit of one image axis.

    Attributes
    ----------
    name : str
        Name that napari (pint) understands: 'angstrom', 'nm', 'um', 'pixel', 's'. For
        units of kind OTHER, RECIPROCAL and ENERGY it is the text of the file.
    kind : Kind
        The quantity that it measures.
    angstrom : float
        Length of one unit in angstrom; NaN unless it is a unit of length.
    """

    name: str
    kind: Kind
    angstrom: float = math.nan


PIXEL = Unit("pixel", Kind.PIXEL)
ANGSTROM = Unit("angstrom", Kind.LENGTH, 1.0)
NANOMETRE = Unit("nm", Kind.LENGTH, 10.0)

_LENGTHS = (
    (Unit("pm", Kind.LENGTH, 1e-2), "pm picometer picometre"),
    (ANGSTROM, "A Å Ang angstrom angstroem ångström ångstrom angström"),
    (NANOMETRE, "nm nanometer nanometre"),
    (Unit("um", Kind.LENGTH, 1e4), "um μm Âμm micron micrometer micrometre"),
    (Unit("mm", Kind.LENGTH, 1e7), "mm millimeter millimetre"),
    (Unit("cm", Kind.LENGTH, 1e8), "cm centimeter centimetre"),
    (Unit("inch", Kind.LENGTH, 2.54e8), "in inch"),
    (Unit("m", Kind.LENGTH, 1e10), "m meter metre"),
)
_TIMES = (
    (Unit("s", Kind.TIME), "s sec second"),
    (Unit("ms", Kind.TIME), "ms msec millisecond"),
    (Unit("us", Kind.TIME), "us μs microsecond"),
    (Unit("minute", Kind.TIME), "min minute"),
)
_PIXELS = frozenset({"", "px", "pix", "pixel", "pixels", "none", "unitless", "dimensionless"})
_ANGLES = frozenset({"rad", "mrad", "urad", "μrad", "radian", "milliradian"})
_ENERGIES = frozenset({"eV", "keV", "meV", "MeV", "electronvolt", "electron_volt", "J"})

_SPELLINGS: dict[str, Unit] = {
    spelling: unit for unit, spellings in (*_LENGTHS, *_TIMES) for spelling in spellings.split()
}
#: Words may be capitalised and in the plural, but symbols may not: 'mM' is not a length.
_WORDS: dict[str, Unit] = {
    form: unit
    for spelling, unit in _SPELLINGS.items()
    if len(spelling) > 2 and spelling.isalpha()
    for form in (spelling.lower(), spelling.lower() + "s", spelling.lower() + "es")
}
_INVERSE = re.compile(r"^(?:1?/\(?(?P<under>[^()]+)\)?|(?P<base>.+?)(?:\^|\*\*)?[({]?-1[)}]?)$")


def parse_unit(text: str | None) -> Unit:
    """Parse the unit string of a file.

    Parameters
    ----------
    text : str or None
        As written in the file; None and '' mean pixels.

    Returns
    -------
    Unit
        The unit. An unknown string is not an error, but a unit of kind OTHER.
    """
    said = "" if text is None else str(text)
    # ImageJ writes a micro sign as an escape of six characters.
    said = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), said)
    # NFKC unifies the two micro signs and the two angstrom signs, and turns superscripts
    # into digits.
    said = unicodedata.normalize("NFKC", said).replace("\N{MINUS SIGN}", "-").strip("\0 \t\r\n[]<>")
    # The Berkeley EMD format separates prefix and unit: 'n_m'.
    plain = said.replace("_", "").replace(" ", "")
    if plain.lower() in _PIXELS or plain.lower() == "undefined":
        return PIXEL
    if plain in _ENERGIES:
        return Unit(said, Kind.ENERGY)
    if plain in _ANGLES:
        return Unit(said, Kind.RECIPROCAL)
    if (unit := _known(plain)) is not None:
        return unit
    inverse = _INVERSE.match(plain)
    if inverse is not None:
        base = inverse["under"] or inverse["base"]
        if base.lower() in _PIXELS or ((unit := _known(base)) and unit.kind is Kind.LENGTH):
            return Unit(said, Kind.RECIPROCAL)
    return Unit(said, Kind.OTHER)


def to_angstrom(value: float, unit: str | Unit) -> float:
    """Convert a length to angstrom.

    Parameters
    ----------
    value : float
        Length in `unit`.
    unit : str or Unit
        A unit of length.

    Returns
    -------
    float

    Raises
    ------
    BadInput
        If the unit is not a unit of length.
    """
    known = unit if isinstance(unit, Unit) else parse_unit(unit)
    if known.kind is not Kind.LENGTH:
        raise BadInput(f"{known.name!r} is not a unit of length: use angstrom or nm.")
    # A division by a whole number is exact, but a multiplication by a factor below 1 is not.
    return value / round(1 / known.angstrom) if known.angstrom < 1 else value * known.angstrom


def _known(plain: str) -> Unit | None:
    return _SPELLINGS.get(plain) or _WORDS.get(plain.lower())
