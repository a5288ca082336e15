"""The pages of a proof bundle: the same things for reading, by a lawyer, offline and without a script.

They are no part of the proof, and say so: what counts are the signed files that they link to. Everything that comes
from a letter or a manifest is escaped; nothing is loaded from anywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where things lie in the bundle, and how members are called."""

    places: Mapping[str, str]
    """Letters by hash, manifests by package, files by ``package/name``."""
    lost: int
    """How many entries of the journal were erased under a retention rule."""
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTold:
    """A letter in words; an erased one has no content."""

    seq: int
    kind: str
    sender: str
    addressee: str
    written: str
    by: str
    sha256: str
    path: str
    said: Sequence[tuple[str, str]]
    """What it says, field by field."""
    withheld: Sequence[str]
    receipts: Sequence[str]
    erased: bool = False
    unsigned: bool = False
    """Whether it is no letter: it was taken down, and nobody signed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTold:
    """A legal time limit and what became of it."""

    name: str
    article: str
    side: str
    due: str
    verdict: str
    missed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTold:
    """An item of evidence."""

    name: str
    size: int
    sha256: str
    sha512: str
    origin: str
    path: str
    lost_rows: bool = False
    """Whether a conversion says that it gave other than it got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTold:
    """A package: its items, every hand and every conversion."""

    title: str
    package: str
    manifest_sha256: str
    path: str
    made: str
    files: Sequence[FileTold]
    hands: Sequence[str]
    stamps: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that the pages tell."""

    request: str
    title: str
    reference: str
    asker: str
    asked: str
    state: str
    exercise: bool
    letters: Sequence[LetterTold]
    clocks: Sequence[ClockTold]
    packages: Sequence[PackageTold]
    lost_entries: int
    made_by: str
    made_at: str
    anchors: Sequence[str] = field(default_factory=tuple)


def pages_of(story: Story) -> dict[str, bytes]:
    """The pages by their path in the bundle."""
    return {"pages/index.html": _page(story).encode("utf-8")}


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #c9ced6; --soft: #f3f5f8; --bad: #b00020;
  --good: #0b6b3a; --link: #0b4fa8 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #14171b; --line: #3a414b; --soft: #1d2228;
  --bad: #ff7a8a; --good: #6fd39b; --link: #8ab8ff } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem }
a { color: var(--link) } h1 { font-size: 1.6rem; line-height: 1.25 }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); font-size: 1.25rem } h3 { font-size: 1.05rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line) }
th { background: var(--soft); font-weight: 600 }
code { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
pre { background: var(--soft); padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
.note { background: var(--soft); border-left: .3rem solid var(--line); padding: .6rem 1rem } .bad { color: var(--bad);
  font-weight: 600 } .good { color: var(--good) }
dl { display: grid; grid-template-columns: minmax(8rem, 16rem) minmax(0, 1fr); gap: .2rem 1rem }
dt { font-weight: 600; overflow-wrap: anywhere } dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 40rem) { dl { grid-template-columns: minmax(0, 1fr) } dd { margin-bottom: .4rem }
  table { display: block; overflow-x: auto } }
@media print { body { margin: 0; max-width: none; font-size: 10pt } a { color: inherit; text-decoration: none }
  h2 { break-after: avoid } tr, .letter { break-inside: avoid } }
"""


def _page(story: Story) -> str:
    parts = [
        _head(story),
        _letters(story.letters),
        _clocks(story.clocks),
        *(_package(one) for one in story.packages),
        _gone(story),
        _how(story),
    ]
    title = f"{escape(story.title)}: request {escape(story.reference or story.request)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(story: Story) -> str:
    exercise = '<p class="bad">This was an exercise: nothing of it concerns a real case.</p>' if story.exercise else ""
    told = [
        ("Asked by", story.asker),
        ("Asked of", story.asked),
        ("Reference", story.reference or "none"),
        ("Request", story.request),
        ("Where it stands", story.state),
        ("Put together", f"at {story.made_at} by {story.made_by}"),
    ]
    return (
        f"<h1>{escape(story.title)}</h1>\n{exercise}\n{_terms(told)}\n"
        '<p class="note">These pages are for reading. What counts are the signed files that they link to; how '
        'those are checked, without this page and the program that made it, stands <a href="#how">at the end</a>.</p>'
    )


def _letters(letters: Sequence[LetterTold]) -> str:
    return "<h2>Who said what, and when</h2>\n" + "\n".join(_letter(one) for one in letters)


