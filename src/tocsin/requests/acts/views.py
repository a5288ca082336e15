"""Saved views of the watch. They are a person's own convenience and change nothing for anybody: no entry is due."""

from collections.abc import Mapping

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import Instant
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.acts.persons import check_person
from tocsin.requests.errors import ViewNameError
from tocsin.requests.models import SavedView

MOST_NAME, MOST_VIEWS = 60, 30


def save_view(name: str, filters: Mapping[str, str], *, by: Actor, at: Instant) -> str:
    """Keep filters of the watch under a name, in the place of those that had it; the view's id.

    Raises ``ViewNameError``.
    """
    rights.check(by, Right.READ_REQUESTS)
    check_person(by, kind="view")
    called = " ".join(name.split())
    if not called or len(called) > MOST_NAME or not called.isprintable():
        raise ViewNameError(rule=f"1 to {MOST_NAME} characters")
    with transaction.atomic():
        mine = SavedView.objects.select_for_update().filter(person=by.person)
        before = mine.filter(name=called).first()
        if before is None and mine.count() >= MOST_VIEWS:
            raise ViewNameError(rule=f"at most {MOST_VIEWS} views are kept")
        view, _ = SavedView.objects.update_or_create(
            person=by.person,
            name=called,
            defaults={"filters": dict(filters), "at": at},
            create_defaults={"id": new_uuid(), "filters": dict(filters), "at": at},
        )
    return str(view.id)


def forget_view(view: str, *, by: Actor) -> None:
    """Give a saved view of one's own up; nothing happens for one that is not there."""
    rights.check(by, Right.READ_REQUESTS)
    if is_uuid(view):
        SavedView.objects.filter(person=by.person, id=view).delete()
