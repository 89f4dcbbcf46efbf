"""Notices about the lattice in an image, and their wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.measured import NOTICE_DIFFERENCE, MeasuredLattice
from napari_reward_analysis.notices import Notice, Plain, register_wording

#: Largest number of domains that a notice lists.
_MOST_DOMAINS = 4


def header_notice(measured: MeasuredLattice) -> Notice | None:
    """Notice that header and lattice differ by more than 2 % in pixel size, else None."""
    difference = measured.difference
    if difference is None or abs(difference) <= NOTICE_DIFFERENCE:
        return None
    return Notice(
        "header_disagrees",
        {
            "name": measured.name,
            "header_pixel_size_A": measured.header_pixel_size,
            "pixel_size_A": measured.pixel_size,
            "difference": difference,
        },
    )


def domains_notice(domains: Sequence[Domain]) -> Notice | None:
    """Notice that there are several domains, else None."""
    if len(domains) < 2:
        return None
    parts: list[dict[str, Plain]] = [
        {
            "name": domain.lattice.name,
            "rotation_deg": domain.measured.rotation_deg,
            "share": float(domain.mask.mean()),
        }
        for domain in domains
    ]
    return Notice("domains", {"parts": parts})


def lattice_not_seen(measured: MeasuredLattice) -> Notice:
    """Notice that the lattice is not seen, so that the whole field counts."""
    return Notice("lattice_not_seen", {"name": measured.name, "confidence": measured.confidence})


def crystal_share(share: float) -> Notice:
    """Notice that only a share of the field is crystal, from 0 (nothing certain) to 1."""
    return Notice("crystal_share", {"share": share}) if share else Notice("no_crystal_region")


def _header_disagrees(values: Mapping[str, Any]) -> str:
    difference = values["difference"]
    count = (1 + difference) ** 2 - 1
    return (
        f"The header's pixel size of {values['header_pixel_size_A']:.4g} angstrom is "
        f"{100 * abs(difference):.1f} % {'larger' if difference > 0 else 'smaller'} than the "
        f"{values['pixel_size_A']:.4g} angstrom that the lattice of {values['name']} shows. "
        "Lengths are off by the same factor, and a count from the header would be "
        f"{100 * abs(count):.0f} % too {'high' if count > 0 else 'low'}."
    )


def _domains(values: Mapping[str, Any]) -> str:
    parts = [
        f"{part['name']} at {part['rotation_deg']:.1f} degrees ({100 * part['share']:.0f} % of "
        "the field)"
        for part in values["parts"]
    ]
    shown = parts[:_MOST_DOMAINS]
    rest = len(parts) - len(shown)
    more = f", and {rest} more" if rest else ""
    return f"{len(parts)} domains are seen: {', '.join(shown)}{more}."


def _crystal_share(values: Mapping[str, Any]) -> str:
    share = f"{100 * values['share']:.0f} %"
    return f"{share} of the field is crystal, and columns are expected only there."


register_wording("header_disagrees", _header_disagrees)
register_wording("domains", _domains)
register_wording(
    "lattice_not_seen",
    "No lattice of {name} is seen in the image (confidence {confidence:.2f}). "
    "The whole field counts.",
)
register_wording("crystal_share", _crystal_share)
register_wording(
    "no_crystal_region",
    "No part of the field is certainly crystal. The whole field counts.",
)
