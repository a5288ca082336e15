"""What can be read of bytes of strangers: anything may come, and nothing is raised, run or unpacked."""

import time
import zipfile
from email.message import EmailMessage
from io import BytesIO
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.base.ids import MemberId
from tocsin.mail.rules.addresses import in_lines, is_address, on_one_line
from tocsin.mail.rules.backoff import wait_after
from tocsin.mail.rules.hints import hints_of
from tocsin.mail.rules.parsed import Parsed, parse
from tocsin.mail.rules.smime import Seal, check_signature, is_encrypted

RO = MemberId("ro")
PIECES = [
    b"From: a@x.example\r\n",
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n',
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n",
    b'Content-Type: multipart/mixed; boundary="b"\r\n',
    b"Content-Type: text/html; charset=x-none\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''%ff%00..%2f..%2fx\r\n",
    b"Subject: =?utf-8?b?////?= =?bad?q?=?=\r\n",
    b"In-Reply-To: <<a@b>> <c@d>\r\n",
    b"Date: Tue, 99 Foo 99999 99:99:99 +9999\r\n",
    b"\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"=3D=\r\n",
    b"%PDF-1.7\nstream\n",
    b"\xff\xfe\x00",
    b"RO-7K3M-Q4ZP",
    b"<a href='x'><script>",
]


def read(raw: bytes) -> Parsed:
    found = parse(raw)
    hints_of(found, member=RO)
    check_signature(raw)
    is_encrypted(raw)
    return found


@given(st.binary(max_size=400))
@example(b"From: \xff\xfe <\x00>\r\nContent-Type: ;=\r\n\r\n")
@settings(max_examples=300)
def test_no_bytes_raise(raw: bytes) -> None:
    read(raw)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=25))
@settings(max_examples=400)
def test_no_mail_raises_and_nothing_that_is_shown_hides_or_breaks_a_line(pieces: list[bytes]) -> None:
    found = read(b"".join(pieces))
    for shown in (found.claims_name, found.claims_address, found.subject, *(each.name for each in found.attachments)):
        assert shown.isprintable(), shown
        assert "\n" not in shown
    assert not set(found.text) & set("\x00\x1b\u202e\u200b\r")


# --- What a name and a text may hold ------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\evil.exe", "evil.exe"),
        ("invoice\u202efdp.exe", "invoice⟨U+202E⟩fdp.exe"),
        ("a\x00b.pdf", "a⟨U+0000⟩b.pdf"),
        ("x" * 500, "x" * 159 + "…"),
    ],
)
def test_a_file_name_is_shown_and_never_used(given_name: str, shown: str) -> None:
    name = quote(given_name, safe="")
    head = "From: a@x.example\r\nContent-Type: application/octet-stream\r\n"
    raw = f"{head}Content-Disposition: attachment; filename*=utf-8''{name}\r\n\r\nx".encode()
    (file,) = parse(raw).attachments
    assert file.name == shown


def test_html_is_read_as_text_and_scripts_are_not_read_at_all() -> None:
    raw = (
        b"From: a@x.example\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>you</b></p><script>alert(1)</script>"
        b"<style>p{}</style><a href='https://evil.example/?t=1'>click</a><img src='https://track.example/p.gif'>"
    )
    found = parse(raw)
    assert found.from_html
    assert found.text == "Hello you [https://evil.example/?t=1] click"


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("utf-8", "ăîșț".encode(), "ăîșț"),
        ("windows-1250", "ăîşţ".encode("cp1250"), "ăîşţ"),
        ("no-such-thing", "ăîșț".encode(), "ăîșț"),
        ("utf-8", b"caf\xe9", "café"),
        ("ascii", "ö".encode(), "ö"),
    ],
)
def test_a_wrong_charset_loses_no_text(charset: str, content: bytes, text: str) -> None:
    raw = f"From: a@x.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + content
    assert parse(raw).text == text


def test_a_date_is_a_claim_and_a_senseless_one_is_none() -> None:
    assert parse(b"Date: Tue, 24 Nov 2026 03:00:00 +0200\r\n\r\n").claims_date is not None
    assert parse(b"Date: yesterday\r\n\r\n").claims_date is None


def test_two_senders_in_one_head_are_the_first_and_what_is_no_address_is_none() -> None:
    found = parse(
        b"From: =?utf-8?q?Desk_=3Cdesk=40authority.example=3E?= <evil@x.example>\r\nFrom: b@y.example\r\n\r\n"
    )
    assert found.claims_address == "evil@x.example"
    assert found.claims_name == "Desk <desk@authority.example>", "what a name pretends to be stays in the name"


# --- Built to keep a reader busy ----------------------------------------------------------------


def quick(raw: bytes, *, seconds: float = 5.0) -> Parsed:
    before = time.process_time()
    found = read(raw)
    assert time.process_time() - before < seconds
    return found


def test_a_thousand_nested_parts_are_not_read() -> None:
    raw = b"From: a@x.example\r\nSubject: deep\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (each, each) for each in range(3000)
    )
    found = quick(raw)
    assert "too-many-parts" in found.defects
    assert found.subject == "deep"


