"""The domains of a run: a label for each pixel, and the facts of each domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.runs.journal import Record
from napari_reward_analysis.runs.packed import pack, unpack


@dataclass(frozen=True, eq=False)
class DomainMap:
    """The domains of a field.

    Attributes
    ----------
    labels : ndarray of uint16, shape (H, W)
        Number of the domain of each pixel, from 1; 0 outside all domains.
    facts : tuple of dict
        For each domain the measured lattice, see `MeasuredLattice.facts`, and `share`, its
        share of the field.
    """

    labels: npt.NDArray[np.uint16]
    facts: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, domains: Sequence[Domain], shape: tuple[int, int]) -> DomainMap | None:
        """Make the map of some domains; None without any."""
        if not domains:
            return None
        labels = np.zeros(shape, np.uint16)
        for number, domain in enumerate(domains, start=1):
            labels[domain.mask] = number
        facts = tuple(
            {**domain.measured.facts(), "share": float(domain.mask.mean())} for domain in domains
        )
        return cls(labels, facts)

    def to_json(self) -> Record:
        """Return plain values, with packed labels."""
        return {"labels": pack(self.labels.astype("<u2")), "facts": list(self.facts)}

    @classmethod
    def from_json(cls, record: Record, shape: tuple[int, int]) -> DomainMap:
        """Make a map from the values of `to_json`.

        Raises
        ------
        KeyError, ValueError
            If an entry is missing or damaged.
        """
        labels = unpack(record["labels"], "<u2").reshape(shape)
        facts = tuple(dict(fact) for fact in record["facts"])
        if int(labels.max(initial=0)) > len(facts):
            raise ValueError("a domain without facts")
        return cls(labels, facts)
