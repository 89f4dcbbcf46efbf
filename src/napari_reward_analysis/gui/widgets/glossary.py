"""Explain the terms of the field where they stand in the window."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

#: Letters in a line of a tooltip.
_LINE = 72

#: Explanations by term.
TERMS: Mapping[str, str] = {
    "QC": "QC, the count error: found columns less the expected number N, divided by N. 0 is best.",
    "ER": "ER, the error rate: the number of columns too close to their neighbours, divided by N. "
    "A column is too close if the distances to its four nearest neighbours add up to less than "
    "DS. 0 is best.",
    "DS": "DS, the distance sum: a column counts as an error if the distances to its four "
    "nearest neighbours add up to less than DS.",
    "N": "N, the expected number of columns in the analysed area.",
    "n": "n, the number of found columns in the analysed area.",
    "oracle": "Oracle: an independent source of column positions, such as a neural network or a "
    "person. The search never sees them.",
    "incoherence": "Incoherence: the share of columns without a partner one lattice translation "
    "away. 0 is best.",
    "unsupported": "Unsupported: the share of found columns that the image itself does not show. "
    "0 is best.",
    "F1": "F1, the agreement with known positions: the harmonic mean of precision and recall. "
    "1 is best.",
    "compactness": "Compactness: the squared outline over 4 pi times the area. A disk has 1, "
    "ragged regions have more.",
    "perimeter": "Perimeter: the length of all outlines, divided by the outline of the field.",
    "unexplained": "Unexplained disorder: the part of the columns' differences in contrast that "
    "the regions do not explain. 0 is best.",
}


def _pattern(term: str) -> re.Pattern[str]:
    # abbreviations are written in one way; a word may begin a sentence and have an ending
    return re.compile(rf"(?<!\w){term}(?!\w)" if len(term) < 3 else rf"(?i)\b{term}")


_PATTERNS = {term: _pattern(term) for term in TERMS}


def explain(text: str) -> str:
    """Explanations of all terms in a text, one a paragraph, for a tooltip.

    Parameters
    ----------
    text : str
        A label, such as '|QC|, count mismatch'.

    Returns
    -------
    str
        Empty where the text has no such term.
    """
    found = [TERMS[term] for term, pattern in _PATTERNS.items() if pattern.search(text)]
    return "\n".join(textwrap.fill(one, _LINE) for one in found)