def test_a_head_of_megabytes_is_not_read_whole() -> None:
    assert "head-too-long" in quick(b"Subject: " + b"x" * 5_000_000).defects
    assert "head-too-long" in quick(b"Content-Type: text/plain; a=" + b"(" * 1_000_000 + b"\r\n\r\nx").defects
    assert quick(b"From: " + b"<" * 200_000 + b"\r\n\r\nx").claims_address == ""


def test_a_thousand_flat_parts_end_at_their_bound() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 5000
    found = quick(raw + b"--b--\r\n")
    assert len(found.attachments) == 400
    assert "too-many-parts" in found.defects


def test_a_mail_of_twenty_megabytes_is_read_in_seconds() -> None:
    made = EmailMessage()
    made["From"] = "a@x.example"
    made.set_content("see the file")
    made.add_attachment(b"x" * 15_000_000, maintype="application", subtype="pdf", filename="large.pdf")
    (file,) = quick(made.as_bytes(), seconds=15).attachments
    assert file.size == 15_000_000


@pytest.mark.parametrize("piece", [b"<a ", b"<a a='", b"<!--", b"<!", b"</", b"<?", b"<![if>", b"<!a>", b"<a b='>"])
@pytest.mark.parametrize("end", [b"", b"-->"])
def test_a_page_of_beginnings_without_ends_is_read_in_seconds(piece: bytes, end: bytes) -> None:
    quick(b"From: a@x.example\r\nContent-Type: text/html\r\n\r\n" + piece * (199_000 // len(piece)) + end)


def test_a_page_says_the_same_whether_or_not_a_tag_in_it_has_no_end() -> None:
    head = b"From: a@x.example\r\nContent-Type: text/html\r\n\r\n"
    page = b"<!-- <b>hidden</b> --><p>1 <b>two</b></p><script>if (a<b) {}</script><p>3 < 4</p>"
    assert parse(head + page).text == parse(head + page + b"<p").text.removesuffix("<p").strip() == "1 two\n3 < 4"


def test_a_charset_that_takes_its_time_is_a_wrong_one() -> None:
    raw = b"From: a@x.example\r\nContent-Type: text/plain; charset=punycode\r\n\r\n" + b"abcd-" + b"a" * 2_000_000
    assert "wrong-charset" in quick(raw).defects


@pytest.mark.parametrize(
    "told", ["<a\x00b@x.example>", f"<{'a' * 300}>", "=?utf-8?q?=3Ca=00b=40x=2Eexample=3E?=", "<a\x1bb@x.example>"]
)
def test_an_id_that_no_database_would_keep_is_none(told: str) -> None:
    found = parse(f"From: a@x.example\r\nMessage-ID: {told}\r\nIn-Reply-To: {told}\r\n\r\nx".encode())
    assert (found.message_id, found.answers) == ("", ())
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n--b\r\n"
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n\r\n--b--\r\n"
    )
    assert parse(report.format(told).encode()).bounce_of == ""
    assert parse(report.format("<a@x.example>").encode()).bounce_of == "<a@x.example>"


def test_an_archive_is_a_file_with_a_hash_and_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 50_000_000)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    made = EmailMessage()
    made.set_content("x")
    made.add_attachment(bomb.getvalue(), maintype="application", subtype="zip", filename="bomb.zip")
    (file,) = quick(made.as_bytes()).attachments
    assert file.size == len(bomb.getvalue())


def test_a_stream_in_a_pdf_that_swells_is_opened_no_further_than_a_letter_is_long() -> None:
    import zlib  # noqa: PLC0415 - this test alone

    swelling = b"%PDF-1.7\n" + b"".join(
        b"stream\n" + zlib.compress(b"A" * 30_000_000) + b"\nendstream\n" for _ in range(3)
    )
    made = EmailMessage()
    made.set_content("x")
    made.add_attachment(swelling, maintype="application", subtype="pdf", filename="a.pdf")
    quick(made.as_bytes())


# --- Addresses, time ----------------------------------------------------------------------------


@given(st.text(max_size=60))
def test_an_address_that_is_one_breaks_no_line_and_names_nobody_else(text: str) -> None:
    if is_address(text):
        assert text.count("@") == 1
        assert text.isascii()
        assert not set(text) & set(' \t\r\n<>,;:"()\\')


@given(st.text(max_size=300), st.integers(2, 50))
def test_a_line_is_a_line_of_its_length(text: str, most: int) -> None:
    shown = on_one_line(text, most=most)
    assert shown.isprintable()
    assert len(shown) <= most
    assert not set(in_lines(text, most=most)) & set("\r\x00\u202e")


def test_tries_come_rarer_and_never_rarer_than_two_hours() -> None:
    waits = [wait_after(each).total_seconds() for each in range(1, 40)]
    assert waits[:4] == [60, 120, 240, 480]
    assert waits == sorted(waits)
    assert max(waits) == 7200


def test_a_signature_in_a_way_that_is_not_read_here_is_unreadable_and_no_signature_is_none() -> None:
    assert check_signature(b"From: a@x.example\r\n\r\nx").seal is Seal.NONE
    claimed = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n'
    assert check_signature(claimed + b"--b\r\n\r\nx\r\n--b--").seal is Seal.UNREADABLE
    nonsense = b"--b\r\n\r\nx\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--"
    assert check_signature(claimed + nonsense).seal is Seal.UNREADABLE
