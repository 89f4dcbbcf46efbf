"""The command `info`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from napari_reward_analysis.cli.common import (
    DONE,
    image_of,
    image_options,
    json_option,
    lattice_of,
)


def add_info(commands: Any) -> None:
    """Add the description of an image to the commands of a parser."""
    parser = commands.add_parser("info", help="what an image is and what a lattice expects of it")
    image_options(parser)
    json_option(parser)
    parser.set_defaults(command=_info)


def _info(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.atoms.info import describe, in_words

    facts = describe(image_of(options), lattice_of(options), options.calibrate)
    print(json.dumps(facts) if options.json else in_words(facts))
    return DONE
