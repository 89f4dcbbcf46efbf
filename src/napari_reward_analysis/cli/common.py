"""What the commands share: exit codes, options, what these stand for, words on the way."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from napari_reward_analysis.calibration.choices import Calibration
from napari_reward_analysis.crystal.lattice import Lattice, lattice_names
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130

Progress = Callable[[int, str], None]


def image_options(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """The image, or several of them, its pixel size and its lattice."""
    if several:
        parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    else:
        parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument(
        "--lattice",
        metavar="NAME",
        help=f"{', '.join(lattice_names())}, FILE.cif:[uvw], or cell:a,b,angle,columns",
    )
    parser.add_argument("--pixel-size", type=float, metavar="A", help="angstrom; else the file's")
    parser.add_argument(
        "--calibrate",
        choices=get_args(Calibration),
        default="header",
        help="whose pixel size: the file's or the lattice's in the image",
    )
    parser.add_argument("--frame", type=int, metavar="I", help="frame of a stack, from 0")
    parser.add_argument("--signal", type=int, default=0, metavar="I", help="image of several")


def pick_option(parser: argparse.ArgumentParser) -> None:
    """Which trial is exported."""
    parser.add_argument(
        "--pick",
        default="euclidean",
        metavar="euclidean|chebyshev|IDX",
        help="the point of the front to export, or the number of a trial",
    )


def scaled_option(parser: argparse.ArgumentParser) -> None:
    """Whether the objectives are made comparable before picking."""
    parser.add_argument(
        "--scaled", action="store_true", help="scale the objectives to the front before picking"
    )


def output_options(parser: argparse.ArgumentParser) -> None:
    """Where the results go, and in which form the summary is printed."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="results (beside the image)")
    json_option(parser)


def json_option(parser: argparse.ArgumentParser) -> None:
    """In which form the summary is printed."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def image_of(options: argparse.Namespace) -> Image:
    """The image that `image_options` tell.

    Raises
    ------
    BadInput
        If it cannot be read.
    """
    from napari_reward_analysis.io.read import read_image

    return read_image(options.image, options.frame, options.signal, options.pixel_size)


def lattice_of(options: argparse.Namespace) -> Lattice | None:
    """The lattice that `image_options` tell, if any.

    Raises
    ------
    BadInput
        If there is no such lattice.
    """
    from napari_reward_analysis.crystal.cif import read_lattice

    return read_lattice(options.lattice) if options.lattice else None


def folder_of(options: argparse.Namespace, suffix: str) -> Path:
    """Where the results go: the folder asked for, or one beside the image."""
    image: Path = options.image
    chosen: Path | None = options.out
    return chosen or image.with_name(f"{image.stem}_{suffix}")


def check_pick(pick: str, trials: int) -> None:
    """Refuse a pick that names no trial, before anything is searched.

    Raises
    ------
    BadInput
        If it is neither a way of picking nor a number below `trials`.
    """
    if pick in ("euclidean", "chebyshev"):
        return
    if not pick.isdigit() or int(pick) >= trials:
        raise BadInput(
            f"--pick {pick} names no trial: "
            f"write euclidean, chebyshev or a number from 0 to {trials - 1}."
        )


def progress_bar(total: int) -> Progress | None:
    """A bar on a terminal; nothing where the output goes to a file or a pipe."""
    if not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    bar = tqdm(total=total, unit="trial", leave=False)

    def update(done: int, remark: str) -> None:
        bar.set_postfix_str(remark, refresh=False)
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return update


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Tell of an interruption in the block that its run is on the disk.

    Parameters
    ----------
    file : Path
        Where the run has been saved.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            f"Interrupted while tables and pictures were written: the run is saved, {file}."
        ) from stop


def spent(start: float, folder: Path) -> dict[str, Any]:
    """Seconds since a start (`time.perf_counter`) and the folder, for a summary."""
    return {"seconds": round(time.perf_counter() - start, 3), "out": str(folder)}


def tell(notices: Iterable[str]) -> None:
    """Print what the user should know, on standard error."""
    for notice in notices:
        say(f"Note: {notice}")


def say(sentence: str) -> None:
    """Print one line on standard error."""
    print(" ".join(sentence.split()), file=sys.stderr)
