"""Show a small patch of an image as a picture."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QLabel

from napari_reward_analysis.arrays import Float32Array

#: Side of a picture in px.
SIDE = 60


class PatchPicture(QLabel):
    """A mean patch in grey levels, in a coloured frame.

    Parameters
    ----------
    name : str
        Name for screen readers.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setFixedSize(QSize(SIDE + 6, SIDE + 6))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(name)
        self.set_colour("")

    def set_colour(self, colour: str) -> None:
        """Draw the frame in this colour; an empty name means no frame."""
        self.setStyleSheet(f"border: 3px solid {colour or 'transparent'}; padding: 0px;")

    def set_patch(self, patch: Float32Array, limits: tuple[float, float]) -> None:
        """Show a patch, shape (m, m), with black and white at the limits."""
        low, high = limits
        share = (np.nan_to_num(patch, nan=low) - low) / max(high - low, 1e-12)
        grey = np.ascontiguousarray(np.rint(255 * np.clip(share, 0, 1)), np.uint8)
        height, width = grey.shape
        picture = QImage(
            grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8
        ).copy()
        self.setPixmap(
            QPixmap.fromImage(picture).scaled(
                SIDE,
                SIDE,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )


def limits_of(patches: tuple[Float32Array, ...]) -> tuple[float, float]:
    """Darkest and brightest value of several patches that are shown side by side."""
    values = np.concatenate([patch[np.isfinite(patch)] for patch in patches])
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
