"""Every path of a node, and the entrance that answers it."""

from django.urls import URLPattern, URLResolver, path

from tocsin.gate import cards, health, tiles, wire_urls, witness
from tocsin.gate.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("journal/checkpoint", tiles.checkpoint),
    path("journal/vkey", tiles.vkey),
    path("journal/tile/<path:rest>", tiles.tile),
    path("journal/origin/<str:origin>/checkpoint", tiles.checkpoint),
    path("journal/origin/<str:origin>/vkey", tiles.vkey),
    path("journal/origin/<str:origin>/tile/<path:rest>", tiles.tile),
    path("witness/add-checkpoint", witness.add_checkpoint),
    path("witness/<str:origin>/checkpoint", witness.checkpoint),
    *cards.urlpatterns,
    *wire_urls.urlpatterns,
    path("api/", api.urls),
]
