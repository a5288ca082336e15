"""What is said forged in this house, with a request or without, as somebody may see it."""

from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId, is_uuid
from tocsin.notices import reads as notices
from tocsin.notices.rules.notice import CallBackWord
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.called_back import ForgeryLine, forgeries_of
from tocsin.requests.models import Forgery, Request

_MOST = 100


def forgery_for(viewer: Actor, forgery: str) -> ForgeryLine | None:
    """Something that is said forged, or was; nothing for what somebody may not see."""
    rights.check(viewer, Right.READ_REQUESTS)
    row = Forgery.objects.filter(id=forgery).first() if is_uuid(forgery) else None
    return _seen(viewer, row)


def forgery_of_warning(viewer: Actor, warning: str) -> ForgeryLine | None:
    """For which a warning of ours was issued; nothing for what somebody may not see."""
    rights.check(viewer, Right.READ_REQUESTS)
    row = Forgery.objects.filter(warning=warning).first() if is_uuid(warning) else None
    return _seen(viewer, row)


def waiting_for_second(viewer: Actor) -> list[ForgeryLine]:
    """What is said forged and no second person has confirmed, the latest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = Forgery.objects.filter(confirmed_at=None, taken_back_at=None).order_by("-marked_at")[:_MOST]
    return [each for row in rows if (each := _seen(viewer, row)) is not None]


def in_our_name(viewer: Actor) -> list[CallBackWord]:
    """What others told us of call-backs about requests that this house never sent: somebody uses a key of ours."""
    rights.check(viewer, Right.READ_REQUESTS)
    told = notices.threads_told_of()
    known = Request.objects.filter(id__in=told).values_list("id", flat=True)
    return notices.words_about_unknown([RequestId(str(each)) for each in known])


def _seen(viewer: Actor, row: Forgery | None) -> ForgeryLine | None:
    if row is None:
        return None
    if row.request_id is not None and not reads.seen_by(viewer).filter(id=row.request_id).exists():
        return None
    return forgeries_of([row])[0]
