"""Make the options for image, lattice and plugins, and read the objects that they name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.plugins import load_plugin

if TYPE_CHECKING:
    from napari_reward_analysis.crystal.lattice import Lattice
    from napari_reward_analysis.image import Image
    from napari_reward_analysis.runs.analysis import Pick


def image_options(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add the options for one or several images, the pixel size and the lattice."""
    from napari_reward_analysis.crystal.lattice import lattice_names

    if several:
        parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="Image files.")
    else:
        parser.add_argument("image", type=Path, metavar="IMAGE", help="Image file.")
    group = parser.add_argument_group("image")
    group.add_argument(
        "--lattice",
        action="append",
        default=[],
        metavar="NAME",
        help=f"Crystal: {', '.join(lattice_names())}, FILE.cif:[uvw], or cell:a,b,angle,columns. "
        "May be repeated if the image shows several crystals.",
    )
    group.add_argument(
        "--pixel-size",
        type=float,
        metavar="A",
        help="Pixel size. (angstrom; default: the one in the file)",
    )
    group.add_argument("--frame", type=int, metavar="I", help="Frame of a stack, from 0.")
    group.add_argument(
        "--signal",
        type=int,
        default=0,
        metavar="I",
        help="Image in a file that holds several, from 0. (default: 0)",
    )


def image_of(options: argparse.Namespace) -> Image:
    """Read the image that the options name.

    Raises
    ------
    BadInput
        If it cannot be read.
    """
    from napari_reward_analysis.io.read import read_image

    return read_image(options.image, options.frame, options.signal, options.pixel_size)


def lattices_of(options: argparse.Namespace) -> tuple[Lattice, ...]:
    """Return the lattices that the options name.

    Raises
    ------
    BadInput
        If there is no such lattice, or two of them are the same.
    """
    from napari_reward_analysis.crystal.cif import read_lattice
    from napari_reward_analysis.crystal.lattice import require_different

    return require_different(read_lattice(name) for name in options.lattice)


def plugin_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for scripts that run before everything else, see `load_plugins`."""
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.py",
        help="Script that registers your own rewards, stages or analyses. May be repeated.",
    )


def load_plugins(arguments: Sequence[str]) -> None:
    """Run the scripts that a command line names.

    They run before the commands are listed, since a script may add a command.

    Raises
    ------
    BadInput
        If a script is missing or fails.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    plugin_option(parser)
    try:
        found, _ = parser.parse_known_args(arguments)
    except argparse.ArgumentError:
        return  # the parser of the command reports this with a better message
    for file in found.plugin:
        load_plugin(file)


def pick_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the trial to write."""
    group = parser.add_argument_group("choice")
    group.add_argument(
        "--pick",
        default="euclidean",
        metavar="euclidean|chebyshev|IDX",
        help="Point of the front to write, or the number of a trial. (default: euclidean)",
    )
    group.add_argument(
        "--scaled",
        action="store_true",
        help="Scale the objectives to the front's range before picking.",
    )


def pick_of(options: argparse.Namespace, trials: int) -> Pick:
    """Return the chosen trial; the default if the command has no such option.

    Raises
    ------
    BadInput
        If the choice is neither a known rule nor a number below `trials`.
    """
    from napari_reward_analysis.runs.analysis import Pick

    choice = getattr(options, "pick", "euclidean")
    if choice not in ("euclidean", "chebyshev") and not (choice.isdigit() and int(choice) < trials):
        raise BadInput(
            f"--pick {choice} names no trial: "
            f"write euclidean, chebyshev or a number from 0 to {trials - 1}."
        )
    return Pick(choice, getattr(options, "scaled", False))
