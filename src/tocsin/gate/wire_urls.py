"""The paths by which other nodes reach the wire of this one."""

from django.urls import URLPattern, path

from tocsin.gate import inbox, mailbox

urlpatterns: list[URLPattern] = [
    path("wire/inbox", inbox.inbox),
    path("wire/receipts", inbox.receipts),
    path("mailbox/<slug:member>", mailbox.mailbox),
    path("mailbox/<slug:member>/forget", mailbox.forget),
    path("mailbox/<str:member>", mailbox.box),
    path("mailbox/<str:member>/forget", mailbox.forget),
]
