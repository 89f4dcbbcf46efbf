"""Notices of an analysis in the words of the window."""

from __future__ import annotations

from collections.abc import Iterable

from napari_reward_analysis.notices import Notice, sentence

#: What the user can do about a notice in the window, by its code.
ADVICE: dict[str, str] = {
    "header_disagrees": (
        "Press “Use the pixel size of the lattice” in the form to take that of the lattice."
    ),
}


def notices_in_words(notices: Iterable[Notice]) -> str:
    """All notices as sentences, with what to do about them.

    Parameters
    ----------
    notices : iterable of Notice
        As of a run.
    """
    text = " ".join(sentence(notice, ADVICE) for notice in notices)
    # a number is not parted from its unit
    return text.replace(" angstrom", "\N{NO-BREAK SPACE}Å")
