"""``python -m words``: see the package."""

import json
import os
import sys
from pathlib import Path

import django
from babel.messages.catalog import Catalog

import words
from words import catalogues, exchange


def main(arguments: list[str]) -> int:
    """Gather, update, compile, tell; the exit code."""
    if arguments[:1] not in ([], ["--check"], ["--missing"], ["--take"]):
        sys.stdout.write(words.__doc__ or "")
        return 0 if arguments[:1] == ["--help"] else 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.node.settings")
    django.setup()
    from words.gather import gathered  # noqa: PLC0415 - needs Django set up

    texts = gathered()
    if arguments[:1] == ["--missing"]:
        sys.stdout.write(exchange.as_json(exchange.missing(arguments[1], texts)))
        return 0
    if arguments[:1] == ["--take"]:
        refused = list(exchange.take(arguments[1], json.loads(Path(arguments[2]).read_text())))
        sys.stdout.writelines(f"not taken: {why}\n" for why in refused)
        return 1 if refused else 0
    return _update(texts, check="--check" in arguments)


def _update(texts: Catalog, *, check: bool) -> int:
    late = []
    for language in catalogues.TRANSLATED:
        path = catalogues.path_of(language)
        found = catalogues.written(catalogues.updated(language, texts), reviewed_by=catalogues.reviewer_of(language))
        if not path.exists() or path.read_bytes() != found:
            late.append(language)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(found)
    if check:
        sys.stdout.write(f"out of date: {', '.join(late)}; run python -m words\n" if late else "")
        return 1 if late else 0
    list(catalogues.compile_all())
    for language in catalogues.TRANSLATED:
        told = catalogues.coverage(language, texts)
        review = "" if told.reviewed else ", not reviewed by a native speaker"
        sys.stdout.write(f"{language}: {told.translated} of {told.asked}{review}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
