"""What a file would change is shown and asked before anything is written, and a whole import can be undone."""

import datetime as dt
import io
import random
import re
from collections.abc import Callable
from typing import Any

import hypothesis
import openpyxl
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from licensing import work
from licensing.domain import estate, estate_difference, estate_review, estate_undo
from licensing.domain.rows import Item
from licensing.enums import FileState
from licensing.models import Agreement, Customer, EstateFile, Line, LineBefore, PlanLine
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.work.loop import do_once
from tests.licensing import files
from tests.licensing.conftest import EARLIER

Bring = Callable[..., EstateFile]
HEAD = "Client;N° de licence;Produit;Quantité;SA;Date de fin;Programme;Pays"


@pytest.fixture
def checked(partner: Partner, reseller: User) -> Bring:
    """Upload, look, confirm, check: the file waits with its review."""

    def checked(content: bytes, name: str = "parc.csv") -> EstateFile:
        now = timezone.now() - EARLIER
        file = estate.upload(partner=partner, name=name, content=content, by=reseller, now=now)
        assert do_once(work.ESTATE) == 1
        file.refresh_from_db()
        sheet = file.found["sheets"][file.found["best"]]
        fields = {int(index): field for index, field in sheet["fields"].items()}
        estate.confirm(file=file, sheet=sheet["name"], fields=fields, customer="", now=now)
        assert do_once(work.ESTATE) == 1
        file.refresh_from_db()
        return file

    return checked


def state() -> list[Any]:
    """Everything that an import may write, but for keys of rows."""
    lines = Line.objects.order_by("customer__key", "identity").values_list(
        "pk", "customer__key", "identity", "product", "quantity", "end_on", "license_number", "file"
    )
    plans = PlanLine.objects.filter(plan__is_current=True).order_by("uid").values_list("uid", "action", "act_on")
    customers = Customer.objects.order_by("key").values_list("pk", "name", "sector", "country")
    agreements = Agreement.objects.order_by("number").values_list("number", "end_on")
    return [list(lines), list(plans), list(customers), list(agreements)]


def words(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.decode()).split())


@pytest.mark.parametrize("language", ["fr", "en-gb", "de"])
def test_figures_of_one_agree_with_it(checked: Bring, reseller: User, as_reseller: Client, language: str) -> None:
    User.objects.filter(pk=reseller.pk).update(language=language)
    one = {
        "fr": ("1 ligne dans le fichier", "1 ligne à importer", "1 client", "1 ligne acceptée", "1 licence au total"),
        "en-gb": ("1 row in the file", "1 row to import", "1 customer", "1 row accepted", "1 licence"),
        "de": ("1 Zeile in der Datei", "1 Zeile zu importieren", "1 Kunde", "1 Zeile angenommen", "1 Lizenz"),
    }[language]
    file = checked(files.csv_of(HEAD, "Nord SA;1;Office 365 E3;1;;31/12/2027;Open;FR"))

    review = words(as_reseller.get(file.get_absolute_url()).content)
    estate_review.accept(file=file, now=timezone.now() - EARLIER)
    assert do_once(work.ESTATE) == 1
    done = words(as_reseller.get(file.get_absolute_url()).content)
    overview = words(as_reseller.get(f"/licensing/{file.partner_id}/").content)

    for shown, told in zip((review, review, review, done, overview), one, strict=True):
        assert re.search(rf"{told}(?!s)\b", shown), told


def test_a_review_counts_what_is_there_and_writes_nothing(checked: Bring) -> None:
    file = checked(
        files.csv_of(
            HEAD, "Nord SA;1;Office 365 E3;10;;31/12/2027;Open;FR", "Nord SA;2;Visio 2019;4;non;;Open;Belgique",
            "Sud;3;SQL Server;6;oui;30/06/2027;Open Value;", "Sud;4;Windows 11 Pro;2;;;OEM;", "TOTAL;;;22;;;;",
        )
    )  # fmt: skip

    review = file.result["review"]
    assert (file.state, Line.objects.count(), Customer.objects.count()) == (FileState.TO_REVIEW, 0, 0)
    assert review["kinds"] == {"online": [1, 10], "without_sa": [1, 4], "with_sa": [1, 6]}
    assert review["left_out"] == {"program_oem": [1, [5]], "total": [1, [6]]}
    assert review["spans"]["end_on"] == ["2027-06-30", "2027-12-31"]
    assert dict(review["countries"]) == {"FR": 1, "BE": 1, "": 1}
    assert (review["difference"]["added"], review["difference"]["new_customers"]) == (3, 2)
    assert not estate_review.open_questions(file)


