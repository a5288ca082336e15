"""The API that describes itself: its document, its page, and every refusal as a problem document (RFC 9457).

``DescribedAPI`` is django-ninja's with three things changed: errors of the framework are problems like ours, the
document names the media type of problems, and the page that shows it is plain HTML of our own: it loads nothing from
anywhere, since it may be read behind closed doors.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from errno import EDQUOT, ENOSPC
from functools import wraps
from html import escape
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import OpenAPISchema
from psycopg.errors import DiskFull

from tocsin.base.errors import TocsinError
from tocsin.base.problem import MEDIA_TYPE, problem_of
from tocsin.gate.callers import REFUSALS
from tocsin.gate.errors import (
    AwayError,
    BrokenError,
    CallFieldError,
    CallUnreadableError,
    FullError,
    NoSuchMethodError,
    NoSuchPathError,
)
from tocsin.people.errors import UnknownTokenError

_LOG = logging.getLogger("tocsin.gate.api")
_UNAUTHORIZED = 401
_NOT_ALLOWED = 405
_LEAST_REFUSAL = 400


def problem_response(error: TocsinError) -> HttpResponse:
    """Any refusal as a problem document."""
    answer = HttpResponse(json.dumps(problem_of(error).document()), content_type=MEDIA_TYPE, status=error.status)
    if error.status == _UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Bearer"  # RFC 9110, 15.5.2
    return answer


class DescribedAPI(NinjaAPI):
    """An API whose document, page and refusals are as this module says."""

    def set_default_exception_handlers(self) -> None:
        """Every error that can leave an operation, as a problem."""
        answers: Mapping[type[Exception], Callable[[Any], TocsinError]] = {
            TocsinError: lambda error: error,
            AuthenticationError: lambda _: UnknownTokenError(),
            ValidationError: _faulty,
            HttpError: _unreadable,
            Http404: lambda _: NoSuchPathError(),
            OperationalError: _away,
            InterfaceError: _away,
            Exception: _broken,
        }
        for kind, told in answers.items():
            self.add_exception_handler(kind, _handler(told))

    def get_openapi_schema(self, **keywords: Any) -> OpenAPISchema:
        """The document, in which each operation names every refusal, and each refusal is a problem document."""
        document = super().get_openapi_schema(**keywords)
        for operations in document["paths"].values():
            for operation in operations.values():
                _name_refusals(operation["responses"])
        return document

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found = super()._get_urls()
        for each in found:
            if isinstance(each, URLPattern):
                each.callback = _with_problems(each.callback)
        return [*found, path("", _no_such_path), path("<path:rest>", _no_such_path)]


def _handler(told: Callable[[Any], TocsinError]) -> Callable[[HttpRequest, Any], HttpResponse]:
    def answer(_request: HttpRequest, error: Any) -> HttpResponse:
        return problem_response(told(error))

    return answer


def _faulty(error: ValidationError) -> TocsinError:
    first = error.errors[0] if error.errors else {}
    where = ".".join(str(each) for each in first.get("loc", ()))
    return CallFieldError(field=where or "the call", rule=str(first.get("msg", "it is not as described")))


def _unreadable(error: HttpError) -> TocsinError:
    return CallUnreadableError(rule=str(error))


def _away(error: Exception) -> TocsinError:
    if _of_a_full_disk(error):
        _LOG.error("the disk is full")
        return FullError()
    _LOG.warning("the database is away: %s", type(error).__name__)
    return AwayError()


def _of_a_full_disk(error: BaseException) -> bool:
    """Whether a full disk, the database's or this machine's, is at the root of it."""
    return any(
        isinstance(each, DiskFull) or (isinstance(each, OSError) and each.errno in {ENOSPC, EDQUOT})
        for each in _roots(error)
    )


def _roots(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised for, and so on: a call whose first statement failed may end with another's word."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _broken(error: Exception) -> TocsinError:
    if _of_a_full_disk(error):
        return _away(error)
    _LOG.error("a call of the API broke", exc_info=error)
    return BrokenError()


def _with_problems(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The same view, whose refusal of a method is a problem too."""

    @wraps(view)
    def answer(request: HttpRequest, *values: Any, **named: Any) -> HttpResponseBase:
        try:
            answered = view(request, *values, **named)
        except Http404:
            return problem_response(NoSuchPathError())
        if answered.status_code != _NOT_ALLOWED:
            return answered
        refused = problem_response(NoSuchMethodError(methods=answered["Allow"]))
        refused["Allow"] = answered["Allow"]
        return refused

    return answer


def _no_such_path(_request: HttpRequest, rest: str = "") -> HttpResponse:
    del rest
    return problem_response(NoSuchPathError())


def _name_refusals(responses: dict[Any, Any]) -> None:
    for status in [each for each in responses if int(each) >= _LEAST_REFUSAL]:
        del responses[status]
    for status in REFUSALS:
        schema = {"$ref": "#/components/schemas/Problem"}
        responses[status] = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}


# --- The page -----------------------------------------------------------------------------------


class PlainPage(DocsBase):
    """The API's document as a page without script."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **keywords: Any) -> HttpResponse:
        """The page, from the document that programs read."""
        del request
        written = "".join(_page(api.get_openapi_schema(path_params=keywords), self.get_openapi_url(api, keywords)))
        answer = HttpResponse(written)
        answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return answer


_STYLE = """body{font:16px/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h2{margin-top:2rem;font-size:1.1rem}code{font-size:1rem}table{border-collapse:collapse}
td,th{border:1px solid #999;padding:.2rem .6rem;text-align:left;vertical-align:top}"""


def _page(document: Mapping[str, Any], document_url: str) -> Iterable[str]:
    info = document["info"]
    yield f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
    yield f"<style>{_STYLE}</style></head><body><h1>{escape(info['title'])} API</h1>"
    yield f"<p>{escape(info['description'])}</p>"
    yield f'<p>For programs: <a href="{escape(document_url)}">the OpenAPI document</a>.'
    yield " A call carries <code>Authorization: Bearer TOKEN</code>; a refusal is a problem document (RFC 9457).</p>"
    for place, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(method, place, operation, document)
    yield "</body></html>"


def _operation(method: str, place: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterable[str]:
    yield f"<h2><code>{escape(method.upper())} {escape(place)}</code></h2>"
    yield f"<p>{escape(operation.get('summary', ''))}.</p>"
    asked = [*operation.get("parameters", ()), *_members(operation, document)]
    if asked:
        yield "<table><tr><th>name</th><th>where</th><th>needed</th><th>kind</th></tr>"
        for each in asked:
            needed = "yes" if each.get("required") else "no"
            told = (each["name"], each["in"], needed, _kind(each.get("schema", {})))
            yield "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in told) + "</tr>"
        yield "</table>"
    yield f"<p>Answers: {escape(', '.join(str(status) for status in operation['responses']))}.</p>"


def _members(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The members of the JSON that a call carries, as if they were parameters."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    schema = document["components"]["schemas"].get(name, {})
    for member, kind in schema.get("properties", {}).items():
        yield {"name": member, "in": "body", "required": member in schema.get("required", ()), "schema": kind}


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = [schema, *schema.get("anyOf", ())]
    return " or ".join(str(each["type"]) for each in kinds if "type" in each) or "any"
