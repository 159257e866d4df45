"""A long plan is asked for, made once by a worker, taken away by its company only, and forgotten after a week."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from licensing import work
from licensing.domain import plan_files
from licensing.enums import PlanFileKind
from licensing.models import PLAN_FILES, Customer, EstateFile, PlanFile
from portal.accounts.models import User
from portal.partners.models import Partner, Role
from portal.privacy import retention
from portal.work import claims, kinds
from portal.work.loop import do_once
from tests.builders import make_user
from tests.licensing import files
from tests.licensing.conftest import EARLIER
from tests.portal.people import member

pytestmark = pytest.mark.django_db

Bring = Callable[..., EstateFile]

HEAD = "Client;Produit;Quantité;N° de licence;SA;Date de fin;Secteur"
ESTATE = files.csv_of(
    HEAD,
    "Dupont;Office 365 E3;5;1;;31/03/2031;commercial",
    "Dupont;Windows Server 2019;2;2;non;;commercial",
    "Dupont;SQL Server 2019;4;3;oui;30/06/2031;commercial",
    "Durand;Visio 2019;3;4;;;",
    "Sans Quantité;Visio;0;5;;;",
)


@pytest.fixture
def long(bring: Bring, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> Partner:
    """An estate of four lines where two are as many as a request writes; one customer has three of them."""
    monkeypatch.setattr(plan_files, "AT_ONCE", 2)
    bring(ESTATE)
    return partner


def ask(client: Client, partner: Partner, kind: str = "xlsx", customer: Customer | None = None) -> str:
    """The address of the file's page."""
    of = customer.get_absolute_url() if customer else f"/licensing/{partner.pk}/"
    return str(client.post(f"{of}exports/", {"kind": kind})["Location"])


def make_due() -> int:
    PlanFile.objects.filter(made_at=None).update(next_check_at=timezone.now() - EARLIER)
    return do_once(work.PLANS)


def taken(client: Client, place: str) -> bytes:
    response = client.get(place)
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


