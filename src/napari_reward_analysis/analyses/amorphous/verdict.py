"""The verdict on an amorphous region in an image, as data and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from napari_reward_analysis.analyses.amorphous.regions.existence import DRAWS, Existence
from napari_reward_analysis.notices import Notice, register_wording, sentence

_SMALLEST_P = 1 / (DRAWS + 1)


@dataclass(frozen=True)
class Verdict:
    """Result of the test for an amorphous region; see `Existence`.

    Attributes
    ----------
    exists : bool
        True if there is an amorphous region.
    p_value : float
        Probability of an equal or larger contrast loss in crystal.
    largest_loss, bound : float
        Largest contrast loss in a neighbourhood, and the smallest one of an amorphous region.
    crystal_scatter : float or None
        Standard deviation of the contrast loss in neighbourhoods of crystal; None in runs
        of version 0.1.
    """

    exists: bool
    p_value: float
    largest_loss: float
    bound: float
    crystal_scatter: float | None = None

    @classmethod
    def of(cls, found: Existence) -> Verdict:
        """Return the verdict of a test."""
        return cls(
            found.exists, found.p_value, found.largest_loss, found.bound, found.crystal_scatter
        )

    @property
    def notice(self) -> Notice:
        """The verdict as a notice."""
        return Notice("amorphous_verdict", asdict(self))

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return sentence(self.notice)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a run file, with the sentence for readers of the file."""
        return asdict(self) | {"sentence": self.sentence}


def _in_words(values: Mapping[str, Any]) -> str:
    p_value, loss, bound = (values[name] for name in ("p_value", "largest_loss", "bound"))
    most, needed = f"{100 * loss:.0f} %", f"{100 * bound:.0f} %"
    odds = f"p {'=' if p_value > _SMALLEST_P else '<='} {p_value:.2g}"
    if not values["exists"]:
        return (
            f"Nothing is amorphous here ({odds}). Columns lose at most {most} of their "
            f"contrast; a region counts as amorphous from {needed}."
        )
    text = (
        f"An amorphous region exists ({odds}). Columns lose up to {most} of their contrast; "
        f"a region counts as amorphous from {needed}."
    )
    scatter = values["crystal_scatter"]
    return (
        text if scatter is None else f"{text} In crystal the loss varies by {100 * scatter:.1f} %."
    )


register_wording("amorphous_verdict", _in_words)
