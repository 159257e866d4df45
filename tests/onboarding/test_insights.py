"""The Insights export comes in: looked at, agreed, applied row by row, and in any order the end is the same."""

import datetime as dt
import io
import itertools
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import xlwt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onboarding.domain.checks import locks, transitions
from onboarding.domain.checks.source_precedence import ReportedState, ReportOutcome, ReportsBySource, resolve
from onboarding.domain.desk import decisions
from onboarding.domain.partner_center import inbound, insights, insights_import
from onboarding.domain.partner_center.insights_columns import ExportRow, find_header
from onboarding.enums import (
    VALIDATIONS,
    Authority,
    CheckState,
    ImportState,
    Kind,
    Meaning,
    RowOutcome,
    Source,
)
from onboarding.models import Check, Enrollment, Event, Inbound, InsightsFile, InsightsRow, InsightsShape
from onboarding.work import insights as work
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.privacy import retention
from portal.work.loop import do_once
from tests.builders import NOW, check_of, fill, make_bdm, make_submitted
from tests.licensing.files import csv_of, workbook

pytestmark = pytest.mark.django_db

HEADER = "Reseller Name,PartnerID,Region,Vetting Status,MPA Status"
MICROSOFT = Authority.MICROSOFT
# A moment before the test's transaction began: what is due then is due for PostgreSQL's clock.
EARLIER = dt.timedelta(hours=1)
Bring = Callable[..., InsightsFile]


@pytest.fixture
def enrolled() -> Enrollment:
    """Submitted here and at Microsoft, who looks."""
    return fill(make_submitted(), "partner-center", {"sent_to_microsoft_on": NOW.date()})


@pytest.fixture
def bring(bdm: User) -> Bring:
    def bring(content: bytes, name: str = "MPA signed.csv", *, by: Bdm | None = None, **said: Any) -> InsightsFile:
        by = by or Bdm.objects.get(user=bdm)
        now = timezone.now() - EARLIER
        as_of = said.pop("as_of", None) or timezone.localdate(now)
        file = insights.upload(name=name, content=content, as_of=as_of, by=by, now=now)
        assert do_once(work.KIND) == 1
        file.refresh_from_db()
        if file.state == ImportState.TO_MAP:
            agree(file, now=now, **said)
        if file.state == ImportState.IMPORTING or (said.get("agreed", True) and file.state == ImportState.TO_MAP):
            assert do_once(work.KIND) == 1
        file.refresh_from_db()
        return file

    return bring


def agree(file: InsightsFile, *, now: dt.datetime, rejected_as: str = "", **meanings: str) -> None:
    sheet = file.found["sheets"][file.found["best"]]
    view = insights.view_of(sheet)
    insights.choose_columns(file=file, view=view, fields=view.fields)
    file.refresh_from_db()
    said: dict[str, dict[str, str]] = {}
    for question in insights.questions(file):
        said.setdefault(question.field, {})[question.value] = meanings.get(question.value) or question.guess
    insights.confirm(file=file, meanings=said, rejected_as=rejected_as, by=file.uploaded_by, now=now)


def row(enrollment: Enrollment | str, vetting: str, agreement: str = "") -> str:
    number = enrollment if isinstance(enrollment, str) else enrollment.location_mpn_id
    return f"Exemple,{number},EMEA,{vetting},{agreement}"


def export(*rows: str, header: str = HEADER) -> bytes:
    return csv_of(header, *rows)


def vetting_of(enrollment: Enrollment) -> list[tuple[str, str, str]]:
    checks = [check_of(enrollment, kind, MICROSOFT) for kind in VALIDATIONS]
    return [(check.state, check.reason, check.source) for check in checks]


def counts(file: InsightsFile) -> dict[str, int]:
    return {outcome: number for outcome, number in file.counts.items() if number}


PASSED = [(CheckState.PASSED, "", Source.IMPORT)] * 3
WAITING = [(CheckState.IN_PROGRESS, "with_microsoft", Source.RESELLER)] * 3


