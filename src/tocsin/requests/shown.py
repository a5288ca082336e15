"""Requests as JSON, for programs: what is shown of a line, a thread, a draft, a fault, an alarm."""

from collections.abc import Iterable
from typing import Any

from tocsin.base.instant import text
from tocsin.base.plain import plain
from tocsin.law.faults import Fault
from tocsin.notices.reads import WarningView
from tocsin.notices.rules.features import features_payload
from tocsin.requests import reads
from tocsin.requests.beside import ElsewhereView, NotificationView
from tocsin.requests.called_back import CallBackView, ForgeryLine
from tocsin.requests.provenance import Provenance
from tocsin.requests.rules.letters import body_payload
from tocsin.requests.rules.reckoning import ClockLine
from tocsin.wire.reads import KeptLetter


def shown_line(line: reads.RequestLine) -> dict[str, Any]:
    """A request at a glance."""
    return dict(plain(line))


def shown_standing(
    standing: reads.Standing,
    *,
    same_person: Iterable[reads.RequestLine] = (),
    provenance: Provenance | None = None,
) -> dict[str, Any]:
    """A request with its letters, its clocks and what may be written next.

    ``same_person`` are other requests about the same person, for the desk that is asked alone.
    """
    thread = standing.thread
    kept = {each.sha256: each for each in thread.kept}
    return {
        "request": plain(thread.line),
        "letters": [
            {
                **shown_receipts(kept[each.sha256]),
                "letter": each.id,
                "kind": each.kind.value,
                "from": each.sender,
                "to": each.addressee,
                "seq": each.seq,
                "written": text(each.written),
                "exercise_shift_seconds": each.exercise_shift_seconds,
                "by": plain(each.by),
                "sha256": each.sha256,
                "body": plain(each.body),
                "attachments": plain(each.attachments),
                "parts": reads.parts_for(each),
            }
            for each in thread.letters
        ],
        "clocks": [shown_clock(each) for each in standing.clocks],
        "may_write": [kind.value for kind in standing.may_write],
        "waits_for": plain(thread.state.standing.waits_for),
        "elsewhere": shown_elsewhere(standing.elsewhere) if standing.elsewhere else None,
        "notification": shown_notification(standing.notification) if standing.notification else None,
        "same_person": [shown_line(each) for each in same_person],
        "provenance": shown_provenance(provenance) if provenance else None,
        "call_back": shown_call_back(standing.call_back),
    }


def shown_elsewhere(view: ElsewhereView) -> dict[str, Any]:
    """A request that this node did not send: handed to another system, with what was written down of it there."""
    return {
        "sent_by_us": False,
        "channel": view.channel,
        "label": view.label,
        "export_sha256": view.sha256,
        "exported_at": text(view.exported_at),
        "exported_by": view.exported_by,
        "receipt_recorded": view.received_at is not None,
        "reference": view.reference,
        "received_at": plain(view.received_at),
        "recorded_at": plain(view.recorded_at),
        "recorded_by": view.recorded_by,
        "steps": [
            {
                "by_channel": view.channel,
                "kind": each.step.kind.value,
                "from": each.step.sender,
                "seq": each.step.seq,
                "reference": each.reference,
                "received_at": text(each.received_at),
                "recorded_at": text(each.recorded_at),
                "recorded_by": each.recorded_by,
                "sha256": each.step.sha256,
                "body": plain(each.record.get("body")),
            }
            for each in view.steps
        ],
    }


def shown_export(view: ElsewhereView) -> dict[str, Any]:
    """An export with its files, to be entered in the other system."""
    files = [{"name": name, "text": written} for name, written in sorted(view.files.items())]
    return {"request": view.request, **shown_elsewhere(view), "files": files}


def shown_notification(view: NotificationView) -> dict[str, Any]:
    """The notification of an order, what its authority said, and the letter that would tell the addressee."""
    answer = view.answer
    return {
        "request": view.request,
        "to": view.to,
        "stored_at": plain(view.stored_at),
        "answer": None
        if answer is None
        else {
            "said": answer.said.value,
            "at": text(answer.at),
            "letter_sha256": answer.letter_sha256,
            "ground": answer.ground,
            "part": answer.part,
        },
        "addressee_told": view.told,
        "word_to_addressee": None
        if view.word is None
        else {"kind": view.word.kind.value, "body": plain(body_payload(view.word))},
    }


def shown_receipts(kept: KeptLetter) -> dict[str, Any]:
    """How far a letter has come: what its receipts say, and its place in this node's journal."""
    return {
        "sent": kept.sent,
        "waiting": kept.waiting,
        "relayed": plain(kept.relayed),
        "problem": plain(kept.problem),
        "entry": kept.entry,
        "receipts": [
            {
                "stage": each.stage.value,
                "at": text(each.at),
                "by": each.giver,
                "origin": each.origin,
                "index": each.index,
            }
            for each in kept.receipts
        ],
    }


