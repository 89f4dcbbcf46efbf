"""Import optional packages, and turn the errors of their parsers into one sentence.

The parsers print, warn and log. A damaged file can make them raise errors of any type
(IndexError, AssertionError, struct.error, MemoryError). The user reads one sentence.
"""

from __future__ import annotations

import importlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

from napari_reward_analysis.errors import BadInput

_LOGGERS = ("tifffile", "rsciio", "ncempy", "PIL", "imageio")


def require(module: str, extra: str, what: str, *, verb: str = "Reading") -> ModuleType:
    """Import an optional package.

    Parameters
    ----------
    module : str
        Dotted name.
    extra : str
        Extra of this package that installs it.
    what : str
        Object of the message, e.g. '.dm4 files'.
    verb : str
        First word of the message, e.g. 'Reading'.

    Returns
    -------
    module

    Raises
    ------
    BadInput
        If it is not installed. The message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise BadInput(
            f"{verb} {what} needs the package {package}, which is not installed: run "
            f'pip install "napari-reward-analysis[{extra}]".'
        ) from error


@contextmanager
def foreign_reader(path: Path) -> Iterator[None]:
    """Silence a parser and turn its errors into one sentence about `path`.

    Raises
    ------
    BadInput
        If anything goes wrong inside the block.
    """
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except BadInput:
        raise
    except PermissionError as error:
        raise BadInput(
            f"{path.name} cannot be read because permission is denied: change its permissions."
        ) from error
    except MemoryError as error:
        raise BadInput(
            f"{path.name} does not fit into memory: crop it, or check that it is not damaged."
        ) from error
    # On a damaged file a parser may raise any type of error.
    except Exception as error:
        raise BadInput(
            f"{path.name} cannot be read: it is damaged, cut short or not a true "
            f"{path.suffix.lower()} file ({_detail(error)})."
        ) from error
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _detail(error: Exception) -> str:
    text = " ".join(str(error).split()).rstrip(".")
    kind = type(error).__name__
    return f"{kind}: {text[:120]}" if text else kind
