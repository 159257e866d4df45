"""An estate comes in: looked at, agreed, imported to the last row, planned, and the same file twice changes nothing."""

import csv
import datetime as dt
import io
import random
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from licensing import work
from licensing.domain import cells, editions, estate, estate_import, estate_review, plans, queries
from licensing.enums import Action, FileState
from licensing.models import Agreement, Customer, Edition, EstateFile, Line, Mapping, Plan, PlanLine, RejectedRow
from licensing.views import customer_paper, plan_presenters, wording
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.partners.models import Partner, Role
from portal.privacy import retention
from portal.work import claims
from portal.work.loop import do_once
from tests.builders import make_enrollment, make_user
from tests.licensing import files
from tests.licensing.conftest import EARLIER
from tests.portal.people import Page, member, page

pytestmark = pytest.mark.django_db

HOME_MADE = files.csv_of(
    files.HOME_MADE,
    "Boulangerie Été SARL;012345;0001;Office 365 E3;12;;31/03/2027;FR;a@b.example",
    "BOULANGERIE ETE;012345;0002;Windows Server 2019 Standard;2;non;;FR;",
    "Boulangerie  Été;012345;0003;SQL Server 2019 Standard;4;oui;30/06/2027;FR;",
    "Mairie Fictive;67890;0004;Office 365 E1;1 500,0;;15/01/2027;FR;",
    "Sans Quantité;67890;0005;Visio;0;;;FR;",
    ";67890;0006;Visio;3;;;FR;",
    "Mairie Fictive;67890;0007;Project 2019;=1+1;;;FR;",
    "",
    "Mairie Fictive;67890;0008;System Center;5;;31/02/2027;FR;",
)


Bring = Callable[..., EstateFile]


def test_every_row_is_accepted_or_rejected_with_a_reason(bring: Bring) -> None:
    file = bring(HOME_MADE)

    assert (file.state, file.rows, file.accepted, file.rejected) == (FileState.DONE, 8, 4, 4)
    assert list(RejectedRow.objects.values_list("row_no", "reason")) == [
        (6, "quantity_zero"), (7, "no_customer"), (8, "quantity_unreadable"), (10, "date_unreadable"),
    ]  # fmt: skip


def test_a_customer_spelled_three_ways_is_one(bring: Bring) -> None:
    bring(HOME_MADE)

    assert list(Customer.objects.order_by("name").values_list("name", "key")) == [
        ("Boulangerie Été SARL", "boulangerie ete"), ("Mairie Fictive", "mairie fictive"),
    ]  # fmt: skip
    assert list(Line.objects.order_by("row_no").values_list("license_number", "quantity")) == [
        ("0001", 12), ("0002", 2), ("0003", 4), ("0004", 1500),
    ]  # fmt: skip


def test_each_line_gets_its_action_and_its_days(bring: Bring) -> None:
    bring(HOME_MADE)
    for customer in Customer.objects.all():
        estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=timezone.now(), sector="commercial")

    planned = {row.number + row.product[:6]: row for row in PlanLine.objects.filter(plan__is_current=True)}

    assert {key: row.action for key, row in planned.items()} == {
        "012345Office": Action.CSP_ONLINE, "012345Window": Action.KEEP, "012345SQL Se": Action.OPEN_VALUE,
        "67890Office": Action.CSP_ONLINE,
    }  # fmt: skip
    online = planned["012345Office"]
    assert (online.authorise_by, online.order_from, online.order_to, online.transfer_on, online.expires_on) == (
        dt.date(2027, 3, 19), dt.date(2027, 3, 26), dt.date(2027, 3, 29), dt.date(2027, 3, 30), dt.date(2027, 3, 31),
    )  # fmt: skip
    renewal = planned["012345SQL Se"]
    assert (renewal.authorise_by, renewal.order_from, renewal.expires_on) == (
        None, dt.date(2027, 5, 31), dt.date(2027, 6, 30),
    )  # fmt: skip
    assert (planned["012345Window"].act_on, planned["012345Window"].rule) == (None, "R03")


def test_assurance_and_tokens_have_days_of_their_own(bring: Bring) -> None:
    head = "Client;Produit;Quantité;SA;Date de fin;Fin SA;Token acheté le;Secteur"
    rows = ("Office 365;5;;30/06/2031;;10/06/2027;commercial", "SQL Server;5;oui;30/06/2031;31/03/2031;;commercial")

    bring(files.csv_of(head, *(f"Dupont;{row}" for row in rows)))

    planned = PlanLine.objects.order_by("product").values_list("action", "expires_on", "token_until", "act_on")
    assert list(planned) == [
        # Open License sold no token after 2021: a person looks at it.
        (Action.ASK_BDM, None, None, None),
        (Action.OPEN_VALUE, dt.date(2031, 3, 31), None, dt.date(2031, 3, 1)),
    ]  # fmt: skip


