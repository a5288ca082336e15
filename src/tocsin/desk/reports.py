"""Reports: volumes, reaction times, clocks and refusals of a period, as tables, as pictures and as CSV.

Each table says what its numbers mean and of how many they are. What is not known says so, and what is masked too.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from tocsin.base.sheet import safe_cell
from tocsin.desk import pictures, words
from tocsin.desk.pictures import Bar, Bars
from tocsin.desk.viewer import DeskRequest
from tocsin.law.errors import UnknownInstrumentError
from tocsin.law.grounds import grounds
from tocsin.law.instrument import clock_named, instrument
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.figures import NOT_KNOWN, Number, Report, Table, report_for

_MOST_DAYS = 366 * 10
_SINCE = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class Words:
    """What a table is called, what its numbers mean, and of what they are a part."""

    title: Any
    definition: Any
    denominator: Any


TABLES: Mapping[str, Words] = {
    "volumes-by-month": Words(
        _("Requests by month"),
        _("Requests that began here in the month, by the day in UTC on which the ask came or left."),
        _("All requests of this node, in all dossiers; one that came on several ways counts once."),
    ),
    "volumes-by-instrument": Words(
        _("Requests by instrument"),
        _("Requests of the period under each instrument, and how they stand today."),
        _("All requests that began in the period."),
    ),
    "volumes-by-country": Words(
        _("Requests by country"),
        _("Requests of the period by the country of the other side, and how they stand today."),
        _("All requests that began in the period. A known country without any says so."),
    ),
    "reactions-by-instrument": Words(
        _("Time to the first answer, by instrument"),
        _(
            "From the receipt of the ask to the first word of the asked side that says more than that it came, by this "
            "node's clock, rounded to two figures. Half took at most the median, nine in ten at most the second number."
        ),
        _("Requests of the period that were answered and whose receipt is known."),
    ),
    "reactions-by-country": Words(
        _("Time to the first answer, by country"),
        _("The same, by the country of the other side."),
        _("Requests of the period that were answered and whose receipt is known."),
    ),
    "clocks-by-instrument": Words(
        _("Clocks met, by instrument"),
        _(
            "Clocks of the law that were started in requests of the period, as they stand today. Late is after the "
            "strict end and before the latest that the law allows; missed is after both, or never."
        ),
        _("All clocks that a letter started in requests of the period; rights that lapse are none."),
    ),
    "clocks-by-country": Words(
        _("Clocks met, by country"),
        _("The same, by the country of the other side."),
        _("All clocks that a letter started in requests of the period; rights that lapse are none."),
    ),
    "refusals-by-ground": Words(
        _("Refusals by ground"),
        _("Requests of the period that stand refused, by the first ground that was given."),
        _("All requests of the period that stand refused."),
    ),
}
COLUMNS: Mapping[str, Any] = {
    "came": _("came in"),
    "went": _("went out"),
    "open": _("open"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
    "answered": _("answered"),
    "median": _("median"),
    "ninety": _("90 in 100"),
    "unanswered": _("not answered"),
    "not-known": _("not known how soon"),
    "met": _("met"),
    "met-late": _("met late"),
    "missed": _("missed"),
    "running": _("running"),
    "not-recorded": _("no number recorded"),
    "month": _("Month"),
    "instrument": _("Instrument"),
    "country": _("Country"),
    "side": _("Who answered"),
    "clock": _("Clock"),
    "whose": _("Whose duty"),
    "ground": _("Ground"),
}
_SIDES: Mapping[str, Any] = {"asked": _("this node"), "asker": _("the other side")}
_WHOSE: Mapping[str, Any] = {"ours": _("ours"), "theirs": _("theirs")}
_DRAWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("volumes-by-month", "volumes-by-instrument", "volumes-by-country"), ("came", "went")),
    "refusals-by-ground": ("came", "went"),
    **dict.fromkeys(("reactions-by-instrument", "reactions-by-country"), ("median", "ninety")),
    **dict.fromkeys(("clocks-by-instrument", "clocks-by-country"), ("met", "met-late", "missed")),
}
_MOST_DRAWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A table in words, with its picture."""

    table: Table
    title: str
    definition: str
    denominator: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple["Shown", ...]], ...]
    picture: SafeString


