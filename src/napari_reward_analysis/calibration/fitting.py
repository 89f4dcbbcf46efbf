"""Compare presets with the lattice in an image: which of them fit, and which fits best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.calibration.blind import BlindLattice, part_of, smaller_cell
from napari_reward_analysis.calibration.cell_columns import CellColumns
from napari_reward_analysis.calibration.indexing import strains
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.orientation import implied_pixel_size
from napari_reward_analysis.calibration.pattern import predict
from napari_reward_analysis.calibration.search import HEADER_TRUST, search
from napari_reward_analysis.calibration.spectrum import Spectrum, power_spectra
from napari_reward_analysis.calibration.vectors import reduce_basis, vectors_in
from napari_reward_analysis.crystal.lattice import Lattice, lattice_names, lattice_preset
from napari_reward_analysis.image import Image

#: A preset fits from this confidence on, and if no other one is better by the second number.
FITS, _ALIKE = 0.7, 0.08
#: A preset is clearly better if its confidence is higher by this.
CLEARLY = 0.12
#: Weight of a difference in brightness.
_CONTRAST_PART = 0.1
#: Largest distance between a column and its partner, as a fraction of the mean spacing.
_PARTNER = 0.3
#: Two cells have one shape if the ratio of their vectors agrees within this fraction, and
#: their angle within so many degrees.
_RATIO, _ANGLE = 0.08, 5.0


@dataclass(frozen=True)
class PresetFit:
    """A preset that fits the lattice in an image.

    Attributes
    ----------
    name : str
        Name of the preset.
    confidence : float
        Share of the power in all predicted and observed reflections that it explains, 0 to 1.
    pixel_size : float
        Pixel size in angstrom that it implies.
    header_agrees : bool or None
        Whether the image's own pixel size agrees within 15 %; None without one.
    strain : float
        Largest principal strain of its cell in the image, without rotation and scale.
    contrast : float
        Mean difference in brightness between its columns and those of the image, 0 to 1.
    """

    name: str
    confidence: float
    pixel_size: float
    header_agrees: bool | None
    strain: float = 0.0
    contrast: float = 0.0

    @property
    def likelihood(self) -> float:
        """Confidence less the strain and a part of the difference in brightness.

        Both decide between presets that are alike. Brightness depends on the microscope.
        """
        return self.confidence - self.strain - _CONTRAST_PART * self.contrast


def fitting_presets(
    image: Image,
    blind: BlindLattice,
    pixel_size: float | None = None,
    *,
    names: Sequence[str] | None = None,
) -> tuple[PresetFit, ...]:
    """The presets that fit a lattice found in an image, best first.

    Parameters
    ----------
    image : Image
        The image.
    blind : BlindLattice
        Its lattice.
    pixel_size : float, optional
        Pixel size in angstrom; that of the image by default. Presets that agree with it come
        first. Without a pixel size several presets of one shape may fit equally well.
    names : sequence of str, optional
        The presets to try; the usual ones by default.

    Returns
    -------
    tuple of PresetFit
        Empty if none fits.
    """
    known = image.pixel_size if pixel_size is None else pixel_size
    alike = _of_shape(blind.vectors_px, names)
    if not alike:
        return ()
    spectra = power_spectra(image, part_of(blind.seen))
    found = _confidences(spectra, Image(image.data), alike, known, blind)
    if not found:
        return ()
    best = max(fit.confidence for fit in found)
    fits = [fit for fit in found if fit.confidence >= max(FITS, best - _ALIKE)]
    return tuple(sorted(fits, key=lambda fit: (not fit.header_agrees, -fit.likelihood)))


def better_preset(
    image: Image, measured: MeasuredLattice, *, names: Sequence[str] | None = None
) -> PresetFit | None:
    """The preset that fits an image clearly better than the chosen lattice; None without one.

    Parameters
    ----------
    image : Image
        The image.
    measured : MeasuredLattice
        The chosen lattice as measured in this image.
    names : sequence of str, optional
        The presets to try; the usual ones by default.
    """
    if measured.confidence > 1 - CLEARLY:
        return None
    spectra = power_spectra(image)
    seen = max((vectors_in(spectrum) for spectrum in spectra), key=lambda v: v.confidence)
    if not seen.found:
        return None
    others = [one for one in _of_shape(seen.vectors_px, names) if one.name != measured.name]
    found = _confidences(spectra, Image(image.data), others, image.pixel_size)
    best = max(found, key=lambda fit: fit.likelihood, default=None)
    if best is None or best.confidence < max(FITS, measured.confidence + CLEARLY):
        return None
    return best


def _confidences(
    spectra: list[Spectrum],
    bare: Image,
    lattices: list[Lattice],
    known: float | None,
    blind: BlindLattice | None = None,
) -> list[PresetFit]:
    """Fit each lattice at any scale; lattices that do not fit are left out."""
    fits = []
    for lattice in lattices:
        pattern = predict(lattice)
        found = search(spectra, pattern, lattice, bare)
        if found is None:
            continue
        size = implied_pixel_size(found.fit.matrix, pattern)
        agrees = None if known is None else abs(math.log(size / known)) < math.log1p(HEADER_TRUST)
        strain = float(strains(found.fit.matrix[None], pattern)[0])
        contrast = 0.0
        if blind is not None:
            vectors = np.asarray(np.linalg.inv(found.fit.matrix))
            contrast = brightness_difference(lattice, vectors, blind)
        fits.append(PresetFit(lattice.name, found.confidence, size, agrees, strain, contrast))
    return fits


def brightness_difference(lattice: Lattice, vectors: FloatArray, blind: BlindLattice) -> float:
    """Mean difference in brightness between the columns of a crystal and those in the image.

    Parameters
    ----------
    lattice : Lattice
        The crystal with its columns.
    vectors : ndarray, shape (2, 2)
        Rows: its vectors (y, x) in the image in px.
    blind : BlindLattice
        The lattice in the image.

    Returns
    -------
    float
        Smallest root mean square over all origins, 0 to 1. A column without a partner in the
        image counts as dark there.
    """
    places = np.array([[column.x, column.y] for column in lattice.columns])
    weights = np.array([column.weight for column in lattice.columns])
    inverse, spacing = np.linalg.inv(blind.vectors_px), math.sqrt(blind.cell_area_px)
    reach = _PARTNER * spacing / math.sqrt(blind.columns_per_cell)
    best = math.inf
    for origin in blind.columns.places:
        at = origin + (places - places[weights.argmax()]) @ vectors @ inverse
        away = at[:, None] - blind.columns.places
        away = (away - np.rint(away)) @ blind.vectors_px
        distance = np.hypot(away[..., 0], away[..., 1])
        seen = blind.columns.brightness[distance.argmin(axis=1)]
        seen = np.where(distance.min(axis=1) < reach, seen, 0.0)
        best = min(best, float(np.sqrt(((seen - weights) ** 2).mean())))
    return best


def _of_shape(vectors: FloatArray, names: Sequence[str] | None) -> list[Lattice]:
    """The presets whose primitive cell has the shape of the given one."""
    lattices = [lattice_preset(name) for name in (lattice_names() if names is None else names)]
    return [lattice for lattice in lattices if _same_shape(primitive_vectors(lattice), vectors)]


def primitive_vectors(lattice: Lattice) -> FloatArray:
    """The shortest vectors (rows, in angstrom) after which the columns repeat."""
    order = sorted(lattice.columns, key=lambda column: -column.weight)
    columns = CellColumns(
        np.array([[column.x, column.y] for column in order]).reshape(-1, 2),
        np.array([column.weight for column in order]),
        0.0,
    )
    vectors = lattice.vectors[:, ::-1]
    smaller = smaller_cell(vectors, columns)
    return reduce_basis(vectors) if smaller is None else smaller


def _same_shape(one: FloatArray, other: FloatArray) -> bool:
    first, second = _shape(one), _shape(other)
    ratio = abs(math.log(first[0] / second[0])) < math.log1p(_RATIO)
    return ratio and abs(first[1] - second[1]) < _ANGLE


def _shape(vectors: FloatArray) -> tuple[float, float]:
    """Ratio of the two lengths, at least 1, and angle in degrees, at most 90."""
    reduced = reduce_basis(vectors)
    short, long = np.hypot(*reduced.T)
    cosine = float(reduced[0] @ reduced[1]) / float(short * long)
    return float(long / short), math.degrees(math.acos(min(abs(cosine), 1.0)))
