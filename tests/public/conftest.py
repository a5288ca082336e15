"""Members of a request, each with a node and a database of its own."""

from tests.office_fixtures import office_template, offices

__all__ = ["office_template", "offices"]
