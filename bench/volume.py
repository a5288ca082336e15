"""The desk over many requests: the watch, a search and a request page, against the same with 10,000 requests.

    python -m bench.volume [--large]

The model is the EXERCISE month of the demo, played once by real nodes and kept under ``var/bench/volume``; its
requests, with all their rows, are what every further one is a copy of: other ids, other instants of opening, a word of
its own, and letters whose chain of hashes is made anew. So lengths, languages and states are the demo's. Rows go in by
COPY. The copies' letters are not signed anew: the report says how many letters truly are.

10,000 and 100,000 requests; with ``--large`` a million. Asked: under 100 ms of server time for 95 in 100, and at most
twice what 10,000 requests take.
"""

import base64
import hashlib
import io
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from tocsin.node.database import Server
from tocsin.node.demo.run import run
from tocsin.node.demo.town import database_of

FOLDER = Path("var/bench/volume").absolute()
OWNER = database_of("ro")
SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000
ROUNDS = 100
DAYS_BACK = 3 * 365

_REQUEST, _LETTERS, _RECEIPTS = "requests_request", "wire_storedletter", "wire_storedreceipt"
_OF_A_REQUEST = (
    "requests_subject", "requests_storedclock", "requests_alarm", "requests_handover", "requests_note",
    "requests_wording", "requests_look", "requests_releasedraft",
)  # fmt: skip
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_NUMBERED = frozenset(
    {"requests_subject", "requests_storedclock", "requests_alarm", "requests_wording", _LETTERS, _RECEIPTS}
)
"""Tables whose first column is a number that the database gives."""


# --- The model ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Model:
    """One request of the month with its rows, as COPY writes them."""

    ended: bool
    own: frozenset[str]
    """The ids that are the request's own: a copy has others."""
    rows: dict[str, list[list[str]]]
    columns: dict[str, list[str]]


def play_month() -> None:
    """The month, unless it was played before."""
    kept = FOLDER / "town" / "summary.json"
    if kept.exists() and json.loads(kept.read_text()).get("month"):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    print("   playing the month of the demo first", flush=True)
    with (FOLDER / "month.log").open("w", encoding="utf-8") as log:
        if run(once=True, month=True, folder=FOLDER / "town", say=lambda words: print(words, file=log, flush=True)):
            raise RuntimeError(f"the month could not be played: {log.name}")


def models(connection: psycopg.Connection[Any]) -> list[Model]:
    """Every request of the month, the oldest first."""
    listed = connection.execute(f"SELECT id::text, ended_at IS NOT NULL FROM {_REQUEST} ORDER BY opened_at, id")
    return [_model(connection, request, ended=ended) for request, ended in listed.fetchall()]


def _model(connection: psycopg.Connection[Any], request: str, *, ended: bool) -> Model:
    letters = f"SELECT id FROM {_LETTERS} WHERE thread = '{request}'"
    asked = {
        _REQUEST: f"SELECT * FROM {_REQUEST} WHERE id = '{request}'",
        _LETTERS: f"SELECT * FROM {_LETTERS} WHERE thread = '{request}' ORDER BY at, id",
        _RECEIPTS: f"SELECT * FROM {_RECEIPTS} WHERE letter_id IN ({letters}) ORDER BY id",
        **{table: f"SELECT * FROM {table} WHERE request_id = '{request}'" for table in _OF_A_REQUEST},
    }
    rows = {table: list(_copied(connection, statement)) for table, statement in asked.items()}
    columns = {table: _columns(connection, table) for table in asked}
    own = {request, *(row[columns[_LETTERS].index("letter")] for row in rows[_LETTERS])}
    own |= {row[0] for table, found in rows.items() if table not in _NUMBERED for row in found}
    return Model(ended=ended, own=frozenset(own), rows=rows, columns=columns)


def _copied(connection: psycopg.Connection[Any], statement: str) -> Iterator[list[str]]:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT") as copy:
        text = b"".join(bytes(block) for block in copy).decode()
    for line in text.splitlines():
        yield line.split("\t")


