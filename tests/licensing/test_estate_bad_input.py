"""A file in the wrong company, two imports at once, a file that contradicts itself."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from licensing import work
from licensing.domain import estate, estate_review
from licensing.enums import FileState
from licensing.models import Customer, EstateFile, Line
from portal.accounts.models import User
from portal.partners.models import Membership, Partner
from portal.work.loop import do_once
from tests.licensing import files
from tests.licensing.conftest import EARLIER

Bring = Callable[..., EstateFile]
HEAD = "Client;N° de licence;Produit;Quantité;SA"


def approved(partner: Partner, by: User, *rows: str) -> EstateFile:
    """A file whose review is approved, so that its import is due."""
    now = timezone.now() - EARLIER
    file = estate.upload(partner=partner, name="parc.csv", content=files.csv_of(HEAD, *rows), by=by, now=now)
    assert do_once(work.ESTATE) == 1
    file.refresh_from_db()
    fields = {int(index): field for index, field in file.found["sheets"][0]["fields"].items()}
    estate.confirm(file=file, sheet="", fields=fields, customer="", now=now)
    assert do_once(work.ESTATE) == 1
    file.refresh_from_db()
    return file


def estate_of(partner: Partner) -> list[tuple[str, str, int]]:
    lines = Line.objects.filter(customer__partner=partner).order_by("customer__key", "product")
    return list(lines.values_list("customer__key", "product", "quantity"))


@pytest.mark.django_db
def test_a_file_in_the_wrong_company_changes_only_that_company_until_it_is_undone(
    bring: Bring, as_reseller: Client, partner: Partner, reseller: User
) -> None:
    bring(files.csv_of(HEAD, "Nord;1;Visio 2019;4;non", "Sud;2;Office 2019;7;oui"))
    before = estate_of(partner)
    other = Partner.objects.create(name="Autre Société", country="BE")
    Membership.objects.create(partner=other, user=reseller, role="owner")
    wrong = approved(other, reseller, "NORD SARL;1;Visio 2019;99;non", "Ouest;3;Project 2019;5;non")
    estate_review.accept(file=wrong, now=timezone.now() - EARLIER)
    do_once(work.ESTATE)

    there = estate_of(other)
    as_reseller.post(f"{wrong.get_absolute_url()}undo/")

    assert [row[0] for row in there] == ["nord", "ouest"]
    assert estate_of(other) == []
    assert not Customer.objects.filter(partner=other).exists()
    assert estate_of(partner) == before


@pytest.mark.django_db
@pytest.mark.parametrize("again", [["NORD SA;01;visio 2019;4;non"], ["Nord;1;Visio 2019;4;", "Est;9;Visio 2019;1;non"]])
def test_two_files_that_were_reviewed_beside_each_other_end_in_one_estate(
    partner: Partner, reseller: User, again: list[str]
) -> None:
    both = [approved(partner, reseller, "Nord;1;Visio 2019;4;non"), approved(partner, reseller, *again)]
    for file in both:
        estate_review.accept(file=file, now=timezone.now() - EARLIER)

    while do_once(work.ESTATE):
        pass

    assert set(EstateFile.objects.values_list("state", flat=True)) == {FileState.DONE}
    assert [row for row in estate_of(partner) if row[0] == "nord"] in (
        [("nord", "Visio 2019", 4)], [("nord", "visio 2019", 4)],
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_lose_and_double_nothing(reseller: User) -> None:
    partner = reseller.partners.get()
    rows = [f"Client {number};{number};Visio 2019;{number + 1};non" for number in range(40)]
    first = approved(partner, reseller, *rows)
    second = approved(partner, reseller, *reversed([row.upper() for row in rows]), "Nouveau;99;Visio 2019;1;non")
    for file in (first, second):
        estate_review.accept(file=file, now=timezone.now() - EARLIER)
    start = threading.Barrier(2)

    def work_once() -> None:
        start.wait(timeout=30)
        while do_once(work.ESTATE):
            pass
        connection.close()

    workers = [threading.Thread(target=work_once) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)

    assert set(EstateFile.objects.values_list("state", flat=True)) == {FileState.DONE}
    assert [quantity for _key, _product, quantity in estate_of(partner)].count(1) == 2  # of "Client 0" and "Nouveau"
    assert Line.objects.count() == 41
    assert Customer.objects.count() == 41
