"""Make an oracle from a network or from a file."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np

from napari_reward_analysis.analyses.oracle.find import columns_by_tiles
from napari_reward_analysis.analyses.oracle.network import Model
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.known_positions import read_points
from napari_reward_analysis.points.known import Oracle


def oracle_of_network(
    image: Image, network: Model, threshold: float
) -> Generator[None, None, Oracle]:
    """Find the columns with a network, with a pulse after each tile of the image.

    Raises
    ------
    BadInput
        If the network does not fit the image, or finds nothing.
    """
    columns = yield from columns_by_tiles(image, network, threshold)
    if not len(columns.points):
        raise BadInput(
            f"{network.name} found no column in {image.name!r}: check the pixel size, "
            "or lower the threshold."
        )
    return Oracle(network.name, columns.points, columns.confidence, columns.classes)


def oracle_of_file(image: Image, path: Path) -> Oracle:
    """Read the positions of a table or of a file of another program.

    Raises
    ------
    BadInput
        If there are no positions, or they belong to another image.
    """
    points, classes = read_points(path)
    return Oracle.of_points(path.name, points, classes).within(np.ones(image.shape, bool))
