"""Makes ``tests/vectors/directory`` anew: ``python -m tests.directory.make_directory_vectors``.

A sign of life, a drill call and its answer, and a submission, by the counted keys of the card vectors. The
submission holds the published card and is signed by the 32 bytes 0x0a; it is for a directory's first list of RO.
"""

import base64
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tests.directory.make_card_vectors import VECTORS as CARDS
from tests.directory.make_card_vectors import signing
from tocsin.base.ids import MemberId
from tocsin.directory.rules import tuf
from tocsin.directory.rules.life import Alive, DrillAnswer, DrillCall, sign_alive, sign_answer, sign_call
from tocsin.directory.rules.submission import Submission

VECTORS = Path(__file__).parents[1] / "vectors" / "directory"
AT = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
RO, PT = MemberId("ro"), MemberId("pt")
DRILL = "2f1c6a52-3d0e-4b8f-9a57-0d5b6f1e7c10"


def main() -> None:
    VECTORS.mkdir(exist_ok=True)
    call = sign_call(DrillCall(id=DRILL, sender=PT, addressee=RO, at=AT), key=signing(7))
    answer = DrillAnswer(
        id=DRILL,
        sender=RO,
        addressee=PT,
        call_sha256=sha256(call.encode("ascii")).hexdigest(),
        at=AT,
        by_name="Ioana Exemplu",
        by_role="duty-officer",
    )
    vectors = {
        "keys": {"ro": _public(1), "pt": _public(7), "role": _public(10)},
        "alive": sign_alive(Alive(member=RO, at=AT), key=signing(1)),
        "call": call,
        "answer": sign_answer(answer, key=signing(1)),
    }
    (VECTORS / "life.json").write_text(json.dumps(vectors, indent=2, sort_keys=True) + "\n")
    files = {"cards/ro.json": (CARDS / "ro.card.json").read_bytes()}
    metadata = tuf.role_draft(None, files=files, at=AT)
    tuf.sign(metadata, signing(10))
    submission = Submission(role="state-ro", metadata=tuf.written(metadata), files=files)
    (VECTORS / "submission.json").write_bytes(submission.written())


def _public(seed: int) -> str:
    return base64.b64encode(signing(seed).public_key().public_bytes_raw()).decode("ascii")


if __name__ == "__main__":
    main()
