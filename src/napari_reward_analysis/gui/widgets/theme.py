"""Derive the colours of the plots from a napari theme.

The accent of a theme is made for buttons and may be too pale for a line. The lightness of
every colour with a meaning is therefore changed until it stands out from the background,
in dark and light themes and in those that users write.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtGui import QColor, QFont, QPalette
from qtpy.QtWidgets import QApplication

# the colours of Okabe and Ito, which differ under the common colour blindnesses too
_ORANGE = "#E69F00"
_SKY = "#56B4E9"
_GREEN = "#009E73"
_YELLOW = "#F0E442"
_BLUE = "#0072B2"
_VERMILLION = "#D55E00"
_PURPLE = "#CC79A7"

# contrast that WCAG 2 asks of graphical objects
_GRAPHICS = 3.0
_LINES = 3.8


@dataclass(frozen=True)
class ThemeColours:
    """Colours for drawing, each as ``"#rrggbb"``.

    Attributes
    ----------
    foreground, background : str
        Text and its background.
    muted, faint : str
        Secondary text and dimmed points; grid lines and fills.
    accent : str
        The Pareto front and the item in focus.
    euclidean, chebyshev : str
        The two automatic choices.
    warning : str
        Warnings.
    species : tuple of str
        Fill colours for the columns of a lattice, in order of use.
    """

    foreground: str
    background: str
    muted: str
    faint: str
    accent: str
    euclidean: str
    chebyshev: str
    warning: str
    species: tuple[str, ...]

    @classmethod
    def from_base(cls, foreground: str, background: str, accent: str) -> ThemeColours:
        """Derive all colours from the three that every theme has.

        Parameters
        ----------
        foreground, background, accent : str
            Any names that Qt knows, such as ``"#f0f1f2"`` or ``"white"``.

        Raises
        ------
        ValueError
            If one of them is not a colour.
        """
        fore, back = _colour(foreground), _colour(background)
        return cls(
            foreground=fore.name(),
            background=back.name(),
            muted=mix(foreground, background, 0.42),
            faint=mix(foreground, background, 0.86),
            accent=readable(accent, background, _LINES),
            euclidean=readable(_ORANGE, background, _LINES),
            chebyshev=readable(_PURPLE, background, _LINES),
            warning=readable(_VERMILLION, background, _LINES),
            species=tuple(
                readable(name, background, _GRAPHICS)
                for name in (_SKY, _ORANGE, _GREEN, _PURPLE, _YELLOW, _VERMILLION, _BLUE)
            ),
        )


def napari_colours(theme_name: str) -> ThemeColours:
    """Colours for the napari theme of that name.

    Parameters
    ----------
    theme_name : str
        As in ``viewer.theme``: "dark", "light", "system" or a user's own.

    Raises
    ------
    ValueError
        If napari knows no such theme.
    """
    # imported here: the rest of this module needs no napari
    from napari.utils.theme import get_theme  # type: ignore[import-untyped, unused-ignore]

    theme = get_theme(theme_name)
    return ThemeColours.from_base(_hex(theme.text), _hex(theme.background), _hex(theme.current))


def default_colours() -> ThemeColours:
    """Colours of the application's own palette, used while no theme is set."""
    palette = QApplication.palette()
    return ThemeColours.from_base(
        palette.color(QPalette.ColorRole.WindowText).name(),
        palette.color(QPalette.ColorRole.Window).name(),
        palette.color(QPalette.ColorRole.Highlight).name(),
    )


class Themed:
    """Mixin of widgets with colours: they implement `apply_colours`."""

    def apply_napari_theme(self, theme_name: str) -> None:
        """Draw in the colours of a napari theme, such as ``viewer.theme``."""
        self.apply_colours(napari_colours(theme_name))

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        raise NotImplementedError


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours after WCAG 2: 1 (equal) to 21 (black on white)."""
    bright, dark = sorted((_luminance(_colour(c)) for c in (first, second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(colour: str, background: str, ratio: float) -> str:
    """The same hue, made lighter or darker until it stands out from the background.

    Parameters
    ----------
    colour, background : str
        Any names that Qt knows.
    ratio : float
        Contrast to reach. It may be out of reach on a medium grey; the lightest or
        darkest shade of the hue is then returned.
    """
    back = _colour(background)
    step = -0.02 if _luminance(back) > 0.18 else 0.02
    hue, saturation, lightness, _ = _colour(colour).getHslF()
    shade = _colour(colour)
    while contrast(shade.name(), background) < ratio and 0 < lightness + step < 1:
        lightness += step
        shade = QColor.fromHslF(max(hue, 0.0), saturation, lightness)
    return str(shade.name())


def mix(first: str, second: str, share: float) -> str:
    """The first colour with a share (0 to 1) of the second in it."""
    pairs = zip(_colour(first).getRgb()[:3], _colour(second).getRgb()[:3], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def small_font(font: QFont) -> QFont:
    """The same font one size smaller, for text beside a plot."""
    small = QFont(font)
    if font.pointSizeF() > 0:
        small.setPointSizeF(max(font.pointSizeF() - 1, 6.0))
    else:
        small.setPixelSize(max(font.pixelSize() - 1, 8))
    return small


def _hex(value: object) -> str:
    """A theme's colour as ``"#rrggbb"``, without the alpha that Qt reads differently."""
    rgb = getattr(value, "as_rgb_tuple", None)
    if rgb is None:
        return _colour(str(value)).name()
    return "#{:02x}{:02x}{:02x}".format(*rgb(alpha=False))


def _colour(name: str) -> QColor:
    colour = QColor(name)
    if not colour.isValid():
        raise ValueError(f"{name!r} is not a colour that Qt knows.")
    return colour


def _luminance(colour: QColor) -> float:
    """Relative luminance of an sRGB colour, 0 to 1."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
