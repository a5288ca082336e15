"""``tocsin exercise``: begin one by its scenario, see how it stands, end it, take its record along, wipe it."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.actor import Actor
from tocsin.base.instant import text
from tocsin.base.plain import plain
from tocsin.base.this_node import this_node
from tocsin.commands.acting import AsJson, acting, now, tell
from tocsin.exercise import reads
from tocsin.exercise.acts.run import begin_exercise, end_exercise
from tocsin.exercise.acts.wipe import ask_wipe, carry_out_wipes
from tocsin.exercise.rules.scenario import parse_scenario
from tocsin.exercise.shipped import scenario_named, shipped

app = typer.Typer(no_args_is_help=True, help="Exercises, at nodes that were made with --exercise.")


@app.command(epilog="Example: tocsin exercise scenarios")
def scenarios(*, as_json: AsJson = False) -> None:
    """Show the scenarios that come with Tocsin."""
    found = {name: tables["title"] for name, tables in shipped().items()}
    tell(found, as_json=as_json, words="\n".join(f"{name}  {title}" for name, title in found.items()))


@app.command(epilog="Example: tocsin exercise begin hospital-night")
def begin(
    scenario: Annotated[str, typer.Argument(help="A scenario that comes with Tocsin, or a file (TOML).")],
    *,
    as_json: AsJson = False,
) -> None:
    """Begin an exercise; every node of it begins with the same scenario and plays or answers its own part."""
    path, at = Path(scenario), now()
    tables = parse_scenario(path.read_bytes()) if path.is_file() else scenario_named(scenario)
    made = begin_exercise(tables, by=acting(at=at), at=at)
    tell({"exercise": made}, as_json=as_json, words=f"The exercise {tables['title']} has begun: {made}.")


@app.command(epilog="Example: tocsin exercise show")
def show(
    exercise: Annotated[str | None, typer.Argument(help="Its id; the newest if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show how an exercise stands: what is played here, and what each reached."""
    viewer = acting(at=now())
    line = _line(viewer, exercise)
    scores = reads.scores_for(viewer, line.id)
    moves = reads.moves_for(viewer, line.id, member=this_node().member)
    state = f"ended {text(line.ended_at)}" if line.ended_at else "running"
    lines = [f"{line.title}  {line.id}  since {text(line.began_at)}, {state}{', played here' if line.plays else ''}"]
    lines += [f"  {_when(each)}  {each.about}  {each.letter_kind}  {each.fault}".rstrip() for each in moves]
    lines += [
        f"  {each.name or 'nobody'}: {each.points} of {each.most} points, {each.mistakes} mistakes"
        for each in reads.totals(scores)
    ]
    tell({"exercise": line, "moves": moves, "scores": scores}, as_json=as_json, words="\n".join(lines))


@app.command(epilog="Example: tocsin exercise end")
def end(
    exercise: Annotated[str | None, typer.Argument(help="Its id; the newest if left out.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """End an exercise; its marks are kept as a record."""
    at = now()
    by = acting(at=at)
    line = _line(by, exercise)
    end_exercise(line.id, by=by, at=at)
    tell({"ended": line.id}, as_json=as_json, words=f"The exercise {line.title} has ended.")


@app.command(epilog="Example: tocsin exercise record --csv > record.csv")
def record(
    exercise: Annotated[str | None, typer.Argument(help="Its id; the newest if left out.")] = None,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="One mark a row, instead of JSON.")] = False,
) -> None:
    """Write the marks of an exercise out for a training record."""
    viewer = acting(at=now())
    line = _line(viewer, exercise)
    scores = reads.scores_for(viewer, line.id)
    if not as_csv:
        tell(reads.record_of(line, scores, member=this_node().member), as_json=True)
        return
    rows = csv.writer(sys.stdout)
    rows.writerows(reads.record_rows(line, [plain(each) for each in scores]))


@app.command(epilog="Example: tocsin exercise wipe --name ro")
def wipe(
    *,
    name: Annotated[str, typer.Option(help="The name of this node, typed by whoever takes everything away.")],
    as_json: AsJson = False,
) -> None:
    """Wipe everything that exercises made at this node, or finish a wipe that was cut short; marks stay."""
    at = now()
    by = acting(at=at)
    ask_wipe(name, by=by, at=at)
    carry_out_wipes(at=now())
    done = reads.last_wipe(by)
    assert done is not None  # noqa: S101 - it was carried out two lines above
    words = f"Wiped: {done.requests} requests, {done.letters} letters. Marks stay; the journal keeps its tombstones."
    tell(done, as_json=as_json, words=words)


def _line(viewer: Actor, exercise: str | None) -> reads.ExerciseLine:
    if exercise is not None:
        return reads.exercise_for(viewer, exercise)
    return reads.newest_exercise(viewer)


def _when(each: reads.MoveLine) -> str:
    instant = each.at or each.due
    return text(instant) if instant else ""
