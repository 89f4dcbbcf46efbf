"""The scripting interface: a function for each analysis, and a generator of its trials.

An image is a file's name, an array or an `Image`. A lattice is a name, a CIF file with a zone
axis or a `Lattice`. Every setting of an analysis can be given by keyword.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.crystal.cif import read_lattice
from napari_reward_analysis.crystal.lattice import Lattice, require_different
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.runs.analysis import Inputs, Task, analysis_named
from napari_reward_analysis.runs.execute import collect
from napari_reward_analysis.runs.load import load_any
from napari_reward_analysis.runs.run import BaseRun
from napari_reward_analysis.search.nested import build, by_path, merged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
    from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
    from napari_reward_analysis.analyses.amorphous.trial import AmorphousTrial
    from napari_reward_analysis.analyses.atoms.run import Run
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
    from napari_reward_analysis.analyses.atoms.trial import AtomTrial
    from napari_reward_analysis.analyses.noise.result import NoiseResult
    from napari_reward_analysis.analyses.noise.run import NoiseRun
    from napari_reward_analysis.analyses.noise.settings import NoiseSettings
    from napari_reward_analysis.analyses.oracle.run import OracleRun
    from napari_reward_analysis.analyses.oracle.settings import OracleSettings
    from napari_reward_analysis.analyses.windows.result import WindowResult
    from napari_reward_analysis.analyses.windows.run import WindowsRun
    from napari_reward_analysis.analyses.windows.settings import WindowsSettings

#: An image: a file, an array of pixels, or an `Image`.
AnyImage = str | Path | npt.NDArray[Any] | Image
#: A lattice: a name, FILE.cif:[uvw], or a `Lattice`.
AnyLattice = str | Path | Lattice
#: One lattice, or those of several crystals in one image.
AnyLattices = AnyLattice | Sequence[AnyLattice]
#: Mask of the analysed pixels, shape (H, W): nonzero pixels are analysed.
Region = npt.NDArray[Any]


def find_atoms(
    image: AnyImage,
    lattice: AnyLattices | None = None,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    settings: AtomsSettings | None = None,
    oracles: Mapping[str, float] | None = None,
    **fields: Any,
) -> Run:
    """Find the atomic columns of an image (LoG*).

    Parameters
    ----------
    image : str, Path, ndarray of shape (H, W), or Image
        A file that `read_image` can read, or the pixels.
    lattice : str, Path or Lattice, or a list of these, optional
        The crystal: 'YBCO[100]', 'FILE.cif:[uvw]', 'cell:a,b,angle,columns'. A list names
        several crystals in one image. If it is not given, a `count` is needed.
    pixel_size : float, optional
        In angstrom. It replaces the pixel size of the file.
    region : ndarray, shape (H, W), optional
        Mask: nonzero pixels are analysed. By default all pixels are.
    settings : AtomsSettings, optional
        Settings to start from; `fields` change them. By default the default settings.
    oracles : mapping, optional
        Further column counts by name. Each gets its own front.
    **fields
        Settings by name: ``trials=20, seed=1``. See `AtomsSettings`.

    Returns
    -------
    Run
        The run has a front, a best trial, tables and figures. A KeyboardInterrupt ends the
        search early; the finished trials are kept.

    Raises
    ------
    BadInput
        If the inputs do not fit together, or nothing was found.

    References
    ----------
    Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146.

    Examples
    --------
    >>> run = find_atoms("scan.ser", "SrTiO3[001]", trials=20)  # doctest: +SKIP
    >>> run.atoms().to_csv("columns.csv")  # doctest: +SKIP
    """
    run: Run = _run("atoms", image, lattice, pixel_size, region, settings, fields, oracles=oracles)
    return run


def iter_atoms(
    image: AnyImage,
    lattice: AnyLattices | None = None,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    settings: AtomsSettings | None = None,
    **fields: Any,
) -> Iterator[AtomTrial]:
    """Find the atomic columns of an image, trial by trial.

    To cancel the search, stop iterating.

    Parameters
    ----------
    image, lattice, pixel_size, region, settings, **fields
        See `find_atoms`.

    Yields
    ------
    AtomTrial
        In the order of evaluation.

    Raises
    ------
    BadInput
        Before the first trial, if the inputs do not fit together.
    """
    return _trials("atoms", image, lattice, pixel_size, region, settings, fields)


def find_amorphous(
    image: AnyImage,
    lattice: AnyLattices | None = None,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    points: npt.ArrayLike | None = None,
    settings: AmorphousSettings | None = None,
    **fields: Any,
) -> AmorphousRun:
    """Find the amorphous regions of an image.

    Parameters
    ----------
    image, lattice, pixel_size, region
        See `find_atoms`.
    points : array_like, shape (n, 2), optional
        y and x in px of the columns of the whole field. If not given, they are searched.
    settings : AmorphousSettings, optional
        Settings to start from; `fields` change them. By default the default settings.
    **fields
        Settings by name, see `AmorphousSettings`.

    Returns
    -------
    AmorphousRun
        The run has a verdict, masks, tables and figures. It has no best trial if nothing is
        amorphous.

    Raises
    ------
    BadInput
        If the inputs do not fit together.

    Examples
    --------
    >>> run = find_amorphous("scan.ser", "YBCO[100]")  # doctest: +SKIP
    >>> run.regions().to_csv("regions.csv")  # doctest: +SKIP
    """
    given = {} if points is None else {"points": np.asarray(points, float)}
    run: AmorphousRun = _run(
        "amorphous", image, lattice, pixel_size, region, settings, fields, **given
    )
    return run


def iter_amorphous(
    image: AnyImage,
    lattice: AnyLattices | None = None,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    points: npt.ArrayLike | None = None,
    settings: AmorphousSettings | None = None,
    **fields: Any,
) -> Iterator[AmorphousTrial]:
    """Find the amorphous regions of an image, trial by trial.

    To cancel the search, stop iterating.

    Parameters
    ----------
    image, lattice, pixel_size, region, points, settings, **fields
        See `find_amorphous`.

    Yields
    ------
    AmorphousTrial
        In the order of evaluation.

    Raises
    ------
    BadInput
        Before the first trial, if the inputs do not fit together.
    """
    given = {} if points is None else {"points": np.asarray(points, float)}
    return _trials("amorphous", image, lattice, pixel_size, region, settings, fields, **given)


def search_windows(
    image: AnyImage,
    lattice: AnyLattice,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    settings: WindowsSettings | None = None,
    **fields: Any,
) -> WindowsRun:
    """Search an image in overlapping windows.

    Parameters
    ----------
    image, lattice, pixel_size, region
        See `find_atoms`.
    settings : WindowsSettings, optional
        Settings to start from; `fields` change them. By default the default settings.
    **fields
        Settings by name, including those of the search in each window: ``side=40,
        trials=20``. See `WindowsSettings` and `AtomsSettings`.

    Returns
    -------
    WindowsRun
        The run has the columns of the whole image, and maps.

    Raises
    ------
    BadInput
        If the inputs do not fit together, or no window has a result.

    Examples
    --------
    >>> run = search_windows("scan.ser", "SrTiO3[001]", side=40)  # doctest: +SKIP
    >>> run.atoms().to_csv("columns.csv")  # doctest: +SKIP
    """
    run: WindowsRun = _run("windows", image, lattice, pixel_size, region, settings, fields)
    return run


def iter_windows(
    image: AnyImage,
    lattice: AnyLattice,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    settings: WindowsSettings | None = None,
    **fields: Any,
) -> Iterator[WindowResult]:
    """Search an image in overlapping windows, window by window.

    To cancel the search, stop iterating.

    Parameters
    ----------
    image, lattice, pixel_size, region, settings, **fields
        See `search_windows`.

    Yields
    ------
    WindowResult
        In the order in which the windows finish.

    Raises
    ------
    BadInput
        Before the first window, if the inputs do not fit together.
    """
    return _trials("windows", image, lattice, pixel_size, region, settings, fields)


def study_noise(
    image: AnyImage,
    lattice: AnyLattice | None = None,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    oracle: Any = None,
    known: npt.ArrayLike | str | Path | None = None,
    settings: NoiseSettings | None = None,
    **fields: Any,
) -> NoiseRun:
    """Study how noise affects the search.

    Parameters
    ----------
    image, lattice, pixel_size, region
        See `find_atoms`.
    oracle : callable, str, Path or bool, optional
        A further method to compare: a function that takes an `Image` and returns points of
        shape (n, 2), the ONNX file of a network, or True for the network of this package.
    known : array_like of shape (n, 2), or path-like, optional
        Known positions, y and x in px, or a table of them. They score the results but do not
        guide the search.
    settings : NoiseSettings, optional
        Settings to start from; `fields` change them. By default the default settings.
    **fields
        Settings by name, including those of the search at each level: ``levels=(0, 0.5),
        trials=20``. See `NoiseSettings` and `AtomsSettings`.

    Returns
    -------
    NoiseRun
        The run has a table of all levels and methods.

    Raises
    ------
    BadInput
        If the inputs do not fit together, or nothing is found at the first level.

    Examples
    --------
    >>> run = study_noise("scan.ser", "SrTiO3[001]", levels=(0, 0.5))  # doctest: +SKIP
    >>> run.table().to_csv("noise.csv")  # doctest: +SKIP
    """
    run: NoiseRun = _run(
        *("noise", image, lattice, pixel_size, region, settings, fields),
        oracle=oracle,
        known=known,
    )
    return run


def iter_noise(
    image: AnyImage,
    lattice: AnyLattice | None = None,
    *,
    pixel_size: float | None = None,
    region: Region | None = None,
    oracle: Any = None,
    known: npt.ArrayLike | str | Path | None = None,
    settings: NoiseSettings | None = None,
    **fields: Any,
) -> Iterator[NoiseResult]:
    """Study how noise affects the search, result by result.

    To cancel the study, stop iterating.

    Parameters
    ----------
    image, lattice, pixel_size, region, oracle, known, settings, **fields
        See `study_noise`.

    Yields
    ------
    NoiseResult
        One result for each seed, level and method, in this order.

    Raises
    ------
    BadInput
        If the inputs do not fit together.
    """
    return _trials(
        *("noise", image, lattice, pixel_size, region, settings, fields),
        oracle=oracle,
        known=known,
    )


def compare_with_oracle(
    image: AnyImage,
    run: Run | str | Path | None = None,
    lattice: AnyLattice | None = None,
    *,
    points: npt.ArrayLike | str | Path | None = None,
    model: str | Path | None = None,
    pixel_size: float | None = None,
    region: Region | None = None,
    settings: OracleSettings | None = None,
    **fields: Any,
) -> OracleRun:
    """Compare a run with the columns of an oracle: a network, or known positions.

    Parameters
    ----------
    image : str, Path, ndarray of shape (H, W), or Image
        The image of the run and of the oracle.
    run : Run, str or Path, optional
        A run of `find_atoms` on this image, or its folder. If not given, only the oracle's
        columns are found.
    lattice, pixel_size, region
        See `find_atoms`.
    points : array_like of shape (n, 2), or path-like, optional
        Known positions, y and x in px, or a table of them. They replace the network.
    model : path-like, optional
        The ONNX file of a network. By default the network of this package is used.
    settings : OracleSettings, optional
        Settings to start from; `fields` change them. By default the default settings.
    **fields
        Settings by name, see `OracleSettings`.

    Returns
    -------
    OracleRun
        The run has the oracle's columns and the agreement with them.

    Raises
    ------
    BadInput
        If the inputs do not fit together.

    Examples
    --------
    >>> run = find_atoms("scan.ser", "SrTiO3[001]")  # doctest: +SKIP
    >>> compared = compare_with_oracle("scan.ser", run)  # doctest: +SKIP
    >>> compared.table().to_csv("agreement.csv")  # doctest: +SKIP
    """
    given = {"run": run, "points": points, "model": model}
    found: OracleRun = _run("oracle", image, lattice, pixel_size, region, settings, fields, **given)
    return found


def load_run(path: str | Path) -> Any:
    """Read a saved run of any analysis.

    Parameters
    ----------
    path : str or Path
        The folder of the run, its file (`run.json`, `windows.json`, ...), or the log of an
        interrupted run.

    Returns
    -------
    Run, AmorphousRun, WindowsRun, NoiseRun, OracleRun or another
        The run, of the class that belongs to its analysis.

    Raises
    ------
    BadInput
        If there is no run, if the folder holds runs of several kinds, or if the file is
        damaged or was saved by a newer version.
    """
    return load_any(Path(path))


def _run(
    name: str,
    image: AnyImage,
    lattice: AnyLattices | None,
    pixel_size: float | None,
    region: Region | None,
    settings: BaseModel | None,
    fields: Mapping[str, Any],
    **given: Any,
) -> Any:
    """Run one analysis to its end, in memory."""
    shown = image_of(image, pixel_size)
    task = _begin(name, shown, lattice, region, settings, fields, given)
    run: BaseRun[Any] = collect(task)
    run.keep_image(shown)
    return run


def _trials(
    name: str,
    image: AnyImage,
    lattice: AnyLattices | None,
    pixel_size: float | None,
    region: Region | None,
    settings: BaseModel | None,
    fields: Mapping[str, Any],
    **given: Any,
) -> Iterator[Any]:
    """Yield the trials of one analysis without its pulses. Bad inputs raise at once."""
    shown = image_of(image, pixel_size)
    task = _begin(name, shown, lattice, region, settings, fields, given)
    return (trial for trial in task.steps if trial is not None)


def _begin(
    name: str,
    image: Image,
    lattice: AnyLattices | None,
    region: Region | None,
    settings: BaseModel | None,
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
) -> Task[Any]:
    analysis = analysis_named(name)
    lattices = lattices_of(lattice)
    inputs = Inputs(
        image,
        lattices[0] if lattices else None,
        None if region is None else np.asarray(region) != 0,
        {key: value for key, value in given.items() if value is not None},
        lattices[1:],
    )
    return analysis.begin(inputs, settings_of(analysis.settings, settings, fields))


def settings_of(
    model: type[BaseModel], settings: BaseModel | None, fields: Mapping[str, Any]
) -> BaseModel:
    """Return settings with some fields changed.

    Parameters
    ----------
    model : type
        The settings' class.
    settings : BaseModel, optional
        Settings to start from. By default the default settings.
    fields : mapping
        Values by the field's name. Fields of nested settings are named in the same way.

    Raises
    ------
    BadInput
        If the settings are of another class, a field does not exist, or a value is invalid.
    """
    if settings is not None and not isinstance(settings, model):
        raise BadInput(
            f"Settings of the class {type(settings).__name__} do not fit: give {model.__name__}."
        )
    changes = by_path(model, fields)
    kept = {} if settings is None else settings.model_dump(exclude_unset=True)
    made: BaseModel = build(model, merged(kept, changes))
    return made


def image_of(given: AnyImage, pixel_size: float | None = None) -> Image:
    """Return the image that a script gives.

    Parameters
    ----------
    given : str, Path, ndarray or Image
        A file that `read_image` can read, pixels of shape (H, W), or an image.
    pixel_size : float, optional
        In angstrom. It replaces the pixel size of the file.

    Raises
    ------
    BadInput
        If the file cannot be read, or the array is not an image.
    """
    if isinstance(given, str | Path):
        return read_image(given, pixel_size=pixel_size)
    if not isinstance(given, Image):
        return Image(np.asarray(given), pixel_size)
    return given if pixel_size is None else replace(given, pixel_size=pixel_size)


def lattices_of(given: AnyLattices | None) -> tuple[Lattice, ...]:
    """Return the lattices that a script gives: none, one or several.

    Raises
    ------
    BadInput
        If there is no such lattice, or two of them are the same.
    """
    if given is None:
        return ()
    several = (given,) if isinstance(given, str | Path | Lattice) else tuple(given)
    return require_different(found for one in several if (found := lattice_of(one)) is not None)


def lattice_of(given: AnyLattice | None) -> Lattice | None:
    """Return the lattice that a script gives.

    Raises
    ------
    BadInput
        If there is no such lattice.
    """
    if given is None or isinstance(given, Lattice):
        return given
    return read_lattice(str(given))
