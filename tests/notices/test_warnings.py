"""Warnings between nodes: everybody gets them, once, whatever comes first; nothing of a case is in them."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from tests.notices.postman import carry, forgery, waiting
from tests.offices import Offices, entries
from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.notices import reads
from tocsin.notices.acts import deliver, take
from tocsin.notices.acts.issue import warn, withdraw_warning
from tocsin.notices.errors import (
    FeaturesFaultyError,
    NoticeExerciseError,
    NoticeForkedError,
    NoticeTimeError,
    NotOurWarningError,
    OfficeNumberError,
    TooManyNoticesError,
    TooManyWarningsError,
)
from tocsin.notices.models import OutgoingNotice, StoredNotice, StoredTrait
from tocsin.notices.rules.features import Trait
from tocsin.notices.rules.limits import MOST_TAKEN, MOST_WARNINGS
from tocsin.notices.rules.notice import Notice, Warned, Why, Withdrawn, sign_notice
from tocsin.people.errors import RightMissingError
from tocsin.wire import handlers, line, peers
from tocsin.wire.acts.go_round import take_mail
from tocsin.wire.errors import LineDownError
from tocsin.wire.rules.peer import Peer


@dataclass
class Three:
    """Romania, Portugal and Bulgaria, who all know one another."""

    offices: Offices
    at: Instant = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.offices.at
        for member in ("ro", "pt", "gr"):
            self.offices.found(member)
        self.officers = {
            member: self.offices.person(member, f"Officer of {member}", "duty-officer") for member in ("ro", "pt", "gr")
        }

    def be(self, member: str) -> Actor:
        self.offices.be(member)
        return self.officers[member]

    def carry(self) -> list[str]:
        return [problem.code for problem in carry(self.offices, at=self.at)]

    def known_at(self, member: str) -> list[reads.WarningView]:
        viewer = self.be(member)
        return reads.warnings(viewer, at=peers.machine_instant(self.at), all_of_them=True)

    def warned(self) -> str:
        by = self.be("ro")
        return warn(forgery(self.at), by=by, at=self.at)


@pytest.fixture
def three(offices: Offices) -> Three:
    return Three(offices)


def test_a_warning_reaches_every_member_and_its_issuer_keeps_the_proof(three: Three) -> None:
    warning = three.warned()
    assert waiting() == 2
    assert three.carry() == []
    for member in ("pt", "gr"):
        (view,) = three.known_at(member)
        assert (view.id, view.warned.sender, view.ours) == (warning, "ro", False)
        assert view.warned.features == forgery(three.at)
        assert [each["letter"] for each in entries("notice-stored")] == [warning]
    three.be("ro")
    assert waiting() == 0
    assert {row.peer for row in OutgoingNotice.objects.exclude(receipt="")} == {"pt", "gr"}
    assert len(entries("notice-issued")) == 1
    assert sorted(each["member"] for each in entries("notice-delivered")) == ["gr", "pt"]


def test_nothing_of_a_case_or_a_person_is_in_it(three: Three) -> None:
    three.warned()
    row = StoredNotice.objects.get()
    payload = jose.unverified_payload(row.jws.encode()).decode()
    assert "duty@" not in payload
    assert three.officers["ro"].name not in payload


def test_a_withdrawal_reaches_all_who_got_the_warning_and_is_shown(three: Three) -> None:
    warning = three.warned()
    three.carry()
    three.at += timedelta(minutes=5)
    withdraw_warning(warning, why=Why.MISTAKEN, by=three.be("ro"), at=three.at)
    withdraw_warning(warning, why=Why.MISTAKEN, by=three.be("ro"), at=three.at)
    assert three.carry() == []
    for member in ("ro", "pt", "gr"):
        (view,) = three.known_at(member)
        assert view.warned.withdrawn == Withdrawn(at=peers.machine_instant(three.at), why=Why.MISTAKEN)
        assert StoredNotice.objects.count() == 2, "nothing is erased"
        viewer = three.be(member)
        assert reads.warnings(viewer, at=three.at) == []


def test_whichever_version_comes_first_the_warning_ends_withdrawn(three: Three) -> None:
    warning = three.warned()
    withdraw_warning(warning, why=Why.SETTLED, by=three.be("ro"), at=three.at)
    first, second = [row.jws.encode() for row in StoredNotice.objects.order_by("version")]
    for member, order in {"pt": (second, first), "gr": (first, second)}.items():
        three.be(member)
        for jws in order:
            take.take_from_mailbox(MemberId("ro"), [jws], three.at)
        (view,) = three.known_at(member)
        assert view.warned.withdrawn is not None


def test_what_comes_twice_gets_the_same_receipt_and_has_one_effect(three: Three) -> None:
    three.warned()
    jws = StoredNotice.objects.get().jws.encode()
    three.be("pt")
    peer = peers.peer_of(MemberId("ro"), at=three.at)
    first, again = (take._taken(jws, peer=peer, at=three.at + timedelta(seconds=n)) for n in (0, 5))
    assert first == again
    assert len(entries("notice-stored")) == 1


def test_only_who_warned_withdraws(three: Three) -> None:
    warning = three.warned()
    three.carry()
    with pytest.raises(NotOurWarningError):
        withdraw_warning(warning, why=Why.MISTAKEN, by=three.be("pt"), at=three.at)


def test_a_case_officer_warns_nobody(three: Three) -> None:
    by = three.offices.person("ro", "Casian Caz", "case-officer")
    with pytest.raises(RightMissingError):
        warn(forgery(three.at), by=by, at=three.at)


def test_the_number_of_an_office_is_not_one_to_warn_of(three: Three) -> None:
    by = three.be("ro")
    office = directory.card_of(MemberId("pt")).card.phone
    assert office is not None
    with pytest.raises(OfficeNumberError):
        warn(forgery(three.at, phones=(office.replace(" ", ""),)), by=by, at=three.at)


def test_features_that_break_a_rule_leave_nothing(three: Three) -> None:
    by = three.be("ro")
    with pytest.raises(FeaturesFaultyError, match="domains"):
        warn(forgery(three.at, domains=("duty@police-pt.example",)), by=by, at=three.at)
    assert not StoredNotice.objects.exists()


# --- Too many -------------------------------------------------------------------------------------


def test_a_node_warns_so_often_an_hour_and_may_always_withdraw(three: Three) -> None:
    by = three.be("ro")
    made = [warn(forgery(three.at, files=(f"{n:064x}",)), by=by, at=three.at) for n in range(MOST_WARNINGS)]
    with pytest.raises(TooManyWarningsError):
        warn(forgery(three.at), by=by, at=three.at)
    withdraw_warning(made[0], why=Why.MISTAKEN, by=by, at=three.at)
    three.at += timedelta(hours=1, seconds=1)
    warn(forgery(three.at), by=by, at=three.at)


def test_a_member_that_floods_is_told_to_come_back_and_may_still_withdraw(three: Three) -> None:
    signed = [_signed(three, n) for n in range(MOST_TAKEN + 1)]
    three.be("pt")
    for _, jws in signed[:-1]:
        take.take_from_mailbox(MemberId("ro"), [jws], three.at)
    with pytest.raises(TooManyNoticesError) as refused:
        take.take_from_mailbox(MemberId("ro"), [signed[-1][1]], three.at)
    assert refused.value.retryable
    first = signed[0][0]
    gone = _resigned(three, first, withdrawn=Withdrawn(at=three.at, why=Why.MISTAKEN))
    three.be("pt")
    take.take_from_mailbox(MemberId("ro"), [gone], three.at)
    assert StoredNotice.objects.filter(version=2).count() == 1


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"exercise": True}, NoticeExerciseError),
        ({"issued": timedelta(minutes=10)}, NoticeTimeError),
        ({"until": timedelta(seconds=-1)}, NoticeTimeError),
        ({"until": timedelta(days=181)}, NoticeTimeError),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_kept(
    three: Three, changed: dict[str, object], error: type[TocsinError]
) -> None:
    moved = {name: three.at + value if isinstance(value, timedelta) else value for name, value in changed.items()}
    jws = _signed(three, 0, **moved)[1]
    three.be("pt")
    with pytest.raises(error):
        take.take_from_mailbox(MemberId("ro"), [jws], three.at)
    assert not StoredNotice.objects.exists()


def test_one_version_signed_twice_is_refused_and_so_is_another_forgery_in_a_withdrawal(three: Three) -> None:
    first, jws = _signed(three, 0)
    three.be("pt")
    take.take_from_mailbox(MemberId("ro"), [jws], three.at)
    other = forgery(three.at, files=("cd" * 32,))
    for changed in ({"features": other}, {"features": other, "withdrawn": Withdrawn(at=three.at, why=Why.SETTLED)}):
        false = _resigned(three, first, **changed)
        three.be("pt")
        with pytest.raises(NoticeForkedError):
            take.take_from_mailbox(MemberId("ro"), [false], three.at)
    assert StoredNotice.objects.count() == 1


def _signed(three: Three, number: int, **changed: object) -> tuple[Warned, bytes]:
    three.be("ro")
    told: dict[str, object] = {
        "id": f"8f2d4c1e-5f0c-4a8e-9d3b-{number:012x}",
        "sender": this_node().member,
        "issued": three.at,
        "until": three.at + timedelta(days=90),
        "exercise": False,
        "role": "duty-officer",
        "features": forgery(three.at, files=(f"{number:064x}",)),
    }
    warned = Warned(**{**told, **changed})  # type: ignore[arg-type]
    return warned, _sign(warned)


def _resigned(three: Three, warned: Warned, **changed: object) -> bytes:
    three.be("ro")
    told = {name: getattr(warned, name) for name in Warned.__dataclass_fields__}
    return _sign(Warned(**{**told, **changed}))


def _sign(notice: Notice) -> bytes:
    return sign_notice(notice, key=jose.signing_key(this_node().keys.signing))


# --- Comparing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "by"),
    [
        (reads.Marks(domains=frozenset({"police-pt.example"})), Trait.DOMAIN),
        (reads.Marks(phones=frozenset({"+442079460999"})), Trait.PHONE),
        (reads.Marks(files=frozenset({"ab" * 32})), Trait.FILE),
        (reads.Marks(domains=frozenset({"police.example"})), None),
        (reads.Marks(files=frozenset({"police-pt.example"})), None),
        (reads.Marks(), None),
    ],
)
def test_what_arrives_reminds_of_a_warning_by_each_feature(three: Three, marks: reads.Marks, by: Trait | None) -> None:
    three.warned()
    three.carry()
    three.be("gr")
    found = reads.matches(marks, at=three.at)
    assert [trait for each in found for trait, _ in each.traits] == ([by] if by else [])
    assert reads.matches(marks, at=three.at + timedelta(days=91)) == []


def test_a_withdrawn_warning_is_nothing_to_be_reminded_of(three: Three) -> None:
    warning = three.warned()
    withdraw_warning(warning, why=Why.MISTAKEN, by=three.be("ro"), at=three.at)
    assert StoredTrait.objects.exists()
    assert reads.matches(reads.Marks(files=frozenset({"ab" * 32})), at=three.at) == []


# --- The way round, and who comes later -----------------------------------------------------------


def test_who_cannot_be_reached_finds_it_in_the_hubs_mailbox_and_holds_up_nobody_else(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bytes] = []

    def asked(peer: Peer, method: str, path: str, *, body: bytes = b"", **_: object) -> line.Reply:
        if path == "/mailbox/pt":
            left.append(body)
            return line.Reply(200, b'{"kept":1}', httpx.Headers())
        raise LineDownError(peer=peer.member, reason=f"{method} to nobody")

    monkeypatch.setattr(line, "ask", asked)
    monkeypatch.setattr(peers, "our_hub", lambda: MemberId("gr"))
    warning = three.warned()
    assert deliver.deliver_notices(at=three.at) == 0
    rows = {row.peer: row for row in OutgoingNotice.objects.all()}
    assert {peer: (row.attempts, row.relayed_at is not None) for peer, row in rows.items()} == {
        "pt": (1, True),
        "gr": (1, False),
    }
    three.be("pt")
    handlers.use({}, notice=take.take_from_mailbox)
    assert take_mail([item.encode() for item in json.loads(left[0])["items"]], at=three.at) == []
    (view,) = three.known_at("pt")
    assert view.id == warning
    three.be("ro")
    monkeypatch.undo()
    three.at += timedelta(minutes=10)
    assert three.carry() == []
    assert waiting() == 0, "the same bytes on the line get the receipt"


def test_who_joins_later_is_told_what_is_in_force(three: Three) -> None:
    three.warned()
    gone = three.warned()
    withdraw_warning(gone, why=Why.MISTAKEN, by=three.be("ro"), at=three.at)
    three.carry()
    three.offices.found("de")
    three.be("ro")
    deliver._tell_newcomers(at=three.at)
    assert OutgoingNotice.objects.filter(peer="de").count() == 1
    assert three.carry() == []
    three.offices.be("de")
    assert StoredNotice.objects.count() == 1