def test_a_review_shows_what_changes_from_and_to(bring: Bring, checked: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(HEAD, "Nord;1;Office 365 E3;10;;31/12/2027;Open;FR", "Nord;2;Visio 2019;4;non;;Open;FR"))
    before = state()

    file = checked(files.csv_of(HEAD, "NORD SARL;0001;Office 365 E3;15;;31/12/2027;Open;FR"))

    difference = file.result["review"]["difference"]
    assert [one["fields"]["quantity"] for one in difference["changes"]] == [["10", "15"]]
    assert [one["product"] for one in difference["no_longer"]] == ["Visio 2019"]
    assert "10 → 15" in as_reseller.get(file.get_absolute_url()).content.decode()
    assert state() == before


def test_questions_are_asked_once_a_column_and_hold_the_import_back(checked: Bring, as_reseller: Client) -> None:
    rows = [f"Nord;{n};Office 365 E3;{n};;03/04/2027;Contrat 12;Nulle part" for n in (1, 2)]
    file = checked(files.csv_of(HEAD, *rows))
    place = file.get_absolute_url()

    too_early = as_reseller.post(f"{place}accept/", follow=True).content.decode()
    form = as_reseller.get(place).context["form"]
    answers = {"order-end_on": "0", "program-0": "open", "country-0": "LU"}
    half = as_reseller.post(place, {**answers, "country-0": ""})
    as_reseller.post(place, answers)
    EstateFile.objects.update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)
    file.refresh_from_db()

    assert "Rien n’a été importé." in too_early
    assert sorted(form.fields) == sorted(answers)
    assert half.status_code == 422
    assert half.context["form"]["program-0"].value() == "open"
    assert file.result["review"]["spans"]["end_on"] == ["2027-03-04", "2027-03-04"]
    assert not estate_review.open_questions(file)