def _columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    named = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    found = connection.execute(f"{named} ORDER BY attnum", [table])
    return [name for (name,) in found.fetchall()]


# --- Copies ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Copier:
    """Writes copies of the models; numbers go on from what there is."""

    connection: psycopg.Connection[Any]
    draw: random.Random
    next_number: dict[str, int] = field(default_factory=dict)
    buffers: dict[str, io.StringIO] = field(default_factory=dict)
    letters: int = 0

    def write(self, whole: Sequence[Model], *, count: int) -> None:
        """``count`` further requests, the models taken in turn."""
        for table in _NUMBERED:
            found = self.connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()
            self.next_number[table] = found[0] if found else 1
        for turn in range(count):
            self._copy(whole[turn % len(whole)], turn)
            if turn % 2_000 == 1_999:
                self.flush()
        self.flush()
        for table in _NUMBERED:
            named = "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)"
            self.connection.execute(named, [table, self.next_number[table]])

    def flush(self) -> None:
        """Send what was gathered, the requests first."""
        for table in (_REQUEST, _LETTERS, _RECEIPTS, *_OF_A_REQUEST):
            text = self.buffers.pop(table, io.StringIO()).getvalue()
            if text:
                with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(text)

    def _copy(self, model: Model, turn: int) -> None:
        names = {old: self._uuid() for old in model.own}
        numbers: dict[str, str] = {}
        for row in model.rows[_LETTERS]:
            self._letter(model, row, names, numbers)
        for row in model.rows[_RECEIPTS]:
            self._receipt(model, row, names, numbers)
        word = f"case{turn:08d}"
        for table in (_REQUEST, *_OF_A_REQUEST):
            for row in model.rows[table]:
                new = [_renamed(value, names) for value in row]
                if table in _NUMBERED:
                    new[0] = self._number(table)
                self._particular(table, model, new, word)
                self._line(table, new)

    def _particular(self, table: str, model: Model, row: list[str], word: str) -> None:
        """What a copy has of its own: a word to find it by, when it was opened, whose data it is about."""
        columns = model.columns[table]
        if table == "requests_wording":
            row[columns.index("words")] += f" {word}"
            row[columns.index("vector")] += f" '{word}':9999"
        elif table == "requests_subject":
            row[columns.index("sha256")] = secrets.token_hex(32)
        elif table == _REQUEST:
            row[columns.index("case_reference")] += f" {word}"
            self._shift(row, columns, ended=model.ended)

    def _shift(self, row: list[str], columns: Sequence[str], *, ended: bool) -> None:
        """Ended ones lie anywhere in three years; those that are open end within hours of their models."""
        back = self.draw.uniform(0, DAYS_BACK * 24) if ended else self.draw.uniform(-12, 12)
        for name in ("opened_at", "changed_at", "ended_at", "due_strict", "unread_since"):
            at = row[columns.index(name)]
            if at not in {r"\N", "infinity"}:
                row[columns.index(name)] = _minus_hours(at, back)

    def _letter(self, model: Model, row: list[str], names: dict[str, str], numbers: dict[str, str]) -> None:
        columns, new = model.columns[_LETTERS], list(row)
        jws, digest = columns.index("jws"), columns.index("sha256")
        if row[jws] != r"\N":
            new[jws] = _signed_no_more(row[jws], names)
            names[row[digest]] = hashlib.sha256(new[jws].encode()).hexdigest()
        else:
            names[row[digest]] = secrets.token_hex(32)
        new = [value if place == jws else _renamed(value, names) for place, value in enumerate(new)]
        numbers[row[0]] = new[0] = self._number(_LETTERS)
        self._line(_LETTERS, new)
        self.letters += 1

    def _receipt(self, model: Model, row: list[str], names: dict[str, str], numbers: dict[str, str]) -> None:
        columns, new = model.columns[_RECEIPTS], list(row)
        letter, jws = columns.index("letter_id"), columns.index("jws")
        new[0], new[letter] = self._number(_RECEIPTS), numbers[row[letter]]
        new[jws] = _signed_no_more(row[jws], names)
        self._line(_RECEIPTS, new)

    def _number(self, table: str) -> str:
        self.next_number[table] += 1
        return str(self.next_number[table] - 1)

    def _uuid(self) -> str:
        return str(UUID(int=self.draw.getrandbits(128), version=4))

    def _line(self, table: str, row: Sequence[str]) -> None:
        buffer = self.buffers.setdefault(table, io.StringIO())
        buffer.write("\t".join(row))
        buffer.write("\n")


