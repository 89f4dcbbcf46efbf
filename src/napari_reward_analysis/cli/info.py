"""The command `info`: describe an image and the prediction of a lattice for it."""

from __future__ import annotations

import argparse
import json

from napari_reward_analysis.cli.command import DONE, Command
from napari_reward_analysis.cli.inputs import image_of, image_options, lattices_of
from napari_reward_analysis.cli.notices import ADVICE
from napari_reward_analysis.cli.output import json_option, say


def _add_options(parser: argparse.ArgumentParser) -> None:
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
    from napari_reward_analysis.cli.options import add_settings

    image_options(parser)
    add_settings(parser, AtomsSettings, only=("calibrate",))
    json_option(parser)


def _run(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.atoms.info import describe, in_words
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
    from napari_reward_analysis.cli.options import settings_from

    settings = settings_from(options, AtomsSettings)
    lattices = lattices_of(options)
    first = lattices[0] if lattices else None
    facts = describe(image_of(options), first, settings.calibrate)
    print(json.dumps(facts) if options.json else in_words(facts))
    if facts["pixel_size_A"] is None:
        say(ADVICE["no_pixel_size"])
    return DONE


COMMAND = Command(
    "info", "Describe an image, and what a lattice predicts for it.", _add_options, _run
)
