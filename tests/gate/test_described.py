"""What ends a call of the API, and how it is told."""

import errno

import pytest
from django.db import InternalError, OperationalError
from django.test import RequestFactory
from psycopg.errors import DiskFull

from tocsin.gate.api import api


def caused(told: Exception, root: BaseException) -> Exception:
    told.__cause__ = root
    return told


def while_handling(told: Exception, root: BaseException) -> Exception:
    told.__context__ = root
    return told


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (caused(OperationalError("no room"), DiskFull("no room")), 507, "api.disk-full"),
        (while_handling(InternalError("the transaction has failed"), DiskFull("no room")), 507, "api.disk-full"),
        (OSError(errno.ENOSPC, "no room"), 507, "api.disk-full"),
        (OSError(errno.EDQUOT, "no room"), 507, "api.disk-full"),
        (OperationalError("gone"), 503, "api.away"),
        (OSError(errno.EIO, "the disk does not answer"), 500, "api.broken"),
        (KeyError("a mistake of ours"), 500, "api.broken"),
    ],
    ids=["statement", "after it", "file", "quota", "gone", "other file", "ours"],
)
def test_what_ends_a_call_is_told_by_its_root(error: Exception, status: int, code: str) -> None:
    answer = api.on_exception(RequestFactory().get("/api/requests"), error)
    assert (answer.status_code, code.encode() in answer.content) == (status, True)
