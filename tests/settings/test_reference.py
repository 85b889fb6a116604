"""The page of all settings is the one that the schema makes."""

from config import reference
from config.settings import Settings
from tests.settings.stacks import ROOT


def test_the_page_is_up_to_date() -> None:
    """`python -m config.reference > docs/settings.md`"""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == reference.render()


def test_every_setting_is_on_it_with_what_it_is_for() -> None:
    page = reference.render()
    for field in Settings.model_fields.values():
        assert f"`{field.alias}" in page
    assert "| . |" not in page, "a setting without a description"


def test_what_makes_something_is_a_setting() -> None:
    assert set(reference._CREATES) <= {field.alias for field in Settings.model_fields.values()}