def test_several_authorizations_are_said_of_the_services_of_who_has_them(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° d'autorisation;SA"
    rows = [
        "Dupont;Office 365 E1;5;111;", "Dupont;Office 365 E3;5;222;", "Dupont;Windows Server;5;222;non",
        "Durand;Office 365 E1;5;333;", "Durand;Office 365 E3;5;333;", "Durand;Office 365 E5;5;;",
    ]  # fmt: skip

    bring(files.csv_of(head, *rows))

    warned = PlanLine.objects.filter(warnings__contains="several_authorizations").order_by("product")
    assert list(warned.values_list("plan__customer__name", "product")) == [
        ("Dupont", "Office 365 E1"), ("Dupont", "Office 365 E3"),
    ]  # fmt: skip


def test_a_transfer_on_a_day_off_is_rather_asked_for_on_the_working_day_before(
    bring: Bring, as_reseller: Client
) -> None:
    head = "Client;Produit;Quantité;Date de fin;Secteur;Pays"
    whit_monday = "Office 365;1;03/06/2031;commercial"
    rows = [f"Férié;{whit_monday};FR", f"Férié;{whit_monday};FR", f"Ailleurs;{whit_monday};GB"]
    bring(files.csv_of(head, *rows, "Ouvré;Office 365;1;04/06/2031;commercial;FR"))

    planned = PlanLine.objects.order_by("plan__customer__name")
    [shown] = as_reseller.get(Customer.objects.get(name="Férié").get_absolute_url()).context["lines"]

    monday, tuesday, friday = dt.date(2031, 6, 2), dt.date(2031, 6, 3), dt.date(2031, 5, 30)
    assert list(planned.values_list("transfer_on", "rather_on", "overlap_days", "warnings")) == [
        (monday, None, 5, []), (monday, friday, 5, ["merged", "holiday"]), (tuesday, None, 5, []),
    ]  # fmt: skip
    assert (
        "Le transfert tombe un jour non ouvré. Plutôt le 30 mai 2031\xa0: 3 jours de plus sont payés deux fois."
        in shown["warnings"]
    )


def test_an_expiry_has_passed_from_the_day_after(bring: Bring, partner: Partner) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;1;04/06/2031;commercial"))
    PlanLine.objects.update(warnings=["expired"])  # as plans of earlier versions hold it

    def says(day: int) -> bool:
        rows = plan_presenters.lines(queries.plan_lines(partner), partner=partner, today=dt.date(2031, 6, day))
        return any(str(wording.WARNINGS["expired"]) in line["warnings"] for line in rows)

    assert [says(day) for day in (3, 4, 5)] == [False, False, True]


def test_what_is_missing_is_asked_once_a_customer(bring: Bring) -> None:
    bring(
        files.csv_of(
            "Client;Produit;Quantité;N° de licence",
            "Dupont;Windows Server;2;1",
            "Dupont;Visio;3;2",
            "Dupont;Office 365;4;3",
        )
    )
    customer = Customer.objects.get()
    assert set(PlanLine.objects.filter(plan__is_current=True).values_list("question", flat=True)) == {"need", "sector"}

    estate.answer(
        customer=customer, today=dt.date(2026, 11, 23), now=timezone.now(), sector="commercial", has_sa=False,
        end_on=dt.date(2027, 5, 31),
    )  # fmt: skip

    rows = PlanLine.objects.filter(plan__is_current=True)
    assert sorted(rows.values_list("action", "question")) == [("csp_online", ""), ("keep", ""), ("keep", "")]


def test_14_the_same_file_twice_changes_nothing(bring: Bring) -> None:
    bring(HOME_MADE)
    before = set(Line.objects.values_list("pk", "identity", "quantity"))

    again = bring(HOME_MADE)

    result = {key: again.result[key] for key in ("added", "updated", "same", "gone")}
    assert result == {"added": 0, "updated": 0, "same": 4, "gone": 0}
    assert set(Line.objects.values_list("pk", "identity", "quantity")) == before


def test_14_the_order_of_rows_and_columns_does_not_change_the_plan(partner: Partner, bring: Bring) -> None:
    def plan_of() -> set[tuple[Any, ...]]:
        rows = PlanLine.objects.filter(plan__is_current=True, plan__customer__partner=partner)
        return set(rows.values_list("plan__customer__key", "number", "product", "quantity", "action", "act_on"))

    bring(HOME_MADE)
    first = plan_of()
    Customer.objects.all().delete()
    lines = [line.split(";") for line in HOME_MADE.decode().split("\r\n") if line]
    order = list(range(len(lines[0])))
    random.Random(4).shuffle(order)
    body = lines[1:]
    random.Random(5).shuffle(body)
    shuffled = [";".join(row[i] for i in order) for row in [lines[0], *body]]

    bring(files.csv_of(*shuffled))

    assert plan_of() == first


def test_17_planned_quantities_are_the_imported_ones(bring: Bring) -> None:
    head, *rows = HOME_MADE.decode().split("\r\n")

    bring(files.csv_of(head, *rows, *[row for row in rows if "Office 365 E3" in row]))

    planned = PlanLine.objects.filter(plan__is_current=True)
    assert sum(planned.values_list("quantity", flat=True)) == 12 + 2 + 4 + 1500 + 12
    assert planned.get(quantity=24).warnings == ["merged"]


def test_an_export_of_one_customer_says_nothing_of_the_others(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;Date de fin"
    bring(files.csv_of(head, "Dupont;Office 365 E3;5;1;31/03/2027"))

    other = bring(files.csv_of(head, "Durand;Office 365 E3;7;2;31/03/2027"), "durand.csv")
    less = bring(files.csv_of(head, "Durand;Office 365 E1;7;3;31/03/2027"), "durand2.csv")
    whole = bring(files.csv_of(head, "Dupont;Office 365 E3;5;1;31/03/2027", "Durand;Office 365 E1;7;3;31/03/2027"))

    assert [file.result["gone"] for file in (other, less, whole)] == [0, 0, 0]


def test_a_line_with_another_end_is_the_same_line(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;Date de fin"
    bring(files.csv_of(head, "Dupont;Office 365 E3;10;1;31/03/2027"))
    before = Line.objects.get().pk

    file = bring(files.csv_of(head, "Dupont;Office 365 E3;10;1;31/03/2028"))

    assert list(Line.objects.values_list("pk", "quantity", "end_on")) == [(before, 10, dt.date(2028, 3, 31))]
    assert {key: file.result[key] for key in ("added", "updated", "renewed", "gone")} == {
        "added": 0, "updated": 1, "renewed": 1, "gone": 0,
    }  # fmt: skip


def test_two_lines_that_could_each_be_the_renewed_one_are_left_alone(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;Date de fin"
    bring(files.csv_of(head, "Dupont;Office 365 E3;10;1;31/03/2027", "Dupont;Office 365 E3;4;1;30/06/2027"))

    file = bring(files.csv_of(head, "Dupont;Office 365 E3;14;1;31/03/2028"))

    assert (file.result["added"], file.result["renewed"], file.result["gone"], Line.objects.count()) == (1, 0, 0, 3)


def test_a_file_of_other_columns_takes_no_file_s_place(bring: Bring) -> None:
    bring(files.csv_of("Client;Produit;Quantité;N° de licence", "Dupont;Visio;5;1", "Dupont;Visio;7;2"))

    other = bring(files.csv_of("Client;Produit;Quantité;N° de licence;Pays", "Dupont;Visio;5;1;FR"))

    assert (other.result["same"], other.result["gone"]) == (1, 0)


def test_a_second_import_does_not_read_the_first_file_again(bring: Bring) -> None:
    bring(HOME_MADE)

    with CaptureQueriesContext(connection) as captured:
        bring(HOME_MADE.replace(b"E3;12;", b"E3;15;"))

    read = [query["sql"] for query in captured if '"licensing_line"' in query["sql"] and "SELECT" in query["sql"]]
    assert read
    assert not [sql for sql in read if '"content"' in sql]


def test_spellings_read_as_one_customer_are_told(bring: Bring) -> None:
    file = bring(
        files.csv_of(
            "Client;Produit;Quantité", "Alpha SAS;Office 365;1", "Alpha SARL;Visio;2", "Bêta;Visio;2", "Alpha SAS;SQL;3"
        )
    )

    assert file.result["spellings"] == [["Alpha SAS", "Alpha SARL"]]


@pytest.mark.parametrize("name", ["Ελλάδα ΑΕ", "ООО Ромашка", "株式会社サンプル", "شركة المثال"])
def test_a_customer_may_be_named_in_any_script(bring: Bring, name: str) -> None:
    file = bring(files.csv_of("Client;Produit;Quantité", f"{name};Office 365 E3;1", f"{name.upper()};Visio;2"))

    assert (file.accepted, [customer.name for customer in Customer.objects.all()]) == (2, [name])


def test_each_column_of_dates_tells_for_itself_which_comes_first(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;Date de début;Date de fin"
    bring(
        files.csv_of(
            head, "Dupont;Office 365;1;1;13/01/2026;12/25/2027", "Dupont;Office 365;1;2;03/04/2026;03/04/2027"
        )
    )  # fmt: skip

    assert list(Line.objects.order_by("license_number").values_list("start_on", "end_on")) == [
        (dt.date(2026, 1, 13), dt.date(2027, 12, 25)), (dt.date(2026, 4, 3), dt.date(2027, 3, 4)),
    ]  # fmt: skip


def test_a_merged_quantity_counts_once(bring: Bring) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Client", "Produit", "Quantité", "N° de licence"], ["Dupont", "Office 365 E3", 10, 77],
                ["", "Visio", None, None]):  # fmt: skip
        sheet.append(row)
    for merged in ("A2:A3", "C2:C3", "D2:D3"):
        sheet.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)

    file = bring(out.getvalue(), "parc.xlsx")

    assert (file.accepted, file.rejected) == (1, 1)
    assert list(RejectedRow.objects.values_list("row_no", "reason")) == [(3, "quantity_merged")]
    assert list(Line.objects.values_list("license_number", "quantity")) == [("77", 10)]


def test_a_sheet_that_is_not_chosen_is_named_with_its_rows(bring: Bring, as_reseller: Client) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Client", "Produit", "Quantité"])
    book.active.append(["Dupont", "Office 365 E3", 10])
    other = book.create_sheet("Ancien parc")
    for row in (["Client", "Produit"], *([f"Client {n}", "Visio"] for n in range(70))):
        other.append(row)
    out = io.BytesIO()
    book.save(out)

    file = bring(out.getvalue(), "parc.xlsx")

    assert "Ancien parc (71 lignes, titres compris)" in as_reseller.get(file.get_absolute_url()).content.decode()


def test_what_no_cell_may_hold_is_left_out_and_holds_back_no_file(bring: Bring, as_reseller: Client) -> None:
    titles = "Client;Produit;Quantité;Date de fin;Note\x02"
    file = bring(files.csv_of(titles, "Ctrl\x01 SA;Office 365;3;31/03/2027;", "Dupont;Visio;2;12 décembre 12;"))

    customer = Customer.objects.get(name="Ctrl SA")
    workbook = as_reseller.get(f"/licensing/{customer.partner_id}/plan.xlsx")
    assert (file.state, file.accepted, file.rejected) == (FileState.DONE, 2, 0)
    assert workbook.status_code == 200


def approve(client: Client, place: str) -> None:
    """Have a file checked, answer that questionable rows stay out, and import it."""
    _work()
    form = client.get(place).context["form"]
    if form.fields:
        last = {name: field.choices[-1][0] for name, field in form.fields.items()}
        assert client.post(place, last).status_code == 302
        _work()
    assert client.post(f"{place}accept/").status_code == 302
    _work()


def _work() -> None:
    EstateFile.objects.exclude(next_check_at=None).update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)


def test_a_file_without_titles_keeps_its_first_row(as_reseller: Client, partner: Partner) -> None:
    content = files.csv_of("Dupont;Office 365;5;31/03/2027", "Durand;Visio;2;", "Dupont;SQL;4;")
    place = send(as_reseller, partner, content)["Location"]
    EstateFile.objects.update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)
    shown = as_reseller.get(place).content.decode()
    typed = {"column-0": "customer", "column-1": "product", "column-2": "quantity", "column-3": "end_on"}

    as_reseller.post(place, {**typed, "sheet": "0", "no_titles": "on"})
    approve(as_reseller, place)

    file = EstateFile.objects.get()
    assert "checked" in Page(shown).by_id("id_no_titles").attrs
    assert (file.rows, file.accepted, Line.objects.count(), Mapping.objects.count()) == (3, 3, 3, 0)


def test_a_changed_file_updates_and_shows_the_difference(bring: Bring) -> None:
    bring(HOME_MADE)
    changed = (
        HOME_MADE.decode().replace("E3;12;", "E3;15;").replace("Mairie Fictive;67890;0004", "Mairie Autre;67890;0004")
    )

    file = bring(changed.encode())

    assert {key: file.result[key] for key in ("added", "updated", "same", "gone")} == {
        "added": 1, "updated": 1, "same": 2, "gone": 1,
    }  # fmt: skip
    [change] = file.result["changes"]
    assert (change["product"], change["fields"]) == ("Office 365 E3", {"quantity": ["12", "15"]})
    assert file.result["no_longer"][0]["customer"] == "Mairie Fictive"
    assert Line.objects.count() == 5  # what is no longer in the file stays in the estate


def test_a_workbook_with_a_title_above_its_header(bring: Bring) -> None:
    rows: list[list[Any]] = [["Our estate"], [], ["Client", "Produit", "Quantité", "Date de fin"]]
    rows += [["Dupont", "Office 365", 5, dt.date(2027, 5, 31)], ["Martin", "Office 365", 7.0, 46538.0]]

    file = bring(files.workbook(("Notes", [["nothing here"]]), ("Parc", rows)), "parc.xlsx")

    assert (file.accepted, file.rejected) == (2, 0)
    assert list(Line.objects.order_by("row_no").values_list("row_no", "quantity", "end_on")) == [
        (4, 5, dt.date(2027, 5, 31)), (5, 7, dt.date(2027, 5, 31)),
    ]  # fmt: skip


def test_microsoft_s_statement_counts_its_sums_only(bring: Bring) -> None:
    rows: list[list[Any]] = [["Microsoft License Statement"], *[[] for _ in range(8)], files.STATEMENT]
    rows += [
        ["Servers", "SQL Server", "2019", 10, 0, 0, 4, "All Countries", 4],
        ["Servers", "SQL Server", "2019", 6, 0, 0, 4, "France", 4],
        ["Servers", "SQL Server", "2019", 4, 0, 0, 0, "Belgium", 0],
    ]

    file = bring(files.workbook(("Pivot Data", rows)), "mls.xlsx", customer="Dupont")

    assert (file.accepted, file.rejected) == (1, 2)
    assert list(RejectedRow.objects.values_list("reason", flat=True)) == ["per_country", "per_country"]
    lines = Line.objects.order_by("quantity").values_list("product", "quantity", "has_sa")
    assert list(lines) == [("SQL Server 2019", 4, True), ("SQL Server 2019", 6, False)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            files.csv_of(  # as Sam360 asks for it
                files.FLAT,
                'Dupont SA,Me,0123,0456,01/02/2020,31/01/2027,R18-1,Office 365,E3,Open License,FR,Active,"1,250"',
            ),
            {
                "customer__name": "Dupont SA", "product": "Office 365 E3", "quantity": 1250,
                "authorization_number": "0123", "license_number": "0456", "part_number": "R18-1",
                "program": "Open License", "start_on": dt.date(2020, 2, 1), "end_on": dt.date(2027, 1, 31),
                "customer__country": "FR",
            },
        ),
        (
            files.csv_of(files.SUMMARY, "SQL Server,2019,Servers,License,12,12"),
            {"customer__name": "Dupont", "product": "SQL Server 2019", "quantity": 12, "has_sa": True},
        ),
        (
            files.csv_of(files.OLD_SUMMARY, "SQL Server,2019,Servers,9,12,12"),
            {"customer__name": "Dupont", "product": "SQL Server 2019", "quantity": 12, "has_sa": True},
        ),
        (
            files.csv_of(files.FRENCH_SUMMARY, "SQL Server;2019;Serveurs;;12;0"),
            {"customer__name": "Dupont", "product": "SQL Server 2019", "quantity": 12, "has_sa": False},
        ),
        (
            files.csv_of(
                "Reseller order number,Ordered on,Part number,Product description,Quantity,Country,License ID",
                "A1,2021-05-06,R18-1,Office 365 E3,3,FR,0456",
            ),
            {
                "product": "Office 365 E3", "quantity": 3, "license_number": "0456", "part_number": "R18-1",
                "start_on": dt.date(2021, 5, 6), "end_on": None, "customer__country": "FR",
            },
        ),
        (
            files.csv_of(files.OTHER_DATA, "SQL Server,2019,Dupont SA,Open License,5/16/2018,1/1/1900,4"),
            {
                "customer__name": "Dupont SA", "product": "SQL Server 2019", "quantity": 4, "program": "Open License",
                "start_on": dt.date(2018, 5, 16), "end_on": None,
            },
        ),
    ],
    ids=["flat", "summary", "summary of VLSC", "french summary", "orders", "other data"],
)  # fmt: skip
def test_other_documented_shapes_come_in(bring: Bring, content: bytes, said: dict[str, Any]) -> None:
    file = bring(content, customer="Dupont")

    assert (file.state, file.accepted, file.rejected) == (FileState.DONE, 1, 0)
    assert Line.objects.values(*said).get() == said


