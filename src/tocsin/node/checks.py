"""What must be true of a node beyond its file of settings, as Django's system checks with ids and cures.

=============  ==================================================================
tocsin.E001    the home is closed to other users
tocsin.E002    so are the key files
tocsin.E003    the TLS certificate can be read and belongs to its key
tocsin.W004    the TLS certificate does not expire within 60 days
tocsin.E005    the database is PostgreSQL 15 or newer
tocsin.E006    the database keeps what it has confirmed
tocsin.W007    the database role neither is a superuser nor passes by row security
tocsin.W008    private addresses are called by nodes made for exercises alone
tocsin.W009    the holidays of this year and the next are known
tocsin.E010    every task of the schedule exists
tocsin.W011    no alarm of the journal waits to be seen
tocsin.E012    the law as data holds together, file by file
tocsin.W013    the keys and the certificate in the home are those that the card says are in use
tocsin.W014    what people ask is asked under a database role of its own, which row security holds for
tocsin.E015    that role is there and is held by row security
tocsin.E016    where mail is sent, the key and the certificate that sign it are there and fit
tocsin.E018    where bells are on, their gateways and the key for push can be read
tocsin.W017    that certificate does not expire within 60 days
=============  ==================================================================
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core import checks
from django.db import Error as DatabaseError
from django.db import connection
from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.bells import house
from tocsin.bells.errors import BellFilesError
from tocsin.directory import reads as directory
from tocsin.directory.rules.own_card import key_in_use, publics_of
from tocsin.journal import reads as journal
from tocsin.law.calendar import Place
from tocsin.law.errors import CalendarUnknownError, LawFileError
from tocsin.law.shipped import check_law
from tocsin.mail import post
from tocsin.mail.errors import MailFilesError
from tocsin.node.certificate import load_certificate, pem_of
from tocsin.node.config import Config, in_force
from tocsin.node.errors import ChecksFailedError, KeyFileError
from tocsin.node.keys import check_mode, key_files, load_keys
from tocsin.node.postgres import OLDEST_MAJOR
from tocsin.node.schedule import schedule

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

EXPIRES_SOON = timedelta(days=60)
_WHAT_IT_IS = """
SELECT current_setting('server_version_num')::int / 10000,
       (SELECT coalesce(array_agg(name), '{}') FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'),
       (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
"""
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def refuse_faults() -> None:
    """Raise ``ChecksFailedError`` when a check finds an error; warnings are for ``tocsin doctor``."""
    errors = [found for found in findings() if found.is_serious()]
    if errors:
        raise ChecksFailedError(findings=" ".join(f"{found.id}: {found.msg} {found.hint or ''}" for found in errors))


def findings() -> list["CheckMessage"]:
    """All that our checks and Django's find now, the database included."""
    return list(checks.run_checks(databases=["default"]))


def check_home(config: Config) -> Iterator["CheckMessage"]:
    """E001, E002: secrets are closed to other users."""
    mode = stat.S_IMODE(config.home.stat().st_mode)
    if mode & 0o077:
        said = f"The home {config.home} is open to other users (mode {mode:04o})."
        yield checks.Error(said, hint=f"Run: chmod 700 {config.home}", id="tocsin.E001")
    for path in key_files(config.home):
        try:
            check_mode(path)
        except KeyFileError as error:
            yield checks.Error(str(error), hint=f"Run: chmod 600 {path}", id="tocsin.E002")


def check_certificate(config: Config) -> Iterator["CheckMessage"]:
    """E003, W004: other nodes can connect, today and soon."""
    try:
        certificate = load_certificate(config.home)
    except KeyFileError as error:
        yield checks.Error(str(error), hint="Restore keys and certificate from the backup.", id="tocsin.E003")
        return
    left = certificate.not_valid_after_utc - instant.true_now()
    if left < EXPIRES_SOON:
        said = f"The TLS certificate expires in {left.days} days, on {certificate.not_valid_after_utc:%Y-%m-%d}."
        hint = (
            "Run tocsin directory key announce tls, hand the card in, a day later run tocsin directory key rotate tls."
        )
        yield checks.Warning(said, hint=hint, id="tocsin.W004")


def check_network(config: Config) -> Iterator["CheckMessage"]:
    """W008: a card can make this node call its own network."""
    if config.private_endpoints and not config.exercise:
        said = "private_endpoints is on: a card can make this node call addresses of your own network."
        yield checks.Warning(said, hint="Turn it off unless all members share a closed network.", id="tocsin.W008")


def check_calendar(config: Config) -> Iterator["CheckMessage"]:
    """W009: clocks that run into next year can be computed."""
    holidays = Place(config.zone, config.country, config.subdivision).holidays
    this_year = instant.true_now().year
    for year in (this_year, this_year + 1):
        try:
            holidays.is_holiday(date(year, 1, 1))
        except CalendarUnknownError as error:
            yield checks.Warning(str(error), hint="Update Tocsin: its calendars are too old.", id="tocsin.W009")


def check_mail(config: Config) -> Iterator["CheckMessage"]:
    """E016, W017: what leaves is signed, today and soon."""
    if not config.mail.sends:
        return
    try:
        certificate = post.signer(home=config.home).certificate
        post.secret(post.SMTP, home=config.home)
        post.secret(post.IMAP, home=config.home)
    except MailFilesError as error:
        hint = "Put key and certificate there (docs/howto/mail.md), or take smtp_host out of [mail]."
        yield checks.Error(str(error), hint=hint, id="tocsin.E016")
        return
    left = certificate.not_valid_after_utc - instant.true_now()
    if left < timedelta(0):
        yield checks.Error("The certificate that signs mail has expired.", hint="Get a new one.", id="tocsin.E016")
    elif left < EXPIRES_SOON:
        said = f"The certificate that signs mail expires in {left.days} days."
        yield checks.Warning(said, hint="Get a new one in time.", id="tocsin.W017")


def check_bells(config: Config) -> Iterator["CheckMessage"]:
    """E018: whoever is to be told away from the desk can be."""
    try:
        if config.bells.gateways:
            house.gateways_of(config.home)
        if config.bells.push:
            house.push_key(home=config.home)
    except BellFilesError as error:
        hint = "Mend it (docs/howto/bells.md), or turn bells off in [bells]."
        yield checks.Error(str(error), hint=hint, id="tocsin.E018")


CHECKS: Sequence[Callable[[Config], Iterator["CheckMessage"]]] = (
    check_home,
    check_certificate,
    check_network,
    check_calendar,
    check_mail,
    check_bells,
)


@checks.register("tocsin")
def check_node(app_configs: object, **_options: object) -> list["CheckMessage"]:
    """All that needs the node's config; nothing where no node lives."""
    del app_configs
    config = in_force()
    return [found for check in CHECKS for found in check(config)] if config else []


@checks.register("tocsin")
def check_schedule(app_configs: object, **_options: object) -> list["CheckMessage"]:
    """E010: a schedule that names what nobody has would stop the worker."""
    del app_configs
    unknown = [turn.task for turn in schedule() if turn.task not in app.tasks]
    hint = "Name the task as its decorator does, in node/schedule.py."
    return [
        checks.Error(f"The schedule names {task}, which is no task.", hint=hint, id="tocsin.E010") for task in unknown
    ]


@checks.register("tocsin")
def check_shipped_law(app_configs: object, **_options: object) -> list["CheckMessage"]:
    """E012: a faulty file is named with the line and the rule that it breaks, before anybody relies on it."""
    del app_configs
    try:
        check_law()
    except LawFileError as error:
        return [
            checks.Error(str(fault), hint="Mend the file of the instrument.", id="tocsin.E012")
            for fault in error.faults
        ]
    return []


@checks.register(checks.Tags.database)
def check_alarms(
    app_configs: object, databases: Sequence[str] | None = None, **_options: object
) -> list["CheckMessage"]:
    """W011: somebody looks at what must not be."""
    del app_configs
    try:
        waiting = journal.alarms() if databases else []
    except DatabaseError:
        waiting = []  # no database, or not migrated yet: other checks say so
    hint = "Look into it, then: tocsin journal seen NUMBER."
    return [checks.Warning(f"Alarm {one.number}: {one.sentence}", hint=hint, id="tocsin.W011") for one in waiting]


@checks.register(checks.Tags.database)
def check_card(app_configs: object, databases: Sequence[str] | None = None, **_options: object) -> list["CheckMessage"]:
    """W013: a rotation was cut short, or another machine's keys were not copied here."""
    del app_configs
    config = in_force()
    try:
        return check_keys_on_card(config.home) if databases and config else []
    except (DatabaseError, KeyFileError):
        return []  # no database, or not migrated yet, or keys that cannot be read: other checks say so


def check_keys_on_card(home: Path) -> list["CheckMessage"]:
    """W013 for the node in ``home``; raises ``KeyFileError``."""
    signed = directory.own_card()
    if signed is None:
        return []
    card, held = signed.card, publics_of(load_keys(home))
    differ = [use.value for use, public in held.items() if key_in_use(card, use).public != public]
    differ += ["tls"] if card.tls[0] != pem_of(home) else []
    hint = (
        "If the key was just replaced here: tocsin directory key rotate (or revoke) it again, which finishes what was "
        "begun. If it was replaced on another machine, copy keys/ and tls/ from there."
    )
    said = f"What is used here for {', '.join(differ)} is not what the card says: others may refuse it."
    return [checks.Warning(said, hint=hint, id="tocsin.W013")] if differ else []


@checks.register(checks.Tags.database)
def check_database(
    app_configs: object, databases: Sequence[str] | None = None, **_options: object
) -> list["CheckMessage"]:
    """E005, E006, W007: what the database must be."""
    del app_configs
    if not databases:
        return []
    found = _row(_WHAT_IT_IS, [list(_DURABLE)])
    return list(_said_of_database(found[0], found[1], passes_by=found[2])) if found else []


@checks.register(checks.Tags.database)
def check_viewers(
    app_configs: object, databases: Sequence[str] | None = None, **_options: object
) -> list["CheckMessage"]:
    """W014, E015: how row security is enforced (decision 0106)."""
    del app_configs
    if not databases:
        return []
    found = _row(_WHO_LOOKS)
    return list(_said_of_viewers(*found)) if found else []


def _row(query: str, values: Sequence[list[str]] = ()) -> tuple[Any, ...] | None:
    """One row; nothing where the database does not answer or is not migrated yet, which other checks say."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            found: tuple[Any, ...] | None = cursor.fetchone()
    except DatabaseError:
        return None
    return found


_WHO_LOOKS = """
SELECT current_user::text, role, EXISTS (
       SELECT FROM pg_roles WHERE rolname = role AND NOT rolsuper AND NOT rolbypassrls
          AND pg_has_role(current_user, oid, 'MEMBER')) AS held
  FROM viewing_role() AS role
"""


def _said_of_viewers(owner: str, role: str, held: bool) -> Iterator["CheckMessage"]:  # noqa: FBT001 - a column of a row
    if role == "none":
        said = f"Row security holds for {owner} itself while somebody looks: it may not take on a role for that."
        hint = (
            f"Let the database's administrator run: CREATE ROLE {owner}_viewers NOLOGIN; GRANT {owner}_viewers TO"
            f" {owner}; then: tocsin migrate. Until then letters come in more slowly, and a search reads every row."
        )
        yield checks.Warning(said, hint=hint, id="tocsin.W014")
    elif not held:
        said = (
            f"The role {role}, which row security holds for, is gone or may not be taken on: nobody is shown anything."
        )
        yield checks.Error(said, hint="Give it back, or run: tocsin migrate.", id="tocsin.E015")


def _said_of_database(major: int, unsafe: Sequence[str], *, passes_by: bool) -> Iterator["CheckMessage"]:
    if major < OLDEST_MAJOR:
        hint = f"Use PostgreSQL {OLDEST_MAJOR} or newer."
        yield checks.Error(f"The database is PostgreSQL {major}.", hint=hint, id="tocsin.E005")
    if unsafe:
        said = f"The database may lose what it has confirmed: {', '.join(unsafe)} is off."
        yield checks.Error(said, hint="Turn it on: a receipt is a promise.", id="tocsin.E006")
    if passes_by:
        said = "The database role passes by row security: the node's own work may do anything on this server."
        hint = "Use an ordinary role that owns the node's database and nothing else."
        yield checks.Warning(said, hint=hint, id="tocsin.W007")