# --- what rows say ---------------------------------------------------------------------------------------------------


def test_authorized_passes_the_three_validations(bring: Bring, enrolled: Enrollment) -> None:
    file = bring(export(row(enrolled, "Authorized")))

    assert (file.state, file.rows, counts(file)) == (ImportState.DONE, 1, {"applied": 1})
    assert vetting_of(enrolled) == PASSED
    told = Event.objects.filter(enrollment=enrolled, kind="check_passed", source=Source.IMPORT)
    assert sorted(told.values_list("check_kind", flat=True)) == sorted(VALIDATIONS)


def test_file_is_found_by_the_account_where_no_location_has_the_number(bring: Bring, enrolled: Enrollment) -> None:
    assert counts(bring(export(row(enrolled.mpn_id, "Authorized")))) == {"applied": 1}
    assert vetting_of(enrolled) == PASSED


def test_pending_starts_what_no_answer_has_started(bring: Bring) -> None:
    enrollment = make_submitted()

    file = bring(export(row(enrollment, "Pending")))

    assert counts(file) == {"applied": 1}
    assert vetting_of(enrollment) == [(CheckState.IN_PROGRESS, "with_microsoft", Source.IMPORT)] * 3


def test_what_a_file_told_before_the_answer_is_kept_when_the_answer_comes(bring: Bring) -> None:
    enrollment = make_submitted()
    bring(export(row(enrollment, "Authorized")))

    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    assert vetting_of(enrollment) == PASSED


def test_pending_takes_nothing_back_that_is_known_of_one_validation(bring: Bring, enrolled: Enrollment) -> None:
    say(enrolled, Kind.EMAIL, "rejected", NOW)
    say(enrolled, Kind.DOMAIN, "authorized", NOW)

    file = bring(export(row(enrolled, "Pending")))

    assert counts(file) == {"older": 1}
    assert [state for state, _reason, _source in vetting_of(enrolled)] == ["action_needed", "passed", "in_progress"]


def test_signed_agreement_passes_and_tells_that_the_vetting_is_done(bring: Bring, enrolled: Enrollment) -> None:
    bring(export(row(enrolled, "", "Signed")))

    agreement = check_of(enrolled, Kind.AGREEMENT, MICROSOFT)
    assert (agreement.state, agreement.source) == (CheckState.PASSED, Source.IMPORT)
    assert agreement.next_check_at is not None  # Partner Center is asked all the same
    assert vetting_of(enrolled) == [(CheckState.PASSED, "", Source.INFERRED)] * 3


def test_rejected_flags_and_refuses_nobody_by_guessing(bring: Bring, enrolled: Enrollment) -> None:
    file = bring(export(row(enrolled, "Rejected")))

    assert (counts(file), vetting_of(enrolled)) == ({"contradicted": 1}, WAITING)
    flagged = Check.objects.filter(enrollment=enrolled, contradicted_at__isnull=False)
    assert sorted(flagged.values_list("kind", flat=True)) == sorted(VALIDATIONS)
    assert Event.objects.filter(enrollment=enrolled, kind="doubted_by_file").count() == 3


def test_later_file_that_says_authorized_ends_the_doubt(enrolled: Enrollment) -> None:
    flagged = Check.objects.filter(enrollment=enrolled, contradicted_at__isnull=False)
    tell(enrolled, ("file", "", "rejected+", 1))
    tell(enrolled, ("file", "", "authorized+", 2))
    assert flagged.count() == 3  # older than the moment at which it was flagged

    tell(enrolled, ("file", "", "authorized+", 10 * 24))

    assert (flagged.count(), vetting_of(enrolled)) == (0, PASSED)


@pytest.mark.parametrize("reason", ["refused", "attempts_used_up"])
def test_rejected_as_the_bdm_chose_is_the_partners_turn(bring: Bring, enrolled: Enrollment, reason: str) -> None:
    bring(export(row(enrolled, "Rejected")), rejected_as=reason)

    reasons = [f"microsoft_refused_{kind}" if reason == "refused" else reason for kind in VALIDATIONS]
    assert vetting_of(enrolled) == [(CheckState.ACTION_NEEDED, code, Source.IMPORT) for code in reasons]


