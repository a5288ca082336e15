"""What both databases say of the letters between two nodes, read beside the product: plain SQL, none of its code."""

import json
from dataclasses import dataclass

from tests.journeys.pair import Country, Pair


@dataclass(frozen=True)
class Direction:
    """All that went one way, as the sender and the receiver have it."""

    sender: Country
    receiver: Country

    @property
    def sent(self) -> list[tuple[str, str, str, int, str | None]]:
        return self.sender.rows(
            "select sha256, letter::text, thread::text, seq, jws from wire_storedletter"
            " where direction = 'sent' and peer = %s order by id",
            self.receiver.member,
        )

    @property
    def received(self) -> list[tuple[str, str, str, int, str | None]]:
        return self.receiver.rows(
            "select sha256, letter::text, thread::text, seq, jws from wire_storedletter"
            " where direction = 'received' and peer = %s order by id",
            self.sender.member,
        )

    @property
    def receipted(self) -> dict[str, tuple[int, str]]:
        """The letters whose receipt the sender has, each with the place that it names in the receiver's journal."""
        rows = self.sender.rows(
            "select l.sha256, r.index, r.jws from wire_storedreceipt r join wire_storedletter l on l.id = r.letter_id"
            " where l.direction = 'sent' and l.peer = %s and r.stage = 'stored'",
            self.receiver.member,
        )
        return {sha: (index, jws) for sha, index, jws in rows}

    @property
    def given(self) -> dict[str, str]:
        """The receipts that the receiver gave."""
        rows = self.receiver.rows(
            "select l.sha256, r.jws from wire_storedreceipt r join wire_storedletter l on l.id = r.letter_id"
            " where l.direction = 'received' and l.peer = %s and r.stage = 'stored'",
            self.sender.member,
        )
        return dict(rows)


def journalled(country: Country, kind: str) -> list[tuple[int, str]]:
    """The entries of a kind, each with its place and the hash of its letter."""
    rows = country.rows('select "index", event from journal_storedentry where kind = %s order by "index"', kind)
    return [(index, json.loads(event)["letter_sha256"]) for index, event in rows]


def directions(pair: Pair) -> tuple[Direction, Direction]:
    return Direction(pair["ro"], pair["pt"]), Direction(pair["pt"], pair["ro"])


def check_nothing_lost(pair: Pair) -> None:
    """What has to hold at any instant: a letter with a receipt stands at its receiver, once, and in both journals."""
    for way in directions(pair):
        receipted = way.receipted  # first: what came since only adds to what the receiver has
        stored = [sha for sha, *_ in way.received]
        _once(stored, f"letters of {way.sender.member} at {way.receiver.member}")
        assert not set(receipted) - set(stored), "a receipted letter is not at its receiver"
        entries = dict(journalled(way.receiver, "letter-stored"))
        for sha, (index, _) in receipted.items():
            assert entries.get(index) == sha, f"the receipt of {sha} names another entry"
        assert not set(stored) - set(entries.values()), "a letter is stored and not journalled"


def check_all_there(pair: Pair, accepted: dict[str, dict[str, str]]) -> int:
    """What has to hold when nothing is under way any more; how many letters there are."""
    count = 0
    for way in directions(pair):
        sent, received = way.sent, way.received
        assert sorted(sent) == sorted(received), f"{way.sender.member} and {way.receiver.member} hold other letters"
        hashes = [sha for sha, *_ in sent]
        _once(hashes, f"letters of {way.sender.member}")
        lost = set(accepted[way.sender.member]) - set(hashes)
        assert not lost, f"accepted by the API of {way.sender.member} and lost: {lost}"
        _once([sha for _, sha in journalled(way.sender, "letter-sent")], "entries of sending", exactly=hashes)
        _once([sha for _, sha in journalled(way.receiver, "letter-stored")], "entries of storing", exactly=hashes)
        assert {sha: jws for sha, (_, jws) in way.receipted.items()} == way.given, "receipts differ"
        assert set(way.given) == set(hashes), "a letter has no receipt"
        _check_order(received)
        count += len(hashes)
    states = "select id::text, state from requests_request order by id"
    assert pair["ro"].rows(states) == pair["pt"].rows(states), "the two sides do not agree on the state of a request"
    return count


def _check_order(received: list[tuple[str, str, str, int, str | None]]) -> None:
    """Within each thread the letters came in their order, without a gap."""
    heads: dict[str, int] = {}
    for _, _, thread, seq, _ in received:
        assert seq == heads.get(thread, 0) + 1, f"letter {seq} of {thread} came after {heads.get(thread, 0)}"
        heads[thread] = seq


def _once(found: list[str], what: str, *, exactly: list[str] | None = None) -> None:
    doubled = {each for each in found if found.count(each) > 1} if len(set(found)) != len(found) else set()
    assert not doubled, f"{what}: doubled {doubled}"
    assert exactly is None or set(found) == set(exactly), f"{what}: {set(found) ^ set(exactly)}"


def waiting(pair: Pair) -> int:
    """How much waits to leave, on both sides."""
    return sum(each.rows("select count(*) from wire_outgoing")[0][0] for each in pair)