def test_a_list_of_contracts_dates_the_lines_that_name_them(bring: Bring) -> None:
    bring(files.csv_of("Organization,License ID,Product description,Quantity,Segment", "Dupont,00456,Office 365,3,COM"))
    assert PlanLine.objects.get(plan__is_current=True).question == "end_on"

    file = bring(
        files.csv_of(
            files.CONTRACT_HEADERS, "456;Dupont SA;Paris, France;Open License;31/05/2031;Active;Admin",
            "789;Dupont SA;Paris, France;Open License;;Active;Admin",
        )
    )  # fmt: skip

    row = PlanLine.objects.get(plan__is_current=True)
    assert (file.rows, file.accepted, file.rejected) == (2, 1, 1)
    assert (row.action, row.question, row.expires_on) == (Action.CSP_ONLINE, "", dt.date(2031, 5, 31))


def test_a_french_list_of_contracts_is_one_too(bring: Bring) -> None:
    file = bring(
        files.csv_of(
            files.FRENCH_CONTRACTS, "456;Dupont SA;Paris, France;Open License;31/05/2031;Actif;Administrateur",
            "789;Dupont SA;Paris, France;Open License;N/A;Actif;Administrateur",
        )
    )  # fmt: skip

    assert (file.rows, file.accepted, file.rejected) == (2, 1, 1)
    assert list(Agreement.objects.values_list("number", "end_on")) == [("456", dt.date(2031, 5, 31))]
    assert list(RejectedRow.objects.values_list("reason", flat=True)) == ["no_end"]


def test_of_an_agreement_named_twice_the_later_end_counts(bring: Bring) -> None:
    rows = [f"456;Dupont;Paris;Open License;{end};Active;" for end in ("31/05/2031", "31/05/2029")]

    file = bring(files.csv_of(files.CONTRACT_HEADERS, *rows))

    assert (file.accepted, file.result["merged"]) == (2, 1)
    assert list(Agreement.objects.values_list("number", "end_on")) == [("456", dt.date(2031, 5, 31))]


