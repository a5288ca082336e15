"""National tables of invented States, as small as they may be."""

from tocsin.proof.canonical import Json


def national_payload(member: str, *, as_of: str = "2026-11-01") -> dict[str, Json]:
    """A table that says who may order a preservation."""
    return {
        "v": 1,
        "type": "national",
        "member": member,
        "state": member.upper(),
        "as_of": as_of,
        "source": "An invented law of evidence, Article 12",
        "languages": ["en"],
        "competences": [],
        "limits": [],
        "reservations": [],
    }
