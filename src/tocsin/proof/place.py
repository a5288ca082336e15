"""``python -m tocsin.proof.place PROOF --leaf HASH --log KEY``: check offline that an entry stands in a journal.

PROOF is a file of the form c2sp.org/tlog-proof@v1, as the desk and ``tocsin journal proof`` write it. HASH is the
leaf's hash in hexadecimal: SHA-256(0x00 || SHA-256(salt || event)). KEY is the journal's verifier key, and each
``--witness`` one of a witness; both stand on the members' cards, and count for what the reader knows of them from
elsewhere.

Leaves with 0 when the entry is there, 1 when something was altered, 2 when there was nothing to check.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from tocsin.proof.errors import AlteredError
from tocsin.proof.note import VerifierKey
from tocsin.proof.tlog_proof import parse_tlog_proof, verify_tlog_proof

GOOD, ALTERED, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None, *, out: TextIO | None = None) -> int:
    """Run the check; gives the exit code."""
    options = _parser().parse_args(arguments)
    stream = out or sys.stdout
    try:
        written = options.proof.read_text(encoding="utf-8")
        leaf = bytes.fromhex(options.leaf)
        logs, witnesses = ([VerifierKey.parse(each) for each in keys] for keys in (options.log, options.witness))
    except (OSError, ValueError, AlteredError) as error:
        sys.stderr.write(f"cannot be checked: {error}\n")
        return UNREADABLE
    try:
        lines = found(written, leaf=leaf, logs=logs, witnesses=witnesses)
    except AlteredError as error:
        stream.write(f"ALTERED: {error}\nRESULT: ALTERED or not vouched for\n")
        return ALTERED
    stream.write("\n".join([*lines, "RESULT: the entry stands in the journal"]) + "\n")
    return GOOD


def found(
    written: str, *, leaf: bytes, logs: Sequence[VerifierKey], witnesses: Sequence[VerifierKey] = ()
) -> list[str]:
    """What a proof establishes, line by line, and what it does not; raises ``AlteredError``."""
    proof = parse_tlog_proof(written)
    verified = verify_tlog_proof(proof, leaf=leaf, logs=logs, witnesses=witnesses)
    state = verified.checkpoint
    lines = [
        f"established: the entry is leaf {proof.index} of the journal {state.origin}, among its first {state.size}",
        f"established: {verified.log.name} signed that state",
    ]
    for each in verified.cosigned:
        seen = datetime.fromtimestamp(each.seconds, UTC).isoformat() if each.seconds is not None else "an unknown time"
        lines.append(f"established: the witness {each.key.name} had seen that state by {seen}")
    if not verified.cosigned:
        lines.append("not checked here: no witness whose key was given has signed that state")
    lines.append("not proved: what the entry says; for that compare the leaf's hash with its event and salt")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tocsin.proof.place", description="Check offline that an entry stands in a journal."
    )
    parser.add_argument("proof", type=Path, help="a file of the form c2sp.org/tlog-proof@v1")
    parser.add_argument("--leaf", required=True, help="the hash of the leaf, in hexadecimal")
    parser.add_argument("--log", action="append", required=True, help="the journal's verifier key, as its card has it")
    parser.add_argument("--witness", action="append", default=[], help="a witness's verifier key")
    return parser


if __name__ == "__main__":
    sys.exit(main())
