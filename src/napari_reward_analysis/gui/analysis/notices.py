"""Turn the notices of an analysis into text for the window."""

from __future__ import annotations

from collections.abc import Iterable

from napari_reward_analysis.notices import Notice, sentence

#: Advice for the user of the window, by the code of the notice.
ADVICE: dict[str, str] = {
    "header_disagrees": "Press “Use the pixel size of the lattice” in the form to change it.",
}


def notices_in_words(notices: Iterable[Notice]) -> str:
    """Return notices as sentences with advice.

    Parameters
    ----------
    notices : iterable of Notice
        Notices of a run.
    """
    text = " ".join(sentence(notice, ADVICE) for notice in notices)
    # no line break between a number and its unit
    return text.replace(" angstrom", "\N{NO-BREAK SPACE}Å")
