"""Route by role by own or foreign object: every path of every door, driven as everybody.

The routes are read from the doors' own lists of paths. The tables here say whose each is; a route that stands in none
fails the tests, so that each new one has to choose. What may be done with a right is tested where it is done: here
stands that nothing can be done without it, and that what is another's looks like what is not there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.desk.door import ROLES, Officer, desk_open, signed_in
from tests.evidence.scene import Scene
from tests.gate.test_api import BODIES, NEEDS, Ro
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.base.ids import DossierId, PersonId, new_uuid
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.dossiers.acts.members import let_in
from tocsin.node.demo import forms
from tocsin.node.entrances import DESK, PUBLIC, WEB
from tocsin.people.acts.people import issue_token
from tocsin.people.rules.rights import Right, rights_of
from tocsin.requests.acts.dossier import put_draft_in_dossier, put_in_dossier
from tocsin.requests.acts.draft import write_draft

EVERYBODY: tuple[Right, ...] = ()
READ, RUN = (Right.READ_REQUESTS,), (Right.RUN_NODE,)

DESK_ROUTES: dict[str, tuple[Right, ...]] = {
    "": EVERYBODY,  # leads who may not read requests to what is hers: tests/desk/test_records.py
    "watch/rows/": READ,
    "watch/views/": EVERYBODY,  # leads back to the watch; what is one's own to keep, the act asks
    "watch/views/<uuid:view>/forget/": EVERYBODY,
    "requests/<uuid:request_id>/": READ,
    "requests/<uuid:request_id>/write/<slug:kind>/": READ,
    "requests/<uuid:request_id>/take/": READ,
    "requests/<uuid:request_id>/hand-over/": READ,
    "requests/<uuid:request_id>/notes/": READ,
    "requests/<uuid:request_id>/release/": READ,
    "requests/<uuid:request_id>/take-in/": READ,
    "requests/<uuid:request_id>/pass-on/": READ,
    "requests/<uuid:request_id>/proof/<str:letter>/": READ,
    "requests/<uuid:request_id>/bundle/": READ,
    "requests/<uuid:request_id>/form/": READ,
    "requests/<uuid:request_id>/call-back/": READ,
    "requests/<uuid:request_id>/forged/": READ,
    "warnings/": READ,
    "warnings/new/": (Right.READ_REQUESTS, Right.ANSWER),
    "warnings/<uuid:warning>/": READ,
    "forgeries/<uuid:forgery>/": READ,
    "requests/<uuid:request_id>/mail/": READ,
    "requests/<uuid:request_id>/mail/address/": READ,
    "requests/<uuid:request_id>/mail/<uuid:mail_id>/": READ,
    "mail/": READ,
    "mail/<uuid:mail_id>/": READ,
    "mail/<uuid:mail_id>/belongs/": READ,
    "mail/<uuid:mail_id>/not-ours/": READ,
    "mail/<uuid:mail_id>/files/<int:part>/": READ,
    "take-in/": (Right.ANSWER,),
    "filings/": (Right.DRAFT,),
    "filings/<uuid:filing_id>/": (Right.DRAFT,),
    "filings/<uuid:filing_id>/file/": (Right.DRAFT,),
    "filings/links/<uuid:link_id>/revoke/": (Right.DRAFT,),
    "requests/<uuid:request_id>/record/<slug:kind>/": READ,
    "requests/<uuid:request_id>/steps/<str:step>/read/": READ,
    "requests/<uuid:request_id>/brought/<uuid:file>/": READ,
    "requests/<uuid:request_id>/sender/": READ,
    "requests/<uuid:request_id>/join/": READ,
    "requests/<uuid:request_id>/letters/<str:letter>/receipt/": READ,
    "drafts/<uuid:draft_id>/by-form/": (Right.READ_REQUESTS, Right.SEND),
    "requests/<uuid:request_id>/form/<str:number>/close/": READ,
    "compose/": (Right.DRAFT,),
    "drafts/": READ,
    "drafts/<uuid:draft_id>/": READ,
    "drafts/<uuid:draft_id>/open/": READ,
    "drafts/<uuid:draft_id>/check/": READ,
    "drafts/<uuid:draft_id>/letter/": READ,
    "drafts/<uuid:draft_id>/sign/": (Right.READ_REQUESTS, Right.SIGN_OFF),
    "drafts/<uuid:draft_id>/discard/": (Right.READ_REQUESTS, Right.DRAFT),
    "directory/": (Right.READ_DIRECTORY,),
    "directory/own/words/": RUN,
    "directory/own/words/<uuid:proposal>/": (Right.CONFIRM_CARD,),
    "directory/own/hand-in/": RUN,
    "administration/": RUN,
    "account/tokens/": EVERYBODY,  # one's own, and no further than oneself
    "account/tokens/<uuid:token>/withdraw/": EVERYBODY,  # one's own; another's asks for the right to run the node
    "partner/": (Right.ANSWER_AS_PARTNER,),
    "partner/requests/<uuid:request_id>/": (Right.ANSWER_AS_PARTNER,),
    "partner/requests/<uuid:request_id>/say/<slug:kind>/": (Right.ANSWER_AS_PARTNER,),
    "reports/": (Right.READ_REPORTS,),
    "reports/<slug:table>.csv": (Right.READ_REPORTS,),
    "reports/<slug:table>.svg": (Right.READ_REPORTS,),
    "directory/contacts/": (Right.READ_DIRECTORY,),
    "directory/contacts/lists/<uuid:waiting>/": (Right.CONFIRM_CARD,),
    "directory/contacts/new/": (Right.CONFIRM_CARD,),
    "directory/contacts/<slug:member_id>/": (Right.READ_DIRECTORY,),
    "directory/contacts/<slug:member_id>/tried/": (Right.CONFIRM_CARD,),
    "directory/contacts/<slug:member_id>/give-up/": (Right.CONFIRM_CARD,),
    "directory/own/": (Right.READ_DIRECTORY,),
    "directory/own/file/": (Right.READ_DIRECTORY,),
    "directory/members/<slug:member_id>/": (Right.READ_DIRECTORY,),
    "directory/take/": (Right.CONFIRM_CARD,),
    "directory/call/": (Right.CONFIRM_CARD,),
    "directory/calls/<uuid:call_id>/answer/": (Right.CONFIRM_CARD,),
    "dossiers/": (Right.READ_DOSSIERS,),
    "dossiers/<uuid:dossier_id>/": (Right.READ_DOSSIERS,),
    "dossiers/<uuid:dossier_id>/do/<slug:act>/": (Right.READ_DOSSIERS,),
    "defence/": (Right.READ_DOSSIERS,),
    "defence/<uuid:dossier_id>/": (Right.READ_DOSSIERS,),
    "defence/<uuid:dossier_id>/packages/<uuid:package_id>/": (Right.READ_DOSSIERS,),
    "defence/<uuid:dossier_id>/packages/<uuid:package_id>/files/<int:number>/": (Right.READ_DOSSIERS,),
    # The right to all looks or a dossier that one answers for: the read asks, since a right alone does not say.
    "looks/": (Right.READ_LOOKS,),
    "looks/file/": (Right.READ_LOOKS,),
    "evidence/": (Right.OPEN_EVIDENCE,),
    "evidence/<uuid:package_id>/": READ,
    "evidence/<uuid:package_id>/custody/<int:seq>/": READ,
    "evidence/<uuid:package_id>/verify/": READ,
    "evidence/<uuid:package_id>/files/<int:number>/": READ,
    "evidence/<uuid:package_id>/convert/": READ,
    "evidence/<uuid:package_id>/rerun/": READ,
    "evidence/<uuid:package_id>/stamp/": READ,
    "evidence/<uuid:package_id>/case/": READ,
    "journal/": (Right.READ_JOURNAL,),
    "journal/audit/": (Right.READ_JOURNAL,),
    "journal/alarms/<int:number>/seen/": (Right.READ_JOURNAL,),
    "journal/<int:index>/": (Right.READ_JOURNAL,),
    "journal/<int:index>/proof/": (Right.READ_JOURNAL,),
    "shift/": READ,
    "shift/<uuid:note>/": READ,
    "shift/<uuid:note>/acknowledge/": READ,
    "rota/": EVERYBODY,
    # The officers keep the rota themselves, and the administrator may: either right will do, and the act asks.
    "rota/minutes/": EVERYBODY,
    "rota/<uuid:turn>/withdraw/": EVERYBODY,
    "exercise/": RUN,
    "exercise/begin/": RUN,
    "exercise/clock/": RUN,
    "exercise/sample/": (Right.DRAFT,),
    "exercise/wipe/": RUN,
    "exercise/<uuid:exercise_id>/": RUN,
    "exercise/<uuid:exercise_id>/end/": RUN,
    "exercise/<uuid:exercise_id>/record.<slug:form>": RUN,
    "scheme/": EVERYBODY,
    "account/": EVERYBODY,
    "account/preferences/": EVERYBODY,
    "account/bells/": EVERYBODY,
    "account/bells/<uuid:bell>/": EVERYBODY,  # one's own; another's looks like none
    "account/devices/<int:number>/remove/": EVERYBODY,
    "account/sessions/others/end/": EVERYBODY,
    "account/sessions/<str:session>/end/": EVERYBODY,
    "account/organisation/unlink/": EVERYBODY,
    "people/": RUN,
    "people/<uuid:person>/": RUN,
    "people/<uuid:person>/invite/": RUN,
    "people/<uuid:person>/withdraw/": RUN,
    "people/<uuid:person>/link/": RUN,
    "people/<uuid:person>/end/": RUN,
}
"""Pages behind the door, and the right without which nothing of them is shown or done."""
DOOR = re.compile(r"sign-in/")
"""The door itself, which everybody may stand before; tests/desk/test_sign_in.py drives it."""
OF_A_DOSSIER = re.compile(
    r"(requests/<uuid:request_id>|drafts/<uuid:draft_id>|dossiers/<uuid:dossier_id>|defence/<uuid:dossier_id>"
    r"|evidence/<uuid:package_id>)/"
)
MACHINES = {
    "healthz": "whether the node answers",
    "readyz": "the same",
    "metrics": "from the networks of node.toml alone",
    **dict.fromkeys(
        (
            *("journal/checkpoint", "journal/vkey", "journal/tile/<path:rest>"),
            *("journal/origin/<str:origin>/checkpoint", "journal/origin/<str:origin>/vkey"),
            "journal/origin/<str:origin>/tile/<path:rest>",
        ),
        "the journal is public: commitments",
    ),
    "witness/add-checkpoint": "signed by whose log it is",
    "witness/<str:origin>/checkpoint": "public",
}
"""Paths for machines that ask nobody who he is, and why. Others of the web door carry a ticket: tests/wire."""
BY_TICKET = re.compile(r"(wire|directory|mailbox|cards?)\b")


def paths_of(urls: str) -> set[str]:
    """Every path of a door, as its list of paths writes it."""
    return set(_walk(get_resolver(urls).url_patterns, ""))


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, before + str(each.pattern))
        else:
            yield before + str(each.pattern)


@dataclass
class House:
    """The node of ro with a dossier of Ioana's that holds a request, a draft and a package; and everybody else."""

    offices: Offices
    people: dict[str, Officer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        scene = Scene.set(self.offices, at=instant.true_now())
        self.package = scene.held_by_ro().id
        self.offices.at = self.at = instant.true_now()
        self.request = scene.hand_over
        self.ioana = scene.ioana
        self.radu = self.offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
        self.dossier: DossierId = make_dossier("Lighthouse", members_only=True, by=self.ioana, at=self.at)
        let_in(self.dossier, "Radu Model", capacity="member", reason="signs", by=self.ioana, at=self.at)
        put_in_dossier(self.request, self.dossier, reason="the case", by=self.ioana, at=self.at)
        self.draft = write_draft(
            forms.preservation(self.at, reference="RO-1"), by=self.ioana, at=self.at, dossier=self.dossier
        ).id
        put_draft_in_dossier(self.draft, self.dossier, reason="the case", by=self.ioana, at=self.at)

    def officer(self, role: str) -> Officer:
        if role not in self.people:
            self.people[role] = signed_in(self.offices, "ro", roles=[role])
        return self.people[role]

    @property
    def known(self) -> dict[str, str]:
        """What lies in the dossier, by the name that a route has for it."""
        return {
            "request_id": self.request,
            "draft_id": self.draft,
            "package_id": self.package,
            "dossier_id": self.dossier,
        }


@pytest.fixture
def house(offices: Offices) -> House:
    return House(offices)


# --- Every route has chosen -----------------------------------------------------------------------


def test_every_page_of_the_desk_stands_in_the_table() -> None:
    behind = {path for path in paths_of(DESK.urls) if not DOOR.match(path)}
    assert behind == set(DESK_ROUTES)


def test_every_path_for_machines_says_whom_it_asks() -> None:
    api = {path for path in paths_of(WEB.urls) if path.startswith("api/")}
    others = paths_of(WEB.urls) - api
    assert {path for path in others if not BY_TICKET.match(path)} == set(MACHINES)
    told = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) for path in api}
    own = {route.split("/api/", 1)[1] for route in NEEDS}
    assert {path.removeprefix("api/") for path in told} - own == {"openapi.json", "docs", "", "{rest}"}


