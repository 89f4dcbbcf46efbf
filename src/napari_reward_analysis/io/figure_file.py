"""Write figures to disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_reward_analysis.io.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG, completely or not at all."""
    with atomic_path(path) as draft:
        figure.savefig(draft, format=path.suffix.lstrip(".").lower() or "png", dpi=150)
