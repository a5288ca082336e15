"""Every path of a node, and the entrance that answers it."""

from django.urls import URLPattern, URLResolver, path

from tocsin.gate import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
