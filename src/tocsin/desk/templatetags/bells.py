"""``{% bells_failed as n %}``: how many of the viewer's bells did not ring the last time that they were to."""

from django import template

from tocsin.bells import reads

register = template.Library()


@register.simple_tag(takes_context=True)
def bells_failed(context: template.Context) -> int:
    """Said on every page: who relies on a bell that is still has to learn it at the desk."""
    viewer = context.get("viewer")
    return reads.faults_of(viewer) if viewer is not None else 0
