"""A request as a form: what stands on it, what is inside it, and what its seal says."""

import hashlib
import io
import json
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.status import SignatureCoverageLevel

from tests.forms.pdfs import attached_to, names_attached, opened, seal_status, text_of
from tests.offices import Offices, entries
from tests.requests.desk import Pair, preservation
from tests.requests.test_elsewhere import Portal
from tocsin.base import jose
from tocsin.forms import pades, place
from tocsin.forms.acts.print_form import PrintedForm, print_form
from tocsin.forms.errors import FormLanguageError, FormSealError
from tocsin.forms.models import PublishedForm
from tocsin.forms.rules.number import check_sha256
from tocsin.forms.rules.sheet import What
from tocsin.people.errors import RightMissingError
from tocsin.requests.errors import UnknownRequestError
from tocsin.wire.rules.letter import parse_letter

HOSTILE = '#panic("x") #read("/etc/passwd") *b* $x$ @r <l> \\u{41} // /* `` \u202eevil \u0007 漢字 😀'


@pytest.fixture
def pair(offices: Offices) -> Pair:
    return Pair(offices)


def printed(pair: Pair, request: str, **traits: Any) -> PrintedForm:
    pair.ro()
    return print_form(request, by=pair.ioana, at=pair.at, **traits)


def seal_of(pair: Pair) -> pades.Seal:
    pair.ro()
    return pades.own_seal(name="", at=pair.at)


# --- What stands on it --------------------------------------------------------------------------


def test_who_asks_in_what_power_on_what_ground_stand_above_the_text(pair: Pair) -> None:
    form = printed(pair, pair.sent(), language="en")
    first = text_of(form.pdf)[0]
    places = [first.index(said) for said in ("Who asks", "In what power", "On what ground", "Is this form genuine?")]
    assert places == sorted(places)
    assert "ETS 185, Article 29" in first
    assert form.number in first
    assert form.code in first


def test_every_field_that_was_filled_in_stands_on_it_with_its_label(pair: Pair) -> None:
    whole = " ".join(" ".join(text_of(printed(pair, pair.sent(), language="en").pdf)).split())
    for said in (
        *("Brief summary of the facts", "Somebody entered the mailbox of an invented company", "example.user"),
        *("a request for mutual assistance", "Example Mail, Lisbon", "hold the preserved data for at least this long"),
        *("60 days", "begins with a later step"),
    ):
        assert said in whole, said


def test_what_is_typed_is_never_read_as_the_documents_own_language(pair: Pair) -> None:
    form = printed(pair, pair.sent(preservation(pair.at, facts=HOSTILE)), language="en")
    whole = " ".join(" ".join(text_of(form.pdf)).split())
    assert '#panic("x") #read("/etc/passwd") *b* $x$ @r <l> \\u{41} // /* ``' in whole
    assert "⟨U+202E⟩evil ⟨U+0007⟩ ⟨U+6F22⟩⟨U+5B57⟩ ⟨U+1F600⟩" in whole


def test_a_form_laid_out_from_memory_is_called_arranged_after_its_template(pair: Pair) -> None:
    whole = " ".join(" ".join(text_of(printed(pair, pair.sent(), language="en").pdf)).split())
    assert "Unofficial wording" in whole
    assert "Arranged after T-CY template; not compared with the official form." in whole


def test_exercise_stands_on_every_page(offices: Offices) -> None:
    pair = Pair.__new__(Pair)
    pair.offices = offices
    pair.at = offices.at
    for member in ("ro", "pt"):
        offices.found(member, exercise=True)
    pair.ioana = offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
    pair.radu = offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
    pages = text_of(printed(pair, pair.sent(), language="en").pdf)
    assert len(pages) > 1
    assert all("EXERCISE" in page for page in pages)


def test_a_real_request_says_exercise_on_no_page(pair: Pair) -> None:
    assert not any("EXERCISE" in page for page in text_of(printed(pair, pair.sent(), language="en").pdf))


def test_an_unreviewed_language_has_the_english_beside_it_and_says_so(pair: Pair) -> None:
    form = printed(pair, pair.sent(), language="bg")
    whole = " ".join(" ".join(text_of(form.pdf)).split())
    assert form.bilingual
    assert "Request for expedited preservation of stored computer data" in whole
    assert "ноември" in whole


def test_without_a_language_it_is_that_of_the_one_who_is_asked(pair: Pair) -> None:
    assert printed(pair, pair.sent()).language == "en"  # the first on pt's card in these tests


def test_a_language_that_is_not_official_is_refused(pair: Pair) -> None:
    with pytest.raises(FormLanguageError):
        printed(pair, pair.sent(), language="tlh")


# --- What is inside -----------------------------------------------------------------------------


def test_the_signed_letter_itself_is_inside_and_its_signature_holds(pair: Pair) -> None:
    request = pair.sent()
    form = printed(pair, request, language="en")
    inside = attached_to(form.pdf, "letter.jws")
    key = jose.verifying_key(pair.offices.be("ro").node.keys.signing.public_key().public_bytes_raw())
    letter = parse_letter(jose.payload_of(inside, typ=jose.Typ.LETTER, key=key), jws=inside)
    assert (letter.thread, letter.sha256) == (request, pair.at_ro(request).thread.ask.sha256)


