"""The sections of the reports page: each a table with bars, its definition, and the rows of its CSV."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.http import StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.domain.desk.reports import STEPS, TURNS, Report, Spread
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.words import Words
from onboarding.enums import Ending, Kind
from portal.tables import writing
from portal.wording import colon, reader_language

Text = str | Promise


@dataclass(frozen=True)
class Row:
    """A line: its label, its cells, and the widths of its bars in hundredths of the longest (dark first)."""

    label: Text
    cells: list[object]
    bars: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    code: str
    title: Text
    definition: Text
    heads: list[Text]
    rows: list[Row]

    @property
    def lines(self) -> list[tuple[Row, list[tuple[Text, object]]]]:
        """Return the rows, each with its cells beside their heads, for narrow pages."""
        return [(row, list(zip(self.heads[1:], row.cells, strict=True))) for row in self.rows]


def sections(report: Report, words: Words, names: Mapping[int, str], *, with_people: bool) -> list[Section]:
    """Return the sections in the order of the page; those about people only for whom they concern."""
    made = [_funnel(report), _drop_off(report), _turns(report, words), _reasons(report, words), _forecasts(report)]
    return [*made, _people(report, names)] if with_people else made


def _funnel(report: Report) -> Section:
    steps = [
        (f"steps-{number}", _("At least %(done)s of %(all)s steps done") % {"done": number, "all": STEPS})
        for number in range(1, STEPS + 1)
    ]
    lines = [("started", _("Started")), ("submitted", _("Submitted")), *steps, ("ready", _("Ready to transact"))]
    started = report.funnel.get("started", 0)
    return Section(
        "funnel",
        _("How far files came"),
        _("Files that were started in the period, and how far each has come until today."),
        [_("Stage"), _("Files"), _("Of those started")],
        [
            Row(label, [number, percent(number, started)], [share(number, started)])
            for key, label in lines
            if (number := report.funnel.get(key, 0)) or key in ("started", "submitted", "ready")
        ],
    )


def _drop_off(report: Report) -> Section:
    left = {done: report.funnel.get(f"left-{done}", 0) for done in range(STEPS + 1)}
    most = max(left.values(), default=0)
    return Section(
        "drop-off",
        _("Where files were left"),
        _("Of the files started in the period: those set aside or withdrawn today, by the steps they had done."),
        [_("Steps done"), _("Files")],
        [Row(str(done), [number], [share(number, most)]) for done, number in left.items() if number],
    )


def _turns(report: Report, words: Words) -> Section:
    longest = max((found.ninth_decile for found in report.turns.values()), default=0)
    rows = []
    for kind in Kind:
        for turn in TURNS:
            found = report.turns.get((kind.value, turn.value))
            if found:
                label = f"{kind.label}{colon()}{words.turn(turn)}"
                rows.append(Row(label, [*_cells(found)], _bars(found, longest)))
    return Section(
        "turns",
        _("How long each turn took"),
        _("Turns that ended in the period, in calendar days from their beginning; a check may have several."),
        [_("Check, and whose turn"), _("Turns"), _("Median"), _("Nine in ten within")],
        rows,
    )


def _reasons(report: Report, words: Words) -> Section:
    asked = sorted(report.reasons.items(), key=lambda item: -item[1].get("asked", 0))
    most = max((counts.get("asked", 0) for _reason, counts in asked), default=0)
    good = (Ending.HELD, Ending.ACCEPTED)
    rows = [
        Row(
            words.reason(reason) if reason in REASONS else reason,
            [counts.get("asked", 0), counts.get("again", 0), sum(counts.get(how, 0) for how in good),
             counts.get("open", 0)],
            [share(counts.get("asked", 0), most)],
        )
        for reason, counts in asked
    ]  # fmt: skip
    return Section(
        "reasons",
        _("What partners were asked"),
        _("Requests made in the period. “Again”: not the first request on that check."),
        [_("Reason"), _("Requests"), _("Again"), _("Ended well"), _("Still open")],
        rows,
    )


def _forecasts(report: Report) -> Section:
    rows = []
    for key, label, promised in (
        ("half", _("Half are ready by this day"), 50),
        ("nine_in_ten", _("Nine in ten are ready by this day"), 90),
    ):
        counts = report.forecasts.get(key, {})
        number = sum(counts.values())
        if number:
            held = counts.get("held", 0)
            rows.append(Row(label, [number, _as_percent(promised), percent(held, number)], [share(held, number)]))
    return Section(
        "forecasts",
        _("Did the forecasts hold?"),
        _("Forecasts made in the period whose file is ready now. Files that are not ready yet are not counted."),
        [_("Forecast"), _("Files"), _("Promised"), _("Ready in time")],
        rows,
    )


def _people(report: Report, names: Mapping[int, str]) -> Section:
    people = sorted({*report.workload, *report.answers}, key=lambda pk: names.get(pk, ""))
    most = max(report.workload.values(), default=0)
    rows = []
    for pk in people:
        found, own = report.answers.get(pk), report.workload.get(pk, 0)
        rows.append(Row(names.get(pk, "-"), [own, *(_cells(found) if found else ["", "", ""])], [share(own, most)]))
    return Section(
        "people",
        _("Workload and answer time"),
        _("Open files that each person owns now; their answers in the period, in calendar days of Ingram's turn."),
        [_("Person"), _("Open files"), _("Answers"), _("Median"), _("Nine in ten within")],
        rows,
    )


def _cells(found: Spread) -> Iterable[object]:
    return [found.number, found.median, found.ninth_decile]


def _bars(found: Spread, longest: int) -> list[int]:
    return [share(found.median, longest), share(found.ninth_decile, longest)]


def share(number: int, of: int) -> int:
    return round(100 * number / of) if of else 0


def percent(number: int, of: int) -> str:
    return _as_percent(share(number, of)) if of else ""


def _as_percent(share: int) -> str:
    return _("%(share)s%%") % {"share": share}


NOTHING = gettext_lazy("Nothing in this period.")
NOTHING_YET = gettext_lazy("Nothing yet.")


def as_csv(section: Section, name: str) -> StreamingHttpResponse:
    """Return a section as a CSV file of this name, for a spreadsheet in the active language."""
    language = reader_language()
    rows = [[str(row.label), *row.cells] for row in section.rows]
    answer = StreamingHttpResponse(writing.delimited([str(head) for head in section.heads], rows, language=language))
    answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
