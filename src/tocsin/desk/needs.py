"""What an officer needs, in her words, and the purposes of instruments that serve it.

Composing begins here and not at an article: a need, a counterpart and a kind of data are put to ``law.routes``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.law.vocabulary import Danger, DataCategory, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need: its words, the purposes that serve it, and what it says of data and urgency by itself."""

    id: str
    words: Promise
    help: Promise
    purposes: frozenset[Purpose]
    category: DataCategory
    danger: Danger | None = None
    urgent: bool = False


NEEDS: Mapping[str, Need] = {
    each.id: each
    for each in (
        Need(
            id="keep",
            words=_("Keep this data from being lost"),
            help=_("It is preserved there; nobody hands it over yet."),
            purposes=frozenset({Purpose.PRESERVE}),
            category=DataCategory.TRAFFIC,
        ),
        Need(
            id="who",
            words=_("Who is behind this address or account"),
            help=_("Name and contact details of the customer."),
            purposes=frozenset({Purpose.PRODUCE}),
            category=DataCategory.SUBSCRIBER,
        ),
        Need(
            id="path",
            words=_("Through which providers it came"),
            help=_("A few lines of traffic data, told at once, so that the next provider can be asked."),
            purposes=frozenset({Purpose.DISCLOSE}),
            category=DataCategory.TRAFFIC,
        ),
        Need(
            id="stored",
            words=_("Hand over stored data"),
            help=_("Messages, files, records."),
            purposes=frozenset({Purpose.PRODUCE}),
            category=DataCategory.CONTENT,
        ),
        Need(
            id="life",
            words=_("Life is at risk: data now"),
            help=_("An emergency as the instruments define it."),
            purposes=frozenset({Purpose.PRODUCE}),
            category=DataCategory.SUBSCRIBER,
            danger=Danger.LIFE,
            urgent=True,
        ),
        Need(
            id="attack",
            words=_("Take part in stopping an attack"),
            help=_("Advice, help, or an urgent answer whether help will come."),
            purposes=frozenset({Purpose.ASSIST}),
            category=DataCategory.TRAFFIC,
            danger=Danger.CRITICAL_INFRASTRUCTURE,
            urgent=True,
        ),
        Need(
            id="inform",
            words=_("Pass information on"),
            help=_("What may help the other side, unasked."),
            purposes=frozenset({Purpose.INFORM}),
            category=DataCategory.SUBSCRIBER,
        ),
    )
}

DANGERS: Mapping[Danger, Promise] = {
    Danger.LIFE: _("a threat to life"),
    Danger.PHYSICAL_INTEGRITY: _("a threat to physical integrity"),
    Danger.SAFETY: _("a threat to a person's safety"),
    Danger.CRITICAL_INFRASTRUCTURE: _("a threat to critical infrastructure"),
    Danger.PUBLIC_SECURITY: _("a threat to public security"),
    Danger.CUSTODY: _("a person is in custody and a decision is due"),
    Danger.LOSING_RELEVANCE: _("the data lose their worth soon"),
    Danger.LOSS_OF_DATA: _("the data may be lost or changed soon"),
    Danger.PROPERTY: _("money or property is moving"),
}
"""What may be threatened; each instrument says which of these it counts."""

CATEGORIES: Mapping[DataCategory, tuple[Promise, Promise]] = {
    DataCategory.SUBSCRIBER: (_("Who the customer is"), _("name, address, payment, contract")),
    DataCategory.IDENTIFICATION: (_("Addresses only to identify"), _("IP address, port and time of a sign-in")),
    DataCategory.TRAFFIC: (_("Traffic"), _("who reached whom, when, from where")),
    DataCategory.CONTENT: (_("Content"), _("messages, files, pictures")),
}
"""The kinds of data in plain words."""
