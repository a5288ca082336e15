"""What a member hands to the hub to have it published: the list of its role's files, signed, and the files.

    {"v":1,"type":"submission","role":"state-ro","metadata":"<base64>","files":{"cards/ro.json":"<base64>"}}

canonical JSON. The metadata is a TUF targets file signed with the role's key, so a submission proves by itself who
made it; no other authorization is needed, and anybody may carry it, as a file or over HTTP.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.directory.errors import SubmissionRefusedError
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError

LIMIT = 4 * 1024 * 1024
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Submission:
    """A role's signed list and the files that are new in it. Nothing is verified yet."""

    role: str
    metadata: bytes
    files: Mapping[str, bytes]

    def written(self) -> bytes:
        """The submission as it travels."""
        files: dict[str, Json] = {path: _text(content) for path, content in self.files.items()}
        whole: dict[str, Json] = {
            "v": 1,
            "type": "submission",
            "role": self.role,
            "metadata": _text(self.metadata),
            "files": files,
        }
        return canonical(whole)


def read_submission(content: bytes) -> Submission:
    """A submission by its form; raises ``SubmissionRefusedError``."""
    if len(content) > LIMIT:
        raise SubmissionRefusedError(role="?", rule=f"it is longer than {LIMIT} bytes")
    try:
        whole = parse_canonical(content)
    except CanonicalError as error:
        raise SubmissionRefusedError(role="?", rule=str(error)) from error
    if not isinstance(whole, dict) or whole.keys() != {"v", "type", "role", "metadata", "files"}:
        raise SubmissionRefusedError(role="?", rule="it has v, type, role, metadata and files")
    role, files = str(whole["role"])[:60], whole["files"]
    if (whole["v"], whole["type"]) != (1, "submission"):
        raise SubmissionRefusedError(role=role, rule="it is of type submission, version 1")
    if not isinstance(files, dict) or len(files) > _MOST_FILES:
        raise SubmissionRefusedError(role=role, rule=f"files holds at most {_MOST_FILES}")
    return Submission(
        role=role,
        metadata=_bytes(whole["metadata"], role=role),
        files={path: _bytes(each, role=role) for path, each in files.items()},
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(value: Json, *, role: str) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SubmissionRefusedError(role=role, rule="metadata and files are base64") from error