def test_an_agreement_s_end_is_for_lines_without_their_own_and_before_the_customer_s(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;N° d'autorisation;Date de fin;Secteur"
    rows = ("E1;1;00-456;;31/01/2031", "E2;1;00 456;789;", "E3;1;;00789;", "E4;1;999;;")
    bring(files.csv_of(head, *(f"Dupont;Office 365 {row};commercial" for row in rows)))
    ends = ("456;Dupont;;;30/06/2031;;", "789;Dupont;;;31/12/2031;;", "999;Durand;;;31/03/2030;;")

    bring(files.csv_of(files.CONTRACT_HEADERS, *ends))
    customer = Customer.objects.get(name="Dupont")
    estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=timezone.now(), end_on=dt.date(2032, 1, 31))

    planned = PlanLine.objects.filter(plan__is_current=True).order_by("product")
    assert list(planned.values_list("expires_on", flat=True)) == [
        dt.date(2031, 1, 31), dt.date(2031, 6, 30), dt.date(2031, 12, 31), dt.date(2032, 1, 31),
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["v00456", "V00456", "00V-00456", "V 00 456", " v/00456"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    others = {cells.number_key(other) for other in ("V456", "v004560", "00456")}

    assert cells.number_key(written) == "v00456"
    assert "v00456" not in others


def test_6_a_stored_plan_reads_the_same_after_new_facts_are_published(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of("Client;Produit;Quantité;SA", "Dupont;Windows Server;2;non"))
    place = Customer.objects.get().get_absolute_url()
    draft = editions.draft(note="other words")
    draft.facts.filter(kind="sentence", key="R03").update(text_fr="Tout autre chose.")
    before = as_reseller.get(place).content.decode()

    editions.publish(edition=draft, by=None, now=timezone.now())

    after = as_reseller.get(place).content.decode()
    assert "Gardez les licences" in before
    assert ("Gardez les licences" in after, "Tout autre chose." in after) == (True, False)


def test_how_a_file_is_read_is_remembered(bring: Bring, partner: Partner, reseller: User) -> None:
    odd = files.csv_of("Kunde;Ware;Quantité;Numéro de licence", "Dupont;Office 365;5;1")
    bring(odd, fields={0: "customer", 1: "product", 2: "quantity", 3: "license_number"})

    other = files.csv_of("Ware;Kunde;Numéro de licence;Quantité", "Visio;Martin;2;3")
    file = estate.upload(partner=partner, name="b.csv", content=other, by=reseller, now=timezone.now() - EARLIER)
    do_once(work.ESTATE)

    file.refresh_from_db()
    assert file.found["sheets"][0]["remembered"]["titles"] == {
        "kunde": "customer", "ware": "product", "quantite": "quantity", "numero de licence": "license_number",
    }  # fmt: skip
    assert Mapping.objects.count() == 1


def asked(client: Client, partner: Partner, content: bytes) -> dict[str, Any]:
    """What the form that asks how a file is read begins with, by the title of the column."""
    place = send(client, partner, content)["Location"]
    EstateFile.objects.filter(state=FileState.LOOKING).update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)
    form = client.get(place).context["form"]
    return {form[name].label if name.startswith("column-") else name: form[name].initial for name in form.fields}


def test_what_was_said_of_a_file_is_where_the_next_of_its_shape_begins(
    bring: Bring, as_reseller: Client, as_outsider: Client, partner: Partner, outsider: User
) -> None:
    said = {"fields": {1: "product", 2: "quantity", 3: "end_on"}, "customer": "Dupont", "day_first": False}
    bring(files.csv_of("Azienda;Merce;Pezzi;Scadenza", "x;Office 365;5;03/04/2031"), **said)
    next_one = files.csv_of("Scadenza;Azienda;Pezzi;Merce", "03/04/2032;x;7;Visio")

    theirs = asked(as_outsider, outsider.partners.get(), next_one)
    ours = asked(as_reseller, partner, next_one)

    assert ours == {
        "Scadenza": "end_on", "Azienda": "", "Pezzi": "quantity", "Merce": "product", "customer": "Dupont",
        "no_titles": False,
    }  # fmt: skip
    assert theirs == {
        "Scadenza": "", "Azienda": "", "Pezzi": "", "Merce": "", "customer": "", "no_titles": True,
    }  # fmt: skip


def test_an_answer_about_the_dates_of_one_file_is_not_assumed_of_the_next(
    bring: Bring, as_reseller: Client, partner: Partner
) -> None:
    head = "Client;Produit;Quantité;Version;Date de fin"
    fields = {0: "customer", 1: "product", 2: "quantity", 4: "end_on"}  # without the column of the version
    bring(files.csv_of(head, "Dupont;Office 365;5;x;03/04/2031"), fields=fields, day_first=False)

    begins = asked(as_reseller, partner, files.csv_of(head, "Dupont;Office 365;5;x;31/12/2031"))

    assert (begins["Version"], begins["Date de fin"]) == ("", "end_on")


def test_without_product_quantity_and_customer_nothing_is_read(partner: Partner, reseller: User) -> None:
    now = timezone.now() - EARLIER
    file = estate.upload(partner=partner, name="a.csv", content=HOME_MADE, by=reseller, now=now)
    do_once(work.ESTATE)
    file.refresh_from_db()

    with pytest.raises(estate.MappingIncompleteError) as refusal:
        estate.confirm(file=file, sheet="", fields={0: "country"}, customer="", day_first=True, now=now)

    assert refusal.value.missing == ["product", "quantity", "customer"]


@pytest.mark.parametrize(
    ("name", "content", "reason", "said"),
    [
        ("a.csv", b" ", "empty", "Le fichier ne contient rien."),
        ("a.xlsm", files.workbook(("A", [["x"]])), "macros", "Le fichier contient des macros."),
        ("a.xlsx", b"PK\x03\x04zzzz", "broken", "Le fichier est illisible"),
    ],
)
def test_an_unreadable_file_says_why(
    bring: Bring, as_reseller: Client, name: str, content: bytes, reason: str, said: str
) -> None:
    file = bring(content, name)

    assert (file.state, file.refused_why, file.content) == (FileState.REFUSED, reason, None)
    shown = as_reseller.get(file.get_absolute_url()).content.decode()
    assert said in shown and f'href="/licensing/{file.partner_id}/#upload-title"' in shown


REJECTED = {
    ";Visio;1;;;;": ("no customer: fill the name in", "pas de client\xa0: ajoutez le nom"),
    "Dupont;;1;;;;": ("no product and no part number", "ni produit ni référence"),
    "Dupont;Visio;;;;;": ("no quantity", "pas de quantité"),
    "Dupont;Visio;dix;;;;": ("the quantity is no number", "la quantité n’est pas un nombre"),
    "Dupont;Visio;0;;;;": ("the quantity is 0", "la quantité est 0"),
    "Dupont;Visio;-1;;;;": ("the quantity is negative", "la quantité est négative"),
    "Dupont;Visio;1000001;;;;": ("the quantity is above one million", "la quantité dépasse un million"),
    "Dupont;Visio;1,5;;;;": ("the quantity is not whole", "la quantité n’est pas entière"),
    "Dupont;Visio;1;;31/02/2031;;": ("a date cannot be read", "une date est illisible"),
    "Dupont;Visio;1;02/01/2031;01/01/2031;;": ("it ends before it starts", "la fin précède le début"),
    "Dupont;Visio;1;;;Returned;": ("returned or out of scope", "rendue ou hors périmètre"),
    "Dupont;Visio;1;;;;CSP": ("already in CSP", "déjà dans CSP"),
    "Dupont;Visio *;1;;;;": ("a grant of licences, marked with an asterisk", "un octroi de licences"),
}
CONTRACTS_REJECTED = {
    ";Dupont;Paris;Open;31/05/2031;;": ("no licence or agreement number", "pas de numéro de licence ou de contrat"),
    "456;Dupont;Paris;Open;;;": ("no end date", "pas de date de fin"),
}
SUMS_REJECTED = {
    "Dupont;Visio;1;France": ("part of a sum that another row holds", "partie d’une somme portée par une autre ligne"),
}
TOLD = [
    ("Client;Produit;Quantité;Date de début;Date de fin;Statut;Programme", REJECTED, ()),
    (files.CONTRACT_HEADERS, CONTRACTS_REJECTED, ()),
    ("Client;Produit;Quantité;Pays", SUMS_REJECTED, ("Dupont;Visio;2;All Countries",)),
]


@pytest.mark.parametrize(("head", "told", "others"), TOLD)
def test_a_rejected_row_is_told_its_own_reason_in_either_language(
    bring: Bring, as_reseller: Client, head: str, told: dict[str, tuple[str, str]], others: tuple[str, ...]
) -> None:
    file = bring(files.csv_of(head, *told, *others))
    assert file.rejected == len(told)

    for column, language in enumerate(("en-gb", "fr")):
        User.objects.update(language=language)
        html = re.sub(r">\s+<", "><", as_reseller.get(file.get_absolute_url()).content.decode())
        content = b"".join(as_reseller.get(f"{file.get_absolute_url()}rejected.csv").streaming_content)
        lines = csv.reader(content.decode("utf-8-sig").splitlines()[1:], delimiter=";" if language == "fr" else ",")
        for number, (reasons, line) in enumerate(zip(told.values(), lines, strict=True), start=2):
            assert f'<th scope="row">{number}</th><td>{reasons[column]}' in html
            assert (line[0], line[1][: len(reasons[column])]) == (str(number), reasons[column])


def test_a_worker_that_slept_past_its_lease_writes_nothing(
    partner: Partner, reseller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now() - EARLIER
    file = estate.upload(partner=partner, name="a.csv", content=HOME_MADE, by=reseller, now=now)
    do_once(work.ESTATE)
    file.refresh_from_db()
    sheet = file.found["sheets"][0]
    fields = {int(index): field for index, field in sheet["fields"].items()}
    estate.confirm(file=file, sheet="", fields=fields, customer="", day_first=True, now=now)
    do_once(work.ESTATE)
    estate_review.accept(file=file, now=now)
    [slow] = claims.claim_due(EstateFile, queue="estate", limit=1)
    # Its lease ends, and another worker does the work.
    EstateFile.objects.update(next_check_at=now)
    assert do_once(work.ESTATE) == 1
    before = (Line.objects.count(), Plan.objects.count(), RejectedRow.objects.count())

    file.refresh_from_db()
    late = estate_import.bring_in(claim=slow, file=file, rows=[], today=timezone.localdate(now), now=timezone.now)

    assert late is False
    assert (Line.objects.count(), Plan.objects.count(), RejectedRow.objects.count()) == before


def test_16_no_day_in_the_past_without_a_word(bring: Bring, as_reseller: Client, partner: Partner) -> None:
    today = timezone.localdate()
    days = [today - dt.timedelta(days=n) for n in (400, 2, 1, 0, -1, -8, -40)]
    rows = [f"Dupont;Office 365;1;{n};{day:%d/%m/%Y};commercial" for n, day in enumerate(days)]
    bring(files.csv_of("Client;Produit;Quantité;N° de licence;Date de fin;Secteur", *rows))

    html = as_reseller.get(Customer.objects.get().get_absolute_url()).content.decode()

    labels = [e.text.strip() for e in page_of(html) if "status" in str(e.attrs.get("class")).split()]
    # What has ended is asked about now; the order is that of the days on which something has to be done.
    assert sorted(labels) == ["en retard"] * 2 + ["sous 30 jours"] + ["à faire maintenant"] * 4


@pytest.mark.parametrize(
    ("today", "urgency"),
    [
        (dt.date(2031, 4, 16), "planned"), (dt.date(2031, 4, 17), "soon"), (dt.date(2031, 5, 17), "soon"),
        (dt.date(2031, 5, 18), "act_now"), (dt.date(2031, 6, 1), "act_now"), (dt.date(2031, 6, 2), "overdue"),
    ],
)  # fmt: skip
def test_a_line_is_as_pressing_as_its_first_day_until_the_day_after_its_last(today: dt.date, urgency: str) -> None:
    row = PlanLine(act_on=dt.date(2031, 5, 17), expires_on=dt.date(2031, 5, 31))

    assert plans.urgency(row, today=today) == urgency


def test_a_day_counts_as_due_from_thirty_days_ahead_and_once_it_is_over(bring: Bring, partner: Partner) -> None:
    bring(files.csv_of("Client;Produit;Quantité;SA;Date de fin;Secteur", "Dupont;SQL;5;oui;30/06/2031;commercial"))
    act_on = PlanLine.objects.get().act_on
    assert act_on == dt.date(2031, 5, 31)

    def counted(days: int) -> tuple[Any, ...]:
        today = act_on - dt.timedelta(days=days)
        found = queries.overview(partner, today=today)
        listed = queries.customers(partner, today=today, only="due").count()
        return found.overdue, [lines for _days, lines in found.due], listed

    assert [counted(days) for days in (-1, 0, 30, 31, 60, 61)] == [
        (1, [1, 1, 1], 1), (0, [1, 1, 1], 1), (0, [1, 1, 1], 1), (0, [0, 1, 1], 0), (0, [0, 1, 1], 0),
        (0, [0, 0, 1], 0),
    ]  # fmt: skip


def page_of(html: str) -> list[Any]:
    from tests.portal.people import Page  # noqa: PLC0415

    return [e for e in Page(html).elements if e.tag == "span"]


# --- pages ------------------------------------------------------------------------------------------------------
def send(client: Client, partner: Partner, content: bytes = HOME_MADE, name: str = "parc.csv") -> Any:
    return client.post(f"/licensing/{partner.pk}/", {"file": SimpleUploadedFile(name, content)})


def test_a_reseller_brings_a_file_in_by_the_pages(as_reseller: Client, partner: Partner) -> None:
    place = send(as_reseller, partner)["Location"]
    EstateFile.objects.update(next_check_at=timezone.now() - EARLIER)
    waiting = as_reseller.get(place)
    do_once(work.ESTATE)
    asked = as_reseller.get(place)
    form = asked.context["form"]
    said = {name: form[name].initial or "" for name in form.fields}
    confirmed = as_reseller.post(place, {**said, "sheet": "0"})
    approve(as_reseller, place)
    done = as_reseller.get(place)

    assert "data-live" in waiting.content.decode()
    assert confirmed.status_code == 302, confirmed.context["form"].errors
    assert "Nouvelles lignes\N{NO-BREAK SPACE}: 4." in done.content.decode()
    rejected = b"".join(as_reseller.get(f"{place}rejected.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert rejected[0].startswith("Ligne;Motif;Client;")
    assert "'=1+1" in rejected[3]
    assert len(rejected) == 5
    estate_page = as_reseller.get(f"/licensing/{partner.pk}/").content.decode()
    assert "Boulangerie Été SARL" in estate_page


def test_two_columns_that_are_the_same_are_told(as_reseller: Client, partner: Partner) -> None:
    place = send(as_reseller, partner)["Location"]
    EstateFile.objects.update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)

    answer = as_reseller.post(place, {"column-0": "product", "column-1": "product", "day_first": "1", "sheet": "0"})

    assert answer.status_code == 422
    assert len(page(answer).all("h1")) == 1


@pytest.mark.parametrize(
    ("name", "content"), [("a.xlsm", b"x"), ("a.csv", b""), ("a.csv", b"a;b\n" * (3 * 1024 * 1024))]
)
def test_what_can_be_refused_at_once_is(as_reseller: Client, partner: Partner, name: str, content: bytes) -> None:
    assert send(as_reseller, partner, content, name).status_code == 422
    assert EstateFile.objects.count() == 0


def test_sent_twice_it_is_one_upload(as_reseller: Client, partner: Partner) -> None:
    assert send(as_reseller, partner)["Location"] == send(as_reseller, partner)["Location"]
    assert EstateFile.objects.count() == 1


def test_a_viewer_reads_and_changes_nothing(bring: Bring, partner: Partner, client: Client) -> None:
    file = bring(HOME_MADE)
    viewer = make_user()
    member(partner, viewer, Role.VIEWER)
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")
    customer = Customer.objects.first()
    assert customer is not None
    places = [f"/licensing/{partner.pk}/", file.get_absolute_url(), customer.get_absolute_url()]

    assert [client.get(place).status_code for place in places] == [200, 200, 200]
    assert [client.post(place, {"sector": "education"}).status_code for place in places] == [404, 404, 404]


def test_nobody_sees_another_company_s_estate(bring: Bring, as_outsider: Client, outsider: User) -> None:
    file = bring(HOME_MADE)
    customer = Customer.objects.first()
    assert customer is not None
    own = outsider.partners.get()

    for of in (file.partner_id, own.pk):
        places = [f"/licensing/{of}/files/{file.pk}/", f"/licensing/{of}/customers/{customer.pk}/"]
        places += [f"{place}plan.{kind}" for place in places[1:] for kind in ("csv", "xlsx", "ics", "pdf")]
        places += [f"{places[0]}rejected.csv"]
        assert {as_outsider.get(place).status_code for place in places} == {404}


def test_two_companies_with_the_same_customer_keep_apart(
    bring: Bring, as_reseller: Client, partner: Partner, outsider: User
) -> None:
    other = outsider.partners.get()
    theirs = Customer.objects.create(partner=other, name="Dupont", key="dupont", sector="education")
    Line.objects.create(customer=theirs, identity="1", product="Office 365", online=True, quantity=40, row_no=2)
    plans.make(partner=other, customers=[theirs.pk], today=dt.date(2026, 11, 23), now=timezone.now())

    bring(files.csv_of("Client;Produit;Quantité", "Dupont;Office 365;5"))

    shown = as_reseller.get(f"/licensing/{partner.pk}/").context
    assert [(one["row"].partner, one["row"].sector) for one in shown["customers"]] == [(partner, "")]
    assert (shown["counts"].lines, shown["counts"].quantity) == (1, 5)
    assert list(theirs.lines.values_list("quantity", flat=True)) == [40]


def test_the_same_file_of_two_companies_is_two_files(
    as_reseller: Client, partner: Partner, as_outsider: Client, outsider: User
) -> None:
    theirs = send(as_outsider, outsider.partners.get())["Location"]
    ours = send(as_reseller, partner)["Location"]

    assert (theirs != ours, EstateFile.objects.filter(partner=partner).count()) == (True, 1)


def test_a_line_that_is_late_says_what_to_do_now(bring: Bring, as_reseller: Client, enrollment: Enrollment) -> None:
    end_on = timezone.localdate()  # its last day: the days to order have passed, the service has not ended
    row = f"Dupont;Office 365;1;{end_on:%d/%m/%Y};commercial"
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", row))
    line = Line.objects.select_related("customer").get()

    def page_says() -> tuple[bool, bool, bool]:
        html = as_reseller.get(line.customer.get_absolute_url()).content.decode()
        said = ("commandez dès que votre inscription sera terminée", "commandez aujourd’hui", "<dt>Commander</dt>")
        return said[0] in html, said[1] in html, said[2] in html

    blocked = page_says()
    by = enrollment.created_by
    Enrollment.objects.update(state="submitted", submitted_at=timezone.now(), submitted_by=by)
    Enrollment.objects.update(state="ready", ready_at=timezone.now())
    ready = page_says()
    estate.record_order(line=line, ordered_on=timezone.localdate(), keys_on=None)

    assert (blocked, ready, page_says()) == ((True, False, False), (False, True, False), (False, False, False))


def test_a_source_of_the_comparison_is_named_by_its_row(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of("Client;Produit;Quantité;SA;Secteur", "Dupont;Windows Server 2019;1;non;commercial"))

    html = as_reseller.get(Customer.objects.get().get_absolute_url()).content.decode()

    assert "<li>Type de licence\xa0: Perpétuelle <a" in re.sub(r"\s*<span[^>]*>\s*", " ", html)


def test_an_answer_that_a_question_waits_for_is_not_optional(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin", "Dupont;Office 365;1;31/12/2031"))

    html = as_reseller.get(Customer.objects.get().get_absolute_url()).content.decode()

    assert re.findall(r'<label for="id_([a-z]\w+)">[^<]*(<span class="optional">)?', html) == [
        ("sector", ""),
        ("country", '<span class="optional">'),
        ("has_sa", '<span class="optional">'),
        ("unknown_online", '<span class="optional">'),
        ("end_on", '<span class="optional">'),
        ("tenant", '<span class="optional">'),
        ("sure", ""),
    ]


def test_titles_without_rows_are_said_to_be_all_there_is(bring: Bring, as_reseller: Client) -> None:
    file = bring(files.csv_of("Client;Produit;Quantité"))

    html = as_reseller.get(file.get_absolute_url()).content.decode()

    assert "La feuille ne contient que des titres" in html


def test_a_list_of_contracts_counts_agreements(bring: Bring, as_reseller: Client) -> None:
    file = bring(files.csv_of(files.FRENCH_CONTRACTS, "456;Dupont;Paris;Open License;31/05/2031;Actif;"))

    html = as_reseller.get(file.get_absolute_url()).content.decode()

    assert "Nouveaux contrats\N{NO-BREAK SPACE}: 1." in html


def test_steps_are_ticked_and_taken_back(bring: Bring, as_reseller: Client) -> None:
    bring(HOME_MADE)
    customer = Customer.objects.first()
    assert customer is not None
    place = customer.get_absolute_url() + "steps/"

    for _ in range(2):
        as_reseller.post(place, {"step": "order", "done": "1"})
    as_reseller.post(place, {"step": "nonsense", "done": "1"})
    customer.refresh_from_db()
    ticked = list(customer.steps_done)
    as_reseller.post(place, {"step": "order", "done": "0"})
    customer.refresh_from_db()

    assert (ticked, customer.steps_done) == (["order"], {})


def test_a_step_ticked_again_keeps_its_day(bring: Bring) -> None:
    bring(files.csv_of(FEW, "Dupont;Office 365 E3;5;1;;31/03/2031;commercial"))
    customer = Customer.objects.get()

    for day in (1, 2):
        now = dt.datetime(2031, 3, day, 12, tzinfo=dt.UTC)
        estate.tick(customer=customer, step="order", is_done=True, now=now)

    customer.refresh_from_db()
    assert customer.steps_done == {"order": "2031-03-01"}


def test_a_tenant_of_ours_needs_no_transfer_and_its_ticks_stay(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(FEW, "Dupont;Office 365 E3;5;1;;31/03/2031;commercial"))
    customer = Customer.objects.get()
    place = customer.get_absolute_url()
    as_reseller.post(place + "steps/", {"step": "order", "done": "1"})

    def planned() -> tuple[Any, ...]:
        row = PlanLine.objects.get(plan__is_current=True)
        steps = as_reseller.get(place).context["steps"]
        done = [code for code, _label, _owner, is_done, _link in steps if is_done]
        return row.authorise_by, row.transfer_on, row.order_from, row.act_on, len(steps), done

    unknown = planned()
    as_reseller.post(place, {"tenant": "ours"})
    ours = planned()
    as_reseller.post(place, {"tenant": "other_partner"})

    authorise, order = dt.date(2031, 3, 19), dt.date(2031, 3, 26)
    assert unknown == (authorise, dt.date(2031, 3, 30), order, authorise, 8, ["order"])
    assert ours == (None, None, order, order, 4, ["order"])
    assert planned() == (authorise, dt.date(2031, 3, 30), order, authorise, 9, ["order"])


def test_a_plan_that_moves_names_the_next_step_of_the_enrollment(
    bring: Bring, as_reseller: Client, partner: Partner
) -> None:
    bring(files.csv_of(FEW, "Dupont;Office 365 E3;5;1;;31/03/2031;commercial", "Durand;Visio 2019;5;2;non;;commercial"))
    enrollment = make_enrollment(partner=partner)

    ways = {one.name: as_reseller.get(one.get_absolute_url()).context["way"] for one in Customer.objects.all()}

    assert (ways["Dupont"]["url"], ways["Durand"]) == (enrollment.get_absolute_url(), None)


def test_answers_are_kept_and_planned_at_once(bring: Bring, as_reseller: Client) -> None:
    bring(HOME_MADE)
    customer = Customer.objects.get(key="mairie fictive")

    answers = {"sector": "government", "country": "FR", "has_sa": "no", "end_on": "2027-01-15"}
    for _ in range(2):
        assert as_reseller.post(customer.get_absolute_url(), answers).status_code == 302

    row = PlanLine.objects.get(plan__customer=customer, plan__is_current=True)
    assert (row.action, row.rule, row.plan.number) == (Action.ASK_BDM, "R04", 2)


def test_an_answer_that_was_known_plans_anew_on_another_day_only(bring: Bring) -> None:
    bring(HOME_MADE)
    customer, now = Customer.objects.get(key="mairie fictive"), timezone.now()

    for day in (23, 23, 24):
        estate.answer(customer=customer, today=dt.date(2027, 1, day), now=now, sector="commercial")

    numbers = Plan.objects.filter(customer=customer).order_by("number").values_list("number", "as_of")
    assert list(numbers)[1:] == [(2, dt.date(2027, 1, 23)), (3, dt.date(2027, 1, 24))]


FEW = "Client;Produit;Quantité;N° de licence;SA;Date de fin;Secteur"


@pytest.mark.parametrize(
    ("row", "returned", "keys"),
    [
        ("Office 365 E3;5;1;;31/03/2031", dt.date(2026, 11, 8), None),  # 7 days, that of the order the first
        ("Windows Server 2019;5;1;non;31/03/2031", dt.date(2026, 12, 1), dt.date(2026, 11, 9)),  # 30 days; 5 for keys
        ("SQL Server 2019;5;1;oui;31/03/2031", None, None),
    ],
)
def test_days_to_return_and_to_use_keys_follow_from_the_order(
    bring: Bring, as_reseller: Client, row: str, returned: dt.date | None, keys: dt.date | None
) -> None:
    bring(files.csv_of(FEW, f"Dupont;{row};commercial"))
    line = Line.objects.get()
    place = f"{line.customer.get_absolute_url()}lines/{line.pk}/order/"

    for _ in range(2):
        as_reseller.post(place, {"ordered_on": "2026-11-02", "keys_on": "2026-11-04"})

    [shown] = as_reseller.get(line.customer.get_absolute_url()).context["lines"]
    assert (shown["deadlines"].return_until, shown["deadlines"].keys_until) == (returned, keys)
    text = b"".join(as_reseller.get(f"{line.customer.get_absolute_url()}plan.csv").streaming_content).decode()
    assert "02/11/2026" in text


def test_days_that_cannot_be_are_told_where_they_were_typed(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(FEW, "Dupont;Office 365 E3;5;1;;31/03/2031;commercial"))
    line = Line.objects.get()
    place = f"{line.customer.get_absolute_url()}lines/{line.pk}/order/"

    refused = [
        as_reseller.post(place, {"ordered_on": ordered, "keys_on": keys})
        for ordered, keys in (("2026-11-05", "2026-11-04"), ("", "2026-11-04"), ("gestern", ""))
    ]

    line.refresh_from_db()
    assert [answer.status_code for answer in refused] == [422] * 3
    assert 'value="gestern"' in refused[2].content.decode()
    for answer in refused:
        assert re.search(rf'data-error-summary.*?href="#id_{line.pk}_\w+_on"', answer.content.decode(), re.S)
    assert (line.ordered_on, line.keys_on) == (None, None)


def test_a_file_overrules_no_answer_and_fills_what_nobody_answered(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;SA;Date de fin;Secteur;Pays"
    bring(files.csv_of(head, "Dupont;SQL Server;5;1;;;;", "Durand;SQL Server;5;2;;;;"))
    answers = {"sector": "nonprofit", "country": "BE", "has_sa": False, "end_on": dt.date(2031, 5, 31)}
    dupont = Customer.objects.get(name="Dupont")
    estate.answer(customer=dupont, today=dt.date(2026, 11, 23), now=timezone.now(), **answers)

    bring(files.csv_of(head, *(f"{name};SQL Server;5;3;oui;30/06/2031;commercial;FR" for name in ("Dupont", "Durand"))))

    assert list(Customer.objects.order_by("name").values(*answers)) == [
        answers, {"sector": "commercial", "country": "FR", "has_sa": None, "end_on": None},
    ]  # fmt: skip
    # What a line says of itself counts for it: the answers are for those that say nothing.
    planned = PlanLine.objects.filter(plan__customer=dupont, plan__is_current=True).order_by("number")
    assert list(planned.values_list("action", "expires_on")) == [
        (Action.KEEP, None), (Action.OPEN_VALUE, dt.date(2031, 6, 30)),
    ]  # fmt: skip


def test_a_file_s_content_is_kept_for_thirty_days_after_its_import_and_while_it_waits(
    bring: Bring, partner: Partner, reseller: User
) -> None:
    done, second = bring(HOME_MADE), dt.timedelta(seconds=1)
    assert done.done_at
    long_ago = done.done_at - dt.timedelta(days=400)
    estate.upload(partner=partner, name="b.csv", content=b"Client;Produit", by=reseller, now=long_ago)
    do_once(work.ESTATE)
    last = done.done_at + dt.timedelta(days=30)

    assert [retention.apply("estate-contents", now=now) for now in (last, last + second, last + second)] == [0, 1, 0]
    kept = EstateFile.objects.filter(content__isnull=False)
    assert list(kept.values_list("name", "state")) == [("b.csv", FileState.TO_CONFIRM)]


def test_an_import_keeps_what_was_ordered(bring: Bring) -> None:
    bring(HOME_MADE)
    Line.objects.filter(license_number="0001").update(ordered_on=dt.date(2026, 11, 2))

    bring(HOME_MADE.replace(b"E3;12;", b"E3;15;"))

    assert list(Line.objects.filter(license_number="0001").values_list("quantity", "ordered_on")) == [
        (15, dt.date(2026, 11, 2))
    ]


def test_a_product_that_nobody_knows_and_that_ends_is_asked_about(bring: Bring) -> None:
    bring(files.csv_of(FEW, "Dupont;Contoso Suite;5;1;non;31/03/2031;commercial"))
    customer, now = Customer.objects.get(), timezone.now()

    def planned() -> tuple[str, str]:
        return PlanLine.objects.values_list("action", "question").get(plan__is_current=True)

    asked = planned()
    estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=now, unknown_online=True)
    moved = planned()
    estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=now, unknown_online=False)

    assert (asked, moved, planned()) == (("answer", "unknown_online"), ("csp_online", ""), ("keep", ""))


@pytest.mark.parametrize("product", ["Power BI Pro", "Microsoft Teams Essentials", "Visio Plan 2", "Project Plan 3"])
def test_a_service_is_no_perpetual_licence_whatever_its_name(bring: Bring, product: str) -> None:
    bring(files.csv_of(FEW, f"Dupont;{product};5;1;non;31/03/2031;commercial"))

    assert PlanLine.objects.get(plan__is_current=True).action == Action.CSP_ONLINE


def test_what_is_in_csp_already_is_rejected_and_open_value_has_assurance(bring: Bring) -> None:
    head = "Client;Produit;Quantité;N° de licence;Programme;Secteur;Date de fin"
    rows = [f"Dupont;{what};commercial;31/03/2031" for what in ("Office 365 E3;5;1;CSP", "SQL;5;2;Open Value")]
    file = bring(files.csv_of(head, *rows))

    assert list(file.rejected_rows.values_list("reason", flat=True)) == ["already_csp"]
    assert PlanLine.objects.get(plan__is_current=True).action == Action.OPEN_VALUE


def test_who_may_sell_is_said_of_today_and_of_the_customer_s_country(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(FEW, "Dupont;Office 365 E3;5;1;;31/03/2031;commercial"))
    customer = Customer.objects.get()

    def said() -> bool:
        [line] = as_reseller.get(customer.get_absolute_url()).context["lines"]
        file = b"".join(as_reseller.get(f"{customer.get_absolute_url()}plan.csv").streaming_content).decode()
        assert (str(wording.WARNINGS["not_ready"]) in file) == line["blocked"]
        return bool(line["blocked"])

    before = said()
    enrollment = make_enrollment(owner=customer.partner.memberships.get().user, partner=customer.partner)
    by = enrollment.created_by
    Enrollment.objects.filter(pk=enrollment.pk).update(state="submitted", submitted_at=timezone.now(), submitted_by=by)
    Enrollment.objects.filter(pk=enrollment.pk).update(state="ready", ready_at=timezone.now())
    after = said()
    Customer.objects.update(country="BE")

    assert (before, after, said()) == (True, False, True)


def test_plans_of_replaced_facts_are_made_anew_and_the_old_ones_stay(bring: Bring, partner: Partner) -> None:
    bring(HOME_MADE)
    Edition.objects.filter(state="published").update(state="superseded")
    Edition.objects.create(number=99, state="published", published_at=timezone.now())

    made = [plans.renew_outdated(timezone.now()) for _ in range(2)]

    assert made == [4, 0]
    assert set(Plan.objects.values_list("number", "edition__number", "is_current")) >= {(2, 99, True)}
    assert Plan.objects.filter(number=1, is_current=False).exclude(edition__number=99).count() == 2


def test_lines_customers_and_waiting_files_can_be_removed(bring: Bring, as_reseller: Client, partner: Partner) -> None:
    bring(HOME_MADE)
    line = Line.objects.get(license_number="0001")
    customer = line.customer
    waiting = send(as_reseller, partner, HOME_MADE + b"\nX;1;2;Visio;3;;;FR;")["Location"]
    EstateFile.objects.exclude(state="done").update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)

    for _ in range(2):
        as_reseller.post(f"{customer.get_absolute_url()}lines/{line.pk}/remove/", {"sure": "1"})
    left = set(PlanLine.objects.filter(plan__customer=customer, plan__is_current=True).values_list("uid", flat=True))
    as_reseller.post(f"{customer.get_absolute_url()}remove/")
    unsure = Customer.objects.filter(pk=customer.pk).exists()
    as_reseller.post(f"{customer.get_absolute_url()}remove/", {"sure": "on"})
    as_reseller.post(f"{waiting}withdraw/", {"sure": "1"})

    assert len(left) == 2
    assert line.pk not in left
    assert (unsure, Customer.objects.filter(pk=customer.pk).exists()) == (True, False)
    assert list(EstateFile.objects.values_list("state", flat=True)) == ["done"]


def test_a_file_that_no_longer_waits_is_not_withdrawn(bring: Bring, as_reseller: Client) -> None:
    file = bring(HOME_MADE)

    as_reseller.post(f"{file.get_absolute_url()}withdraw/", {"sure": "1"})

    assert EstateFile.objects.filter(pk=file.pk).exists()


# --- to take away -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("evil", ["=cmd|'/c calc'!A1", "+33 1 23", "-2+3+cmd|' /C calc'!D2", "@SUM(1+1)"])
def test_a_formula_from_a_file_is_harmless_in_every_export(
    bring: Bring, as_reseller: Client, partner: Partner, evil: str
) -> None:
    file = bring(files.csv_of("Client;Produit;Quantité;Date de fin", f"{evil};{evil};5;31/05/2027", f"{evil};Visio;0;"))

    plan = b"".join(as_reseller.get(f"/licensing/{partner.pk}/plan.csv").streaming_content).decode("utf-8-sig")
    rejected = b"".join(as_reseller.get(f"{file.get_absolute_url()}rejected.csv").streaming_content).decode("utf-8-sig")
    xlsx = b"".join(as_reseller.get(f"/licensing/{partner.pk}/plan.xlsx").streaming_content)

    assert [row[:2] for row in csv.reader(plan.splitlines()[1:], delimiter=";")] == [[f"'{evil}", f"'{evil}"]]
    assert [row[2] for row in csv.reader(rejected.splitlines()[1:], delimiter=";")] == [f"'{evil}"]
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    assert book.sheetnames == ["Plan", "Questions ouvertes", "Lignes rejetées", "Sources"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert (book["Plan"]["A2"].value, book["Lignes rejetées"]["C2"].value) == (f"'{evil}", f"'{evil} | Visio | 0 | ")


@pytest.mark.parametrize(("language", "mark", "title"), [("fr", ";", "Expiration"), ("en-gb", ",", "Expiry")])
def test_a_csv_file_is_written_as_its_reader_s_spreadsheet_reads_it(
    bring: Bring, as_reseller: Client, partner: Partner, language: str, mark: str, title: str
) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;5;03/04/2031;commercial"))
    User.objects.update(language=language)

    content = b"".join(as_reseller.get(f"/licensing/{partner.pk}/plan.csv").streaming_content)

    assert content.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(content.decode("utf-8-sig").splitlines(), delimiter=mark)
    assert row[title] == "03/04/2031"


def test_a_workbook_holds_days_and_numbers_and_says_why_a_row_was_rejected(
    bring: Bring, as_reseller: Client, partner: Partner
) -> None:
    rows = ("Dupont;Office 365;5;03/04/2031;commercial", "Dupont;Visio;0;;")
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", *rows))

    xlsx = b"".join(as_reseller.get(f"/licensing/{partner.pk}/plan.xlsx").streaming_content)

    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    [titles, row] = book["Plan"].iter_rows(values_only=True)
    said = dict(zip(titles, row, strict=True))
    assert (said["Quantité"], str(said["Expiration"])) == (5, "2031-04-03 00:00:00")
    assert [cell.value for cell in book["Lignes rejetées"][2]] == [
        3, "la quantité est 0\xa0: aucun droit d’utilisation", "Dupont | Visio | 0 |  | ",
    ]  # fmt: skip


def test_what_is_taken_away_is_of_the_one_customer_and_of_the_last_file(bring: Bring, as_reseller: Client) -> None:
    head = "Client;Produit;Quantité;N° de licence"
    bring(files.csv_of(head, "Dupont;Office 365;5;1", "Dupont;Visio;0;2"))
    bring(files.csv_of(head, "Durand;Office 365;5;3", "Durand;Visio;-1;4"))
    place = Customer.objects.get(name="Dupont").get_absolute_url()

    plan = b"".join(as_reseller.get(f"{place}plan.csv").streaming_content).decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_reseller.get(f"{place}plan.xlsx").streaming_content)))

    assert [row[0] for row in csv.reader(plan.splitlines()[1:], delimiter=";")] == ["Dupont"]
    assert [row[1] for row in book["Plan"].iter_rows(values_only=True)][1:] == ["Office 365"]
    assert [row[1] for row in book["Lignes rejetées"].iter_rows(values_only=True)][1:] == ["la quantité est négative"]


