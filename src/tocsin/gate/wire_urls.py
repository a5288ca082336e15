"""The paths by which other nodes reach the wire of this one."""

from django.urls import URLPattern, path

from tocsin.gate import inbox

urlpatterns: list[URLPattern] = [
    path("wire/inbox", inbox.inbox),
    path("wire/receipts", inbox.receipts),
]
