"""Write and read the head of a run's file: the facts that are known before the first result.

The head holds format, versions, status, image, lattice and settings. For a search with a
front it also holds the proposed and the chosen trial.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, TypeAdapter

from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.runs.journal import Record

#: Version of the file format. Readers refuse a larger one.
FORMAT = 1

T = TypeVar("T")

Status = Literal["running", "done", "cancelled", "failed"]

#: Text fields of every run. Studies of version 0.1 lack them.
_WORDS = ("identifier", "name", "created", "message")

_PACKAGES = ("napari-reward-analysis", "numpy", "scipy", "scikit-image", "scikit-optimize")


@dataclass(frozen=True)
class ImageReference:
    """The image of a run, without its pixels.

    Attributes
    ----------
    name, source : str
        Name of the image, and the file it came from.
    shape : tuple of int
        Height and width.
    pixel_size : float or None
        Angstrom.
    fingerprint : str
        SHA-256 of the pixels.
    """

    name: str
    source: str
    shape: tuple[int, int]
    pixel_size: float | None
    fingerprint: str

    @classmethod
    def of(cls, image: Image) -> ImageReference:
        """Make a reference to an image."""
        return cls(image.name, image.source, image.shape, image.pixel_size, image.fingerprint)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> ImageReference:
        """Make a reference from the values of `dataclasses.asdict`.

        Raises
        ------
        ValueError
            If a value is missing or invalid.
        """
        found = checked(cls, record)
        size = found.pixel_size
        if min(found.shape) < 1 or not (size is None or 0 < size < math.inf):
            raise ValueError("shape or pixel size")
        return found

    def matches(self, image: Image) -> bool:
        """Return True if an image has the same pixels as the run's image."""
        return self.fingerprint == image.fingerprint


class HeadedRun(Protocol):
    """The part of a run that its head stores."""

    @property
    def kind(self) -> str:
        """Name of the analysis."""

    @property
    def image(self) -> ImageReference:
        """Image of the run."""

    @property
    def lattice(self) -> Lattice | None:
        """The crystal."""

    @property
    def settings(self) -> BaseModel:
        """Settings of the run."""

    @property
    def notices(self) -> Sequence[Notice]:
        """Facts that the user should know."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that made it."""

    @property
    def status(self) -> Status:
        """Progress: 'running', 'done', 'cancelled' or 'failed'."""


class Numbered(Protocol):
    """A trial with a number. A file that was cut off may lack trials."""

    @property
    def index(self) -> int:
        """Number in the order of evaluation."""


class RunWithFront(Protocol):
    """A run with a front and a proposed trial."""

    @property
    def trials(self) -> Sequence[Numbered]:
        """Trials in the order of evaluation."""

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto set in `trials`."""

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Position of the proposed trial."""


def head_of(run: HeadedRun) -> Record:
    """Return the common head of all runs. Each kind of run adds its own values.

    Parameters
    ----------
    run : HeadedRun
        The run.
    """
    return {
        "format": FORMAT,
        "kind": run.kind,
        **{name: getattr(run, name) for name in _WORDS},
        "versions": run.versions,
        "status": run.status,
        "image": asdict(run.image),
        "lattice": run.lattice.model_dump() if run.lattice else None,
        "settings": run.settings.model_dump(mode="json"),
        "notices": [notice.to_json() for notice in run.notices],
    }


def fields_of(head: Record, settings: type[BaseModel]) -> dict[str, Any]:
    """Return the values of a head as arguments of the run.

    The log of an interrupted run still has the status 'running'; it is read as 'cancelled'.
    Notices of version 0.1 are sentences.

    Parameters
    ----------
    head : dict
        Head that `head_of` made.
    settings : type
        The settings model.

    Raises
    ------
    KeyError, ValueError
        If a value is missing or damaged.
    """
    status: Status = _adapter(Status).validate_python(head["status"])
    # noise studies of version 0.1 have no notices
    notices = checked(list[str | dict[str, Any]], head.get("notices", []))
    return {
        "created": "",
        **{name: checked(str, head[name]) for name in _WORDS if name in head},
        "versions": checked(dict[str, str], head["versions"]),
        "status": "cancelled" if status == "running" else status,
        "image": ImageReference.from_json(head["image"]),
        "lattice": Lattice.model_validate(head["lattice"]) if head["lattice"] else None,
        "settings": settings.model_validate(head["settings"]),
        "notices": [Notice.from_json(record) for record in notices],
    }


def checked(kind: type[T], value: object) -> T:
    """Check the type of a value from a file, and convert it.

    Parameters
    ----------
    kind : type
        Any type that pydantic knows. A dataclass is made from a dict.
    value : object
        Plain values.

    Raises
    ------
    ValueError
        If the value is of another type.
    """
    found: T = _adapter(kind).validate_python(value)
    return found


#: Adapters by type. They are kept, since making one takes longer than using it.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def refuse_newer(head: Record) -> None:
    """Refuse a run of a newer file format.

    Raises
    ------
    BadInput
        If a newer version saved it.
    ValueError
        If the format is not a number.
    """
    if not isinstance(head["format"], int):
        raise ValueError("the format is not a number")  # noqa: TRY004 - damage of a file
    if head["format"] > FORMAT:
        raise BadInput(
            f"This run was saved by a newer version (format {head['format']}, known: {FORMAT}): "
            "update napari-reward-analysis."
        )


def versions_now() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect a run."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def front_record(run: RunWithFront) -> Record:
    """Return front and proposed trial, for readers of the file without this program."""
    metrics: tuple[Metric, ...] = "euclidean", "chebyshev"
    return {
        "front": [run.trials[position].index for position in run.front],
        "proposed": {m: index_at(run.trials, run.proposed(m)) for m in metrics},
    }


def index_at(trials: Sequence[Numbered], position: int | None) -> int | None:
    """Return the number of the trial at a position; None if the position is None."""
    return None if position is None else trials[position].index


def position_of(trials: Sequence[Numbered], index: int | None) -> int | None:
    """Return the position of the trial with a number; None if there is no such trial."""
    positions: dict[int | None, int] = {trial.index: i for i, trial in enumerate(trials)}
    return positions.get(index)