def cells(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_a_short_plan_is_given_at_once(bring: Bring, as_reseller: Client, partner: Partner) -> None:
    bring(ESTATE)

    page = as_reseller.get(f"/licensing/{partner.pk}/").content.decode()
    answers = [as_reseller.get(f"/licensing/{partner.pk}/plan.{kind}").status_code for kind in PlanFileKind]
    places = [ask(as_reseller, partner, kind) for kind in PlanFileKind]

    assert f'href="/licensing/{partner.pk}/plan.xlsx"' in page
    assert answers == [200, 200]
    assert places == [f"/licensing/{partner.pk}/plan.{kind}" for kind in PlanFileKind]
    assert not PlanFile.objects.exists()


def test_a_long_plan_is_asked_for_and_taken_away(long: Partner, as_reseller: Client) -> None:
    estate = as_reseller.get(f"/licensing/{long.pk}/").content.decode()
    place = ask(as_reseller, long)
    before = as_reseller.get(place).content.decode()
    made = make_due()
    after = as_reseller.get(place).content.decode()

    assert f'action="/licensing/{long.pk}/exports/"' in estate
    assert "plan.xlsx" not in estate
    assert (f'data-live="{place}"' in before, f'data-live="{place}"' in after) == (True, False)
    assert f'<a href="{place}">' in before
    assert made == 1
    assert f'href="{place}download/"' in after
    assert f'href="{place}"' in as_reseller.get(f"/licensing/{long.pk}/").content.decode()
    file = PlanFile.objects.get()
    assert (file.lines, file.share, file.next_check_at, file.name) == (
        4, 100, None, f"plan Exemple Informatique {timezone.localdate().isoformat()}.xlsx",
    )  # fmt: skip


@pytest.mark.parametrize("kind", PlanFileKind)
@pytest.mark.parametrize("of_customer", [False, True])
def test_the_file_is_what_a_short_plan_gives_at_once(
    long: Partner, as_reseller: Client, monkeypatch: pytest.MonkeyPatch, kind: str, of_customer: bool
) -> None:
    customer = Customer.objects.get(name="Dupont") if of_customer else None
    home = customer.get_absolute_url() if customer else f"/licensing/{long.pk}/"
    place = ask(as_reseller, long, kind, customer)
    make_due()
    kept = taken(as_reseller, f"{place}download/")
    monkeypatch.setattr(plan_files, "AT_ONCE", 2000)
    at_once = taken(as_reseller, f"{home}plan.{kind}")

    if kind == PlanFileKind.CSV:
        assert kept == at_once
        assert len(list(csv.reader(io.StringIO(kept.decode("utf-8-sig")), delimiter=";"))) == (4 if of_customer else 5)
    else:
        assert cells(kept) == cells(at_once)
        assert [len(rows) for rows in cells(kept).values()][:3] == ([4, 1, 2] if of_customer else [5, 2, 2])
        assert len(cells(kept)["Sources"]) > 2


def test_a_customer_s_long_plan_is_asked_for_on_his_page_and_a_short_one_is_not(
    long: Partner, as_reseller: Client
) -> None:
    few, many = Customer.objects.order_by("-name")
    pages = [as_reseller.get(one.get_absolute_url()).content.decode() for one in (few, many)]

    place = ask(as_reseller, long, "csv", many)

    assert ["plan.csv" in page for page in pages] == [True, False]
    assert as_reseller.get(f"{few.get_absolute_url()}plan.csv").status_code == 200
    assert PlanFile.objects.get().customer == many
    assert "Dupont" in as_reseller.get(place).content.decode()


@pytest.mark.parametrize("kind", PlanFileKind)
def test_a_bookmarked_address_of_a_long_plan_leads_to_the_button(long: Partner, as_reseller: Client, kind: str) -> None:
    many = Customer.objects.get(name="Dupont")
    places = [f"/licensing/{long.pk}/", many.get_absolute_url()]

    with CaptureQueriesContext(connection) as captured:
        answers = [as_reseller.get(f"{place}plan.{kind}") for place in places]
    told = as_reseller.get(places[0]).content.decode()

    assert [answer["Location"] for answer in answers] == places
    assert not [query["sql"] for query in captured if "licensing_edition" in query["sql"]]  # no line was read
    assert "Ce plan est long" in told
    assert not PlanFile.objects.exists()


def test_pressed_again_before_it_is_made_it_is_one_file(long: Partner, as_reseller: Client, client: Client) -> None:
    colleague = make_user("colleague@company.example")
    member(long, colleague)
    client.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")
    colleague.language = "fr"
    colleague.save()

    places = [ask(as_reseller, long), ask(as_reseller, long), ask(client, long)]
    made = [make_due(), make_due()]
    later = ask(as_reseller, long)

    assert len(set(places)) == 1
    assert made == [1, 0]
    assert later not in places


def test_each_kind_language_and_customer_is_a_file_of_its_own(long: Partner, reseller: User) -> None:
    customer = Customer.objects.get(name="Dupont")
    asked = [
        plan_files.ask(partner=long, customer=of, kind=kind, language=language, by=reseller, now=timezone.now())
        for _ in range(2)
        for of in (None, customer)
        for kind in PlanFileKind
        for language in ("fr", "en-gb")
    ]

    assert len({file.pk for file in asked}) == PlanFile.objects.count() == 8
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanFile.objects.create(
            partner=long, kind="csv", language="fr", asked_by=reseller, asked_at=timezone.now(), queue=PLAN_FILES
        )


def test_a_kind_that_nobody_makes_is_not_there(long: Partner, as_reseller: Client) -> None:
    assert as_reseller.post(f"/licensing/{long.pk}/exports/", {"kind": "exe"}).status_code == 404
    assert as_reseller.post(f"/licensing/{long.pk}/exports/").status_code == 404
    assert as_reseller.get(f"/licensing/{long.pk}/exports/").status_code == 405


def test_another_company_finds_neither_page_nor_file(
    long: Partner, as_reseller: Client, as_outsider: Client, outsider: User
) -> None:
    place = ask(as_reseller, long)
    make_due()
    customer = Customer.objects.get(name="Dupont")
    own = outsider.partners.get()

    for of in (long.pk, own.pk):
        there = place.replace(str(long.pk), str(of))
        asking = customer.get_absolute_url().replace(str(long.pk), str(of)) + "exports/"
        assert [as_outsider.get(there).status_code, as_outsider.get(f"{there}download/").status_code] == [404, 404]
        assert as_outsider.post(asking, {"kind": "csv"}).status_code == 404
    assert as_outsider.post(f"/licensing/{long.pk}/exports/", {"kind": "csv"}).status_code == 404
    assert PlanFile.objects.count() == 1


def test_who_left_the_company_finds_nothing_and_a_viewer_may_take_it(long: Partner, client: Client) -> None:
    viewer = make_user("viewer@company.example")
    membership = member(long, viewer, Role.VIEWER)
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")

    place = ask(client, long, "csv")
    make_due()
    seen = [client.get(place).status_code, client.get(f"{place}download/").status_code]
    membership.delete()

    assert seen == [200, 200]
    assert [client.get(place).status_code, client.get(f"{place}download/").status_code] == [404, 404]


@pytest.mark.parametrize(
    ("language", "sheets", "delimiter", "head"),
    [("fr", "Questions ouvertes", ";", "Client"), ("en-gb", "Open questions", ",", "Customer")],
)
def test_the_file_speaks_the_language_of_who_asked(
    long: Partner, as_reseller: Client, reseller: User, language: str, sheets: str, delimiter: str, head: str
) -> None:
    User.objects.filter(pk=reseller.pk).update(language=language)
    places = [ask(as_reseller, long, kind) for kind in PlanFileKind]
    while make_due():
        pass
    User.objects.filter(pk=reseller.pk).update(language="fr" if language == "en-gb" else "en-gb")

    book, text = (taken(as_reseller, f"{place}download/") for place in places)

    assert sheets in cells(book)
    assert next(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=delimiter))[0] == head


