"""Generated files: dialect, shape of the header, damage. Nothing is dropped, and every sum is the generator's."""

import datetime as dt
import io
from collections import Counter
from dataclasses import dataclass, replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensing.domain import editions
from licensing.domain.facts import Facts
from licensing.domain.families import Families
from licensing.domain.judging import Judged, judge
from licensing.domain.shapes import NAMES, find_header
from portal.tables import reading
from portal.tables.headers import plain

FAMILIES = Families(Facts(editions.read_files()))


@dataclass(frozen=True)
class Dialect:
    """How a program writes a file."""

    container: str  # csv or xlsx
    delimiter: str
    encoding: str
    newline: str
    quotes_all: bool
    day: str  # strftime
    thousands: str
    decimals: str


@dataclass(frozen=True)
class Licence:
    customer: str
    product: str
    number: str
    quantity: int
    sa: str
    end: dt.date | None
    damage: str = ""


# What is wrong with a row, and the reasons by which it may be left out.
DAMAGES: dict[str, set[str]] = {
    "": set(),
    "no quantity": {"no_quantity"},
    "quantity zero": {"quantity_zero"},
    "quantity negative": {"quantity_negative"},
    "quantity in words": {"quantity_unreadable"},
    "half a licence": {"quantity_not_whole"},
    "no product": {"no_product"},
    "no customer": {"no_customer"},
    "date of nonsense": {"date_unreadable"},
    "year of two digits": {"date_two_digits", "date_unreadable", "date_order"},
    "number shortened": {"number_damaged"},
    "of another programme": {"program_enterprise_agreement"},
    "returned": {"returned"},
}
# Names as other files have them; some need more than one script or alphabet.
CUSTOMERS = (
    "Boulangerie Été SARL", "Dupont & Fils", "ACME Informatique", "Mairie d'Exemple", "Cabinet \"Le Modèle\"",
    "Łódź Sp. z o.o.", "Ромашка ООО", "株式会社テスト", "Société; Générale d'Essai", "Total Énergies Essai",
)  # fmt: skip
LATIN = CUSTOMERS[:5] + CUSTOMERS[8:]
PRODUCTS = (
    "Office 365 E3", "Windows Server 2019 Standard", "SQL Server 2019 Standard Core", "Visio Professionnel 2019",
    "Exchange Online (Plan 1)", "Logiciel Fictif 3000", "Remote Desktop Services CAL", "Microsoft 365 Business Premium",
)  # fmt: skip
FIELDS = ("customer", "product", "license_number", "quantity", "sa", "end_on", "program", "status")
# "type" and "license" name other things beside these columns.
TITLES = {field: [name for name in NAMES[field] if name not in ("type", "license", "row type")] for field in FIELDS}
SPARE = ("Contact", "Remarque", "E-mail", "Commercial en charge", "Notes")

dialects = st.builds(
    Dialect,
    container=st.sampled_from(["csv", "csv", "csv", "xlsx"]),
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    newline=st.sampled_from(["\r\n", "\n"]),
    quotes_all=st.booleans(),
    day=st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y"]),
    thousands=st.sampled_from(["", " ", "\u00a0", "\u202f"]),
    decimals=st.sampled_from(["", ",0", ",00"]),
)
licences = st.builds(
    Licence,
    customer=st.sampled_from(CUSTOMERS),
    product=st.sampled_from(PRODUCTS),
    number=st.integers(0, 99_999_999).map("{:08d}".format),
    quantity=st.integers(1, 999_999),
    sa=st.sampled_from(["", "oui", "non", "Yes", "no", "Avec SA"]),
    # A day after the twelfth: only then is its order certain in every file.
    end=st.none()
    | st.dates(dt.date(2024, 1, 1), dt.date(2035, 12, 31)).map(lambda day: day.replace(day=13 + day.day % 15)),
    damage=st.sampled_from([*[""] * 20, *DAMAGES]),
)


@dataclass(frozen=True)
class Generated:
    dialect: Dialect
    rows: list[Licence]
    columns: list[str]  # fields in their order; a spare column as its title
    titles: dict[str, str]
    above: int  # lines before the header
    gaps: list[int]  # empty lines after these rows
    has_total: bool

    def cells(self, one: Licence) -> dict[str, object]:
        said = {
            "customer": one.customer, "product": one.product, "license_number": one.number,
            "quantity": self.quantity(one.quantity), "sa": one.sa, "end_on": self.day(one.end),
            "program": "Open", "status": "Active",
        }  # fmt: skip
        return {**said, **DAMAGED.get(one.damage, {})}

    def quantity(self, value: int) -> object:
        if self.dialect.container == "xlsx":
            return value
        said = f"{value:,}".replace(",", self.dialect.thousands) + self.dialect.decimals
        return said

    def day(self, value: dt.date | None) -> object:
        if value is None or self.dialect.container == "xlsx":
            return value
        return f"{value:{self.dialect.day}}"

    def table(self) -> list[list[object]]:
        found: list[list[object]] = [["Export du parc"] if number == 0 else [] for number in range(self.above)]
        found.append([self.titles.get(name, name) for name in self.columns])
        for index, one in enumerate(self.rows):
            cells = self.cells(one)
            found.append([cells.get(name, "") for name in self.columns])
            if index in self.gaps:
                found.append([""] * len(self.columns))
        if self.has_total:
            counted = sum(one.quantity for one in self.rows if one.damage not in _UNCOUNTED)
            total = {"customer": "TOTAL", "quantity": self.quantity(counted)}
            found.append([total.get(name, "") for name in self.columns])
        return found

    def content(self) -> tuple[bytes, str]:
        if self.dialect.container == "xlsx":
            book = openpyxl.Workbook()
            sheet = book.active
            assert sheet is not None
            for row in self.table():
                sheet.append([None if cell == "" else cell for cell in row])  # type: ignore[attr-defined]
            out = io.BytesIO()
            book.save(out)
            return out.getvalue(), "parc.xlsx"
        text = self.dialect.newline.join(self.dialect.delimiter.join(map(self._quoted, row)) for row in self.table())
        return (text + self.dialect.newline).encode(self.dialect.encoding), "parc.csv"

    def _quoted(self, cell: object) -> str:
        text = "" if cell is None else str(cell)
        must = self.dialect.quotes_all or any(sign in text for sign in (self.dialect.delimiter, '"', "\n"))
        return '"' + text.replace('"', '""') + '"' if must else text


