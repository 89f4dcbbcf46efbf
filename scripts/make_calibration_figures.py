"""Make the figures of docs/calibration.md.

python scripts/make_calibration_figures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from napari_reward_analysis import crystal_region, lattice_preset, measure_lattice
from napari_reward_analysis.io.samples import sample_image

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def main() -> None:
    """Draw the measured cell and the region on the sample image with amorphous pockets."""
    image = sample_image("ybco_pockets")
    measured = measure_lattice(image, lattice_preset("YBCO[100]"))
    region = crystal_region(image, measured)
    figure = Figure(figsize=(8, 4), layout="constrained")
    cell, crystal = figure.subplots(1, 2)
    cell.imshow(image.normalised[:160, :160], cmap="gray")
    origin = np.array([30.0, 70.0])
    first, second = measured.vectors_px
    corners = np.array([origin, origin + first, origin + first + second, origin + second, origin])
    cell.plot(corners[:, 1], corners[:, 0], color="#E69F00", linewidth=2)
    a, b = measured.lengths_px
    cell.set_title(
        f"cell {a:.2f} x {b:.2f} px, turned by {measured.rotation_deg:.2f} degrees,\n"
        f"{measured.pixel_size:.4f} angstrom a pixel",
        fontsize="small",
    )
    crystal.imshow(image.normalised, cmap="gray")
    crystal.contour(region, levels=[0.5], colors="#E69F00", linewidths=1.5)
    crystal.set_title(f"crystal: {region.mean():.0%} of the field", fontsize="small")
    for axes in (cell, crystal):
        axes.set_axis_off()
    figure.savefig(IMAGES / "calibration.png", dpi=120)


if __name__ == "__main__":
    main()
