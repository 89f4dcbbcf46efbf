"""The problem of a comparison: an image with an oracle and the compared positions."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.run import Run, load_run
from napari_reward_analysis.analyses.oracle.network import load_model
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.analyses.oracle.sources import oracle_of_file, oracle_of_network
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.choices import Calibration
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice, register_wording
from napari_reward_analysis.points.agreement import counted, half_spacing, require_within
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.matching import points_within
from napari_reward_analysis.runs.analysis import Inputs


@dataclass(frozen=True, eq=False)
class Compared:
    """Positions that are compared with an oracle.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y and x in px, in the whole image.
    name : str
        Name of the layer, or of the run and the trial.
    area : ndarray of bool, shape (H, W), or None
        The analysed part of the image, or None for the whole image.
    inside : ndarray of bool, shape (n,), or None
        Points that count as inside the area, or None if this follows from their positions.
    trial : int or None
        Number of the trial if the positions are the result of a run.
    """

    points: FloatArray
    name: str
    area: BoolArray | None = None
    inside: BoolArray | None = None
    trial: int | None = None

    @classmethod
    def of(cls, run: Run) -> Compared:
        """Return the columns of the chosen trial of a run, or of the proposed one.

        Raises
        ------
        BadInput
            If the run has no trial with a result.
        """
        position = run.choice if run.choice is not None else run.proposed()
        if position is None:
            raise BadInput("The run has no trial with a result: choose another run.")
        trial = run.trials[position]
        return cls(
            points=trial.points[trial.shown].astype(np.float64),
            name=f"{run.name}, trial {trial.index}",
            area=run.region,
            inside=trial.inside[trial.shown],
            trial=trial.index,
        )


class OracleProblem:
    """One comparison with an oracle, ready to begin.

    Parameters
    ----------
    inputs : Inputs
        Image, lattice and the compared region if drawn. `given` may hold:

        - the oracle as 'points' (an `Oracle`, positions of shape (n, 2) in px, or the path
          of a table) or as 'model' (the path of a network). The default is the network of
          the package.
        - the compared positions as 'run' (a run on this image or its path) or as 'found' (a
          `Compared`). Without them, nothing is compared.
        - 'runs', further runs on this image. The F1 of their trials is computed.
    settings : OracleSettings
        Distance, threshold, pixel size and area.

    Attributes
    ----------
    image : Image
        Image with its final pixel size.
    region : ndarray of bool, shape (H, W), or None
        The compared part of the image, or None for the whole image.
    compared : Compared or None
        The compared positions.
    judged : tuple of Run
        Runs whose trials are compared with the oracle.
    notices : list of Notice
        Notices about pixel size and area.

    Raises
    ------
    BadInput
        If the inputs are inconsistent.
    """

    def __init__(self, inputs: Inputs, settings: OracleSettings) -> None:
        self.settings, self.lattice = settings, inputs.lattice
        given = inputs.given
        run = _run(given.get("run"), inputs.image)
        self.compared: Compared | None = given.get("found") if run is None else Compared.of(run)
        self.judged: tuple[Run, ...] = (*(() if run is None else (run,)), *given.get("runs", ()))
        # A drawn region takes precedence over the analysed area.
        own = None if self.compared is None or inputs.region is not None else self.compared.area
        seen = run_preflight(
            inputs.image,
            inputs.lattice,
            region=inputs.region if own is None else own,
            calibrate=_calibration(inputs.image, inputs.lattice, settings),
            area=settings.area,
        )
        self.image, self.region = seen.image, seen.region
        # Each run has its own area, so that the area of the compared run is not common.
        self._common_area = None if own is not None else seen.region
        self.notices = list(seen.notices)
        if settings.area == "crystal" and inputs.lattice is None and seen.region is None:
            self.notices.append(Notice("no_lattice_to_see"))
        points, model = given.get("points"), given.get("model")
        if self.image.pixel_size is None and points is None and model is None:
            self.notices.append(Notice("guessed_scale"))
        self._points: Any = points
        self._network = load_model(_path(model)) if points is None else None

    def oracle(self) -> Generator[None, None, Oracle]:
        """Return the oracle for the whole image, with a pulse after each tile of a network.

        Raises
        ------
        BadInput
            If the oracle has no column in the image.
        """
        everywhere = np.ones(self.image.shape, bool)
        if self._network is not None:
            threshold = self.settings.threshold
            found = yield from oracle_of_network(self.image, self._network, threshold)
            return found.within(everywhere)
        points = self._points
        if isinstance(points, str | Path):
            return oracle_of_file(self.image, Path(points))
        if not isinstance(points, Oracle):
            points = Oracle.of_points("positions", np.asarray(points, float))
        there: Oracle = points.within(everywhere)
        return there

    def reach(self, oracle: Oracle) -> float | None:
        """Return the largest distance of a pair in px, or None if it is unknown and not needed.

        Parameters
        ----------
        oracle : Oracle
            The oracle in the compared part of the image.

        Raises
        ------
        BadInput
            If the distance cannot be converted from angstrom, or does not follow from the
            oracle.
        """
        if self.settings.distance is not None:
            return self.settings.distance / self.image.require_pixel_size()
        try:
            return half_spacing(oracle.points)
        except BadInput:
            # Points without a spacing can be shown but not compared.
            if self.compared is None:
                return None
            raise

    def found(self, oracle: Oracle, reach: float) -> FloatArray | None:
        """Return the counted positions, shape (n, 2), or None if nothing is compared.

        Parameters
        ----------
        oracle : Oracle
            The oracle for the whole image.
        reach : float
            Largest distance of a pair in px.

        Raises
        ------
        BadInput
            If the positions belong to another image, or none is in the compared part.
        """
        if self.compared is None:
            return None
        points, everywhere = self.compared.points, np.ones(self.image.shape, bool)
        area = everywhere if self.region is None else self.region
        inside = require_within(points, area, self.compared.name)
        if self.region is not None:
            if self.compared.inside is not None:
                inside = self.compared.inside
            wanted = points_within(oracle.points, self.region)
            inside = counted(points, inside, oracle.points, wanted, reach)
            inside &= points_within(points, everywhere)
        return points[inside]

    def area_of(self, run: Run) -> BoolArray | None:
        """Return the compared area for the trials of a run, or None for the whole image."""
        parts = [part for part in (run.region, self._common_area) if part is not None]
        return np.logical_and.reduce(parts) if parts else None


def _run(given: Any, image: Image) -> Run | None:
    if given is None:
        return None
    run = given if isinstance(given, Run) else load_run(Path(given))
    if not run.image.matches(image):
        raise BadInput(
            f"The run belongs to {run.image.name!r} and not to {image.name!r}, since the pixels "
            "differ: choose the image of the run."
        )
    return run


def _calibration(image: Image, lattice: Lattice | None, settings: OracleSettings) -> Calibration:
    """Take the pixel size from a given lattice if the image has no pixel size."""
    return "lattice" if image.pixel_size is None and lattice is not None else settings.calibrate


def _path(given: Any) -> Path | None:
    return None if given is None else Path(given)


register_wording(
    "no_lattice_to_see",
    "No lattice is given, so that the crystal cannot be found. The whole field is compared.",
)
register_wording(
    "guessed_scale",
    "The pixel size is not known. The scale for the network was estimated from the column "
    "spacing in the image.",
)
