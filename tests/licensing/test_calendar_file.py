"""The calendar file, read as RFC 5545 says and not by the library that wrote it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from licensing.domain import estate, feeds, queries
from licensing.models import Customer, EstateFile, Line, Plan
from portal.accounts.models import User
from portal.partners.models import Membership, Partner, Role
from tests.builders import make_partner
from tests.licensing import files
from tests.portal.people import member, page, person

Bring = Callable[..., EstateFile]
pytestmark = pytest.mark.django_db

FILE = files.csv_of(
    "Client;N° de licence;Produit;Quantité;Date de fin;Secteur;SA",
    'Dupont; 1;"Office 365 E3, « tout; compris »";5;31/03/2031;commercial;',
    "Dupont;2;SQL Server;5;30/06/2031;commercial;oui",
    "Dupont;3;Windows Server;5;;commercial;non",
)


def read(content: bytes) -> list[dict[str, Any]]:
    """The events: unfolded, names without parameters, texts without escapes."""
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    text = content.decode().replace("\r\n ", "")
    events: list[dict[str, Any]] = []
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({"alarms": 0})
        elif line == "BEGIN:VALARM":
            events[-1]["alarms"] += 1
        elif events and name.split(";")[0] not in events[-1]:
            events[-1][name.split(";")[0]] = value.replace("\\,", ",").replace("\\;", ";").replace("\\n", "\n")
            events[-1].setdefault("params", {})[name.split(";")[0]] = name.partition(";")[2]
    return events


def calendar(client: Client, partner: Partner) -> list[dict[str, Any]]:
    answer = client.get(f"/licensing/{partner.pk}/plan.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return read(answer.content)


def test_each_deed_is_an_all_day_event_with_an_alarm(
    bring: Bring,
    as_reseller: Client,
    partner: Partner,
) -> None:
    bring(FILE)

    events = calendar(as_reseller, partner)

    line = Line.objects.get(license_number="1")
    of_line = {event["UID"].split("@")[0]: event for event in events if f"line-{line.pk}-" in event["UID"]}
    assert set(of_line) == {f"line-{line.pk}-{deed}" for deed in ("authorise", "order", "transfer")}
    transfer = of_line[f"line-{line.pk}-transfer"]
    assert (transfer["DTSTART"], transfer["DTEND"], transfer["params"]["DTSTART"]) == (
        "20310330",
        "20310331",
        "VALUE=DATE",
    )
    assert (transfer["STATUS"], transfer["SEQUENCE"], transfer["alarms"]) == ("CONFIRMED", "1", 1)
    assert transfer["TRIGGER"] == "-P3D"
    assert "Office 365 E3, « tout; compris »" in transfer["SUMMARY"]
    assert len(events) == 3 + 1  # what is kept has no day; in Open Value there is nothing to authorise or transfer


def test_a_new_plan_keeps_the_uid_and_raises_the_sequence_and_cancels_what_is_gone(
    bring: Bring,
    as_reseller: Client,
    partner: Partner,
) -> None:
    bring(FILE)
    before = {event["UID"] for event in calendar(as_reseller, partner)}
    Line.objects.filter(license_number="2").delete()
    customer = Customer.objects.get()

    estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=timezone.now(), country="FR")

    events = calendar(as_reseller, partner)
    assert {event["UID"] for event in events} == before
    assert sorted((event["STATUS"], event["SEQUENCE"]) for event in events) == [
        ("CANCELLED", "2"), ("CONFIRMED", "2"), ("CONFIRMED", "2"), ("CONFIRMED", "2"),
    ]  # fmt: skip


def test_what_is_gone_is_cancelled_as_it_stood_last_and_has_no_alarm(
    bring: Bring, as_reseller: Client, as_outsider: Client, partner: Partner, outsider: User
) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Secteur;SA", "Dupont;SQL Server;5;commercial;oui"))
    customer, now = Customer.objects.get(), timezone.now()
    for end_on in (dt.date(2031, 3, 31), dt.date(2031, 6, 30), None):
        estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=now, end_on=end_on)

    [event] = calendar(as_reseller, partner)

    assert (event["DTSTART"], event["STATUS"], event["SEQUENCE"], event["alarms"]) == ("20310531", "CANCELLED", "4", 0)
    assert calendar(as_outsider, outsider.partners.get()) == []


def test_what_an_answer_makes_needless_is_cancelled_while_the_rest_stays(
    bring: Bring, as_reseller: Client, partner: Partner
) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Secteur;Date de fin", "Dupont;Office 365;5;commercial;31/03/2031"))
    customer, now = Customer.objects.get(), timezone.now()

    def events() -> dict[str, tuple[str, str]]:
        found = calendar(as_reseller, partner)
        return {e["UID"].split("@")[0].rsplit("-", 1)[1]: (e.get("STATUS", ""), e["SEQUENCE"]) for e in found}

    for tenant in ("outside", "ours"):
        estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=now, tenant=tenant)
    ours = events()
    estate.answer(customer=customer, today=dt.date(2026, 11, 23), now=now, tenant="outside")

    assert {deed for deed, (status, _) in ours.items() if status == "CANCELLED"} == {"authorise", "transfer"}
    assert "order" in ours
    assert "CANCELLED" not in {status for status, _ in events().values()}
    assert all(int(events()[deed][1]) > int(ours[deed][1]) for deed in ours)


def test_days_stay_in_the_calendar_for_thirty_days_and_what_is_gone_for_ninety(bring: Bring, partner: Partner) -> None:
    bring(files.csv_of("Client;Produit;Quantité;Date de fin;Secteur;SA", "Dupont;SQL;5;30/06/2031;commercial;oui"))
    ordered_from, day = dt.date(2031, 5, 31), dt.timedelta(days=1)

    shown = [queries.calendar_lines(partner, today=ordered_from + days * day).count() for days in (30, 31)]
    Line.objects.all().delete()
    estate.answer(customer=Customer.objects.get(), today=dt.date(2026, 11, 23), now=timezone.now(), country="FR")
    made_at = Plan.objects.get(number=1).made_at
    gone = [queries.gone_lines(partner, now=made_at + days * day).count() for days in (90, 91)]

    assert (shown, gone) == ([1, 0], [1, 0])


def test_the_private_address_works_without_sign_in_until_it_ends(
    bring: Bring,
    as_reseller: Client,
    partner: Partner,
    client: Client,
) -> None:
    bring(FILE)
    place = f"/licensing/{partner.pk}/feed/"

    def address() -> str:
        told = page(as_reseller.post(place, follow=True)).html
        return "/licensing/feed/" + told.split("/licensing/feed/")[1].split(".ics")[0] + ".ics"

    first, second = address(), address()

    assert client.get(first).status_code == 404  # a new one ends the former
    assert len(read(client.get(second).content)) == 4
    as_reseller.post(place, {"do": "close"})
    assert client.get(second).status_code == 404
    assert client.get("/licensing/feed/nonsense.ics").status_code == 404


def test_each_of_two_people_has_an_address_of_his_own_in_his_language(
    bring: Bring, partner: Partner, reseller: User
) -> None:
    bring(FILE)
    colleague, now = person("colleague@company.example"), timezone.now()
    member(partner, colleague, Role.VIEWER)

    french = feeds.open_feed(partner=partner, by=reseller, language="fr", now=now)
    english = feeds.open_feed(partner=partner, by=colleague, language="en-gb", now=now)

    said = [read(Client().get(f"/licensing/feed/{token}.ics").content)[0]["SUMMARY"] for token in (french, english)]
    assert [words.split(":")[0].strip() for words in said] == [
        "À faire accepter au plus tard aujourd’hui", "Have authorised by today",
    ]  # fmt: skip


def test_an_address_of_another_company_stays_open(partner: Partner, reseller: User) -> None:
    other, now = make_partner(owner=reseller), timezone.now()

    kept = feeds.open_feed(partner=other, by=reseller, language="fr", now=now)
    feeds.open_feed(partner=partner, by=reseller, language="fr", now=now)

    assert feeds.feed_of(kept) is not None


def test_the_private_address_ends_with_the_membership(
    bring: Bring,
    partner: Partner,
    reseller: User,
    client: Client,
) -> None:
    bring(FILE)
    leaver = person("leaver@company.example")
    membership = member(partner, leaver, Role.VIEWER)
    client.force_login(leaver, backend="allauth.account.auth_backends.AuthenticationBackend")
    told = page(client.post(f"/licensing/{partner.pk}/feed/", follow=True)).html
    place = "/licensing/feed/" + told.split("/licensing/feed/")[1].split(".ics")[0] + ".ics"
    outside = Client()
    assert outside.get(place).status_code == 200

    Membership.objects.filter(pk=membership.pk).delete()

    assert outside.get(place).status_code == 404
