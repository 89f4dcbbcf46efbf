"""Import slow packages in a thread before a search needs them."""

from __future__ import annotations

import importlib
import logging
import threading

_LOG = logging.getLogger(__name__)


def preload() -> threading.Thread:
    """Import the slow packages of a search in a thread.

    The import of scikit-optimize blocks all threads for a fifth of a second. This disturbs
    less when the widget opens than during a run.
    """
    thread = threading.Thread(target=_import_model, name="reward-analysis-preload")
    thread.start()
    return thread


def _import_model() -> None:
    try:
        importlib.import_module("skopt.learning")
    except ImportError:  # the search that needs it reports the failure
        _LOG.exception("scikit-optimize cannot be imported.")
