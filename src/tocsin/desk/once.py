"""Forms that are sent once: a hidden key goes with each, and a double click or a line that broke does nothing twice.

In a template: ``{% once %}`` inside the form. In a view: ``answer_once(request, act)``, where the act returns the path
that its sender is led to; what it raises comes through, and the key is free for the next try. Where there is nothing to
mend in the form, ``told_once`` says what came of it: done, or why not.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils.safestring import SafeString

from tocsin.base.errors import TocsinError
from tocsin.base.ids import is_uuid, new_uuid
from tocsin.desk import words
from tocsin.desk.viewer import DeskRequest
from tocsin.requests.acts.once import done_once

FIELD = "once"


def once_key(request: DeskRequest) -> str:
    """The key that goes with a form: the one it came with, while it is mended; otherwise a new one."""
    key = request.POST.get(FIELD, "")
    return key if is_uuid(key) else new_uuid()


def answer_once(request: DeskRequest, act: Callable[[], str]) -> HttpResponseRedirect:
    """Do the act and lead to where it says; to where it led the first time, when the same form came before."""
    onward = done_once(once_key(request), act, by=request.viewer, at=request.at)
    return HttpResponseRedirect(onward or "/")


def told_once(request: DeskRequest, act: Callable[[], str], *, told: str, back: str) -> HttpResponseRedirect:
    """Do the act, say ``told`` and lead to where the act says; what it refuses is said where ``back`` leads."""
    try:
        answer = answer_once(request, act)
    except TocsinError as error:
        messages.error(request, words.said(error))
        return HttpResponseRedirect(back)
    messages.success(request, told)
    return answer


def hidden(request: DeskRequest) -> SafeString:
    """The hidden field."""
    return SafeString(f'<input type="hidden" name="{FIELD}" value="{once_key(request)}">')