def _renamed(text: str, names: dict[str, str]) -> str:
    return _ID.sub(lambda found: names.get(found[0], found[0]), text)


def _signed_no_more(jws: str, names: dict[str, str]) -> str:
    """The same letter with other names in it, under the old signature."""
    header, payload, signature = jws.split(".")
    said = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    renamed = base64.urlsafe_b64encode(_renamed(said, names).encode()).decode().rstrip("=")
    return f"{header}.{renamed}.{signature}"


def _minus_hours(at: str, hours: float) -> str:
    whole = at + ":00" if re.search(r"[+-]\d\d$", at) else at
    return (datetime.fromisoformat(whole) - timedelta(hours=hours)).isoformat()


# --- A database of a size -------------------------------------------------------------------------


def filled(server: Server, size: int) -> tuple[str, str]:
    """A database with so many requests: the URL that the node uses, and what the report says of it."""
    name, admin = f"volume_{size}", server.url
    began = time.perf_counter()
    with psycopg.connect(admin, autocommit=True) as connection:
        password = secrets.token_urlsafe(16)
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(OWNER), sql.Literal(password)))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        copied = "CREATE DATABASE {} TEMPLATE {} OWNER {}"
        names = [sql.Identifier(each) for each in (name, OWNER, OWNER)]
        connection.execute(sql.SQL(copied).format(*names))
    with psycopg.connect(admin, dbname=name, autocommit=True) as connection:
        _be_quick(connection)
        whole = models(connection)
        copier = Copier(connection, random.Random(size))
        later = _without_indexes(connection)
        copier.write(whole, count=size - len(whole))
        for statement in later:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
        counted = connection.execute(f"SELECT count(*) FROM {_LETTERS}").fetchone()
        bytes_ = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    letters = counted[0] if counted else 0
    told = (
        f"{size:,} requests, {letters:,} letters ({letters - copier.letters:,} truly signed and sealed), "
        f"{bytes_[0] if bytes_ else '?'}, loaded in {time.perf_counter() - began:.0f} s"
    )
    return f"postgresql://{OWNER}:{password}@127.0.0.1:{psycopg.conninfo.conninfo_to_dict(admin)['port']}/{name}", told


def _be_quick(connection: psycopg.Connection[Any]) -> None:
    """Triggers and foreign keys see to what acts write; here rows are copies of what they saw already."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET maintenance_work_mem = '1GB'")


def _without_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that only find rows; the statements that make them again."""
    found = connection.execute(
        """SELECT indexdef, indexrelid::regclass::text FROM pg_index JOIN pg_indexes
             ON indexname = (indexrelid::regclass)::text
           WHERE NOT indisunique AND tablename = ANY (%s)""",
        [[_REQUEST, _LETTERS, _RECEIPTS, *_OF_A_REQUEST]],
    ).fetchall()
    for _, name in found:
        connection.execute(f"DROP INDEX {name}")
    return [statement for statement, _ in found]


# --- Pages ----------------------------------------------------------------------------------------

