"""``tocsin evidence``: pack, deliver, take in, open, pass on, convert, time-stamp and describe evidence."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.instant import text
from tocsin.base.plain import plain
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.evidence import reads
from tocsin.evidence.acts import stamp as stamping
from tocsin.evidence.acts.bundle import EvidenceIn, write_bundle
from tocsin.evidence.acts.case import export_case
from tocsin.evidence.acts.convert import convert, rerun_conversions
from tocsin.evidence.acts.deliver import deliver, pass_on
from tocsin.evidence.acts.open import open_package
from tocsin.evidence.acts.pack import pack
from tocsin.evidence.acts.take_in import deliveries_waiting, take_in
from tocsin.evidence.reads import PackageView
from tocsin.evidence.shown import shown_custody, shown_package, shown_stamp
from tocsin.wire.rules.letter import Letter

app = typer.Typer(no_args_is_help=True, help="Packages of evidence: whole, in whose hands, and proved.")

Place = Annotated[str, typer.Option(help="Where you do this, like 'Lisboa, PT'; the node's own place if left out.")]
Words = Annotated[str, typer.Option(help="What you say with it.")]
Part = Annotated[bool, typer.Option("--part", help="More is to come; without it the delivery is complete.")]


@app.command("list", epilog="Example: tocsin evidence list 5d0c…")
def list_(request: str, *, as_json: AsJson = False) -> None:
    """Show the packages of a request and the deliveries that wait to be taken in."""
    viewer = acting(at=now())
    found, waiting = reads.packages_for(viewer, request), deliveries_waiting(viewer, request)
    lines = [
        f"{each.id}  {each.state:12} {len(each.manifest.files):4} files  held by {each.custody.holder:14} "
        f"{each.manifest.title}"
        for each in found
    ]
    lines += [f"letter {each.seq} of {each.sender} brought a package that waits to be taken in" for each in waiting]
    told = {"packages": [shown_package(each) for each in found], "waiting": [each.id for each in waiting]}
    tell(told, as_json=as_json, words="\n".join(lines) or "There is no package.")


@app.command("pack", epilog='Example: tocsin evidence pack 5d0c… mailbox.mbox --title "Mailbox of example.user"')
def pack_(
    request: str,
    files: Annotated[list[Path], typer.Argument(help="Files, and folders with all that is in them.")],
    *,
    title: Annotated[str, typer.Option(help="What the package is.")],
    place: Place = "",
    as_json: AsJson = False,
) -> None:
    """Hash files, describe them in a manifest and encrypt them to the other side of a request, in one read of each."""
    at = now()
    with _progress(_bytes_of(files), "packed", hidden=as_json) as done:
        made = pack(request, title=title, files=files, by=acting(at=at), at=at, place=place, progress=done)
    _tell_package(made, as_json=as_json)


@app.command("deliver", epilog="Example: tocsin evidence deliver 77ab… --words 'All that there is'")
def deliver_(
    package: str, *, words: Words = "", part: Part = False, place: Place = "", as_json: AsJson = False
) -> None:
    """Hand a package over to the side that its request came from."""
    at = now()
    letter = deliver(package, complete=not part, words=words, place=place, by=acting(at=at), at=at)
    _tell_letter(letter, as_json=as_json)


@app.command("pass-on", epilog="Example: tocsin evidence pass-on 77ab… 5d0c…")
def pass_on_(
    package: str,
    request: Annotated[str, typer.Argument(help="The request of this node that the package answers.")],
    *,
    words: Words = "",
    part: Part = False,
    place: Place = "",
    as_json: AsJson = False,
) -> None:
    """Hand a package that this node holds over with another request; its custody goes on."""
    at = now()
    by = acting(at=at)
    size = sum(file.size for file in reads.package_for(by, package).manifest.files)
    with _progress(size, "encrypted", hidden=as_json) as done:
        letter = pass_on(
            package, request=request, complete=not part, words=words, place=place, by=by, at=at, progress=done
        )
    _tell_letter(letter, as_json=as_json)


@app.command("take-in", epilog="Example: tocsin evidence take-in 5d0c…")
def take_in_(request: str, *, place: Place = "", as_json: AsJson = False) -> None:
    """Take in the delivered packages of a request: manifest, signatures and custody are checked."""
    at = now()
    taken = take_in(request, by=acting(at=at), at=at, place=place)
    words = "\n".join(f"{each.id}  {each.manifest.title}: taken in, {len(each.chain)} custody events" for each in taken)
    tell([shown_package(each) for each in taken], as_json=as_json, words=words)


@app.command("open", epilog='Example: tocsin evidence open 77ab… --into case-55 --reason "case 55, reading it"')
def open_(
    package: str,
    *,
    into: Annotated[Path, typer.Option(help="A folder that is not there yet, or is empty.")],
    reason: Annotated[str, typer.Option(help="Why; the journal and the custody keep it.")],
    place: Place = "",
    as_json: AsJson = False,
) -> None:
    """Decrypt a package and check every size and hash; after a fault nothing of it lies there."""
    at = now()
    by = acting(at=at)
    size = sum(file.size for file in reads.package_for(by, package).manifest.files)
    with _progress(size, "opened", hidden=as_json) as done:
        found = open_package(package, into=into, reason=reason, by=by, at=at, place=place, progress=done)
    files = [str(found.folder / file.name) for file in found.package.manifest.files]
    tell({"folder": str(found.folder), "files": files}, as_json=as_json, words="\n".join(files))


@app.command("convert", epilog="Example: tocsin evidence convert 77ab… sessions.csv")
def convert_(
    package: str,
    name: Annotated[str, typer.Argument(help="The CSV file, as the manifest calls it.")],
    *,
    delimiter: Annotated[str, typer.Option(help="What parts the values.")] = ",",
    place: Place = "",
    as_json: AsJson = False,
) -> None:
    """Make a table of a CSV file: refused if a row is lost; the raw file stays beside it in the new package."""
    at = now()
    made = convert(package, name=name, delimiter=delimiter, place=place, by=acting(at=at), at=at)
    _tell_package(made, as_json=as_json)


@app.command("rerun", epilog="Example: tocsin evidence rerun 91cd…")
def rerun(package: str, *, as_json: AsJson = False) -> None:
    """Run the conversions of a package again and see that they give the same bytes."""
    at = now()
    same = rerun_conversions(package, by=acting(at=at), at=at)
    tell({"same": same}, as_json=as_json, words="\n".join(f"{name}: the same bytes" for name in same) or "Nothing.")


@app.command("stamp", epilog="Example: tocsin evidence stamp 77ab…   (or: tocsin evidence stamp --journal)")
def stamp(
    package: Annotated[str, typer.Argument(help="The package whose manifest is stamped.")] = "",
    *,
    journal: Annotated[bool, typer.Option("--journal", help="Stamp the journal's present state.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have a manifest or the journal's state time-stamped by the authority of time-authority.toml (RFC 3161)."""
    at = now()
    authority = stamping.authority_of_home()
    if journal == bool(package):
        raise typer.BadParameter("name a package, or --journal")
    if journal:
        made = stamping.time_stamp_checkpoint(authority=authority, by=acting(at=at), at=at)
    else:
        made = stamping.time_stamp_manifest(package, authority=authority, by=acting(at=at), at=at)
    tell(shown_stamp(made), as_json=as_json, words=f"{text(made.stamped_at)} by {made.authority}, over {made.kind}")


