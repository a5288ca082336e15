"""Members with a node and a database of their own, who warn one another."""

from tests.office_fixtures import office_template, offices

__all__ = ["office_template", "offices"]