_PAGES = """
import json, os, random, statistics, sys, time
from pathlib import Path
from tocsin.node import wiring
started = wiring.start(Path(os.environ["TOCSIN_HOME"]))
from django.db import connection
from django.test import Client
from tests.desk.door import desk_open, enter
from tocsin.people.models import Account
from tocsin.people import reads as people
rounds = int(sys.argv[1])

def timed(client, url, **more):
    began = time.perf_counter()
    answer = client.get(url, HTTP_HOST="localhost", **more)
    took = time.perf_counter() - began
    assert answer.status_code == 200, (url, answer.status_code, answer.content[:500])
    return took, answer

with desk_open():
    person = next(each for each in people.people() if each.name == "Ioana Exemplu")
    client = Client()
    enter(client, Account.objects.get(person_id=person.id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text, ended_at IS NULL FROM requests_request WHERE NOT members_only "
                       "ORDER BY md5(id::text) LIMIT %s", [rounds + 5])
        chosen = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM requests_request WHERE ended_at IS NULL")
        open_ = cursor.fetchone()[0]
    draw = random.Random(7)
    count = int(os.environ["VOLUME_SIZE"])
    words = {"a search for a rare word": [f"case{draw.randrange(count - 1000):08d}" for _ in range(rounds)],
             "a search for a common word": [draw.choice(("account", "Konto", "cuenta", "contul", "conta", "bank"))
                                            for _ in range(rounds)]}
    found = {"the watch": [], "the watch, further on": [], "the watch of one partner": [], "the polled rows": []}
    onward = ""
    for turn in range(rounds + 3):
        took, answer = timed(client, "/")
        found["the watch"].append(took)
        found["the watch of one partner"].append(timed(client, "/?with=pt&urgent=yes")[0])
        found["the polled rows"].append(timed(client, "/watch/rows/")[0])
        text = answer.content.decode()
        if not onward and "after=" in text:
            onward = "/?after=" + text.split("after=", 1)[1].split('"', 1)[0].replace("&amp;", "&")
        if onward:
            found["the watch, further on"].append(timed(client, onward)[0])
    for name, asked in words.items():
        found[name] = [timed(client, "/", data={"q": word})[0] for word in asked]
    found["a request, opened with a reason"], found["a request, seen again"] = [], []
    for request in chosen:
        began = time.perf_counter()
        answer = client.post(f"/requests/{request}/", {"reason": "bench"}, HTTP_HOST="localhost")
        opened = time.perf_counter() - began
        assert answer.status_code == 302, (request, answer.status_code, answer.content[:500])
        took, page = timed(client, f"/requests/{request}/")
        found["a request, opened with a reason"].append(opened)
        found["a request, seen again"].append(took)
sys.stdout.write(json.dumps({"open": open_, "found": {name: took[3:] for name, took in found.items() if took}}) + "\\n")
started.stop()
"""


def pages(url: str, size: int) -> dict[str, Any]:
    """Server times of the pages, in seconds, in a process of its own: all the way through middleware and templates."""
    environment = {
        **os.environ,
        "TOCSIN_HOME": str(FOLDER / "town" / "nodes" / "ro"),
        "DATABASE_URL": url,
        "VOLUME_SIZE": str(size),
        "PYTHONPATH": os.pathsep.join(["src", ".", os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-c", _PAGES, str(ROUNDS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main(arguments: Sequence[str]) -> None:
    """Measure at each size, one after the other, and print medians and the slowest of 95 in 100."""
    sizes = [int(word) for word in arguments if word.isdecimal()] or [
        SMALL,
        LARGE if "--large" in arguments else MIDDLE,
    ]
    play_month()
    server = Server(FOLDER / "town" / "database").start()
    first: dict[str, float] = {}
    try:
        for size in sizes:
            url, told = filled(server, size)
            found = pages(url, size)
            print(f"{told}; {found['open']:,} open [load {os.getloadavg()[0]:.2f}]")
            for name, seconds in found["found"].items():
                slow = statistics.quantiles(seconds, n=20)[-1] * 1000
                first.setdefault(name, slow)
                print(
                    f"   {name:34} median {statistics.median(seconds) * 1000:6.1f} ms, 95 in 100 under {slow:6.1f} ms "
                    f"(asked: 100); {slow / first[name]:4.2f} times that of {sizes[0]:,} (asked: at most 2)"
                )
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for size in sizes:
                connection.execute(f"DROP DATABASE IF EXISTS volume_{size} WITH (FORCE)")
        server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