def test_a_file_is_kept_for_seven_days_and_can_be_asked_for_anew(long: Partner, as_reseller: Client) -> None:
    place = ask(as_reseller, long)
    make_due()
    made_at = PlanFile.objects.get().made_at
    assert made_at is not None

    forgotten = [retention.apply("plan-files", now=made_at + dt.timedelta(days=days)) for days in (7, 7.1, 8)]
    page = as_reseller.get(place).content.decode()

    assert forgotten == [0, 1, 0]
    assert "download/" not in page
    assert f'action="/licensing/{long.pk}/exports/"' in page
    assert place not in as_reseller.get(f"/licensing/{long.pk}/").content.decode()
    assert as_reseller.get(f"{place}download/")["Location"] == place
    assert ask(as_reseller, long) != place


def test_of_what_is_asked_for_again_the_newest_is_kept(long: Partner, as_reseller: Client) -> None:
    places = []
    for kind in ("xlsx", "csv", "xlsx"):
        places.append(ask(as_reseller, long, kind))
        assert make_due() == 1

    kept = [as_reseller.get(f"{place}download/").status_code for place in places]

    assert kept == [302, 200, 200]


def test_a_file_that_is_not_made_yet_is_waited_for_on_its_page(long: Partner, as_reseller: Client) -> None:
    place = ask(as_reseller, long)

    assert as_reseller.get(f"{place}download/")["Location"] == place


def test_the_share_moves_and_the_row_is_held_while_it_is_made(
    long: Partner, as_reseller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_files, "TELL_EVERY", 1)
    ask(as_reseller, long)
    PlanFile.objects.update(next_check_at=timezone.now() - EARLIER)

    with CaptureQueriesContext(connection) as captured:
        do_once(work.PLANS)

    told = [query["sql"] for query in captured if '"share" = ' in query["sql"] and "lease_until" in query["sql"]]
    shares = [sql.split('"share" = ')[1].split()[0].rstrip(",") for sql in told]
    assert shares == ["0", "25", "50", "75", "99", "100"]
    assert all("make_interval" in sql or "INTERVAL" in sql.upper() for sql in told[:-1])


@pytest.mark.parametrize("at", ["first", "last"])
def test_a_worker_that_was_overtaken_writes_nothing(
    long: Partner, as_reseller: Client, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    ask(as_reseller, long)
    PlanFile.objects.update(next_check_at=timezone.now() - EARLIER)
    [stale] = claims.claim_due(PlanFile, queue=PLAN_FILES, limit=1)
    file = PlanFile.objects.get()

    def overtaken() -> None:
        PlanFile.objects.update(claim_no=stale.number + 1)

    def write(rows: Any, **_about: Any) -> bytes:
        list(rows)
        overtaken()
        return b"of a stale worker"

    if at == "first":
        overtaken()
    else:
        monkeypatch.setitem(plan_files.WRITERS, "xlsx", write)

    done = plan_files.make(claim=stale, file=file, today=timezone.localdate(), now=claims.database_now)

    assert done is False
    assert PlanFile.objects.values_list("content", "made_at", "lines").get() == (None, None, 0)


def test_a_file_that_kills_its_workers_is_set_aside_and_says_so(long: Partner, as_reseller: Client) -> None:
    place = ask(as_reseller, long)
    PlanFile.objects.update(attempt=settings.WORK_MAX_ATTEMPTS)

    make_due()
    page = as_reseller.get(place).content.decode()

    assert PlanFile.objects.get().parked_at is not None
    assert "data-live" not in page
    assert "Plusieurs essais" in page
    assert ask(as_reseller, long) == place


def test_beat_a_hint_and_the_plain_loop_each_make_what_is_asked_for() -> None:
    ticks = {entry["task"] for entry in kinds.beat_schedule().values()}

    assert work.PLANS in kinds.KINDS.values()
    assert work.PLANS.task in ticks & set(kinds.woken_tasks())
    assert PLAN_FILES in kinds.rates()


def test_the_page_of_a_file_does_not_read_its_content(long: Partner, as_reseller: Client) -> None:
    place = ask(as_reseller, long)
    make_due()

    with CaptureQueriesContext(connection) as captured:
        as_reseller.get(place)
        as_reseller.get(f"/licensing/{long.pk}/")

    assert not [query["sql"] for query in captured if '"licensing_planfile"."content",' in query["sql"]]
