"""Describe an image and the predictions of a lattice for it, before any search."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.physics import analysed_area, derive_physics
from napari_reward_analysis.calibration.choices import Calibration
from napari_reward_analysis.calibration.preflight import Preflight, measured_facts, run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import sentence


def describe(
    image: Image, lattice: Lattice | None = None, calibrate: Calibration = "header"
) -> dict[str, Any]:
    """Return facts about an image and the predictions of a lattice for it.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice, optional
        The crystal. Its lattice is measured in the image.
    calibrate : {'header', 'lattice'}
        Source of the pixel size.

    Returns
    -------
    dict
        Plain values, ready for JSON. Keys that end in `_A` hold lengths in angstrom.

    Raises
    ------
    BadInput
        If the lattice is the source of the pixel size but is missing or not found.
    """
    preflight = run_preflight(image, lattice, calibrate=calibrate)
    image = preflight.image
    size = image.pixel_size
    facts: dict[str, Any] = {
        "name": image.name,
        "source": image.source,
        "shape": list(image.shape),
        "dtype": str(image.data.dtype),
        "pixel_size_A": size,
        "field_A": None if size is None else [n * size for n in image.shape],
        "range": [float(image.data[image.valid].min()), float(image.data[image.valid].max())],
        "invalid_pixels": int((~image.valid).sum()),
        "fingerprint": image.fingerprint,
    }
    if lattice is not None:
        facts["lattice"] = _predictions(lattice)
        facts["measured"] = measured_facts(preflight)
        facts["expected"] = _counts(preflight, lattice)
        facts["notices"] = [sentence(notice) for notice in preflight.notices]
    return facts


def in_words(facts: dict[str, Any]) -> str:
    """Return the facts of `describe` as readable lines."""
    height, width = facts["shape"]
    lines = [f"{facts['name']}: {height} x {width} px, {facts['dtype']}"]
    if facts["pixel_size_A"] is None:
        lines.append("pixel size: not known")
    else:
        field = " x ".join(f"{length:.1f}" for length in facts["field_A"])
        lines.append(f"pixel size: {facts['pixel_size_A']:.5g} A, field {field} A")
    lines.append("values: {:.6g} to {:.6g}".format(*facts["range"]))
    if facts["invalid_pixels"]:
        lines.append(f"invalid pixels: {facts['invalid_pixels']} (NaN or infinite, ignored)")
    if "lattice" in facts:
        lines += _lattice_lines(facts["lattice"])
        lines += _measured_lines(facts["measured"])
        lines += _count_lines(facts["expected"])
        lines += [f"note: {notice}" for notice in facts["notices"]]
    return "\n".join(lines)


def _predictions(lattice: Lattice) -> dict[str, Any]:
    return {
        "name": lattice.name,
        "cell_A": [lattice.a, lattice.b],
        "angle_deg": lattice.angle,
        "columns_per_cell": lattice.columns_per_cell,
        "columns": [[c.species, c.x, c.y, c.weight] for c in lattice.columns],
        "faint": [[c.species, c.x, c.y, c.weight] for c in lattice.faint],
        "spacing_A": lattice.spacing,
        "neighbour_sums_A": lattice.neighbour_sums,
        "ds_A": lattice.default_ds,
    }


def _counts(preflight: Preflight, lattice: Lattice) -> dict[str, float | None]:
    """Return the expected number of columns in the whole field and in its crystal part."""
    image, region = preflight.image, preflight.region
    return {
        "field_by_pixel_size": _count(image, lattice, None, None),
        "field": _count(image, lattice, None, preflight),
        "crystal": _count(image, lattice, region, preflight) if preflight.measured else None,
        "area_fraction": 1.0 if region is None else float(np.mean(region)),
    }


def _count(
    image: Image, lattice: Lattice, region: Any, preflight: Preflight | None
) -> float | None:
    measured = None if preflight is None else preflight.measured
    area = analysed_area(image, region)
    if measured is not None and measured.found:
        return measured.expected_count(float(area.sum()), lattice.columns_per_cell)
    if image.pixel_size is None:
        return None
    try:
        return derive_physics(image, lattice, area)[0].expected
    except BadInput:
        return None


def _lattice_lines(lattice: dict[str, Any]) -> list[str]:
    a, b = lattice["cell_A"]
    sums = ", ".join(f"{name} {total:.2f}" for name, total in lattice["neighbour_sums_A"].items())
    lines = [
        f"lattice: {lattice['name']}, cell {a:g} x {b:g} A at {lattice['angle_deg']:g} degrees",
        f"columns per cell: {lattice['columns_per_cell']}{_weights(lattice['columns'])}",
    ]
    if lattice["faint"]:
        lines.append(f"too faint for HAADF, not counted:{_weights(lattice['faint'])}")
    return [
        *lines,
        f"smallest distance between columns: {lattice['spacing_A']:.2f} A",
        f"sums of the distances to the four nearest columns (A): {sums}",
        f"DS: {lattice['ds_A']:.2f} A",
    ]


def _weights(columns: list[Any]) -> str:
    brightest = {name: weight for name, _, _, weight in columns}
    return "".join(f" {name} ({weight:.2g})" for name, weight in brightest.items())


def _measured_lines(measured: dict[str, Any] | None) -> list[str]:
    if measured is None:
        return ["measured in the image: nothing"]
    if not measured["found"]:
        return [f"lattice not found in the image (confidence {measured['confidence']:.2f})"]
    cell = f"{measured['a_px']:.2f} x {measured['b_px']:.2f} px"
    angle, turn = measured["angle_deg"], measured["rotation_deg"]
    size, error = measured["pixel_size_A"], measured["pixel_size_error_A"]
    lines = [
        f"measured in the image: cell {cell} at {angle:.2f} degrees, rotated by {turn:.2f} degrees",
        f"pixel size from the lattice: {size:.5g} A (+- {error:.1g})",
        f"confidence: {measured['confidence']:.2f}",
    ]
    if measured["difference"] is not None:
        lines.append(f"header against lattice: {measured['difference']:+.2%}")
    return lines


def _count_lines(expected: dict[str, float | None]) -> list[str]:
    if expected["field"] is None:
        return ["expected: unknown without a pixel size or a measured lattice"]
    lines = [f"expected: {expected['field']:.1f} columns in the field"]
    if expected["crystal"] is not None:
        part = expected["area_fraction"] or 0.0
        lines.append(
            f"expected in the crystal: {expected['crystal']:.1f} ({part:.0%} of the field)"
        )
    return lines
