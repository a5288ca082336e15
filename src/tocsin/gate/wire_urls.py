"""The paths by which other nodes reach the wire of this one."""

from django.urls import URLPattern, path

from tocsin.gate import attachments, inbox, mailbox, notices

urlpatterns: list[URLPattern] = [
    path("wire/inbox", inbox.inbox),
    path("wire/receipts", inbox.receipts),
    path("wire/back", inbox.back),
    path("wire/notices", notices.notices),
    path("mailbox/<slug:member>", mailbox.mailbox),
    path("mailbox/<slug:member>/forget", mailbox.forget),
    path("wire/attachments", attachments.begin),
    path("wire/attachments/<str:attachment>", attachments.upload),
    path("mailbox/<slug:member>/attachments", attachments.begin),
    path("mailbox/<slug:member>/attachments/<str:attachment>", attachments.upload),
    path("mailbox/<slug:member>/files", attachments.waiting),
    path("mailbox/<slug:member>/files/<int:number>", attachments.fetch),
    path("mailbox/<slug:member>/files/<int:number>/forget", attachments.forget),
]
