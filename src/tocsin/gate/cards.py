"""The directory over HTTP: the hub's repository, and what nodes hand in.

    GET  /directory/metadata/<name>     TUF metadata            }
    GET  /directory/targets/<path>      cards, national tables  }  at the hub
    POST /directory/submissions         what a role signed      }
    POST /directory/cards               a private member's card }
    GET  /directory/alive               the signs of life that the hub collected, each signed by its node
    POST /directory/alive               a sign of life
    POST /directory/drills              a drill call            }  at every node
    POST /directory/drills/answers      the answer to one       }

Nothing here asks who sends: what comes in is signed, and is checked by its signature; how often, ``limits.py`` says.
What goes out is public. A refusal is a problem document (RFC 9457).
"""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.base import instant
from tocsin.base.instant import Instant
from tocsin.base.problem import MEDIA_TYPE, problem_of
from tocsin.directory import reads
from tocsin.directory.acts import alive, drill, submit
from tocsin.directory.errors import NotPublishedError
from tocsin.directory.rules.card import CARD_LIMIT
from tocsin.directory.rules.life import LIMIT as LIFE_LIMIT
from tocsin.directory.rules.submission import LIMIT as SUBMISSION_LIMIT
from tocsin.gate.by_ticket import answered
from tocsin.gate.limits import check_open

_YEAR = 365 * 86400
_STAMP = "metadata/timestamp.json"


# --- The hub's repository -----------------------------------------------------------------------


@require_safe
def metadata(request: HttpRequest, *, name: str) -> HttpResponse:
    """A file of TUF metadata; all but the timestamp never change."""
    return _file(request, f"metadata/{name}", media_type="application/json")


@require_safe
def target(request: HttpRequest, *, name: str) -> HttpResponse:
    """A target file, by its name with the hash in it; it never changes."""
    json = name.endswith(".json")
    return _file(request, f"targets/{name}", media_type="application/json" if json else "application/jose")


@csrf_exempt
@require_POST
def submissions(request: HttpRequest) -> HttpResponseBase:
    """What a role signed; the hub checks it as every client will, and publishes it."""

    def answer(at: Instant) -> HttpResponse:
        taken = submit.take_submission(_body(request, SUBMISSION_LIMIT), at=at)
        return JsonResponse({"role": taken.role, "files": sorted(taken.files)})

    return answered(request, answer)


@csrf_exempt
@require_POST
def cards(request: HttpRequest) -> HttpResponseBase:
    """A later card of a private member that is in the directory already."""

    def answer(at: Instant) -> HttpResponse:
        taken = submit.take_private_card(_body(request, CARD_LIMIT + 64), at=at)
        return JsonResponse({"member": taken.card.member, "serial": taken.card.serial})

    return answered(request, answer)


# --- Life ---------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def signs_of_life(request: HttpRequest) -> HttpResponseBase:
    """Collected at the hub, and published: a sign of life of each member."""

    def take(_: Instant) -> HttpResponse:
        taken = alive.take_sign_of_life(_body(request, LIFE_LIMIT))
        return JsonResponse({"member": taken.member, "at": instant.text(taken.at)})

    if request.method == "POST":
        return answered(request, take)
    answer = HttpResponse(alive.alive_list(), content_type="application/json")
    patch_cache_control(answer, no_cache=True)
    return answer


@csrf_exempt
@require_POST
def drills(request: HttpRequest) -> HttpResponseBase:
    """Another member calls to see how soon a person answers."""

    def answer(at: Instant) -> HttpResponse:
        return JsonResponse({"drill": drill.take_call(_body(request, LIFE_LIMIT), at=at)})

    return answered(request, answer)


@csrf_exempt
@require_POST
def drill_answers(request: HttpRequest) -> HttpResponseBase:
    """A person of another member has answered our call."""

    def answer(at: Instant) -> HttpResponse:
        drill.take_answer(_body(request, LIFE_LIMIT), at=at)
        return JsonResponse({"taken": True})

    return answered(request, answer)


urlpatterns: list[URLPattern] = [
    path("directory/metadata/<str:name>", metadata),
    path("directory/targets/<path:name>", target),
    path("directory/submissions", submissions),
    path("directory/cards", cards),
    path("directory/alive", signs_of_life),
    path("directory/drills", drills),
    path("directory/drills/answers", drill_answers),
]


# --- Steps --------------------------------------------------------------------------------------


def _body(request: HttpRequest, limit: int) -> bytes:
    """The body, and one byte more than the limit at most: what reads it says that it is too long.

    Raises ``TooManyCallsError`` before anything is read.
    """
    check_open(request)
    return request.read(limit + 1)


def _file(request: HttpRequest, name: str, *, media_type: str) -> HttpResponse:
    try:
        content = reads.published_file(name)
    except NotPublishedError as error:  # not counted as a refusal: every refresh asks for a root that may come
        problem = problem_of(error)
        return JsonResponse(problem.document(), status=problem.status, content_type=MEDIA_TYPE)
    tag = f'"{sha256(content).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type=media_type)
    answer["ETag"] = tag
    if name == _STAMP:
        patch_cache_control(answer, no_cache=True)
    else:
        patch_cache_control(answer, public=True, max_age=_YEAR, immutable=True)
    return answer