def test_stronger_source_stands_and_the_contradiction_is_flagged(bring: Bring, enrolled: Enrollment) -> None:
    say(enrolled, Kind.EMAIL, "authorized", NOW)

    file = bring(export(row(enrolled, "Rejected")), rejected_as="refused")

    assert counts(file) == {"contradicted": 1}
    email = check_of(enrolled, Kind.EMAIL, MICROSOFT)
    assert (email.state, email.source, email.contradicted_at is not None) == (CheckState.PASSED, Source.API, True)


def test_older_file_is_kept_in_the_history_only(bring: Bring, enrolled: Enrollment) -> None:
    bring(export(row(enrolled, "Authorized")))

    older = timezone.localdate() - dt.timedelta(days=10)
    file = bring(export(row(enrolled, "Rejected")), rejected_as="refused", as_of=older)

    assert (counts(file), vetting_of(enrolled)) == ({"older": 1}, PASSED)
    assert Event.objects.filter(enrollment=enrolled, kind="kept_older").count() == 3


def test_waived_and_finally_refused_checks_stay(bring: Bring, enrolled: Enrollment, bdm: User) -> None:
    decisions.waive(check=check_of(enrolled, Kind.EMAIL, MICROSOFT), note="Seen.", by=bdm, now=NOW)
    decisions.refuse(check=check_of(enrolled, Kind.DOMAIN, MICROSOFT), note="Final.", by=bdm, now=NOW)

    bring(export(row(enrolled, "Authorized", "Signed")))

    assert [state for state, _reason, _source in vetting_of(enrolled)] == ["waived", "refused", "passed"]


def test_same_file_twice_has_one_effect(bring: Bring, enrolled: Enrollment) -> None:
    other = fill(make_submitted(), "partner-center", {"sent_to_microsoft_on": NOW.date()})
    content = export(row(enrolled, "Authorized", "Signed"), row(other, "Rejected"))
    bring(content)
    before = (vetting_of(enrolled), vetting_of(other), Event.objects.count())

    again = bring(content)

    assert counts(again) == {"unchanged": 2}
    assert (vetting_of(enrolled), vetting_of(other), Event.objects.count()) == before


def test_rows_that_fit_nothing_are_told(bring: Bring, enrolled: Enrollment) -> None:
    elsewhere = fill(make_submitted(country="BE"), "partner-center", {"sent_to_microsoft_on": NOW.date()})
    rows = [row(elsewhere, "Authorized"), row("77777777", "Authorized"), row("", "Authorized"), row("=1+1", "Pending")]
    rows += [HEADER, row(enrolled, "")]

    file = bring(export(*rows))

    told = {r.row_no: (r.outcome, r.reason) for r in InsightsRow.objects.filter(file=file)}
    assert told == {
        2: ("not_yours", ""), 3: ("unknown", ""), 4: ("rejected", "no_number"), 5: ("rejected", "number_unreadable"),
        6: ("rejected", "titles_again"),
    }  # fmt: skip
    assert counts(file) == {"not_yours": 1, "unknown": 1, "rejected": 3, "unchanged": 1}
    assert sum(file.counts.values()) == file.rows == 6
    assert vetting_of(elsewhere) == WAITING


def test_long_counts_are_grouped(bring: Bring, as_bdm: Client) -> None:
    file = bring(export(row("999", "Pending")))
    InsightsFile.objects.filter(pk=file.pk).update(rows=50_000, counts={**file.counts, "unknown": 49_999})

    pages = [as_bdm.get(path).content.decode() for path in (file.get_absolute_url(), "/desk/insights/")]

    assert ["50\u00a0000" in page for page in pages] == [True, True]
    assert "50000" not in "".join(pages)


def test_lead_covers_every_country(bring: Bring) -> None:
    elsewhere = fill(make_submitted(country="BE"), "partner-center", {"sent_to_microsoft_on": NOW.date()})

    bring(export(row(elsewhere, "Authorized")), by=make_bdm(lead=True))

    assert vetting_of(elsewhere) == PASSED