@app.command("custody", epilog="Example: tocsin evidence custody 77ab…")
def custody(package: str, *, as_json: AsJson = False) -> None:
    """Show in whose hands a package was: every event, who signed it, when and where."""
    view = reads.package_for(acting(at=now()), package)
    lines = [
        f"{event.seq:3}  {text(event.at)}  {event.event.value:12} {event.member:14} {event.person}, {event.place}"
        + (f" → {event.to}" if event.to else "")
        + ("" if event.exercise_shift_seconds is None else f"  (exercise, clock +{event.exercise_shift_seconds} s)")
        for event in view.chain
    ]
    tell(shown_custody(view), as_json=as_json, words="\n".join(lines))


@app.command("case", epilog="Example: tocsin evidence case 77ab… package.jsonld")
def case(package: str, file: Path, *, as_json: AsJson = False) -> None:
    """Describe a package in CASE/UCO (JSON-LD), which case_validate accepts."""
    at = now()
    digest = export_case(package, file, by=acting(at=at), at=at)
    tell({"file": str(file), "sha256": digest}, as_json=as_json, words=f"{file}  SHA-256 {digest}")


def bundle(
    request: str,
    target: Annotated[Path, typer.Argument(help="A folder or a .zip file that is not there yet.")],
    *,
    evidence: Annotated[
        EvidenceIn,
        typer.Option(help="clear: decrypted, which is an opening; sealed: as it travelled; without: hashes."),
    ] = EvidenceIn.SEALED,
    as_json: AsJson = False,
) -> None:
    """Write the proof bundle of a request, which python -m tocsin.proof checks and whose pages anybody reads."""
    at = now()
    made = write_bundle(request, target, by=acting(at=at), at=at, evidence=evidence)
    anchor = made.root_sha256 or made.card_sha256 or "ANCHOR"
    words = f"{made.path}: {made.files} files.\nCheck it: tocsin verify {made.path} --anchor {anchor}"
    tell({**plain(made), "path": str(made.path)}, as_json=as_json, words=words)


# --- Small things -------------------------------------------------------------------------------


def _tell_package(view: PackageView, *, as_json: bool) -> None:
    lines = [f"package {view.id}  manifest {view.manifest_sha256}"]
    lines += [f"  {file.sha256}  {file.size:12}  {file.name}" for file in view.manifest.files]
    tell(shown_package(view), as_json=as_json, words="\n".join(lines))


def _tell_letter(letter: Letter, *, as_json: bool) -> None:
    found = {"letter": letter.id, "request": letter.thread, "kind": letter.kind.value, "sha256": letter.sha256}
    words = f"handed over to {letter.addressee}: letter and {len(letter.attachments)} files are in the outbox."
    tell(found, as_json=as_json, words=words)


def _bytes_of(files: list[Path]) -> int:
    inside = [each for path in files for each in (path.rglob("*") if path.is_dir() else [path])]
    return sum(each.stat().st_size for each in inside if each.is_file())


@contextmanager
def _progress(size: int, label: str, *, hidden: bool) -> Iterator[Callable[[int], None] | None]:
    """A bar on the terminal for work on so many bytes; none for programs or where nobody watches."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    with typer.progressbar(length=size, label=label, file=sys.stderr) as bar:
        yield bar.update
