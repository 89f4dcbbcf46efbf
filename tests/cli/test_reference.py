"""Tests of the option tables in the documentation."""

from __future__ import annotations

from pathlib import Path

from napari_reward_analysis.cli.reference import tables_of_all, with_tables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"


def test_the_tables_of_the_page_are_the_settings_own():
    page = PAGE.read_text(encoding="utf-8")
    tables = tables_of_all()
    for name in tables:
        assert f"<!-- settings: {name} -->" in page
    assert with_tables(page, tables) == page, "call scripts/make_option_tables.py"
