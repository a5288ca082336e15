"""Letters as files: written here and read by rules alone, written by rules alone and read here."""

from pathlib import Path

import pytest
from django.db import transaction

from tests.wire.conftest import Taken
from tests.wire.desks import NOW, Desk, sealed_to_this_node
from tests.wire.letters import officer, write
from tests.wire.test_receive import receipt_in
from tocsin.base import jose
from tocsin.base.ids import MemberId
from tocsin.base.this_node import ThisNode
from tocsin.wire.acts import export_waiting, import_file
from tocsin.wire.errors import LetterNotForUsError, WireFileError
from tocsin.wire.models import Outgoing, StoredLetter, StoredReceipt
from tocsin.wire.rules.batch import Given
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.wire_file import (
    Filed,
    FiledCard,
    FiledCheckpoint,
    FiledEnvelope,
    FileHead,
    lines_of,
    read_head,
    read_line,
)

RO, PT = MemberId("ro"), MemberId("pt")
HEAD = FileHead(sender=RO, addressee=PT, at=NOW)


def a_file(folder: Path, *things: Filed, head: FileHead = HEAD) -> Path:
    path = folder / "from-ro.tocsin"
    path.write_bytes(b"".join(lines_of(head, things)))
    return path


def enveloped(letter: Letter) -> FiledEnvelope:
    return FiledEnvelope(sealed_to_this_node(letter).jwe)


def opened(path: Path, desk: Desk) -> list[bytes]:
    """What the file holds for a member, opened with its key."""
    key = jose.opening_key(desk.someone.keys.sealing)
    head, *lines = path.read_bytes().splitlines(keepends=True)
    assert read_head(head).addressee == desk.member
    things = [read_line(line, number=number) for number, line in enumerate(lines, start=2)]
    return [jose.open_sealed(one.jwe, keys={key.kid: key}) for one in things if isinstance(one, FiledEnvelope)]


def test_letters_come_in_by_file_and_their_receipts_go_back_by_file(
    ro: Desk, pt: ThisNode, taken: Taken, tmp_path: Path
) -> None:
    thread_letter = ro.write(PT)
    second = ro.write(PT, thread_letter.thread)
    brought = import_file(a_file(tmp_path, enveloped(thread_letter), enveloped(second)), by=officer(), at=NOW)
    assert (brought.envelopes, brought.left_out) == (2, [])
    assert taken.letters == [thread_letter, second]
    back = tmp_path / "to-ro.tocsin"
    assert export_waiting(RO, back, by=officer(), at=NOW).items == 2
    for jws, letter in zip(opened(back, ro), [thread_letter, second], strict=True):
        receipt_in(Given(jws), letter, pt)


def test_reading_a_file_twice_has_the_effect_of_reading_it_once(ro: Desk, taken: Taken, tmp_path: Path) -> None:
    path = a_file(tmp_path, enveloped(ro.write(PT)))
    for _ in range(2):
        import_file(path, by=officer(), at=NOW)
    assert len(taken.letters) == 1
    assert (StoredLetter.objects.count(), StoredReceipt.objects.count(), Outgoing.objects.count()) == (1, 1, 1)


@pytest.mark.usefixtures("ro")
def test_what_was_written_to_a_file_still_waits(tmp_path: Path) -> None:
    with transaction.atomic():
        letter = write(to=RO)
    export_waiting(RO, tmp_path / "to-ro.tocsin", by=officer(), at=NOW)
    assert Outgoing.objects.get().letter.sha256 == letter.sha256  # type: ignore[union-attr]


def test_a_card_in_a_file_waits_to_be_confirmed_and_a_checkpoint_is_told(ro: Desk, tmp_path: Path) -> None:
    stranger = Desk.of("gr")
    path = a_file(tmp_path, FiledCard(stranger.card.jws), FiledCheckpoint("gr.example/journal\n1\nx\n"))
    brought = import_file(path, by=officer(), at=NOW)
    assert brought.cards == ["gr: to-confirm"]
    assert len(brought.checkpoints) == 1
    assert ro.member == RO


def test_a_forged_letter_in_a_file_is_left_out_and_said_so(ro: Desk, taken: Taken, tmp_path: Path) -> None:
    stranger = Desk.of("eve")
    good = ro.write(PT)
    brought = import_file(a_file(tmp_path, enveloped(stranger.write(PT)), enveloped(good)), by=officer(), at=NOW)
    assert taken.letters == [good]
    assert len(brought.left_out) == 1
    assert "eve" in brought.left_out[0]


@pytest.mark.usefixtures("ro")
def test_a_file_for_somebody_else_is_refused(tmp_path: Path) -> None:
    head = FileHead(sender=RO, addressee=MemberId("gr"), at=NOW)
    with pytest.raises(LetterNotForUsError):
        import_file(a_file(tmp_path, head=head), by=officer(), at=NOW)


FAULTS: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 1),
    "another kind of file": (b'{"kind":"other"}\n', 1),
    "a line that is no JSON": (b"".join(lines_of(HEAD, [])) + b"nothing\n", 2),
    "a line that is not canonical": (b"".join(lines_of(HEAD, [])) + b'{ "card":"x"}\n', 2),
    "a line of two things": (b"".join(lines_of(HEAD, [])) + b'{"card":"x","checkpoint":"y"}\n', 2),
    "a line cut short": (b"".join(lines_of(HEAD, [])) + b'{"envelope":"ey', 2),
    "an envelope in another script": (b"".join(lines_of(HEAD, [])) + '{"envelope":"é"}\n'.encode(), 2),
}


@pytest.mark.usefixtures("ro")
@pytest.mark.parametrize(("content", "line"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_file_is_refused_by_the_line(content: bytes, line: int, tmp_path: Path) -> None:
    path = tmp_path / "faulty.tocsin"
    path.write_bytes(content)
    with pytest.raises(WireFileError) as raised:
        import_file(path, by=officer(), at=NOW)
    assert raised.value.fields["line"] == line


def test_what_stands_before_a_faulty_line_is_taken_in(ro: Desk, taken: Taken, tmp_path: Path) -> None:
    letter = ro.write(PT)
    path = a_file(tmp_path, enveloped(letter))
    path.write_bytes(path.read_bytes() + b"nothing\n")
    with pytest.raises(WireFileError):
        import_file(path, by=officer(), at=NOW)
    assert taken.letters == [letter]