DAMAGED: dict[str, dict[str, object]] = {
    "no quantity": {"quantity": ""},
    "quantity zero": {"quantity": "0"},
    "quantity negative": {"quantity": "-3"},
    "quantity in words": {"quantity": "beaucoup"},
    "half a licence": {"quantity": "1,5"},
    "no product": {"product": ""},
    "no customer": {"customer": ""},
    "date of nonsense": {"end_on": "bientôt"},
    "year of two digits": {"end_on": "31/12/99"},
    "number shortened": {"license_number": "1,23457E+11"},
    "of another programme": {"program": "Enterprise Agreement"},
    "returned": {"status": "Returned"},
}
# A total of the file's own program counts what is a number in its column.
_UNCOUNTED = ("no quantity", "quantity zero", "quantity negative", "quantity in words", "half a licence")


@st.composite
def generated(draw: st.DrawFn) -> Generated:
    dialect = draw(dialects)
    rows = draw(st.lists(licences, min_size=1, max_size=12))
    if dialect.container == "csv" and dialect.encoding == "cp1252":
        rows = [one if one.customer in LATIN else replace(one, customer=LATIN[0]) for one in rows]
        dialect = replace(dialect, thousands="" if dialect.thousands == "\u202f" else dialect.thousands)
    damages = {one.damage for one in rows}
    columns = draw(st.permutations([*FIELDS, *draw(st.lists(st.sampled_from(SPARE), unique=True, max_size=3))]))
    titles = {name: draw(st.sampled_from(TITLES[name])) for name in FIELDS}
    spelled = draw(st.sampled_from([str, str.upper, str.title, lambda title: f" {title} "]))
    return Generated(
        dialect=dialect,
        rows=rows,
        columns=list(columns),
        titles={name: spelled(title) for name, title in titles.items()},
        above=draw(st.integers(0, 4)),
        gaps=draw(st.lists(st.integers(0, 11), max_size=2)),
        has_total=draw(st.booleans()) and "" in damages and damages <= {"", "no quantity"},
    )


def judged_of(file: Generated) -> Judged:
    content, name = file.content()
    [sheet] = reading.read(content, name)
    header = find_header(sheet.rows)
    assert header is not None
    fields = {str(index): field for index, field in header.fields.items()}
    assert sorted(fields.values()) == sorted(FIELDS), (file.titles, fields)
    return judge(sheet.rows, {"header": header.row, "fields": fields, "customer": "", "day_first": True}, FAMILIES)


def check(file: Generated) -> None:
    judged = judged_of(file)

    good = [one for one in file.rows if not one.damage]
    assert judged.accepted + len(judged.rejected) == len(file.rows) + file.has_total
    assert judged.accepted == len(good)
    assert Counter({key: count for key, count in _sums(judged).items() if count}) == _expected(good)
    ends = {item.end_on for item in judged.items}
    assert ends == {one.end for one in good}
    allowed = [DAMAGES[one.damage] for one in file.rows if one.damage] + [{"total"}] * file.has_total
    reasons = [reason for _row, reason, _cells in judged.rejected]
    assert len(reasons) == len(allowed)
    assert [(reason, may) for reason, may in zip(reasons, allowed, strict=True) if reason not in may] == []


def _sums(judged: Judged) -> "Counter[tuple[str, str, str]]":
    found: Counter[tuple[str, str, str]] = Counter()
    for item in judged.items:
        found[plain(item.customer), plain(item.product), item.license_number] += item.quantity
    return found


def _expected(good: list[Licence]) -> "Counter[tuple[str, str, str]]":
    found: Counter[tuple[str, str, str]] = Counter()
    for one in good:
        found[plain(one.customer), plain(one.product), one.number] += one.quantity
    return found


@given(generated())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_generated_file_is_read_in_full(file: Generated) -> None:
    check(file)


@pytest.mark.long
@given(generated())
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_ten_thousand_generated_files_are_read_in_full(file: Generated) -> None:
    check(file)
