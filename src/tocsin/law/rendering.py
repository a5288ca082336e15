"""One order, two renderings: what the addressee may see, and what the notified authority may.

Of an EPOC the grounds of necessity and proportionality and the summary of the case (2023/1543,
Articles 5(5)(i) and (j) and 9(2)) never reach the provider. The two renderings are two types without
a common base, so that a function which sends to an addressee cannot be given the other one; and
each is made from the whole form by the readers of its fields, so that neither can hold too much.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from tocsin.base.ids import InstrumentId
from tocsin.law.conditions import Json
from tocsin.law.provisions import Instrument
from tocsin.law.vocabulary import Reader


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AddresseeRendering:
    """What the addressee may see."""

    instrument: InstrumentId
    values: Mapping[str, Json]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRendering:
    """What the notified enforcing authority may see: the addressee's part and its own."""

    instrument: InstrumentId
    values: Mapping[str, Json]


def for_addressee(instrument: Instrument, form: Mapping[str, Json]) -> AddresseeRendering:
    """The fields of the whole ``form`` that the addressee may see."""
    return AddresseeRendering(instrument=instrument.id, values=_seen_by(Reader.ADDRESSEE, instrument, form))


def for_authority(instrument: Instrument, form: Mapping[str, Json]) -> AuthorityRendering:
    """The fields of the whole ``form`` that a notified enforcing authority may see."""
    return AuthorityRendering(instrument=instrument.id, values=_seen_by(Reader.ENFORCING_AUTHORITY, instrument, form))


def fields_kept_from_addressee(instrument: Instrument) -> frozenset[str]:
    """The fields that must never stand in what is sent to the addressee."""
    return frozenset(each.id for each in instrument.form.fields if Reader.ADDRESSEE not in each.readers)


def _seen_by(reader: Reader, instrument: Instrument, form: Mapping[str, Json]) -> Mapping[str, Json]:
    seen = {each.id for each in instrument.form.fields if reader in each.readers}
    return {name: value for name, value in form.items() if name in seen}