def test_the_public_door_has_no_page_of_the_desk() -> None:
    assert not paths_of(PUBLIC.urls) & set(DESK_ROUTES) - {""}


# --- The API --------------------------------------------------------------------------------------

ANSWERS = {"POST /api/packages/{package_id}/stamp": {403, 404, 502}}
"""What else a route may answer to an outsider: no authority for time stamps is named here, which is told first."""
_OF_A_THING = re.compile(r"\{(request_id|draft_id|package_id|dossier_id)\}")


def test_over_the_api_what_is_anothers_looks_like_what_is_not_there(house: House) -> None:
    """Every route that names a thing, as every role: the thing of the dossier, and one that nobody has."""
    ro = Ro(house.offices)
    before = len(entries())
    for role in ROLES:
        token = ro.token(role, function="judge")
        made = len(entries())
        for route in NEEDS:
            if not _OF_A_THING.search(route):
                continue
            answers = []
            for values in (house.known, {name: new_uuid() for name in house.known}):
                body = _about(route, values)
                answer = ro.call(route, token=token, body=body, **values)
                answers.append((answer.status_code, _without(values, answer)))
                assert answer.status_code in ANSWERS.get(route, {403, 404, 422}), (role, route, answer.status_code)
            assert answers[0] == answers[1], (role, route)
        assert len(entries()) == made, role
    assert [
        entry["kind"] for entry in entries()[before:] if entry["kind"] not in {"person-added", "token-issued"}
    ] == []