def test_it_is_a_tagged_pdf_a_3_with_fonts_inside_and_an_attachment_that_says_what_it_is(pair: Pair) -> None:
    document = opened(printed(pair, pair.sent(), language="en").pdf)
    with document.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"
    assert bool(document.Root.MarkInfo.Marked)
    assert "/StructTreeRoot" in document.Root
    assert str(document.Root.Lang) == "en"
    assert str(document.Root.AF[0].AFRelationship) == "/Source"
    assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert not document.is_encrypted
    for page in document.pages:
        for font in page.resources.get("/Font", {}).values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
    for name in ("/JavaScript", "/OpenAction", "/AA"):
        assert name not in document.Root


# --- The seal -----------------------------------------------------------------------------------


def test_the_seal_holds_over_the_whole_file(pair: Pair) -> None:
    form = printed(pair, pair.sent(), language="en")
    status = seal_status(form.pdf, seal_of(pair))
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    (signature,) = PdfFileReader(io.BytesIO(form.pdf)).embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_one_altered_byte_of_the_text_breaks_the_seal(pair: Pair) -> None:
    form = printed(pair, pair.sent(), language="en")
    at = form.pdf.index(b"stream") + 40
    altered = form.pdf[:at] + bytes([form.pdf[at] ^ 1]) + form.pdf[at + 1 :]
    assert not seal_status(altered, seal_of(pair)).bottom_line


def test_the_certificate_says_that_it_is_not_qualified(pair: Pair) -> None:
    seal = seal_of(pair)
    assert "not qualified" in seal.certificate.subject.rfc4514_string()
    assert seal.fingerprint == seal_of(pair).fingerprint  # made once


def test_a_seal_that_others_can_read_is_not_used(pair: Pair) -> None:
    seal_of(pair)
    path = pair.offices.be("ro").node.home / "keys" / "form-seal.pem"
    path.chmod(0o644)
    with pytest.raises(FormSealError):
        seal_of(pair)


# --- What is kept of it -------------------------------------------------------------------------


def test_its_hashes_are_published_and_the_journal_knows_of_it(pair: Pair) -> None:
    request = pair.sent()
    form = printed(pair, request, language="en")
    row = PublishedForm.objects.get()
    assert row.pdf_sha256 == hashlib.sha256(form.pdf).hexdigest() == form.sha256
    assert row.check_sha256 == check_sha256(form.number, form.code)
    assert form.code.replace("-", "") not in json.dumps({name: str(value) for name, value in vars(row).items()})
    (told,) = [each for each in entries() if each["kind"] == "form-printed"]
    assert (told["request"], told["pdf_sha256"], told["number"]) == (request, form.sha256, form.number)


def test_printed_again_it_is_another_form(pair: Pair) -> None:
    request = pair.sent()
    one, two = printed(pair, request), printed(pair, request)
    assert one.number != two.number
    assert one.code != two.code
    assert one.sha256 != two.sha256
    assert PublishedForm.objects.count() == 2


def test_a_draft_says_that_it_is_one_and_has_neither_number_nor_seal(pair: Pair) -> None:
    form = printed(pair, pair.draft().id, language="en")
    assert (form.what, form.number, form.code) == (What.DRAFT, "", "")
    assert "DRAFT" in text_of(form.pdf)[0]
    assert "/AcroForm" not in opened(form.pdf).Root
    assert names_attached(form.pdf) == []
    assert not PublishedForm.objects.exists()


def test_what_came_in_is_printed_as_a_copy_and_its_sender_learns_that_it_was_opened(pair: Pair) -> None:
    request = pair.sent()
    pair.pt()
    form = print_form(request, by=pair.ines, at=pair.at, language="en")
    assert (form.what, form.number) == (What.COPY, "")
    assert "COPY" in text_of(form.pdf)[0]
    assert not PublishedForm.objects.exists()
    assert pair.at_pt(request).thread.line.unread_since is None


def test_a_request_that_runs_in_another_system_is_printed_without_what_its_addressee_may_not_see(pair: Pair) -> None:
    portal = Portal(pair)
    request = portal.exported()
    form = printed(pair, request, language="en")
    whole = " ".join(text_of(form.pdf))
    kept = portal.draft().content.form
    for name in ("necessity", "proportionality"):
        for said in [value for key, value in kept.items() if name in key and isinstance(value, str)]:
            assert said not in whole
    inside = json.loads(attached_to(form.pdf, "request.json"))
    assert (inside["type"], inside["reader"]) == ("request-export", "addressee")


def test_who_may_not_send_prints_nothing_that_goes_out(pair: Pair) -> None:
    request = pair.sent()
    auditor = pair.offices.person("ro", "Ada Audit", "auditor")
    with pytest.raises(RightMissingError):
        print_form(request, by=auditor, at=pair.at)
    with pytest.raises(UnknownRequestError):
        printed(pair, "5d0c2f30-0000-4000-8000-000000000000")


def test_the_address_of_the_check_page_stands_on_it_where_there_is_one(pair: Pair) -> None:
    place.use(place.Place(address="https://verify.ro.example/"))
    try:
        first = " ".join(text_of(printed(pair, pair.sent(), language="en").pdf)[0].split())
    finally:
        place.use(place.Place())
    assert "https://verify.ro.example/" in first
    assert "https" not in " ".join(text_of(printed(pair, pair.sent(), language="en").pdf)[0].split())
