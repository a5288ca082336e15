"""Offices of an exercise."""

from tests.office_fixtures import office_template, offices

__all__ = ["office_template", "offices"]