def test_the_pdf_spells_customers_beyond_western_europe(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin", "Łódź Şirket Ελλάδα Ромашка;Office 365 E3;5;31/03/2031"))

    answer = as_reseller.get(f"{Customer.objects.get().get_absolute_url()}plan.pdf")

    text = " ".join(
        page_.extract_text() for page_ in PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages
    )  # fmt: skip
    assert "Łódź Şirket Ελλάδα Ромашка" in text
    assert "31 mars 2031" in text


def test_paper_holds_the_nearest_lines_and_says_how_many_more_there_are(
    bring: Bring, as_reseller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_paper, "ON_PAPER", 2)
    rows = [f"Dupont;Office 365 E{n};5;{n};;31/0{n}/2031;commercial" for n in (7, 5, 3)]
    bring(files.csv_of(FEW, *rows))

    def printed() -> str:
        answer = as_reseller.get(f"{Customer.objects.get().get_absolute_url()}plan.pdf")
        reader = PdfReader(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[arg-type]
        return " ".join(" ".join(page.extract_text() for page in reader.pages).split())

    few = printed()
    monkeypatch.setattr(customer_paper, "ON_PAPER", 3)

    assert ("Office 365 E3" in few, "Office 365 E5" in few, "Office 365 E7" in few) == (True, True, False)
    assert ("nous en avons 1 de plus" in few, "nous en avons" in printed()) == (True, False)


def test_a_pdf_is_made_for_a_customer(bring: Bring, as_reseller: Client) -> None:
    bring(HOME_MADE)
    customer = Customer.objects.get(key="boulangerie ete")

    content = b"".join(as_reseller.get(f"{customer.get_absolute_url()}plan.pdf").streaming_content)

    assert content.startswith(b"%PDF-")
    assert len(content) > 2000