def test_hidden_rows_are_asked_about(checked: Bring) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (["Client", "Produit", "Quantité"], ["Nord", "Visio", 1], ["Sud", "Visio", 2]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    book.save(out)
    file = checked(out.getvalue(), "parc.xlsx")
    assert (file.result["review"]["hidden"], estate_review.open_questions(file)) == (1, True)

    estate_review.answer(file=file, answers={}, orders={}, with_hidden=True, now=timezone.now() - EARLIER)
    do_once(work.ESTATE)

    file.refresh_from_db()
    assert (file.result["review"]["accepted"], estate_review.open_questions(file)) == (2, False)


def test_hidden_columns_that_are_used_are_named(checked: Bring, as_reseller: Client) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (["Client", "Produit", "Quantité", "Prix"], ["Nord", "Visio", 1, 9]):
        sheet.append(row)
    for column in "CD":
        sheet.column_dimensions[column].hidden = True
    book.save(out)

    file = checked(out.getvalue(), "parc.xlsx")

    assert file.result["review"]["hidden_columns"] == ["Quantité"]
    shown = as_reseller.get(file.get_absolute_url()).content.decode()
    assert "Colonnes masquées dans le fichier et utilisées</strong> Quantité" in shown


@pytest.mark.parametrize(
    ("country", "page", "customer", "said"),
    [
        ("FR", "cp1252", "Crèche Étoilée", "Europe occidentale"),
        ("PL", "cp1250", "Spółka Źródło", "Europe centrale"),
        ("GR", "cp1253", "Ελληνική Εταιρεία", "grec"),
    ],
)
def test_a_guessed_code_page_is_said_with_words_to_check_it_by(
    checked: Bring, partner: Partner, as_reseller: Client, country: str, page: str, customer: str, said: str
) -> None:
    Partner.objects.filter(pk=partner.pk).update(country=country)
    partner.refresh_from_db()
    head = "Client;Product;Quantity"

    guessed = checked(f"{head}\r\n{customer};Visio;3\r\n".encode(page))
    named = checked(f"{head}\r\n{customer};Visio;4\r\n".encode("utf-8-sig"))

    shown = as_reseller.get(guessed.get_absolute_url()).content.decode()
    assert said in shown and ", ".join(customer.split()) in shown
    assert said not in as_reseller.get(named.get_absolute_url()).content.decode()


def test_an_approval_that_comes_twice_imports_once(checked: Bring, as_reseller: Client) -> None:
    file = checked(files.csv_of(HEAD, "Nord;1;Visio;1;non;;;"))

    for _press in range(2):
        assert as_reseller.post(f"{file.get_absolute_url()}accept/").status_code == 302
    EstateFile.objects.update(next_check_at=timezone.now() - EARLIER)
    do_once(work.ESTATE)
    as_reseller.post(f"{file.get_absolute_url()}accept/")

    file.refresh_from_db()
    assert (file.state, Line.objects.count()) == (FileState.DONE, 1)


def test_columns_can_be_changed_after_the_review(checked: Bring, as_reseller: Client) -> None:
    file = checked(files.csv_of(HEAD, "Nord;1;Visio;1;non;;;"))

    as_reseller.post(f"{file.get_absolute_url()}columns/")

    file.refresh_from_db()
    assert file.state == FileState.TO_CONFIRM


def test_an_import_is_undone_whole(bring: Bring, as_reseller: Client) -> None:
    bring(
        files.csv_of(
            HEAD, "Nord;1;Office 365 E3;10;;31/12/2027;Open;", "Nord;2;Visio 2019;4;non;;Open;",
            "Est;7;Office 365 E1;3;;31/12/2027;Open;",
        )
    )  # fmt: skip
    before = state()
    file = bring(
        files.csv_of(
            HEAD, "NORD SAS;1;Office 365 E3;99;;31/12/2028;Open;BE", "Ouest;9;Visio 2019;4;non;;Open;",
            "Nord;2;Visio 2019;5;non;;Open;BE",
        )
    )  # fmt: skip
    assert state() != before
    page = as_reseller.get(file.get_absolute_url()).content.decode()

    for _press in range(2):
        as_reseller.post(f"{file.get_absolute_url()}undo/")

    file.refresh_from_db()
    assert "Annuler cet import" in page
    assert (file.state, state()) == (FileState.UNDONE, before)


def test_an_import_of_contracts_is_undone(bring: Bring) -> None:
    head = "Organization;License ID;End date"
    bring(files.csv_of(head, "Nord;V00123;31/05/2027"))
    before = state()
    file = bring(files.csv_of(head, "Nord;v-00123;30/06/2028", "Nord;V777;30/06/2028"))
    assert [end for _number, end in state()[3]] == [dt.date(2028, 6, 30)] * 2

    estate_undo.undo(file=file, today=timezone.localdate(), now=timezone.now())

    assert state() == before


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda bring: bring(files.csv_of(HEAD, "Nord;1;Visio;2;non;;;")), "later_file"),
        (lambda bring: Line.objects.update(ordered_on=dt.date(2026, 1, 2)), "orders"),
        (lambda bring: Customer.objects.update(has_sa=True), "answers"),
        (lambda bring: LineBefore.objects.all().delete(), "before_undo"),
    ],
    ids=["later file", "order", "answer", "older version"],
)
def test_what_was_built_on_is_not_undone(
    bring: Bring, as_reseller: Client, build: Callable[[Bring], Any], reason: str
) -> None:
    file = bring(files.csv_of(HEAD, "Nord;1;Visio;1;non;;;"))
    build(bring)

    with pytest.raises(estate_undo.BuiltOnError) as refusal:
        estate_undo.undo(file=file, today=timezone.localdate(), now=timezone.now())

    assert refusal.value.reason == reason
    assert as_reseller.post(f"{file.get_absolute_url()}undo/", follow=True).status_code == 200
    assert Line.objects.count() == 1