def test_drafts_and_numbers_of_two_files_are_not_touched(bring: Bring) -> None:
    first = make_submitted()
    second = make_submitted()
    Enrollment.objects.filter(pk=second.pk).update(location_mpn_id=first.location_mpn_id)

    file = bring(export(row(first, "Authorized")))

    assert [(r.outcome, r.reason) for r in file.outcomes.all()] == [("rejected", "several_files")]


# --- files of every kind ---------------------------------------------------------------------------------------------


def test_next_file_of_the_same_shape_needs_no_question(bring: Bring, enrolled: Enrollment) -> None:
    bring(export(row(enrolled, "In attesa")), **{"In attesa": "pending"})
    reordered = "PartnerID,Vetting Status,Reseller Name,MPA Status,Region"

    file = bring(csv_of(reordered, f"{enrolled.location_mpn_id},IN ATTESA,Exemple,,EMEA"), agreed=False)

    assert (file.state, file.mapping["remembered"], counts(file)) == (ImportState.DONE, True, {"unchanged": 1})


def test_new_value_in_a_known_shape_is_asked(bring: Bring, bdm: User, enrolled: Enrollment) -> None:
    bring(export(row(enrolled, "Pending")))
    content = export(row(enrolled, "Pending"), row(enrolled, "Terminé"))
    now = timezone.now() - EARLIER
    file = insights.upload(name="b.csv", content=content, as_of=NOW.date(), by=Bdm.objects.get(user=bdm), now=now)
    do_once(work.KIND)

    file.refresh_from_db()
    view = insights.view_of(file.found["sheets"][0])
    insights.choose_columns(file=file, view=view, fields=view.fields)
    file.refresh_from_db()

    assert file.state == ImportState.TO_MAP
    assert [(q.value, q.guess) for q in insights.questions(file)] == [("Pending", "pending"), ("Terminé", "")]


FRENCH = "Nom du revendeur;ID partenaire;Région;État de vérification;MPA signé"


def french(number: str) -> str:
    return f"Société Été;{number};EMEA;Autorisé;Oui"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_french_file_in_any_encoding_comes_in(bring: Bring, enrolled: Enrollment, encoding: str) -> None:
    file = bring(csv_of(FRENCH, french(enrolled.location_mpn_id), encoding=encoding))

    assert (counts(file), vetting_of(enrolled)) == ({"applied": 1}, PASSED)


def test_workbook_with_titles_above_a_two_row_header_numbers_and_days(bring: Bring, enrolled: Enrollment) -> None:
    rows: list[list[Any]] = [
        ["MPA signed status", None, None, None, None],
        [dt.date(2026, 11, 23)],
        ["Reseller", "Reseller", "Date", "Vetting", "MPA"],
        ["Name", "Partner ID", "signed", "status", "status"],
        ["Exemple", int(enrolled.location_mpn_id), dt.date(2026, 11, 2), "Authorized", True],
        [],
        ["Autre", 77777777.0, None, "Authorized", False],
    ]

    file = bring(workbook(("Notes", [["Read me"]]), ("Export", rows)), "insights.xlsx")

    assert (counts(file), vetting_of(enrolled)) == ({"applied": 1, "unknown": 1}, PASSED)
    unknown = InsightsRow.objects.get(file=file, outcome=RowOutcome.UNKNOWN)
    assert (unknown.row_no, unknown.number, unknown.agreement) == (7, "77777777", "no")


def test_xls_comes_in(bring: Bring, enrolled: Enrollment) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Export")
    reseller = ["Exemple", int(enrolled.location_mpn_id), "EMEA", "Authorized", ""]
    for r, cells in enumerate([HEADER.split(","), reseller]):
        for c, cell in enumerate(cells):
            sheet.write(r, c, cell)
    out = io.BytesIO()
    book.save(out)

    assert counts(bring(out.getvalue(), "old.xls")) == {"applied": 1}


