"""Add command line options that help to notices and errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_reward_analysis.errors import BadInput
    from napari_reward_analysis.notices import Notice

#: Advice for each code of a notice or an error.
ADVICE = {
    "guessed_scale": "Give --pixel-size or --lattice to be sure.",
    "header_pixel_size": "Use --calibrate lattice to take the pixel size of the lattice.",
    "no_ds": "Use --ds.",
    "no_expected_count": "Use --lattice or --count.",
    "no_pixel_size": "Use --pixel-size, or --lattice with --calibrate lattice.",
    "which_frame": "Use --frame.",
}


def sentences(notices: Iterable[Notice]) -> list[str]:
    """Return notices as sentences, with the options that help."""
    from napari_reward_analysis.notices import sentence

    return [sentence(notice, ADVICE) for notice in notices]


def refusal(error: BadInput) -> str:
    """Return an error as a sentence, with the option that helps."""
    return f"{error} {ADVICE.get(error.code, '')}".strip()
