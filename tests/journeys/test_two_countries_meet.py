"""S02 at the command line and over the wire: two new nodes, cards as files, six words on the telephone, a request."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.journeys.pair import COMPETENCES, PLACES, Country, listens, wait_for
from tests.journeys.scribes import urgent
from tests.journeys.settle import OFFICER
from tests.node import warm
from tests.node.running import free_port
from tocsin.node.database import Server
from tocsin.node.demo.desk import RefusedError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("two-countries"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


@pytest.fixture(scope="module")
def countries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Country]]:
    """Two folders and two empty databases; nobody has made a node yet."""
    folder = tmp_path_factory.mktemp("countries")
    with Server(folder / "server") as server:
        found = {}
        for member in PLACES:
            port = free_port()
            url = server.ensure_database(member)
            found[member] = Country(member, folder / member, port, url, f"https://127.0.0.1:{port}")
        yield found
        for each in found.values():
            each.stop()


def side_by_side(
    countries: Mapping[str, Country],
    *words: str,
    ro: tuple[str, ...] = (),
    pt: tuple[str, ...] = (),
    by: str = "",
) -> dict[str, str]:
    """The same command at both nodes at once, each with its own words at the end; what they print."""
    own = {"ro": ro, "pt": pt}
    running, said = {}, {}
    for member, country in countries.items():
        token = {"TOCSIN_TOKEN": country.tokens[by]} if by else {}
        out, err = (country.home.with_suffix(f".{each}") for each in ("out", "err"))
        with out.open("w") as output, err.open("w") as errors:
            running[member] = warm.warm().begin(
                warm.TOCSIN,
                [*words, *own[member]],
                environment=country.environment | token,
                output=output,
                errors=errors,
            )
    for member, process in running.items():
        out, err = (countries[member].home.with_suffix(f".{each}") for each in ("out", "err"))
        assert process.wait(300) == 0, f"tocsin {' '.join(words)} at {member}: {err.read_text()}"
        said[member] = out.read_text().strip()
    return said


def init_words(country: Country) -> tuple[str, ...]:
    place, zone, phone = PLACES[country.member]
    return (
        *("--member", country.member, "--country", place, "--zone", zone, "--phone", phone),
        *("--endpoint", country.endpoint, "--listen", f"127.0.0.1:{country.port}"),
        *(word for each in COMPETENCES for word in ("--competence", each)),
    )


def with_one_byte_changed(file: Path) -> Path:
    """The card with another character in the middle of its signed bytes."""
    card = json.loads(file.read_text())
    jws = card["card"]
    middle = jws.index(".") + len(jws) // 3
    card["card"] = jws[:middle] + ("A" if jws[middle] != "A" else "B") + jws[middle + 1 :]
    changed = file.with_suffix(".changed")
    changed.write_text(json.dumps(card, separators=(",", ":")) + "\n")
    return changed


def test_two_new_nodes_meet_by_file_and_voice_and_a_request_goes_across(
    countries: dict[str, Country], tmp_path: Path
) -> None:
    ro, pt = countries["ro"], countries["pt"]
    side_by_side(countries, "init", "--private-endpoints", ro=init_words(ro), pt=init_words(pt))
    for each in countries.values():
        each.start()
    for each in countries.values():
        each.wait_until_ready()
    people(countries)

    cards = {member: tmp_path / f"{member}.card.json" for member in countries}
    side_by_side(countries, "directory", "card", "sign")
    side_by_side(countries, "directory", "card", "export", ro=(str(cards["ro"]),), pt=(str(cards["pt"]),))
    refused = pt.run("directory", "card", "take", str(with_one_byte_changed(cards["ro"])), by=OFFICER)
    assert refused.returncode == 1
    assert "The card is not what its member signed" in refused.stderr
    taken = side_by_side(
        countries, "directory", "card", "take", by=OFFICER, ro=(str(cards["pt"]),), pt=(str(cards["ro"]),)
    )
    assert all("not yet confirmed" in said for said in taken.values())
    check_nothing_is_sent(ro)

    words = side_by_side(countries, "directory", "card", "words")
    others = " ".join(reversed(words["pt"].split()))
    misheard = ro.run("directory", "card", "confirm", "pt", others, by=OFFICER)
    assert misheard.returncode == 1
    assert "words" in misheard.stderr
    side_by_side(countries, "directory", "card", "confirm", by=OFFICER, ro=("pt", words["pt"]), pt=("ro", words["ro"]))
    shown = side_by_side(countries, "directory", "show", ro=("pt",), pt=("ro",))
    for said in shown.values():
        assert "confirmed by voice, " in said
        assert OFFICER in said
        assert "Letters pass." in said
    goes_across(ro, pt)


def people(countries: dict[str, Country]) -> None:
    """One person at each, who may confirm cards and send requests."""
    roles = ("--role", "administrator", "--role", "duty-officer", "--function", "police")
    side_by_side(countries, "people", "add", OFFICER, *roles)
    for member, token in side_by_side(countries, "people", "token", OFFICER).items():
        countries[member].tokens[OFFICER] = token


def check_nothing_is_sent(country: Country) -> None:
    """To a card that nobody confirmed no request leaves, and the field and the rule are named."""
    desk = country.desk()
    draft = desk.draft(urgent(country.member, "too early"))
    (fault,) = draft["faults"]
    assert (fault["field"], fault["rule"]) == ("to", "directory: letters go to members whose card is trusted")
    assert "confirmed" in fault["sentence"]
    with pytest.raises(RefusedError, match=r"requests\.draft-faults"):
        desk.send(draft["draft"])


def goes_across(sender: Country, receiver: Country) -> None:
    desk = sender.desk()
    sent = desk.send(desk.draft(urgent(sender.member, "the first"))["draft"])
    desk.wait_receipt(sent["request"], sent["sha256"])
    found = wait_for(lambda: receiver.desk().places(sent["request"]), "the request at the other side")
    assert [each["sha256"] for each in found] == [sent["sha256"]]
    assert listens(receiver.port)
