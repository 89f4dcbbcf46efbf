"""What an image is, and what a lattice expects of it, before anything is searched."""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.image import Image
from napari_reward_analysis.lattice import Lattice
from napari_reward_analysis.workflows.atoms_physics import analysed_area


def describe(image: Image, lattice: Lattice | None = None) -> dict[str, Any]:
    """Facts about an image, and a lattice's predictions for it.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice, optional
        The crystal; predictions need the image's pixel size.

    Returns
    -------
    dict
        Plain values, ready for JSON. Lengths in angstrom.
    """
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
        facts["lattice"] = _expectations(lattice, image, size)
    return facts


def in_words(facts: dict[str, Any]) -> str:
    """The facts of `describe` as lines for a reader."""
    height, width = facts["shape"]
    lines = [f"{facts['name']}: {height} x {width} px, {facts['dtype']}"]
    if facts["pixel_size_A"] is None:
        lines.append("pixel size: not known (give it with --pixel-size)")
    else:
        field = " x ".join(f"{length:.1f}" for length in facts["field_A"])
        lines.append(f"pixel size: {facts['pixel_size_A']:.5g} A, field {field} A")
    lines.append("values: {:.6g} to {:.6g}".format(*facts["range"]))
    if facts["invalid_pixels"]:
        lines.append(f"invalid pixels: {facts['invalid_pixels']} (NaN or infinite, left out)")
    return "\n".join(lines + _lattice_lines(facts.get("lattice")))


def _expectations(lattice: Lattice, image: Image, size: float | None) -> dict[str, Any]:
    expectations: dict[str, Any] = {
        "name": lattice.name,
        "cell_A": [lattice.a, lattice.b],
        "angle_deg": lattice.angle,
        "columns_per_cell": lattice.columns_per_cell,
        "spacing_A": lattice.spacing,
        "neighbour_sums_A": lattice.neighbour_sums,
        "ds_A": lattice.default_ds,
        "expected": None,
    }
    if size is not None:
        expectations["expected"] = lattice.expected_count(
            float(analysed_area(image, None).sum()) * size**2
        )
    return expectations


def _lattice_lines(lattice: dict[str, Any] | None) -> list[str]:
    if lattice is None:
        return []
    a, b = lattice["cell_A"]
    sums = ", ".join(f"{name} {total:.2f}" for name, total in lattice["neighbour_sums_A"].items())
    count = lattice["expected"]
    expected = "needs a pixel size" if count is None else f"{count:.1f} columns in the field"
    return [
        f"lattice: {lattice['name']}, cell {a:g} x {b:g} A at {lattice['angle_deg']:g} degrees",
        f"columns per cell: {lattice['columns_per_cell']}",
        f"smallest distance of columns: {lattice['spacing_A']:.2f} A",
        f"sums of the four nearest distances (A): {sums}",
        f"DS: {lattice['ds_A']:.2f} A",
        f"expected: {expected}",
    ]
