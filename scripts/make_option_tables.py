"""Update the tables of settings in docs/command-line.md.

python scripts/make_option_tables.py
"""

from __future__ import annotations

from pathlib import Path

from napari_reward_analysis.cli.reference import tables_of_all, with_tables

PAGE = Path(__file__).resolve().parents[1] / "docs" / "command-line.md"

if __name__ == "__main__":
    PAGE.write_text(
        with_tables(PAGE.read_text(encoding="utf-8"), tables_of_all()), encoding="utf-8"
    )
