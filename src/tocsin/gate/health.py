"""What a machine asks a node about itself: ``/healthz``, ``/readyz``, ``/metrics``.

* ``/healthz``: the process answers. Nothing else is looked at, so that a database that is away does
  not get the web server restarted.
* ``/readyz``: requests can be answered: the database answers, its migrations are those of this
  program, the keys are there. 503 with the name of what is missing otherwise.
* ``/metrics``: Prometheus, for the networks named in ``node.toml``; counts and durations, no names of
  people, requests or members.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tocsin.base.errors import TocsinError
from tocsin.base.this_node import this_node

if TYPE_CHECKING:
    from prometheus_client import Metric

_log = structlog.get_logger()

ANSWERED = Counter("tocsin_http_requests_total", "Requests answered.", ["method", "route", "status"])
TOOK = Histogram(
    "tocsin_http_seconds",
    "How long requests took to answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

Gauge = Callable[[], float | None]
_gauges: dict[str, tuple[str, Gauge]] = {}


def use_gauges(gauges: Mapping[str, tuple[str, Gauge]]) -> None:
    """Name what is measured when ``/metrics`` is read: name → what it is, and the function that counts it."""
    _gauges.clear()
    _gauges.update(gauges)


# -- entrances -----------------------------------------------------------------------------------


def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """Requests can be answered."""
    found = readiness()
    ready = all(state == "ok" for state in found.values())
    return JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text format; to others than those who may read it the path does not exist."""
    if not _may_read(request.META.get("REMOTE_ADDR", "")):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


# -- what is found -------------------------------------------------------------------------------


def readiness() -> dict[str, str]:
    """What has to be there for requests to be answered, each ``ok`` or what is wrong."""
    return {name: check() for name, check in _READY.items()}


def pending_migrations() -> int:
    """How many migrations of this program the database lacks; raises Django's ``OperationalError``."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def _migrations() -> str:
    if not _seen.migrated:
        try:
            pending = pending_migrations()
        except DatabaseError:
            return "unknown"
        if pending:
            return f"{pending} pending"
        _seen.migrated = True  # a migration is never taken back while this program runs
    return "ok"


def _keys() -> str:
    try:
        this_node()
    except RuntimeError:
        return "not loaded"
    return "ok"


_READY: Mapping[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "keys": _keys}


class _Seen:
    migrated = False


_seen = _Seen()


# -- measuring -----------------------------------------------------------------------------------


def measured(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: counts, times and logs each answer by its route, never by its path or by who asked."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - began
        match = request.resolver_match
        route = f"/{match.route}" if match is not None else "unknown"
        method = request.method if request.method in _METHODS else "other"
        ANSWERED.labels(method, route, str(response.status_code)).inc()
        TOOK.labels(route).observe(seconds)
        if route not in _QUIET or response.status_code >= 400:  # noqa: PLR2004 - HTTP's errors
            _log.info("answered", method=method, route=route, status=response.status_code, seconds=round(seconds, 4))
        return response

    return answer


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class _NodeCollector(Collector):
    """What is counted at the moment of reading."""

    def describe(self) -> Iterable["Metric"]:
        return ()  # nothing is counted when this module is loaded

    def collect(self) -> Iterable["Metric"]:
        yield _gauge("tocsin_ready", "Whether requests can be answered.", float(set(readiness().values()) == {"ok"}))
        free = shutil.disk_usage(this_node().home).free if _keys() == "ok" else 0
        yield _gauge("tocsin_disk_free_bytes", "Room on the disk that holds the node's home.", float(free))
        for name, (what, count) in _gauges.items():
            try:
                value = count()
            except (DatabaseError, TocsinError):
                continue  # tocsin_ready, the log and `tocsin doctor` say why
            if value is not None:
                yield _gauge(name, what, float(value))


def _gauge(name: str, what: str, value: float) -> "Metric":
    return GaugeMetricFamily(name, what, value=value)


REGISTRY.register(_NodeCollector())


def _may_read(address: str) -> bool:
    try:
        asker = ip_address(address)
    except ValueError:
        return False
    return any(asker in ip_network(network) for network in settings.TOCSIN_METRICS_FROM)