def test_values_of_formulas_are_read(bring: Bring, enrolled: Enrollment) -> None:
    plain = workbook(("Export", [HEADER.split(","), ["Exemple", int(enrolled.location_mpn_id), "EMEA", "XX", ""]]))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename.startswith("xl/worksheets/"):
                cell = b'<c r="D2" t="str"><f>UPPER("authorized")</f><v>Authorized</v></c>'
                start = data.index(b'<c r="D2"')
                data = data[:start] + cell + data[data.index(b"</c>", start) + 4 :]
            new.writestr(item, data)

    assert counts(bring(out.getvalue(), "formula.xlsx")) == {"applied": 1}


def test_wrong_header_is_asked_and_the_bdm_says_where_it_is(as_bdm: Client, bdm: User, enrolled: Enrollment) -> None:
    content = csv_of("Export;of;today;;", "A;B;C;D;E", f"Exemple;{enrolled.location_mpn_id};EMEA;Authorized;yes")
    file = uploaded(as_bdm, content)

    shown = as_bdm.get(f"{file.get_absolute_url()}?row=1")
    assert b"The titles stand in row 2." in shown.content or b"ligne 2" in shown.content
    nothing = as_bdm.post(file.get_absolute_url(), {"sheet": "0", "row": "1"})
    answer = as_bdm.post(file.get_absolute_url(), {"sheet": "0", "row": "1", "number": "1", "vetting": "3"})

    assert (nothing.status_code, answer.status_code) == (422, 302)
    assert [q.value for q in insights.questions(InsightsFile.objects.get())] == ["Authorized"]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return out.getvalue()


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda: b" ", "empty"),
        (lambda: bytes(range(9)) * 50, "not_a_table"),
        (lambda: b"PK\x03\x04nonsense", "broken"),
        (bomb, "bomb"),
        (lambda: export(*["Exemple,4391001,EMEA,Pending,No"] * 100_000), "too_many_rows"),
    ],
    ids=["empty", "binary", "broken", "bomb", "100k"],
)
def test_unreadable_file_is_refused_with_a_reason(bring: Bring, content: Callable[[], bytes], why: str) -> None:
    file = bring(content(), agreed=False)

    assert (file.state, file.refused_why, file.content) == (ImportState.REFUSED, why, None)


def test_column_of_numbers_is_no_status(bring: Bring, bdm: User) -> None:
    content = export(*(f"Exemple,{n},EMEA,state {n},No" for n in range(200)))
    file = insights.upload(
        name="a.csv", content=content, as_of=NOW.date(), by=Bdm.objects.get(user=bdm), now=timezone.now() - EARLIER
    )
    do_once(work.KIND)
    file.refresh_from_db()
    view = insights.view_of(file.found["sheets"][0])

    with pytest.raises(insights.NoStatusError):
        insights.choose_columns(file=file, view=view, fields=view.fields)
    with pytest.raises(insights.ColumnsMissingError):
        insights.choose_columns(file=file, view=view, fields={"name": 0})


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Reseller name", "MPN ID", "Location MPN ID", "Vetting status"], 2),
        (["Location ID", "Reseller name", "MPN ID", "Vetting status"], 0),
        (["Reseller name", "PartnerId", "PLA", "Vetting status"], 2),
        (["Reseller name", "MPN ID", "Vetting status"], 1),
    ],
)
def test_number_is_the_locations_where_the_file_has_the_companys_too(titles: list[str], expected: int) -> None:
    found = find_header([titles, ["Exemple", "4391001", "4391002", "Pending"]])

    assert found is not None
    assert found.fields[expected] == "number"
    assert list(found.fields.values()).count("number") == 1


@pytest.mark.parametrize(
    "rows",
    [[], [[]], [[""]], [["Reseller Name"]], [["PartnerID", "x"], ["1"]], [["é" * 300] * 200] * 40],
    ids=range(6),
)
def test_any_table_has_a_view(rows: list[list[str]]) -> None:
    class Sheet:
        name, hidden = "s", False

    Sheet.rows = rows  # type: ignore[attr-defined]

    assert insights.view_of(insights._found(Sheet)).name == "s"
    assert find_header(rows) is None or rows


