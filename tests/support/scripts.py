"""Run a script in a process of its own, without the seconds that its imports take."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import warnings
from pathlib import Path

#: Packages that a process has before its script begins, where the system can copy processes.
#: None of our own: the script must import what it uses.
_IMPORTED = ("matplotlib.pyplot", "pandas", "pydantic", "scipy.stats", "skopt", "tifffile", "tqdm")


def run_script(script: Path) -> tuple[int, str]:
    """Run a script in its folder; return its exit status and what it wrote.

    Warnings are errors, but for deprecations within other packages.
    """
    copied = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if copied else "spawn")
    if copied:
        context.set_forkserver_preload(list(_IMPORTED))
    said = script.with_suffix(".said")
    process = context.Process(target=_run, args=(str(script), str(said)))
    process.start()
    process.join()
    return process.exitcode or 0, said.read_text(encoding="utf-8")


def _run(script: str, said: str) -> None:
    os.chdir(Path(script).parent)
    sys.argv = [script]
    warnings.resetwarnings()
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", DeprecationWarning)
    # the end of the process writes the exception there
    sys.stdout = sys.stderr = Path(said).open("w", encoding="utf-8")  # noqa: SIM115
    runpy.run_path(script, run_name="__main__")
