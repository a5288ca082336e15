"""Who lives in the demo: four members and their people. All are invented."""

from dataclasses import dataclass

_STATE = (
    "budapest-26-spontaneous",
    "budapest-29-preserve",
    "budapest-30-disclose",
    "budapest-31-stored",
    "budapest-35-assist",
    "dir2013-40-13-urgent",
    "dir2023-977-information",
    "eio-32-provisional",
    "budapest-16-order",
    "budapest-17-order",
    "budapest-18-order",
    "eev-epoc",
    "eev-epoc-pr",
)
_PROVIDER = ("budapest-16-order", "budapest-17-order", "budapest-18-order", "eev-epoc", "eev-epoc-pr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody who works at a node of the demo; all are invented."""

    name: str
    roles: tuple[str, ...]
    function: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One member of the demo before it has a node."""

    member: str
    name: str
    kind: str
    country: str
    zone: str
    languages: tuple[str, ...]
    phone: str = ""
    competences: tuple[str, ...] = ()
    residents: tuple[Resident, ...] = ()


ADMINISTRATOR = "Administrator"
PLOTS: tuple[Plot, ...] = (
    Plot(
        member="hub",
        name="Example hub of the network",
        kind="hub",
        country="BE",
        zone="Europe/Brussels",
        languages=("en", "fr"),
        phone="+32 2 555 0100",
        residents=(Resident(name=ADMINISTRATOR, roles=("administrator",)),),
    ),
    Plot(
        member="ro",
        name="Example contact point of Romania (State A)",
        kind="state",
        country="RO",
        zone="Europe/Bucharest",
        languages=("ro", "en"),
        phone="+40 21 555 0100",
        competences=_STATE,
        residents=(
            Resident(name="Ioana Exemplu", roles=("duty-officer",), function="police"),
            Resident(name="Radu Model", roles=("issuing-authority",), function="prosecutor"),
            Resident(name=ADMINISTRATOR, roles=("administrator",)),
        ),
    ),
    Plot(
        member="pt",
        name="Example contact point of Portugal (State B)",
        kind="state",
        country="PT",
        zone="Europe/Lisbon",
        languages=("pt", "en"),
        phone="+351 21 555 0100",
        competences=_STATE,
        residents=(
            Resident(name="Inês Exemplo", roles=("duty-officer",), function="police"),
            Resident(name="Rui Modelo", roles=("issuing-authority",), function="prosecutor"),
            Resident(name=ADMINISTRATOR, roles=("administrator",)),
        ),
    ),
    Plot(
        member="example-mail",
        name="Example Mail, a service provider in Portugal",
        kind="provider",
        country="PT",
        zone="Europe/Lisbon",
        languages=("pt", "en"),
        phone="+351 21 555 0199",
        competences=_PROVIDER,
        residents=(
            Resident(name="Sofia Amostra", roles=("duty-officer",), function="provider-staff"),
            Resident(name=ADMINISTRATOR, roles=("administrator",)),
        ),
    ),
)


TABLE = {
    "v": 1,
    "type": "national",
    "member": "pt",
    "state": "PT",
    "as_of": "2026-11-01",
    "source": "Invented Cybercrime Act of the demo: not the law of Portugal",
    "languages": ["pt", "en"],
    "competences": [
        {
            "instrument": instrument,
            "categories": categories,
            "alone": ["prosecutor", "judge"],
            "validated": [],
            "validators": [],
            "provision": f"Article {article} (invented)",
            "form": "",
        }
        for instrument, categories, article in (
            ("budapest-16-order", ["SUBSCRIBER", "IDENTIFICATION", "TRAFFIC", "CONTENT"], 12),
            ("budapest-17-order", ["TRAFFIC"], 13),
            ("budapest-18-order", ["SUBSCRIBER", "IDENTIFICATION", "TRAFFIC", "CONTENT"], 14),
        )
    ],
    "limits": [
        {
            "clock": "ets185.16.2.preserve_max",
            "value": 90,
            "unit": "days",
            "counting": {"source": "Invented Civil Code, Article 279", "skips_event_day": True},
        }
    ],
    "reservations": [],
}
"""State B's own table of its law, as its member would fill it in and sign. Tocsin ships none."""
