"""Options to name with a notice or a refusal: what a user of the command line can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_reward_analysis.errors import BadInput
    from napari_reward_analysis.notices import Notice

#: A sentence by the code of the notice or refusal.
ADVICE = {
    "guessed_scale": "Give --pixel-size or --lattice to be sure.",
    "header_pixel_size": "Use --calibrate lattice to take the pixel size of the lattice.",
    "no_ds": "Use --ds.",
    "no_expected_count": "Use --lattice or --count.",
    "no_pixel_size": "Use --pixel-size, or --lattice with --calibrate lattice.",
    "which_frame": "Use --frame.",
}


def sentences(notices: Iterable[Notice]) -> list[str]:
    """Notices in words, with the options to use where there are any."""
    from napari_reward_analysis.notices import sentence

    return [sentence(notice, ADVICE) for notice in notices]


def refusal(error: BadInput) -> str:
    """A refusal in words, with the options to use where there are any."""
    return f"{error} {ADVICE.get(error.code, '')}".strip()
