"""Keeping the words of letters and notes, so that their requests are found by them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from tocsin.base.ids import RequestId
from tocsin.requests.models import Request, Wording, keep_wordings
from tocsin.requests.rules.wording import MOST, SIMPLE, dictionary_of, language_of, words_of
from tocsin.wire.rules.letter import Letter


def keep_words(letters: Iterable[Letter], *, begun: Collection[RequestId] = ()) -> None:
    """Keep the words of letters, each read in the language of its thread's ask, which ``begun`` threads have here."""
    kept = list(letters)
    languages = {letter.thread: dictionary_of(language_of(letter.body)) for letter in kept if language_of(letter.body)}
    languages |= _dictionaries({letter.thread for letter in kept} - languages.keys() - set(begun))
    rows = [
        (letter.thread, letter.sha256, words_of(letter.body), languages.get(letter.thread, SIMPLE)) for letter in kept
    ]
    keep_wordings([row for row in rows if row[2]])


def keep_note_words(row: Request, *, note: str, words: str, language: str) -> None:
    """Keep the words of a note."""
    keep_wordings([(str(row.id), note, words[:MOST], dictionary_of(language))])


def _dictionaries(threads: set[RequestId]) -> dict[RequestId, str]:
    """By which dictionary the first letter of each thread was read."""
    if not threads:
        return {}
    rows = Wording.objects.filter(request__in=list(map(UUID, threads))).order_by("request", "id").distinct("request")
    return {RequestId(str(request)): dictionary for request, dictionary in rows.values_list("request", "dictionary")}