def shown_places(kept: Iterable[KeptLetter]) -> list[dict[str, Any]]:
    """The letters of a thread without a word of what they say: place, kind, hash and receipts."""
    return [
        {"letter": each.id, "kind": each.kind, "seq": each.seq, "sha256": each.sha256, **shown_receipts(each)}
        for each in kept
    ]


def shown_clock(line: ClockLine) -> dict[str, Any]:
    """A clock: its article, how it stands, its two instants, and how sure the law data are."""
    return {
        "clock": line.clock.id,
        "article": line.clock.article,
        "phase": line.state.phase.value,
        "strict": plain(line.strict),
        "legal_latest": plain(line.legal_latest),
        "confirmed": line.clock.running.rule.confirmed,
        "by": line.clock.by.value,
        "line_down": bool(line.state.line_down),
        "late_by": plain(line.state.late_by),
    }


def shown_draft(draft: reads.DraftView, faults: Iterable[Fault]) -> dict[str, Any]:
    """A draft, who signed it as it stands, and its faults."""
    return {
        "draft": draft.id,
        "request": draft.request,
        "parent": draft.parent,
        "content": plain(draft.content.raw),
        "sha256": draft.content.sha256,
        "written_by": draft.written_by,
        "signed": [
            {"name": each.name, "function": each.function, "validates": each.validates, "at": text(each.at)}
            for each in draft.signed
        ],
        "faults": [shown_fault(each) for each in faults],
    }


def shown_fault(found: Fault) -> dict[str, Any]:
    """A fault with its rule and its cure."""
    return {
        "field": found.field,
        "rule": found.rule,
        "code": found.code.value,
        "severity": found.severity.value,
        "sentence": found.sentence,
        "cure": found.cure,
        "overridable": found.overridable,
    }


def shown_alarm(alarm: reads.AlarmLine) -> dict[str, Any]:
    """Who was told of what, and when."""
    return dict(plain(alarm))


def shown_provenance(found: Provenance) -> dict[str, Any]:
    """Who really issued a request: what this house knows, apart from what the sender's node claims."""
    trusted, before = found.trusted, found.before
    confirmation = trusted.held.confirmation if trusted else None
    return {
        "known": trusted is not None,
        "why_not": found.why_not,
        "sender": plain(found.sender.name) if found.sender else None,
        "member": found.sender.member if found.sender else None,
        "source": trusted.source.value if trusted else None,
        "since": plain(trusted.held.since) if trusted else None,
        "heard_by": confirmation.by_name if confirmation else None,
        "directory_stale_since": plain(trusted.stale_since) if trusted else None,
        "key": found.kid or None,
        "key_first_seen": plain(found.key_first_seen),
        "call_back_at": found.number or None,
        "number_since": plain(found.number_since),
        "claimed_by_their_node": {
            "writer": plain(found.writer),
            "signed_off": plain(found.signed_off),
            "directory": plain(found.senders_directory),
        },
        "article": found.article,
        "emergency": plain(found.emergency),
        "ground": found.ground or None,
        "ground_article": found.ground_article or None,
        "unusual": [{"what": each.what.value, "since": plain(each.since)} for each in found.unusual],
        "before": plain(before),
        "warnings": [
            {"warning": each.warning.id, "by": each.warning.warned.sender, "traits": plain(each.traits)}
            for each in found.warnings
        ],
    }


def shown_call_back(view: CallBackView) -> dict[str, Any]:
    """How a request stands with its call-back."""
    standing = view.standing
    return {
        "state": standing.state.value,
        "barred": standing.barred,
        "may_go_without_from": plain(standing.may_go_without_from),
        "calls": plain(view.calls),
        "without": plain(view.without),
        "forgeries": [shown_forgery(each) for each in view.forgeries],
        "told": plain(view.told),
        "heard": plain(view.heard),
    }


def shown_forgery(line: ForgeryLine) -> dict[str, Any]:
    """Something that is said forged."""
    return {**dict(plain(line)), "features": features_payload(line.features)}


def shown_warning(view: WarningView) -> dict[str, Any]:
    """A warning, and how far one of ours has come."""
    gone = view.warned.withdrawn
    return {
        "warning": view.id,
        "by": view.warned.sender,
        "ours": view.ours,
        "issued": text(view.warned.issued),
        "until": text(view.warned.until),
        "withdrawn": {"at": text(gone.at), "why": gone.why.value} if gone else None,
        "features": features_payload(view.warned.features),
        "told": plain(view.told),
    }
