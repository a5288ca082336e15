"""Founding the demo's network.

Each step is what an administrator of that node does at the command line: add people, sign the own card, hold the key
ceremony, hand a card in, learn the directory. Cards, root keys and signatures travel as files in the demo's folder.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PersonId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.node import wiring
from tocsin.node.config import HOME_VARIABLE
from tocsin.node.demo.plots import PLOTS, TABLE


def run(step: str, folder: Path) -> Any:
    """Be the node that the environment names, do the step, and give its answer."""
    started = wiring.start(Path(os.environ[HOME_VARIABLE]))
    try:
        return STEPS[step](folder) or {}
    finally:
        started.stop()


def tell(step: str, folder: str) -> None:
    """Do the step and print its answer."""
    sys.stdout.write(json.dumps(run(step, Path(folder))))


def administrator() -> Actor:
    """Who acts at the console of the node that this process is."""
    return Actor(this_node().member, name="console", roles=frozenset({"administrator"}))


def make_tables(_folder: Path) -> None:
    """Bring the database to this version."""
    wiring.migrate()


def settle(folder: Path) -> dict[str, Any]:
    """People and their tokens, the directory's keys, the node's own card."""
    from tocsin.directory.acts.cards import sign_own_card  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.acts.key_files import (  # noqa: PLC0415 - needs Django set up
        ONLINE_KEY,
        PRIVATE_ROLE_KEY,
        ROLE_KEY,
        make_key,
        own_key_path,
    )
    from tocsin.directory.acts.national import sign_national_table  # noqa: PLC0415 - needs Django set up
    from tocsin.people.acts.people import add_person, issue_token  # noqa: PLC0415 - needs Django set up

    by, at, member = administrator(), instant.now(), this_node().member
    plot = next(each for each in PLOTS if each.member == member)
    tokens, accounts = {}, {}
    for one in plot.residents:
        person = add_person(name=one.name, roles=frozenset(one.roles), function=one.function, by=by, at=at)
        accounts[one.name] = _account(person, zone=plot.zone, by=by, at=at)
        tokens[one.name] = issue_token(person, scopes=frozenset(), by=by, at=at, life=timedelta(days=1))
    if plot.kind in {"state", "hub"}:
        make_key(own_key_path(ROLE_KEY), member=MemberId(member))
        make_key(folder / "root-keys" / f"{member}.pem", member=MemberId(member))
    if plot.kind == "hub":
        make_key(own_key_path(ONLINE_KEY), member=MemberId(member))
        make_key(own_key_path(PRIVATE_ROLE_KEY), member=MemberId(member))
    card = sign_own_card(by=by, at=at)
    if member == TABLE["member"]:
        sign_national_table(json.dumps(TABLE).encode(), by=by, at=at)
    cards = folder / "cards"
    cards.mkdir(exist_ok=True)
    (cards / f"{member}.json").write_bytes(card.file)
    return {"tokens": tokens, "accounts": accounts}


def _account(person: PersonId, *, zone: str, by: Actor, at: Instant) -> dict[str, Any]:
    """An account to look around with: its password and second step are told to whoever runs the demo."""
    from allauth.mfa.totp.internal.auth import generate_totp_secret  # noqa: PLC0415 - needs Django set up

    from tocsin.people import reads  # noqa: PLC0415 - needs Django set up
    from tocsin.people.acts.accounts import open_account, renew_codes, show_codes  # noqa: PLC0415 - needs Django set up

    password, secret = f"demo {secrets.token_hex(6)}", str(generate_totp_secret())
    name = open_account(person, by=by, at=at, zone=zone, password=password, app_secret=secret)
    account = reads.account_of(person, at=at)
    codes: list[str] = []
    if account is not None:
        renew_codes(account.id, by=by, at=at)
        codes = show_codes(account.id, by=by, at=at)
    return {"name": name, "password": password, "app_secret": secret, "codes": codes}


def found_directory(folder: Path) -> None:
    """At the hub: the key ceremony with three holders, two of whom sign; then publish, with the hub's own card."""
    from tocsin.directory import reads  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.acts import ceremony, key_files, submit  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.acts.key_files import (  # noqa: PLC0415 - needs Django set up
        ONLINE_KEY,
        PRIVATE_ROLE_KEY,
        ROLE_KEY,
        load_public,
        own_key_path,
        public_path,
    )
    from tocsin.directory.acts.publish import publish  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.rules.tuf import Delegation  # noqa: PLC0415 - needs Django set up

    by, at = administrator(), instant.now()
    sticks = folder / "root-keys"
    holders = tuple(load_public(public_path(sticks / f"{name}.pem")) for name in ("hub", "ro", "pt"))

    def role(name: str, key: Path) -> Delegation:
        return Delegation(role=name, publics=(load_public(public_path(key)).public,))

    grants = (
        *(role(f"state-{name}", folder / "nodes" / name / "keys" / ROLE_KEY) for name in ("ro", "pt")),
        role("hub", own_key_path(ROLE_KEY)),
        role("private", own_key_path(PRIVATE_ROLE_KEY)),
    )
    online = load_public(public_path(own_key_path(ONLINE_KEY))).public
    table = folder / "ceremony"
    ceremony.begin(table, plan=ceremony.Plan(holders=holders, threshold=2, online=online, grant=grants))
    for name in ("ro", "pt"):
        ceremony.sign_ceremony(table, key=key_files.load_key(sticks / f"{name}.pem"))
    ceremony.finish(table, by=by, at=at)
    publish(by=by, at=at)
    submit.take_submission(submit.sign_submission(by=by, at=at).written(), at=at)
    (folder / "1.root.json").write_bytes(reads.published_files()["metadata/1.root.json"])


def hand_in_card(folder: Path) -> None:
    """Trust the directory's first root, which the hub handed over, and hand the own card in over HTTP."""
    from tocsin.directory.acts import submit  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.acts.refresh import join_directory, refresh_directory  # noqa: PLC0415 - the same

    by, at = administrator(), instant.now()
    root, hub_card = (folder / "1.root.json").read_bytes(), (folder / "cards" / "hub.json").read_bytes()
    join_directory(root, hub_card=hub_card, by=by, at=at)
    refresh_directory(at=at)
    if next(each for each in PLOTS if each.member == this_node().member).kind == "state":
        submit.hand_in(submit.SUBMISSIONS, submit.sign_submission(by=by, at=at).written())


def admit_provider(folder: Path) -> None:
    """At the hub: admit the private member, whose card somebody checked."""
    from tocsin.directory.acts import submit  # noqa: PLC0415 - needs Django set up
    from tocsin.directory.acts.refresh import join_directory  # noqa: PLC0415 - needs Django set up

    by, at = administrator(), instant.now()
    submit.admit_private((folder / "cards" / "example-mail.json").read_bytes(), by=by, at=at)
    root, hub_card = (folder / "1.root.json").read_bytes(), (folder / "cards" / "hub.json").read_bytes()
    join_directory(root, hub_card=hub_card, by=by, at=at)


def learn_directory(_folder: Path) -> None:
    """Fetch the directory as it stands."""
    from tocsin.directory.acts.refresh import refresh_directory  # noqa: PLC0415 - needs Django set up

    refresh_directory(at=instant.now())


STEPS: dict[str, Callable[[Path], Any]] = {
    step.__name__: step
    for step in (make_tables, settle, found_directory, hand_in_card, admit_provider, learn_directory)
}
