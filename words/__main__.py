"""``python -m words``: see the package."""

import os
import sys

import django

from words import catalogues


def main(arguments: list[str]) -> int:
    """Gather, update, compile, tell; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.node.settings")
    django.setup()
    from words.gather import gathered  # noqa: PLC0415 - needs Django set up

    texts, late = gathered(), []
    for language in catalogues.OFFICIAL:
        path = catalogues.path_of(language)
        found = catalogues.written(catalogues.updated(language, texts), reviewed_by=catalogues.reviewer_of(language))
        if not path.exists() or path.read_bytes() != found:
            late.append(language)
            if "--check" not in arguments:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(found)
    if "--check" in arguments:
        sys.stdout.write(f"out of date: {', '.join(late)}; run python -m words\n" if late else "")
        return 1 if late else 0
    list(catalogues.compile_all())
    for language in catalogues.OFFICIAL:
        told = catalogues.coverage(language, texts)
        review = "" if told.reviewed else ", not reviewed by a native speaker"
        sys.stdout.write(f"{language}: {told.translated} of {told.asked}{review}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