def _letter(letter: LetterTold) -> str:
    head = f"{escape(letter.kind)}: {escape(letter.sender)} to {escape(letter.addressee)}, letter {letter.seq}"
    if letter.erased:
        text = "It was erased under a retention rule. Its place in the chain and its hash stay."
        told = f'<p class="note">{text} <code>{escape(letter.sha256)}</code></p>'
        return f'<section class="letter"><h3>{head}</h3>{told}</section>'
    withheld = "".join(f'<p class="note">{escape(one)}</p>' for one in letter.withheld)
    if letter.unsigned:
        return _taken_down(letter, withheld)
    receipts = "".join(f"<li>{escape(one)}</li>" for one in letter.receipts) or "<li>no receipt is here</li>"
    return (
        f'<section class="letter"><h3>{head}</h3>\n<p>Written at {escape(letter.written)} by {escape(letter.by)}. '
        f"{_link(letter.path)} <code>SHA-256 {escape(letter.sha256)}</code></p>\n{_terms(letter.said)}\n{withheld}"
        f"<ul>{receipts}</ul></section>"
    )


def _taken_down(letter: LetterTold, withheld: str) -> str:
    head = f"{escape(letter.kind)}: {escape(letter.sender)} to {escape(letter.addressee)}, step {letter.seq}"
    told = "".join(f"<li>{escape(one)}</li>" for one in letter.receipts)
    note = "Nobody signed this: it was written down by this node. It proves no more than that."
    return (
        f'<section class="letter"><h3>{head}</h3>\n<p class="note">{note}</p><p>Said by {escape(letter.by)}. '
        f"{_link(letter.path)} <code>SHA-256 {escape(letter.sha256)}</code></p>\n{_terms(letter.said)}\n{withheld}"
        f"<ul>{told}</ul></section>"
    )


def _clocks(clocks: Sequence[ClockTold]) -> str:
    rows = [
        (
            escape(one.name),
            escape(one.article or "a target, no legal limit"),
            escape(one.side),
            escape(one.due),
            f'<span class="{"bad" if one.missed else "good"}">{escape(one.verdict)}</span>',
        )
        for one in clocks
    ]
    body = _table(("clock", "rests on", "runs for", "due", "what became of it"), rows) if rows else "<p>None ran.</p>"
    return f"<h2>Time limits</h2>\n{body}"


def _package(package: PackageTold) -> str:
    rows = [_file_row(file) for file in package.files]
    hands = "".join(f"<li>{escape(one)}</li>" for one in package.hands)
    stamps = "".join(f"<li>{escape(one)}</li>" for one in package.stamps) or "<li>none</li>"
    return (
        f"<h2>Evidence: {escape(package.title)}</h2>\n<p>{escape(package.made)} {_link(package.path)} "
        f"<code>SHA-256 {escape(package.manifest_sha256)}</code></p>\n"
        f"{_table(('item', 'bytes', 'where it comes from', 'hashes'), rows)}\n"
        f"<h3>Every hand it was in</h3>\n<ol>{hands}</ol>\n<h3>Time stamps</h3>\n<ul>{stamps}</ul>"
    )


def _file_row(file: FileTold) -> tuple[str, str, str, str]:
    name = f'<a href="../{escape(file.path)}">{escape(file.name)}</a>' if file.path else escape(file.name)
    tick = '<span class="bad">✗ rows were lost:</span> ' if file.lost_rows else ""
    hashes = f"<code>SHA-256 {escape(file.sha256)}<br>SHA-512 {escape(file.sha512)}</code>"
    return name, str(file.size), f"{tick}{escape(file.origin)}", hashes


def _gone(story: Story) -> str:
    withheld = [
        f"{one.kind} (letter {one.seq} of {one.sender}): {text}" for one in story.letters for text in one.withheld
    ]
    erased = [f"letter {one.seq} of {one.sender} ({one.kind})" for one in story.letters if one.erased]
    if story.lost_entries:
        erased.append(f"{story.lost_entries} entries of the journal of {story.made_by}")
    return (
        f"<h2>What was withheld or erased</h2>\n<h3>Withheld</h3>\n{_list(withheld)}\n"
        f"<h3>Erased under a retention rule; place and hash stay</h3>\n{_list(erased)}"
    )


def _how(story: Story) -> str:
    anchors = _list(story.anchors)
    return (
        '<h2 id="how">How to check it</h2>\n<p>You need one thing more, and not from this bundle: the anchor. It is '
        "the first root of the directory, or the fingerprint of a contact point's card, told to you another way. The "
        f"bundle says that it rests on:</p>\n{anchors}\n<p>Then, on a machine without any network, with Python and its "
        "library <code>cryptography</code>:</p>\n<pre>python -m tocsin.proof BUNDLE --anchor ANCHOR</pre>\n"
        "<p>It prints line by line what is established, what is not checked and with which command it is, and what no "
        "such check can prove. By hand: <code>sha256sum letters/001.jws</code> is the hash by which other letters name "
        "that letter, and every file's hash stands in <code>bundle.json</code>.</p>"
    )


def _terms(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; its cells are HTML already."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _list(items: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in items) + "</ul>" if items else "<p>Nothing.</p>"


def _link(path: str) -> str:
    return f'<a href="../{escape(path)}">{escape(path)}</a>' if path else ""
