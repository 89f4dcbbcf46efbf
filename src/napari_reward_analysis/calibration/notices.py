"""Notices about the lattice in an image, and their wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from napari_reward_analysis.calibration.blind import BlindLattice
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.fitting import PresetFit
from napari_reward_analysis.calibration.measured import NOTICE_DIFFERENCE, MeasuredLattice
from napari_reward_analysis.notices import Notice, Plain, Value, register_wording

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


def cell_in_image(blind: BlindLattice, fits: Sequence[PresetFit] = ()) -> Notice:
    """Notice of the cell that was found in the image itself, and of the presets that fit it."""
    short, long = sorted(blind.lengths_px)
    values: dict[str, Value] = {
        "a_px": short,
        "b_px": long,
        "angle_deg": blind.angle_deg,
        "columns": blind.columns_per_cell,
        "confidence": blind.confidence,
    }
    if fits:
        values |= {"preset": fits[0].name, "pixel_size_A": fits[0].pixel_size}
        values |= {"header_agrees": fits[0].header_agrees}
        others = [f"{fit.name} ({fit.pixel_size:.4g})" for fit in fits[1:]]
        values |= {"others": " and ".join(others)}
    return Notice("cell_in_image", values)


def no_cell_in_image() -> Notice:
    """Notice that no lattice is seen in the image itself."""
    return Notice("no_cell_in_image")


def better_preset_notice(fit: PresetFit, measured: MeasuredLattice) -> Notice:
    """Notice that another preset fits better than the chosen lattice."""
    return Notice(
        "better_preset",
        {
            "name": measured.name,
            "confidence": measured.confidence,
            "preset": fit.name,
            "preset_confidence": fit.confidence,
            "pixel_size_A": fit.pixel_size,
        },
    )


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


def _cell_in_image(values: Mapping[str, Any]) -> str:
    number = values["columns"]
    cell = (
        f"The image shows a cell of {values['a_px']:.1f} x {values['b_px']:.1f} px at "
        f"{values['angle_deg']:.1f} degrees with {number} column{'' if number == 1 else 's'}"
    )
    if not values.get("preset"):
        return f"{cell}; no preset fits."
    text = f"{cell}; {values['preset']} fits with {values['pixel_size_A']:.4g} angstrom a pixel."
    if values.get("others"):
        text += f" The same holds for {values['others']}."
    if values.get("header_agrees") is False:
        text += " The header has another pixel size."
    return text


register_wording("header_disagrees", _header_disagrees)
register_wording("domains", _domains)
register_wording(
    "lattice_not_seen",
    "No lattice of {name} is seen in the image (confidence {confidence:.2f}). "
    "The whole field counts.",
)
register_wording("cell_in_image", _cell_in_image)
register_wording("no_cell_in_image", "No lattice is seen in the image.")
register_wording(
    "better_preset",
    "{preset} fits better than {name}: {preset_confidence:.2f} against {confidence:.2f}.",
)
register_wording("crystal_share", _crystal_share)
register_wording(
    "no_crystal_region",
    "No part of the field is certainly crystal. The whole field counts.",
)
