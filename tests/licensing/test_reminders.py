"""A few days before something is due, each of the partner's people is told once."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone
from time_machine import travel

from licensing.domain import estate, reminders
from licensing.models import Customer, EstateFile, Line
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Partner, Role
from tests.builders import make_user
from tests.licensing import files
from tests.portal.people import member
from tests.test_mail_links import troubles

pytestmark = pytest.mark.django_db

NOON = dt.time(12, tzinfo=dt.UTC)


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, NOON)


def test_each_deed_is_told_once_three_days_before(
    bring: Callable[..., EstateFile], partner: Partner, reseller: User
) -> None:
    viewer, colleague = make_user(language="en-gb"), make_user(language="en-gb")
    member(partner, viewer, Role.VIEWER)
    member(partner, colleague, Role.CONTRIBUTOR)
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;5;31/05/2031;commercial"))
    assert Customer.objects.get().plans.get().lines.get().authorise_by == dt.date(2031, 5, 16)

    sent = []
    for day in (12, 13, 13, 14, 16, 17):
        reminders.send(at(dt.date(2031, 5, day)))
        sent.append(Mail.objects.filter(key__startswith="licences-").count())

    assert sent == [0, 2, 2, 2, 2, 2]
    mail = Mail.objects.get(to=colleague.email)
    assert mail.subject == "Customers' licences: to do by 16 May 2031"
    assert "have the relationship authorised: Dupont, Office 365 × 5" in mail.text
    assert "?only=due" in mail.html
    assert not Mail.objects.filter(to=viewer.email).exists()
    assert Mail.objects.filter(to=reseller.email, subject__contains="licences de vos clients").exists()


DUE = {"authorise": (13, "16"), "order": (23, "26"), "transfer": (27, "30")}  # May 2031: told on, due on


@pytest.mark.parametrize("ticked", [None, *DUE])
def test_every_deed_of_a_transfer_is_told_three_days_before_unless_its_step_is_ticked(
    bring: Callable[..., EstateFile], reseller: User, ticked: str | None
) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;5;31/05/2031;commercial"))
    if ticked:
        estate.tick(customer=Customer.objects.get(), step=ticked, is_done=True, now=timezone.now())

    told = {}
    for day in range(1, 32):
        before = Mail.objects.count()
        reminders.send(at(dt.date(2031, 5, day)))
        if Mail.objects.count() > before:
            told[day] = Mail.objects.latest("pk").key.split("-2031-05-")[1][:2]

    assert told == dict(days for step, days in DUE.items() if step != ticked)


@travel(dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC), tick=False)  # the last tokens of Open License end with 2026
def test_what_comes_late_is_told_until_its_day_and_not_after(bring: Callable[..., EstateFile]) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Token acheté le", "Dupont;Office 365;5;10/12/2021"))

    assert [reminders.send(at(dt.date(2026, 12, day))) for day in (6, 11, 10)] == [0, 0, 1]


def test_what_an_answer_took_away_is_not_told(bring: Callable[..., EstateFile]) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;5;31/05/2031;commercial"))
    tenant = {"tenant": "ours"}  # nothing is to be authorised or transferred

    estate.answer(customer=Customer.objects.get(), today=dt.date(2031, 5, 1), now=timezone.now(), **tenant)

    assert [reminders.send(at(dt.date(2031, 5, day))) for day in (14, 24, 29)] == [0, 1, 0]


def test_what_is_planned_away_is_not_told(bring: Callable[..., EstateFile]) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;5;31/05/2031;commercial"))
    customer = Customer.objects.get()
    customer.lines.all().delete()
    estate.answer(customer=customer, today=dt.date(2031, 5, 1), now=timezone.now(), country="FR")

    assert reminders.send(at(dt.date(2031, 5, 14))) == 0


def test_a_later_line_is_told_too_and_nothing_twice(bring: Callable[..., EstateFile], reseller: User) -> None:
    head = "Client;Produit;Quantité;N° de licence;Date de fin;Secteur"
    first, second = (f"Dupont;Office 365 E{n};5;{n};31/05/2031;commercial" for n in (1, 3))
    bring(files.csv_of(head, first))
    reminders.send(at(dt.date(2031, 5, 14)))

    bring(files.csv_of(head, first, second))
    for _ in range(2):
        reminders.send(at(dt.date(2031, 5, 14)))

    told = Mail.objects.filter(to=reseller.email, key__startswith="licences-").order_by("pk")
    assert [("E1" in mail.text, "E3" in mail.text) for mail in told] == [(True, False), (False, True)]


def test_a_step_that_is_done_is_not_told(bring: Callable[..., EstateFile]) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", "Dupont;Office 365;5;31/05/2031;commercial"))
    estate.tick(customer=Customer.objects.get(), step="authorise", is_done=True, now=timezone.now())
    Line.objects.update(ordered_on=dt.date(2031, 5, 1))

    assert reminders.send(at(dt.date(2031, 5, 14))) == 0
    assert reminders.send(at(dt.date(2031, 5, 24))) == 0
    assert reminders.send(at(dt.date(2031, 5, 29))) == 1  # the transfer


@pytest.mark.parametrize("line", ["Martin;Office 365;7;30/06/2031;commercial", "Été;Windows 10;1;15/08/2031;commercial",
                                  "Lycée;Office 365;30;31/12/2031;éducation"])  # fmt: skip
def test_the_mail_about_licences_lands_on_the_list(bring: Callable[..., EstateFile], reseller: User, line: str) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur", line))
    for day in range(140):
        reminders.send(dt.datetime(2031, 5, 10, 12, tzinfo=dt.UTC) + dt.timedelta(days=2 * day))

    assert [trouble for mail in Mail.objects.filter(code="licences_due") for trouble in troubles(mail, "id:main")] == []
