"""Makes ``tests/vectors/notices`` anew: ``python -m tests.notices.make_notice_vectors``.

The keys are those of ``tests/vectors/wire``, counted bytes that are known to everybody.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.notices.postman import forgery
from tests.wire.examples import NIGHT, PT, RO, Side
from tocsin.base import jose
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.jose import Typ
from tocsin.law.vocabulary import DataCategory
from tocsin.notices.rules.features import Channel, Claimed, Features, Office, Wording, hour_of
from tocsin.notices.rules.notice import (
    CallBackWord,
    Notice,
    Said,
    Warned,
    Why,
    Withdrawn,
    check_time,
    sign_notice,
    verify_notice,
    warning_payload,
    word_payload,
)
from tocsin.proof.canonical import canonical

VECTORS = Path(__file__).parents[1] / "vectors" / "notices"
_ID = "8f2d4c1e-5f0c-4a8e-9d3b-2b1a6c7d8e9f"


def notices() -> dict[str, Notice]:
    """A warning by mail, its withdrawal, a warning of a stolen key, and a word about a call-back."""
    warned = Warned(
        id=_ID,
        sender=MemberId("ro"),
        issued=NIGHT,
        until=NIGHT + timedelta(days=90),
        exercise=False,
        role="duty-officer",
        features=forgery(NIGHT),
    )
    told = {name: getattr(warned, name) for name in Warned.__dataclass_fields__}
    gone = Withdrawn(at=NIGHT + timedelta(minutes=9), why=Why.MISTAKEN)
    stolen = Features(
        channel=Channel.NODE,
        claimed=Claimed(member=MemberId("gr"), country="GR", office=Office.CONTACT_POINT),
        keys=("34750f98bd59fcfc",),
        wording=(Wording.LIFE_IN_DANGER, Wording.NO_CALL_BACK),
        asked=(DataCategory.CONTENT, DataCategory.TRAFFIC),
        seen=hour_of(NIGHT),
    )
    return {
        "a warning": warned,
        "its withdrawal": Warned(**{**told, "withdrawn": gone}),
        "a warning of a stolen key": Warned(**{**told, "id": _ID[:-1] + "0", "features": stolen}),
        "a word about a call-back": CallBackWord(
            id=_ID[:-1] + "1",
            sender=MemberId("ro"),
            addressee=MemberId("pt"),
            at=NIGHT,
            exercise=False,
            thread=RequestId("51c0a7d2-3b4e-4f6a-8c9d-0e1f2a3b4c5d"),
            letter_sha256="9b74c9897bac770ffc029102a200c5de8e1b1f2d3c4b5a69788796a5b4c3d2e1",
            said=Said.DENIED,
            name="Ioana Exemplu",
            role="duty-officer",
        ),
    }


def payload_of(notice: Notice) -> dict[str, Any]:
    return dict(warning_payload(notice) if isinstance(notice, Warned) else word_payload(notice))


def good() -> list[dict[str, Any]]:
    key = jose.signing_key(RO.signing)
    return [
        {"name": name, "payload": payload_of(notice), "jws": sign_notice(notice, key=key).decode()}
        for name, notice in notices().items()
    ]


_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "free text in the features": {"features.words": "The account of M. Exemplo"},
    "free text beside the features": {"words": "see case RO-2026-0042"},
    "an address in the place of a domain": {"features.domains": ["duty@police-pt.example"]},
    "an address in the place of its hash": {"features.addresses": ["duty@police-pt.example"]},
    "a number of a case in the place of a telephone number": {"features.phones": ["RO-2026-0042"]},
    "a minute in the place of an hour": {"features.seen": "2026-11-24T03:10:00.000Z"},
    "a wording that is no code": {"features.wording": ["asks about a minister"]},
    "the name of who confirmed it": {"by": {"role": "duty-officer", "name": "Ioana Exemplu"}},
    "nothing to know it by": {f"features.{name}": [] for name in ("domains", "addresses", "phones", "files", "keys")},
    "one thing twice": {"features.files": ["ab" * 32, "ab" * 32]},
    "too many of one thing": {"features.files": [f"{n:064x}" for n in range(21)]},
    "version 2 that withdraws nothing": {"version": 2},
    "a version that is none": {"version": 3},
    "a year in force": {"until": "2027-11-24T03:00:00.000Z"},
    "an end before its beginning": {"until": "2026-11-23T03:00:00.000Z"},
}


def refused() -> list[dict[str, Any]]:
    """Warnings that are well signed and refused, each with the code of the problem."""
    found = []
    for name, changed in _CHANGES.items():
        payload = deepcopy(payload_of(notices()["a warning"]))
        for path, value in changed.items():
            *outer, last = path.split(".")
            where = payload
            for each in outer:
                where = where[each]
            where[last] = value
        jws = jose.sign(canonical(payload), typ=Typ.WARNING, key=jose.signing_key(RO.signing))
        found.append({"name": name, "jws": jws.decode(), "code": code_of(jws)})
    other = jose.sign(canonical(payload_of(notices()["a warning"])), typ=Typ.LETTER, key=jose.signing_key(RO.signing))
    found.append({"name": "a warning signed as a letter", "jws": other.decode(), "code": code_of(other)})
    false = sign_notice(notices()["a warning"], key=jose.signing_key(PT.signing))
    found.append({"name": "signed by another member", "jws": false.decode(), "code": code_of(false)})
    return found


def code_of(jws: bytes, *, by: Side = RO) -> str:
    """The code of the problem with a signed thing that claims to be a notice; empty when there is none."""
    try:
        check_time(verify_notice(jws, key=by.verifying_key), at=NIGHT)
    except TocsinError as error:
        return error.code
    return ""


def vectors() -> dict[str, bytes]:
    made = {"good.json": good(), "refused.json": refused()}
    return {name: (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode() for name, content in made.items()}


if __name__ == "__main__":
    VECTORS.mkdir(exist_ok=True)
    for file, content in vectors().items():
        (VECTORS / file).write_bytes(content)
