"""Import in a thread what every search needs, before it is needed."""

from __future__ import annotations

import importlib
import logging
import threading

_LOG = logging.getLogger(__name__)


def preload() -> threading.Thread:
    """Import in a thread what a search needs later.

    scikit-optimize and what it brings hold up all threads for a fifth of a second when
    they are imported; that is better felt when the widget opens than amid a run.
    """
    thread = threading.Thread(target=_import_model, name="reward-analysis-preload")
    thread.start()
    return thread


def _import_model() -> None:
    try:
        importlib.import_module("skopt.learning")
    except ImportError:  # told, as a failure, by the search that needs it
        _LOG.exception("scikit-optimize cannot be imported.")