def test_an_outsider_finds_no_review(checked: Bring, as_outsider: Client) -> None:
    place = checked(files.csv_of(HEAD, "Nord;1;Visio;1;non;;;")).get_absolute_url()

    answers = [as_outsider.post(f"{place}{deed}/").status_code for deed in ("accept", "columns", "undo")]

    assert answers == [404, 404, 404]


# --- our own exports --------------------------------------------------------------------------------------------
def resaved(content: bytes) -> bytes:
    """The workbook as another program saves it again."""
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(content)).save(out)
    return out.getvalue()


def as_csv(content: bytes) -> bytes:
    """The first sheet as a spreadsheet saves it in CSV, with month and day in its own order."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    rows = [["" if cell is None else str(cell).removesuffix(" 00:00:00") for cell in row] for row in sheet.values]
    return "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows).encode()


def rewritten(**how: Any) -> Callable[[bytes], bytes]:
    """The first sheet as another program writes it again, from its cells."""

    def rewrite(content: bytes) -> bytes:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        rows = [[cell.date() if isinstance(cell, dt.datetime) else cell for cell in row] for row in sheet.values]
        return files.foreign_workbook(rows, **how)

    return rewrite


@pytest.mark.parametrize(
    "language",
    [code if code == "fr" else pytest.param(code, marks=pytest.mark.long) for code, _name in settings.LANGUAGES],
)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("plan.csv", bytes),
        ("plan.xlsx", bytes),
        ("plan.xlsx", resaved),
        ("plan.xlsx", as_csv),
        ("plan.xlsx", rewritten(prefix="x", inline=False)),
        ("plan.xlsx", rewritten(places=False)),
    ],
    ids=["csv", "xlsx", "xlsx saved again", "xlsx saved as csv", "shared texts, prefix", "texts in cells, no places"],
)
def test_our_own_export_comes_back_as_the_same_lines(
    bring: Bring, checked: Bring, as_reseller: Client, partner: Partner, language: str, name: str,
    change: Callable[[bytes], bytes],
) -> None:  # fmt: skip
    head = "Client;N° d'autorisation;N° de licence;Référence;Produit;Quantité;SA;Date de début;Date de fin;"
    head += "Date de fin SA;Token acheté le;Secteur;Pays;Programme"
    bring(
        files.csv_of(
            head, "Nord SA;0012;0034;R18-01;Office 365 E3;10;;01/02/2026;03/04/2031;;;Commercial;FR;Open License",
            "Nord SA;;777;;SQL Server 2019;6;oui;;;05/06/2031;;;;Open", "Été;;;;Visio 2019;4;non;;;;;Éducation;BE;",
            "Sud;;9;;Produit maison;2;;;07/08/2031;;;Association;;", "=Sud;;10;;Office 365;2;;;;;01/02/2024;;;OLP",
            "Est;;11;;Windows Server 2019;3;;;;;;Gouvernement;Luxembourg;Open Value",
        )
    )  # fmt: skip
    User.objects.update(language=language)
    content = b"".join(as_reseller.get(f"/licensing/{partner.pk}/{name}").streaming_content)

    changed = change(content)
    file = checked(changed, name if changed.startswith(b"PK") else "plan.csv")

    review = file.result["review"]
    assert not estate_review.open_questions(file), review
    difference = review["difference"]
    assert (difference["same"], difference["added"], difference["changes"], review["left_out"]) == (6, 0, [], {})


def test_a_column_without_a_title_is_said_not_to_be_used(checked: Bring) -> None:
    file = checked(files.csv_of("Client;Produit;Quantité;;Remarque;", "Nord;Visio;1;x;;y", "Sud;Visio;2;;z;"))

    assert file.result["review"]["unused"] == ["Remarque", "(D)", "(F)"]


def test_what_is_imported_with_a_doubt_is_said_before(checked: Bring, as_reseller: Client) -> None:
    rows = ["Nord;1;SQL Server SA;4;non;;;", "Nord;2;Visio SA;4;non;;;", "Sud;3;Produit maison;1;oui;31/12/9999;;"]
    file = checked(files.csv_of(HEAD, *rows))

    html = as_reseller.get(file.get_absolute_url()).content.decode()

    assert file.result["review"]["warnings"] == [["sa_differs", 2], ["unknown_product", 1], ["no_end", 1]]
    assert "Le fichier se contredit" in html
    assert "(2 lignes)" in " ".join(html.split())


# --- identity ---------------------------------------------------------------------------------------------------
_NAMES = [["Nord SA", "NORD S.A.", "nord", "Nörd"], ["Sud & Cie", "SUD ET CIE", "Sud and Cie SARL"]]
_NUMBERS = [["00123", "123", "0-123"], ["V45 6", "v456"], [""]]
_PRODUCTS = [["Visio 2019", "VISIO  2019"], ["Office 365 E3", "office-365 e3"]]
_LINE = st.tuples(
    st.integers(0, 1), st.integers(0, 2), st.integers(0, 1), st.integers(1, 50),
    st.sampled_from([None, dt.date(2027, 5, 31), dt.date(2028, 5, 31)]), st.booleans(),
)  # fmt: skip


def _spelled(line: tuple[Any, ...], chance: random.Random, row_no: int) -> Item:
    customer, number, product, quantity, end_on, has_sa = line
    return Item(
        row_no=row_no, customer=chance.choice(_NAMES[customer]), product=chance.choice(_PRODUCTS[product]),
        license_number=chance.choice(_NUMBERS[number]), quantity=quantity, end_on=end_on, has_sa=has_sa,
    )  # fmt: skip


def _estate(items: list[Item]) -> set[tuple[Any, ...]]:
    return {
        (customer, identity, item.quantity, item.end_on)
        for (customer, identity), item in estate_difference.merged(items).items()
    }


@given(st.lists(_LINE, max_size=8), st.randoms(use_true_random=False))
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
def test_any_order_and_spelling_of_the_rows_is_one_estate(lines: list[tuple[Any, ...]], chance: random.Random) -> None:
    again = chance.sample(lines, len(lines))

    first = [_spelled(line, chance, number) for number, line in enumerate(lines)]
    second = [_spelled(line, chance, number) for number, line in enumerate(again)]

    assert _estate(first) == _estate(second)
    shuffled = chance.sample(first, len(first))
    assert estate_difference.customers_of(first) == estate_difference.customers_of(shuffled)


def test_numbers_after_a_spreadsheet_are_the_lines_that_are_there(bring: Bring) -> None:
    rows = [["Nord", "00012345", "Office 365", 5], ["Nord", "0777", "Visio", 1]]
    bring(files.csv_of("Client;N° de licence;Produit;Quantité", *(";".join(map(str, row)) for row in rows)))
    before = state()[2]

    file = bring(
        files.workbook(("A", [["Client", "N° de licence", "Produit", "Quantité"], ["NORD", 12345, "Office 365", 5],
                             ["nord", 777, "visio", 1]])), "parc.xlsx",
    )  # fmt: skip

    assert (file.result["added"], Line.objects.count(), state()[2]) == (0, 2, before)


@pytest.mark.parametrize(
    ("first", "then", "lines"),
    [
        ("Nord;1;Visio;5;;;;", "Nord;1;Visio;5;oui;;;", 1),
        ("Nord;2;Visio;5;peut-être;;;", "NORD;02;visio;6;Avec SA;;;", 1),
        ("Nord;3;Visio;5;oui;;;", "Nord;3;Visio;5;;;;", 1),
        ("Nord;4;Visio;5;non;;;", "Nord;4;Visio;5;oui;;;", 2),
    ],
)
def test_a_file_that_says_more_of_a_line_does_not_double_it(bring: Bring, first: str, then: str, lines: int) -> None:
    bring(files.csv_of(HEAD, first))

    bring(files.csv_of(HEAD, then))

    assert Line.objects.count() == lines


def test_lines_of_an_earlier_rule_of_identity_are_found_again(bring: Bring) -> None:
    content = files.csv_of(HEAD, "Nord;00123;Visio;1;non;;;")
    bring(content)
    Line.objects.update(identity="of an earlier rule")

    file = bring(files.csv_of(HEAD, "Nord;123;Visio;1;non;;;"))

    assert (file.result["added"], Line.objects.count()) == (0, 1)
