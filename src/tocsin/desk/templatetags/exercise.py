"""What the watch offers of exercises where nothing is open yet."""

from typing import Any

from django import template

from tocsin.people.rules.rights import Right, rights_of

register = template.Library()


@register.inclusion_tag("desk/exercise/sample.html", takes_context=True)
def sample_case(context: template.Context) -> dict[str, Any]:
    """A way to the sample case, for those who may draft."""
    viewer = context.get("viewer")
    may = viewer is not None and Right.DRAFT in rights_of(viewer.roles)
    return {"may": may, "csrf_token": context.get("csrf_token"), "request": context.get("request")}