def test_over_the_api_lists_show_nothing_of_it(house: House) -> None:
    ro = Ro(house.offices)
    for role in ROLES:
        token = ro.token(role, function="judge")
        for route in ("GET /api/requests", "GET /api/drafts", "GET /api/dossiers", "GET /api/looks"):
            shown = ro.call(route, token=token).content.decode()
            assert not [name for name, value in house.known.items() if value in shown and name != "request_id"], route
            if role != "data-protection-officer":
                assert house.request not in shown, (role, route)


def test_over_the_api_its_owner_gets_it(house: House) -> None:
    ro = Ro(house.offices)
    token = issue_token(PersonId(house.ioana.person), scopes=frozenset(), by=house.ioana, at=house.at)
    for route in NEEDS:
        if route.startswith("GET") and _OF_A_THING.search(route) and not re.search("opened|case|export", route):
            assert ro.call(route, token=token, **house.known).status_code == 200, route


def _about(route: str, values: dict[str, str]) -> Any:
    """The body of a route, about these things."""
    body = dict(BODIES.get(route, {}))
    if "request" in body:
        body["request"] = values["request_id"]
    return body


def _without(values: dict[str, str], answer: Any) -> str:
    said = answer.content.decode()
    for value in values.values():
        said = said.replace(value, "ID")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", said)


