"""The command of any analysis: make options, search, save, write and describe."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_reward_analysis.cli.command import DONE, INTERRUPTED, Command
from napari_reward_analysis.cli.inputs import (
    image_of,
    image_options,
    lattices_of,
    pick_of,
    pick_options,
    plugin_option,
)
from napari_reward_analysis.cli.notices import sentences
from napari_reward_analysis.cli.output import (
    folder_of,
    output_options,
    progress_bar,
    report,
    spent,
    tell,
    writing,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_reward_analysis.image import Image
    from napari_reward_analysis.runs.analysis import Analysis, Inputs, Pick
    from napari_reward_analysis.runs.run import BaseRun
    from napari_reward_analysis.search.nested import Make


def _no_options(_parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def _nothing_given(_options: argparse.Namespace, _image: Image) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class AnalysisCommand:
    """The command of one analysis.

    Attributes
    ----------
    name : str
        The analysis.
    add_options : callable
        Adds options that are not settings, such as known positions or a saved run.
    given : callable
        Returns the values of these options, for `Inputs.given`.
    published : callable, optional
        Returns the functions that make the published settings, by settings model. The
        command has the option ``--as-published`` if this is given.
    without : collection of str
        Settings without an option, see `options_of`.
    model : callable, optional
        Returns the settings model. It avoids the import of the whole analysis, which is slow.
    picks : bool
        True if the user can choose the trial to write.
    """

    name: str
    add_options: Callable[[argparse.ArgumentParser], None] = _no_options
    given: Callable[[argparse.Namespace, Image], dict[str, Any]] = _nothing_given
    published: Callable[[], dict[type[BaseModel], Make]] | None = None
    without: Collection[str] = ()
    model: Callable[[], type[BaseModel]] | None = None
    picks: bool = True

    def command(self) -> Command:
        """Return the command for `main`."""
        from napari_reward_analysis.runs.registered import help_of

        return Command(self.name, help_of(self.name), self.fill, self.run)

    def fill(self, parser: argparse.ArgumentParser, *, several: bool = False) -> None:
        """Add all options of the command to a parser, for one image or for `several`."""
        # imported here: pydantic is slow to import, and the list of commands does not need it
        from napari_reward_analysis.cli.options import add_settings

        # a usage line with all options would hide the required arguments
        parser.usage = f"%(prog)s IMAGE{'...' if several else ''} [options]"
        image_options(parser, several=several)
        if not several:
            self.add_options(parser)
        if self.published is not None:
            parser.add_argument(
                "--as-published",
                action="store_true",
                help="Use the settings of the paper. Other options change them.",
            )
        add_settings(parser, self._model(), self.without)
        if self.picks:
            pick_options(parser)
        plugin_option(parser)
        output_options(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Analyse one image, and print the summary."""
        run, summary = self.analyse(options, folder_of(options, self.name))
        tell(summary["notices"])
        report(summary, self.describe(summary), as_json=options.json)
        return INTERRUPTED if run.status == "cancelled" else DONE

    def describe(self, summary: dict[str, Any]) -> str:
        """Return the summary in one or a few lines."""
        return _analysis(self.name).describe(summary)

    def settings(self, options: argparse.Namespace) -> Any:
        """Return the settings that the options give.

        Raises
        ------
        BadInput
            If a setting is invalid.
        """
        from napari_reward_analysis.cli.options import settings_from

        model = self._model()
        if self.published is None or not options.as_published:
            return settings_from(options, model)
        return settings_from(options, model, self.published())

    def _model(self) -> type[BaseModel]:
        return _analysis(self.name).settings if self.model is None else self.model()

    def analyse(
        self, options: argparse.Namespace, folder: Path
    ) -> tuple[BaseRun[Any], dict[str, Any]]:
        """Analyse one image and write the results.

        Parameters
        ----------
        options : Namespace
            Parsed options; `fill` prepared the parser.
        folder : Path
            Folder of the results.

        Returns
        -------
        run : BaseRun
        summary : dict
            The summary of `Analysis.write`, with `notices`, `seconds` and `out`.

        Raises
        ------
        BadInput
            If the inputs do not fit together. Nothing is written then.
        KeyboardInterrupt
            If the user interrupts before anything was found.
        """
        from napari_reward_analysis.runs.analysis import Inputs

        settings = self.settings(options)
        pick = pick_of(options, getattr(settings, "trials", 0))
        image, lattices = image_of(options), lattices_of(options)
        first = lattices[0] if lattices else None
        given = self.given(options, image)
        inputs = Inputs(image, first, given=given, others=lattices[1:])
        return run_analysis(_analysis(self.name), inputs, settings, folder, pick)


def run_analysis(
    analysis: Analysis[Any], inputs: Inputs, settings: BaseModel, folder: Path, pick: Pick
) -> tuple[BaseRun[Any], dict[str, Any]]:
    """Search, save and write with a progress bar, see `AnalysisCommand.analyse`."""
    from napari_reward_analysis.runs.execute import execute

    start = time.perf_counter()
    task = analysis.begin(inputs, settings)
    show = progress_bar(task.total)

    def progress(done: int, trial: Any) -> None:
        if show is not None:
            show(done, analysis.remark(trial))

    run = execute(task, analysis.format, folder, progress)
    with writing(folder / analysis.format.file):
        summary = analysis.write(run, folder, pick, inputs.image)
    return run, summary | {"notices": sentences(run.notices)} | spent(start, folder)


def other_commands(known: Collection[str]) -> Iterator[Command]:
    """Return the commands of analyses that scripts and other packages registered."""
    from napari_reward_analysis.runs.registered import all_analyses

    for name in all_analyses():
        if name not in known:
            yield AnalysisCommand(name).command()


def _analysis(name: str) -> Analysis[Any]:
    from napari_reward_analysis.runs.analysis import analysis_named

    return analysis_named(name)
