"""The head of a run's file: everything that is known before the first result.

Format, versions, how far it came, its image, lattice and settings; and, of a search that
has a front, which trials were proposed and chosen.
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

#: Version of the file format; readers refuse a larger one.
FORMAT = 1

T = TypeVar("T")

Status = Literal["running", "done", "cancelled", "failed"]

#: Texts that every run has. Studies of version 0.1 have none of them.
_WORDS = ("identifier", "name", "created", "message")

_PACKAGES = ("napari-reward-analysis", "numpy", "scipy", "scikit-image", "scikit-optimize")


@dataclass(frozen=True)
class ImageReference:
    """The image that a run belongs to, without its pixels.

    Attributes
    ----------
    name, source : str
        What it was called and the file it came from.
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
        """Reference to an image."""
        return cls(image.name, image.source, image.shape, image.pixel_size, image.fingerprint)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> ImageReference:
        """Reference from what `dataclasses.asdict` made of it.

        Raises
        ------
        ValueError
            If something is missing or of no use.
        """
        found = checked(cls, record)
        size = found.pixel_size
        if min(found.shape) < 1 or not (size is None or 0 < size < math.inf):
            raise ValueError("shape or pixel size")
        return found

    def matches(self, image: Image) -> bool:
        """Whether an image has the very pixels that the run was made on."""
        return self.fingerprint == image.fingerprint


class HeadedRun(Protocol):
    """A run as its head is made of it."""

    @property
    def kind(self) -> str:
        """The analysis."""

    @property
    def image(self) -> ImageReference:
        """The image it belongs to."""

    @property
    def lattice(self) -> Lattice | None:
        """The crystal."""

    @property
    def settings(self) -> BaseModel:
        """What was asked."""

    @property
    def notices(self) -> Sequence[Notice]:
        """What the user should know."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that made it."""

    @property
    def status(self) -> Status:
        """How far it came."""


class Numbered(Protocol):
    """A trial with a number of its own, which a file that was cut off may lack."""

    @property
    def index(self) -> int:
        """Number in the order of evaluation."""


class RunWithFront(Protocol):
    """A run with a front, of which one trial is proposed."""

    @property
    def trials(self) -> Sequence[Numbered]:
        """In the order of evaluation."""

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto set in `trials`."""

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Position of the proposed trial."""


def head_of(run: HeadedRun) -> Record:
    """What every kind of run writes first; each adds its own.

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
    """What `head_of` wrote, as arguments of the run.

    A log that ends without a verdict on itself is a run that was cut off: 'running' is
    read as 'cancelled'. Notices of version 0.1 are sentences.

    Parameters
    ----------
    head : dict
        As of `head_of`.
    settings : type
        Of the settings.

    Raises
    ------
    KeyError, ValueError
        If something is missing or damaged.
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
    """Read a value of a file as the type that it should have.

    Parameters
    ----------
    kind : type
        Any type that pydantic knows; a dataclass is made of a dict.
    value : object
        Plain values.

    Raises
    ------
    ValueError
        If it is of another type.
    """
    found: T = _adapter(kind).validate_python(value)
    return found


#: Adapters by type: making one takes longer than using it.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def refuse_newer(head: Record) -> None:
    """Refuse a run in a format that this version does not know.

    Raises
    ------
    BadInput
        If a newer version saved it.
    ValueError
        If the format is no number.
    """
    if not isinstance(head["format"], int):
        raise ValueError("the format is no number")  # noqa: TRY004 - damage of a file
    if head["format"] > FORMAT:
        raise BadInput(
            f"This run was saved by a newer version (format {head['format']}, known: {FORMAT}): "
            "update napari-reward-analysis."
        )


def versions_now() -> dict[str, str]:
    """Versions of Python and of the packages that make a run."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def front_record(run: RunWithFront) -> Record:
    """The front and what is proposed of it, for those who read the file without this program."""
    metrics: tuple[Metric, ...] = "euclidean", "chebyshev"
    return {
        "front": [run.trials[position].index for position in run.front],
        "proposed": {m: index_at(run.trials, run.proposed(m)) for m in metrics},
    }


def index_at(trials: Sequence[Numbered], position: int | None) -> int | None:
    """Number of the trial at a position; None for none."""
    return None if position is None else trials[position].index


def position_of(trials: Sequence[Numbered], index: int | None) -> int | None:
    """Position of the trial with a number; None where there is no such trial."""
    positions: dict[int | None, int] = {trial.index: i for i, trial in enumerate(trials)}
    return positions.get(index)