# --- The desk -------------------------------------------------------------------------------------


def test_a_stranger_is_led_to_the_door_from_every_page(house: House) -> None:
    client = Client()
    with desk_open():
        for path in DESK_ROUTES:
            for method in ("get", "post"):
                answer = getattr(client, method)("/" + _filled(path, house.known))
                assert answer.status_code == 302, path
                assert answer["Location"].startswith("/sign-in/"), path


def test_on_the_desk_nothing_is_shown_or_done_without_the_right_or_to_an_outsider(house: House) -> None:
    for role in ROLES:
        drive_the_desk_as(house, role)


def drive_the_desk_as(house: House, role: str) -> None:
    has = rights_of(frozenset({role}))
    with desk_open():
        client = house.officer(role).client
        before = [entry for entry in entries() if entry["kind"] != "signed-in"]
        for path, needed in DESK_ROUTES.items():
            for method in ("get", "post"):
                if not set(needed) <= has:
                    answer = getattr(client, method)("/" + _filled(path, house.known))
                    assert answer.status_code in {403, 404, 405}, (role, method, path, answer.status_code)
                elif OF_A_DOSSIER.match(path):
                    seen, absent = (
                        getattr(client, method)("/" + _filled(path, values))
                        for values in (house.known, dict.fromkeys(house.known, new_uuid()))
                    )
                    assert seen.status_code in {404, 405}, (role, method, path, seen.status_code)
                    assert _page(house.known, seen) == _page({}, absent), (role, method, path)
        assert [entry for entry in entries() if entry["kind"] != "signed-in"] == before
        watch = client.get("/")
        assert house.request not in watch.content.decode()


def test_on_the_desk_its_owner_gets_it(house: House) -> None:
    with desk_open():
        client = signed_in(house.offices, "ro", roles=["duty-officer"], name=house.ioana.name).client
        assert house.request in client.get("/").content.decode()
        assert client.get(f"/requests/{house.request}/").status_code == 200


def _filled(path: str, values: dict[str, str]) -> str:
    def value(found: "re.Match[str]") -> str:
        kind, name = found[1], found[2]
        others = {"int": "1", "slug": "acknowledge", "str": "x"}
        return values.get(name) or others.get(kind) or new_uuid()

    return re.sub(r"<(\w+):(\w+)>", value, path)


def _page(values: dict[str, str], answer: Any) -> str:
    """What an answer says, without what differs by itself: ids, nonces, keys of forms, the time of day."""
    said = re.sub(r"<b>\d\d:\d\d</b>", "<b></b>", _without(values, answer))
    return re.sub(r'(csrfmiddlewaretoken"[^>]*value|name="once"[^>]*value|nonce)="[^"]*"', r'\1=""', said)
