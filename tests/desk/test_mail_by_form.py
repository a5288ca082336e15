"""The whole round with somebody who has no node: out by mail, read on his page, back by mail, written down."""

import email
import html
import re
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.desk.door import Officer, desk_open, signed_in
from tests.mail.scene import FROM, TO, Post, Server, certified, openssl, served
from tests.offices import Offices
from tests.requests.test_by_form import listed
from tocsin.base import instant
from tocsin.base.ids import MemberId, new_uuid
from tocsin.forms import place
from tocsin.forms.acts.order_page import open_order
from tocsin.mail import post as mail_post
from tocsin.mail import reads
from tocsin.mail.acts.deliver import deliver_waiting
from tocsin.mail.models import IncomingMail, OutgoingMail
from tocsin.mail.rules.settings import MailSettings
from tocsin.node.demo import forms
from tocsin.requests import reads as requests
from tocsin.requests.acts.by_form import send_by_form
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.models import Arrival, BroughtFile, Request, StepElsewhere


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("form-mail-keys")
    certified(folder, "authority", FROM)
    certified(folder, "provider", TO)
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


class Alone(Post):
    """Ro alone with a contact by hearsay, to whom a preservation went as a form."""

    def __init__(self, offices: Offices, *, keys: Path, server: Server) -> None:
        super().__init__(offices, keys=keys, server=server)
        self.officer: Officer = signed_in(
            offices, "ro", roles=("duty-officer",), function="police", name="Olga Exemplu"
        )
        self.contact: MemberId = listed(self.ioana, self.at)
        content = {**forms.preservation(self.at, reference="RO-2026-0042"), "to": self.contact}
        draft = self.draft(content)
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=self.radu, at=self.at)
        self.request = send_by_form(draft.id, by=self.ioana, at=self.at).thread

    def shown(self, path: str) -> str:
        answer = self.officer.client.get(path)
        assert answer.status_code == 200, answer.content.decode()[:2000]
        return answer.content.decode()

    def posted(self, path: str, **given: object) -> str:
        answer = self.officer.client.post(path, {"once": new_uuid(), **given})
        faults = re.findall(r"data-error-summary.*?</div></div>", answer.content.decode(), re.DOTALL)
        assert answer.status_code == 302, faults
        return str(answer["Location"])

    def dropped(self, raw: bytes) -> str:
        self.posted("/mail/", file=SimpleUploadedFile("a.eml", raw))
        return str(IncomingMail.objects.latest("came_at").id)


@pytest.fixture
def alone(offices: Offices, keys: Path, server: Server) -> Iterator[Alone]:
    server.mails.clear()
    offices.at = instant.true_now() - timedelta(minutes=2)
    place.use(place.Place(name="Example point", phone="+40215550100", address="https://orders.ro.example/"))
    with desk_open():
        yield Alone(offices, keys=keys, server=server)
    mail_post.use(MailSettings())
    place.use(place.Place())


def test_a_notice_leads_to_the_page_where_its_code_opens_the_form_and_the_answer_is_taken_down(alone: Alone) -> None:
    path = f"/requests/{alone.request}/mail/"
    page = alone.shown(path)
    assert "+" not in re.findall(r'name="address" value="([^"]*)"', page)[0], "what the list says, to look at"
    alone.posted(f"{path}address/", address=TO, certificate="", known_from="by telephone, the number of the list")
    alone.posted(path, way="notice", language="en")
    assert deliver_waiting(at=instant.now()) == 1
    (raw,) = alone.server.mails
    text = email.message_from_bytes(
        openssl("cms", "-verify", "-CAfile", str(alone.ours.certificate), given=raw), policy=default
    )
    assert "https://orders.ro.example/order/" in str(text.get_content())
    line = OutgoingMail.objects.get()
    code = reads.password_for(alone.officer.actor, str(line.id))
    assert code not in raw.decode("latin-1")
    assert code in alone.shown(path), "to be told by telephone"
    opened = open_order(line.number, code, at=instant.now())
    assert opened is not None

    answer = f"From: Duty <{TO}>\r\nSubject: Re: {line.number}\r\nIn-Reply-To: {line.message_id}\r\n\r\nWe keep it.\r\n"
    mail = alone.dropped(answer.encode())
    alone.posted(f"/mail/{mail}/belongs/", request=str(alone.request))
    alone.posted(f"/requests/{alone.request}/", reason="their answer came")
    page = html.unescape(alone.shown(path))
    record = next(each for each in re.findall(r'href="([^"]+\?mail=[^"]+)"', page) if "/acknowledge/" in each)
    first = alone.shown(record)
    ways = re.findall(r'<input type="radio" name="way"[^>]*>', first)
    assert ways
    assert [each for each in ways if "checked" in each] == [each for each in ways if 'value="mail"' in each]
    assert f"Duty &lt;{TO}&gt;" in first
    received = re.findall(r'name="received_at" value="([^"]+)"', first)[0]
    alone.posted(record, way="mail", received_at=received, said_by="Duty", words="We keep it.")
    step = StepElsewhere.objects.latest("recorded_at")
    assert (step.way, step.file is not None) == ("mail", True)
    assert BroughtFile.objects.count() == 1, "the mail itself is kept as the scan"
    standing = requests.standing_for(alone.ioana, alone.request, at=instant.now())
    assert len(standing.steps if hasattr(standing, "steps") else standing.thread.steps) == 2


def test_a_new_request_that_came_by_mail_is_taken_in_and_its_clocks_run_from_then(alone: Alone) -> None:
    mail = alone.dropped(f"From: Desk BG <{TO}>\r\nSubject: Urgent\r\n\r\nPlease help with 203.0.113.7.\r\n".encode())
    assert f"/take-in/?mail={mail}" in alone.shown(f"/mail/{mail}/")
    assert f'name="mail" value="{mail}"' in alone.shown(f"/take-in/?mail={mail}")
    path = f"/take-in/?mail={mail}&instrument=dir2013-40-13-urgent"
    first = alone.shown(path)
    assert "Please help with 203.0.113.7." in first
    assert "Desk BG" in first
    received = re.findall(r'name="received_at" value="([^"]+)"', first)[0]
    alone.posted(
        path,
        instrument="dir2013-40-13-urgent",
        way="mail",
        received_at=received,
        sender=alone.contact,
        checked="called-back",
        sender_name="Desk BG",
        sender_address=TO,
        case_reference="BG-17/26",
        language="bg",
        words="Please help with 203.0.113.7.",
        do="take",
    )
    row = IncomingMail.objects.get(id=mail)
    assert row.state == "belongs"
    taken = Request.objects.get(id=str(row.request_id))
    arrival = Arrival.objects.get(request=taken)
    assert (arrival.way, arrival.file is not None) == ("mail", True)
    assert abs(arrival.received_at - row.came_at) < timedelta(minutes=1)
    assert [each.id for each in reads.incoming_of(alone.officer.actor, str(taken.id))] == [mail]