# --- the worker ------------------------------------------------------------------------------------------------------


def test_broken_off_import_goes_on_where_it_was(
    bdm: User, monkeypatch: pytest.MonkeyPatch, enrolled: Enrollment
) -> None:
    monkeypatch.setattr(insights_import, "BATCH", 2)
    content = export(*(row(str(n), "Pending") for n in range(70000001, 70000004)), row(enrolled, "Authorized"))
    now = timezone.now() - EARLIER
    file = insights.upload(name="a.csv", content=content, as_of=NOW.date(), by=Bdm.objects.get(user=bdm), now=now)
    do_once(work.KIND)
    file.refresh_from_db()
    agree(file, now=now)
    write = insights_import._write
    calls = itertools.count()

    def dies(*args: Any, **more: Any) -> bool:
        if next(calls) == 1:
            raise RuntimeError
        return write(*args, **more)

    monkeypatch.setattr(insights_import, "_write", dies)
    do_once(work.KIND)
    file.refresh_from_db()
    assert (file.state, file.progress) == (ImportState.IMPORTING, 2)

    InsightsFile.objects.update(next_check_at=now, lease_until=None)
    do_once(work.KIND)

    file.refresh_from_db()
    assert (file.state, file.rows, counts(file)) == (ImportState.DONE, 4, {"unknown": 3, "applied": 1})


def many(number: int) -> list[Enrollment]:
    return [fill(make_submitted(), "partner-center", {"sent_to_microsoft_on": NOW.date()}) for _ in range(number)]


def cost_of(rows: Sequence[ExportRow]) -> int:
    mapping = {
        "fields": {"number": 1, "vetting": 3, "agreement": 4},
        "meanings": {"vetting": {"authorized": Meaning.AUTHORIZED, "rejected": Meaning.REJECTED}, "agreement": {}},
        "rejected_as": "",
    }
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        insights_import.apply(rows, mapping=mapping, seen_at=NOW + EARLIER, countries=None, now=NOW + EARLIER)
    return len(captured)


def test_batch_costs_the_same_for_one_row_and_for_many() -> None:
    def rows(files: list[Enrollment]) -> list[ExportRow]:
        return [
            ExportRow(n, one.location_mpn_id, "", ("authorized", "rejected")[n % 2], "") for n, one in enumerate(files)
        ]

    unknown = [ExportRow(n, str(88000000 + n), "", "authorized", "") for n in range(1000)]

    few, lots, none = cost_of(rows(many(2))), cost_of(rows(many(12)) + unknown), cost_of(unknown)

    assert (few, lots) == (lots, few)
    assert none < few <= 30


def test_contents_and_rows_are_forgotten(bring: Bring) -> None:
    file = bring(export(row("77777777", "Authorized")))
    InsightsFile.objects.update(done_at=timezone.now() - dt.timedelta(days=91))

    for rule in ("insights-contents", "insights-given-up", "insights-rows"):
        retention.apply(rule, now=timezone.now())

    file.refresh_from_db()
    assert (file.content, file.outcomes.count(), file.rows) == (None, 0, 1)


# --- pages -----------------------------------------------------------------------------------------------------------


def uploaded(client: Client, content: bytes, name: str = "insights.csv", **more: Any) -> InsightsFile:
    data = {"file": SimpleUploadedFile(name, content), "as_of": timezone.localdate().isoformat(), **more}
    assert client.post("/desk/insights/", data).status_code == 302
    InsightsFile.objects.filter(state=ImportState.LOOKING).update(next_check_at=NOW)
    do_once(work.KIND)
    return InsightsFile.objects.latest("uploaded_at")


