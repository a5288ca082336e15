"""Every path of a node, and the entrance that answers it."""

from pathlib import Path

import ninja
from django.urls import URLPattern, URLResolver, path
from django.views.static import serve

from tocsin.gate import cards, health, tiles, wire_urls, witness
from tocsin.gate.api import api

_NINJA = Path(ninja.__file__).parent / "static" / "ninja"
"""The script of the page that shows the API; from our own machine, since the page may be read behind closed doors."""

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
    path("static/ninja/<path:path>", serve, {"document_root": _NINJA}),
]
