"""Sessions of browsers, in rows of our own.

A browser holds a random key of 32 characters (165 bits). The row holds its SHA-256, and what is kept for the session
encrypted under a key that comes from the node's secret: whoever copies the database, or reads a backup, is signed in
nowhere. Each session knows whose it is, so that it can be shown to its owner and ended at once: a row that is gone lets
nobody in, and a process that still holds what was in it cannot write it back.

What stands in the session under ``DOOR`` is written when somebody signs in (``note_door``), and says since when, from
where and by what; ``keep_awake`` moves ``seen``.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as RowStore

from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.people import at_rest
from tocsin.people.models import Session
from tocsin.people.rules.sign_in import AWAKE_EVERY, DOOR_LIFE, SessionLimits, Shown, ends_at

DOOR = "door"


class SessionStore(RowStore):
    """Where Django keeps sessions (``SESSION_ENGINE``)."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The row of a session."""
        return Session

    def exists(self, session_key: str) -> bool:
        """Whether a key is taken."""
        return Session.objects.filter(session_key=hashed(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End a session; this one unless another is named."""
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=hashed(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Take away what ended."""
        Session.objects.filter(expire_date__lte=instant.true_now()).delete()

    def encode(self, session_dict: dict[str, Any]) -> str:
        """What is kept, encrypted."""
        return at_rest.encrypted(self.serializer().dumps(session_dict).decode("latin-1"))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """What was kept; nothing if it was written under another secret."""
        written = at_rest.decrypted(str(session_data))
        return {} if written is None else self.serializer().loads(written.encode("latin-1"))

    def _get_session_from_db(self) -> Session | None:
        row = Session.objects.filter(session_key=hashed(self.session_key), expire_date__gt=instant.true_now()).first()
        if row is None:
            self._session_key = None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row of the session as it is now."""
        at = instant.true_now()
        door = data.get(DOOR) or {"id": new_uuid(), "since": at.isoformat(), "seen": at.isoformat()}
        since, seen = instant.parse(door["since"]), instant.parse(door["seen"])
        return Session(
            session_key=hashed(self._get_or_create_session_key()),  # type: ignore[attr-defined] # part of SessionBase
            session_data=self.encode(data),
            expire_date=ends_at(since=since, seen=seen, limits=limits()) if SESSION_KEY in data else at + DOOR_LIFE,
            id=door["id"],
            account_id=data.get(SESSION_KEY),
            since=since,
            seen=seen,
            address=door.get("address", ""),
            agent=door.get("agent", ""),
            way=door.get("way", ""),
            device=door.get("device"),
        )


def hashed(session_key: str | None) -> str:
    """Under which a session's row is found."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


def limits() -> SessionLimits:
    """How long people stay signed in at this node."""
    found: SessionLimits = settings.TOCSIN_SESSIONS
    return found


def note_door(session: SessionBase, shown: Shown, *, address: str, agent: str, at: Instant) -> str:
    """Write into a session how somebody just came in; the session's id, by which the journal knows it."""
    session[DOOR] = {
        "id": new_uuid(),
        "since": at.isoformat(),
        "seen": at.isoformat(),
        "way": shown.way.value,
        "whole": shown.whole,
        "device": shown.device,
        "address": address,
        "agent": agent[:200],
    }
    return str(session[DOOR]["id"])


def is_whole(session: SessionBase) -> bool:
    """Whether whoever has this session has shown two factors, or set up the second since."""
    return bool(session.get(DOOR, {}).get("whole"))


def make_whole(session: SessionBase) -> None:
    """She has set up what was missing."""
    session[DOOR] = {**session[DOOR], "whole": True}


def session_id(session: SessionBase) -> str:
    """The id of a session that somebody signed in to; nothing for others."""
    return str(session.get(DOOR, {}).get("id", ""))


def keep_awake(session: SessionBase, *, at: Instant) -> None:
    """Note that somebody does something; at most once a minute."""
    door = session.get(DOOR)
    if door and at - instant.parse(door["seen"]) >= AWAKE_EVERY:
        session[DOOR] = {**door, "seen": at.isoformat()}