@dataclass(frozen=True, slots=True)
class Shown:
    """A number in words, and how it is shown."""

    said: str
    tone: str
    """``masked``, ``not-known`` or nothing."""


class PeriodForm(forms.Form):
    """From which month to which."""

    since = forms.DateField(
        label=_("From the month"),
        widget=forms.DateInput(attrs={"type": "month", "class": "short", "placeholder": "2026-01"}, format="%Y-%m"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
    )
    until = forms.DateField(
        label=_("Up to and with the month"),
        widget=forms.DateInput(attrs={"type": "month", "class": "short", "placeholder": "2026-12"}, format="%Y-%m"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
    )

    def clean(self) -> dict[str, Any]:
        """A period that begins before it ends, and not for ever."""
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and not timedelta(0) <= until - since <= timedelta(days=_MOST_DAYS):
            self.add_error("until", gettext("A period ends with its first month or later, within ten years."))
        return said


@require_GET
def reports(request: DeskRequest) -> HttpResponse:
    """Every table of a period, with its picture, its definition and its denominator."""
    rights.check(request.viewer, Right.READ_REPORTS)
    first, last = _usual(request)
    form = _period(request, first, last)
    faulty = not form.is_valid()
    since, until = (first, last) if faulty else (form.cleaned_data["since"], form.cleaned_data["until"])
    report = report_for(request.viewer, since=since, until=until)
    shown = {
        "section": "reports",
        "form": form,
        "report": report,
        "tables": [_shown(each) for each in report.tables],
        "period": f"?since={since:%Y-%m}&until={until:%Y-%m}",
    }
    return render(
        request, "desk/reports/reports.html", shown, status=HTTPStatus.UNPROCESSABLE_ENTITY if faulty else HTTPStatus.OK
    )


@require_GET
def table_csv(request: DeskRequest, table: str) -> HttpResponse:
    """A table as CSV: codes and numbers, with its period, definition and denominator above."""
    report = _report_of(request)
    found = _table(report, table)
    answer = HttpResponse(csv_of(report, found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.id}-{report.since:%Y-%m}-{report.until:%Y-%m}.csv"'
    return answer


@require_GET
def table_picture(request: DeskRequest, table: str) -> HttpResponse:
    """A table as a picture of its own."""
    report = _report_of(request)
    found = _table(report, table)
    picture = _shown(found).picture
    if not picture:
        raise Http404
    answer = HttpResponse(str(picture), content_type="image/svg+xml")
    answer["Content-Disposition"] = f'attachment; filename="{found.id}-{report.since:%Y-%m}-{report.until:%Y-%m}.svg"'
    return answer


def csv_of(report: Report, table: Table) -> str:
    """The bytes of a table: the same figures give the same bytes, whoever asks, in whatever language."""
    said = TABLES[table.id]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["table", table.id])
    writer.writerow(["period", f"{report.since:%Y-%m}/{report.until:%Y-%m}"])
    writer.writerow(["definition", str(_english(said.definition))])
    writer.writerow(["denominator", str(_english(said.denominator))])
    writer.writerow(["masked below", report.mask_below])
    writer.writerow([])
    units = [f"{column} (s)" if column in table.seconds else column for column in table.columns]
    writer.writerow([*table.keys, *units])
    for row in table.rows:
        key = [safe_cell(each or "not known") for each in row.key]
        writer.writerow([*key, *(_plain(number) for number in row.numbers)])
    return "\ufeff" + out.getvalue()


def _english(words_of: Any) -> str:
    """The message itself: a file that is compared later has one language."""
    with translation.override("en"):
        return str(words_of)


def _plain(number: Number) -> str | int:
    if number.masked:
        return "masked"
    return "not known" if number.value is None else number.value


def _period(request: DeskRequest, first: date, last: date) -> PeriodForm:
    said = request.GET
    return PeriodForm({"since": said.get("since") or f"{first:%Y-%m}", "until": said.get("until") or f"{last:%Y-%m}"})


def _usual(request: DeskRequest) -> tuple[date, date]:
    until = request.at.date()
    return (until - _SINCE).replace(day=1), until.replace(day=1)


def _report_of(request: DeskRequest) -> Report:
    rights.check(request.viewer, Right.READ_REPORTS)
    first, last = _usual(request)
    form = _period(request, first, last)
    if not form.is_valid():
        raise Http404
    return report_for(request.viewer, since=form.cleaned_data["since"], until=form.cleaned_data["until"])


def _table(report: Report, name: str) -> Table:
    found = report.table(name)
    if found is None:
        raise Http404
    return found


def _shown(table: Table) -> ShownTable:
    said = TABLES[table.id]
    rows = tuple(
        (
            tuple(_key(name, part) for name, part in zip(table.keys, row.key, strict=True)),
            tuple(
                _number(number, seconds=column in table.seconds)
                for column, number in zip(table.columns, row.numbers, strict=True)
            ),
        )
        for row in table.rows
    )
    return ShownTable(
        table=table,
        title=str(said.title),
        definition=str(said.definition),
        denominator=str(said.denominator),
        keys=tuple(str(COLUMNS[each]) for each in table.keys),
        columns=tuple(str(COLUMNS[each]) for each in table.columns),
        rows=rows,
        picture=_picture(table, rows, title=str(said.title), description=str(said.definition)),
    )


def _picture(
    table: Table, rows: tuple[tuple[tuple[str, ...], tuple[Shown, ...]], ...], *, title: str, description: str
) -> SafeString:
    drawn = _DRAWN[table.id]
    places = [table.columns.index(each) for each in drawn]
    lines = [
        Bars(
            label=" · ".join(part for part in key if part),
            bars=tuple(Bar(row.numbers[place].value, shown[place].said) for place in places),
        )
        for (key, shown), row in zip(rows, table.rows, strict=True)
        if any(_is_drawn(row.numbers[place], seconds=table.columns[place] in table.seconds) for place in places)
    ][:_MOST_DRAWN]
    series = [str(COLUMNS[each]) for each in drawn]
    draw = pictures.stacked if table.id.startswith("clocks") else pictures.grouped
    made = draw(table.id, title=title, description=description, series=series, rows=lines)
    return mark_safe(made) if lines else SafeString()  # noqa: S308 - made here, every word in it escaped


def _is_drawn(number: Number, *, seconds: bool) -> bool:
    return number.value is not None and (seconds or number.value > 0)


def _number(number: Number, *, seconds: bool) -> Shown:
    if number.masked:
        return Shown(gettext("masked"), "masked")
    if number.value is None:
        return Shown(gettext("not known"), "not-known")
    return Shown(words.reaction(timedelta(seconds=number.value)) if seconds else str(number.value), "")


def _key(name: str, part: str) -> str:
    return gettext("not known") if part == NOT_KNOWN else _SAID.get(name, str)(part)


def _country(part: str) -> str:
    return str(words.locale().territories.get(part, part))


def _side(part: str) -> str:
    return str(_SIDES[part])


def _duty(part: str) -> str:
    return str(_WHOSE[part])


def _ground(part: str) -> str:
    known = grounds().get(part)
    return words.law(known.text) if known else part


def _instrument(part: str) -> str:
    short = words.word(f"short:{part}") if words.is_coded(f"short:{part}") else ""
    try:
        return short or words.law(instrument(part).title)
    except UnknownInstrumentError:
        return part


def _clock(part: str) -> str:
    try:
        law = clock_named(part)
    except KeyError:
        return words.word(part)
    return words.law(law.step)


_SAID: Mapping[str, Callable[[str], str]] = {
    "instrument": _instrument,
    "country": _country,
    "side": _side,
    "whose": _duty,
    "clock": _clock,
    "ground": _ground,
}
"""How each part of a row's key is said."""
