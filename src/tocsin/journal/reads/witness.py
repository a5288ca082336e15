"""What this node has cosigned as a witness of other nodes' journals."""

from hashlib import sha256

from tocsin.journal.models import WitnessedLog


def witnessed(origin_sha256: str) -> bytes | None:
    """The last checkpoint that this node cosigned for the origin with this hash, with its cosignature."""
    for origin, note in WitnessedLog.objects.filter(size__gt=0).values_list("origin", "note"):
        if sha256(origin.encode()).hexdigest() == origin_sha256:
            return note.encode()
    return None


def witnessed_sizes() -> dict[str, int]:
    """How far this node has witnessed each origin."""
    return dict(WitnessedLog.objects.values_list("origin", "size"))
