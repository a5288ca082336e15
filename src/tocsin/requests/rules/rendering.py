"""One order, two renderings: what goes into the letter to the provider, and into that to the authority.

``tocsin.law.rendering`` parts the values of a form by the readers of its fields. Here they become
letters. An ``Order`` is the whole: its form, and what its addressee must never read (for an EPOC the
grounds of necessity and proportionality and the summary of the case: 2023/1543, Arts. 5(5)(i)-(j) and
9(2), Annex I, section M) as one part with one salt::

    Order ──render_for_provider──► ForProvider ──to_provider──► the provider's letter
          ──render_for_authority─► ForAuthority ─to_authority─► the notified authority's letter

Both letters hold the form as the provider sees it, and the part's name and commitment (SHA-256 of
salt and canonical content, ``tocsin.proof.commitment``). Only the authority's letter holds the part
itself, sealed to the authority's key, and it is under the notification that the order's instrument
defines. So whoever has both letters can prove that both are of one order, and the provider, who has
one, learns nothing of the other:

- the part stands in the provider's letter whether or not anybody was notified, and even when it is
  empty: that it is there tells nothing;
- making a provider's rendering takes no other reader: there is nobody whom it could name;
- ``ForProvider`` and ``ForAuthority`` have no base in common, and each of the two functions that fill
  a letter takes one of them: a type checker refuses the other, and so does the function itself. Both
  also refuse a letter to any member but the one that the rendering was made for.

The salt has to be kept with the order as long as the order: without it the commitment says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.jose import SealingKey
from tocsin.law.provisions import Instrument
from tocsin.law.rendering import fields_kept_from_addressee, for_addressee
from tocsin.proof.canonical import Json
from tocsin.requests.errors import OtherInstrumentError, WrongReaderError
from tocsin.requests.rules.letters import Ask, body_payload
from tocsin.wire.rules.letter import Part, UnsignedLetter
from tocsin.wire.rules.seal import OpenedPart, new_part, part_for_others, part_for_reader

FOR_AUTHORITY = "for-authority"
"""The name of the part that a provider never reads."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The whole of an order, which leaves this node in renderings only."""

    instrument: InstrumentId
    shown: Mapping[str, Json]
    """What its addressee may see."""
    kept: OpenedPart | None
    """What he may not, with its salt; nothing where the instrument keeps nothing from him."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForProvider:
    """An order as its addressee may see it."""

    reader: MemberId
    instrument: InstrumentId
    form: Mapping[str, Json]
    parts: tuple[Part, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ForAuthority:
    """An order as a notified authority may see it: the addressee's form, and the sealed part."""

    reader: MemberId
    instrument: InstrumentId
    form: Mapping[str, Json]
    parts: tuple[Part, ...]


def order_of(instrument: Instrument, form: Mapping[str, Json], *, salt: bytes | None = None) -> Order:
    """The order that a whole form makes; with the ``salt`` of before, the same order again."""
    kept_names = fields_kept_from_addressee(instrument)
    kept = None
    if kept_names:
        part = new_part(FOR_AUTHORITY, {name: form[name] for name in sorted(kept_names & form.keys())})
        kept = part if salt is None else replace(part, salt=salt)
    shown = {name: form[name] for name in for_addressee(instrument, form).values}
    return Order(instrument=instrument.id, shown=shown, kept=kept)


def render_for_provider(order: Order, *, reader: MemberId) -> ForProvider:
    """What the addressee gets: his part of the form, and a commitment to the rest."""
    parts = () if order.kept is None else (part_for_others(order.kept),)
    return ForProvider(reader=reader, instrument=order.instrument, form=order.shown, parts=parts)


def render_for_authority(order: Order, *, reader: MemberId, key: SealingKey) -> ForAuthority:
    """What a notified authority gets: the same, and the rest sealed to ``key``, the reader's own."""
    parts = () if order.kept is None else (part_for_reader(order.kept, key=key),)
    return ForAuthority(reader=reader, instrument=order.instrument, form=order.shown, parts=parts)


def to_provider(letter: UnsignedLetter, ask: Ask, rendering: ForProvider) -> UnsignedLetter:
    """The letter with ``ask`` and the provider's rendering in it, and no other form or part.

    Raises ``WrongReaderError`` when the letter goes to another member than the rendering is for.
    """
    if type(rendering) is not ForProvider:
        raise WrongReaderError(reader="an authority", given="a provider")
    return _filled(letter, ask, rendering)


def to_authority(letter: UnsignedLetter, ask: Ask, rendering: ForAuthority) -> UnsignedLetter:
    """The letter with ``ask`` and the authority's rendering in it, and no other form or part.

    Raises ``WrongReaderError`` when the letter goes to another member than the rendering is for.
    """
    if type(rendering) is not ForAuthority:
        raise WrongReaderError(reader="a provider", given="an authority")
    return _filled(letter, ask, rendering)


def _filled(letter: UnsignedLetter, ask: Ask, rendering: ForProvider | ForAuthority) -> UnsignedLetter:
    if letter.addressee != rendering.reader:
        raise WrongReaderError(reader=rendering.reader, given=letter.addressee)
    if letter.instrument != rendering.instrument:
        raise OtherInstrumentError(instrument=letter.instrument, expected=rendering.instrument)
    return replace(letter, body=body_payload(replace(ask, form=rendering.form)), parts=rendering.parts)