def test_whole_journey_in_pages(as_bdm: Client, enrolled: Enrollment) -> None:
    file = uploaded(as_bdm, export(row(enrolled, "Authorized"), row("77777777", "=cmd()")))
    page, values = file.get_absolute_url(), f"{file.get_absolute_url()}values/"
    columns = {"sheet": "0", "row": "0", "name": "0", "number": "1", "vetting": "3", "agreement": "4"}

    assert as_bdm.get(page).status_code == 200
    assert as_bdm.post(page, columns).headers["Location"] == values
    assert as_bdm.get(values).status_code == 200
    assert as_bdm.post(values, {"value-0": "", "value-1": "authorized"}).status_code == 422
    for _twice in range(2):
        answer = as_bdm.post(values, {"value-0": "ignore", "value-1": "authorized", "rejected_as": "look"})
        assert answer.headers["Location"] == page
    InsightsFile.objects.update(next_check_at=NOW)
    assert do_once(work.KIND) == 1

    shown = as_bdm.get(page).content.decode()
    assert str(enrolled.partner) in shown
    csv = b"".join(as_bdm.get(f"{page}unknown.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "77777777" in csv
    assert "'=cmd()" in csv
    assert InsightsShape.objects.count() == 1
    assert as_bdm.get(f"{page}nothing.csv").status_code == 404


@pytest.mark.parametrize(
    "more",
    [{"as_of": "2999-01-01"}, {"as_of": "2001-01-01"}, {"as_of": "soon"}, {"as_of": ""}, {"file": ""}],
)
def test_upload_asks_for_file_and_day(as_bdm: Client, more: dict[str, str]) -> None:
    data = {"file": SimpleUploadedFile("a.csv", b"x"), "as_of": timezone.localdate().isoformat(), **more}

    assert as_bdm.post("/desk/insights/", data).status_code == 422
    assert not InsightsFile.objects.exists()


def test_who_may_see_what(as_bdm: Client, as_reseller: Client, enrolled: Enrollment) -> None:
    file = uploaded(as_bdm, export(row(enrolled, "Authorized")))
    other, lead = Client(), Client()
    other.force_login(make_bdm("FR").user, backend=BACKEND)
    lead.force_login(make_bdm(lead=True).user, backend=BACKEND)
    page = file.get_absolute_url()

    paths = ["/desk/insights/", page, f"{page}values/", f"{page}unknown.csv"]
    assert [as_reseller.get(path).status_code for path in paths] == [404] * 4
    assert [other.get(path).status_code for path in paths] == [200, 404, 404, 404]
    assert lead.get(page).status_code == 200
    assert Client().get(page).status_code == 302


def test_result_page_costs_the_same_for_one_row_and_for_many(as_bdm: Client, bring: Bring) -> None:
    def cost(number: int) -> int:
        rows = [row(one, "Authorized") for one in many(number)]
        rows += [row(str(77000000 + n), "Authorized") for n in range(number)]
        file = bring(export(*rows))
        with CaptureQueriesContext(connection) as captured:
            assert as_bdm.get(file.get_absolute_url()).status_code == 200
        return len(captured)

    assert cost(1) == cost(9) <= 8


def test_list_of_files_costs_the_same_for_one_and_for_many(as_bdm: Client, bdm: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_bdm.get("/desk/insights/")
        return len(captured)

    now = timezone.now()
    by = Bdm.objects.get(user=bdm)
    insights.upload(name="a", content=b"a", as_of=NOW.date(), by=by, now=now)
    one = cost()
    for n in range(9):
        insights.upload(name="a", content=bytes([n]), as_of=NOW.date(), by=by, now=now)

    assert one == cost()


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


# --- any order, the same end -----------------------------------------------------------------------------------------

_messages = itertools.count()


def say(enrollment: Enrollment, kind: Kind, state: str, at: dt.datetime) -> None:
    """A message of the webhook."""
    message = Inbound(
        source="provider", external_id=f"order_{next(_messages)}", kind=f"validation.{kind}.updated", occurred_at=at,
        data={"location_mpn_id": enrollment.location_mpn_id, "state": state},
    )  # fmt: skip
    inbound.handle(message, now=NOW + dt.timedelta(days=9))


def tell(enrollment: Enrollment, fact: tuple[Any, ...]) -> None:
    system, what, said, hours = fact
    at = NOW + dt.timedelta(hours=hours)
    if system == "webhook":
        return say(enrollment, what, said, at)
    meanings = {name: {str(m): m for m in Meaning} for name in ("vetting", "agreement")}
    mapping = {"fields": {"vetting": 0, "agreement": 1}, "meanings": meanings, "rejected_as": what}
    vetting, _, agreement = said.partition("+")
    rows = [ExportRow(1, enrollment.location_mpn_id, "", vetting, agreement)]
    with transaction.atomic():
        insights_import.apply(rows, mapping=mapping, seen_at=at, countries=None, now=NOW + dt.timedelta(days=9))
    return None


HOURS = st.integers(1, 90)
WEBHOOK = st.tuples(
    st.just("webhook"), st.sampled_from(VALIDATIONS), st.sampled_from(["pending", "authorized", "rejected"]), HOURS
)
STATUS = st.sampled_from(["pending", "authorized", "rejected", ""])
FILE = st.tuples(
    st.just("file"),
    st.sampled_from(["", "refused"]),
    st.tuples(STATUS, st.sampled_from(["signed", "unsigned", ""])).map("+".join),
    HOURS,
)


class _RolledBackError(Exception):
    pass


def end_of(enrollment: Enrollment, facts: Sequence[tuple[Any, ...]]) -> list[tuple[str, str]]:
    end: list[tuple[str, str]] = []
    try:
        with transaction.atomic():
            for fact in facts:
                tell(enrollment, fact)
            rows = Check.objects.filter(enrollment=enrollment, authority=MICROSOFT).order_by("pk")
            end = list(rows.values_list("kind", "state"))
            raise _RolledBackError
    except _RolledBackError:
        return end


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_messages_and_files_in_any_order_end_in_the_same_states(enrolled: Enrollment, data: st.DataObject) -> None:
    facts = data.draw(st.lists(st.one_of(WEBHOOK, FILE), min_size=2, max_size=5))

    shuffled = data.draw(st.permutations(facts))

    assert end_of(enrolled, facts) == end_of(enrolled, shuffled)


FACTS = st.builds(
    ReportedState,
    source=st.sampled_from([Source.API, Source.IMPORT, Source.INFERRED]),
    state=st.sampled_from([CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED, CheckState.PASSED]),
    seen_at=HOURS.map(lambda hours: NOW + dt.timedelta(hours=hours)),
)


def weighed(facts: Sequence[ReportedState]) -> str:
    check, known = (
        Check(state=CheckState.IN_PROGRESS, reason="with_microsoft", source=Source.RESELLER),
        ReportsBySource(),
    )
    for fact in facts:
        if holds := resolve(check, fact, known).holds:
            check.state, check.reason = holds.state, holds.reason
            check.source, check.seen_at = holds.source, holds.seen_at
    return check.state


@settings(max_examples=150)
@given(data=st.data())
def test_facts_weighed_in_any_order_give_the_same_state(data: st.DataObject) -> None:
    facts = data.draw(st.lists(FACTS, min_size=2, max_size=7))

    assert weighed(facts) == weighed(data.draw(st.permutations(facts)))


def test_late_message_of_the_same_source_is_kept_as_a_line_only(enrolled: Enrollment) -> None:
    check = check_of(enrolled, Kind.EMAIL, MICROSOFT)
    facts: dict[str, Any] = {"source": Source.API, "now": NOW + EARLIER}
    transitions.take_report(check, state=CheckState.PASSED, seen_at=NOW, **facts)

    told = transitions.take_report(
        locks.locked(check), state=CheckState.ACTION_NEEDED, reason="microsoft_refused_email",
        seen_at=NOW - EARLIER, **facts,
    )  # fmt: skip

    assert (told, locks.locked(check).state) == (ReportOutcome.KEPT, CheckState.PASSED)
    assert Event.objects.filter(enrollment=enrolled, kind="kept_older").count() == 1
