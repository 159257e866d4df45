"""Each statement of a plan's page leads to the sources that it rests on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from licensing.domain import answer_notes
from licensing.models import Customer, EstateFile, Line
from portal.accounts.models import User
from tests.licensing import files

pytestmark = pytest.mark.django_db

Bring = Callable[..., EstateFile]
HEAD = "Client;Produit;Quantité;SA;Date de fin;Secteur"
ROWS = (
    "Dupont;Office 365 E3;5;;31/03/2031;commercial", "Dupont;SQL Server 2019;4;oui;30/06/2031;commercial",
    "Dupont;Visio 2019;2;non;;commercial",
    "Lycée Fictif;Microsoft 365 A3;30;;31/08/2031;éducation",
    "Mairie d'Exemple;Exchange Online Plan 1;9;;30/04/2031;gouvernement",
    "Asso Fictive;Project 2019;3;oui;30/09/2031;association", "Asso Fictive;Office 365 E1;3;;31/01/2020;association",
)  # fmt: skip


def lines(client: Client, customer: Customer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(customer.get_absolute_url()).context["lines"]
    return found


def test_every_note_with_facts_behind_it_leads_to_them(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(HEAD, *ROWS))

    shown = [one for customer in Customer.objects.all() for one in lines(as_reseller, customer)]

    assert len(shown) == len(ROWS)
    bare = {key for one in shown for (key, _text), note in zip(one["notes"], one["cited_notes"], strict=True)
            if not note["sources"]}  # fmt: skip
    assert {key for key in bare if answer_notes.rests_on(key)} == set()
    assert all(one["cites"]["why"] for one in shown if one["why"])


def test_every_day_leads_to_the_source_of_its_lead_time(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(HEAD, *ROWS))
    Line.objects.filter(product="Visio 2019").update(ordered_on="2031-01-10", keys_on="2031-01-12")

    shown = {one["product"]: one for customer in Customer.objects.all() for one in lines(as_reseller, customer)}

    moved, renewed, bought = shown["Office 365 E3"], shown["SQL Server 2019"], shown["Visio 2019"]
    assert {deed for deed in ("authorise", "order", "transfer", "overlap") if not moved["cites"][deed]} == set()
    assert {one["code"] for one in moved["cites"]["order"]} != {one["code"] for one in renewed["cites"]["order"]}
    assert bought["deadlines"].keys_until is not None
    assert bought["cites"]["return"]
    assert bought["cites"]["keys"]


@pytest.mark.parametrize("language", ["fr", "en-gb", "de"])
def test_the_page_links_each_of_them(bring: Bring, as_reseller: Client, language: str) -> None:
    bring(files.csv_of(HEAD, *ROWS))
    User.objects.update(language=language)

    html = as_reseller.get(Customer.objects.get(name="Dupont").get_absolute_url()).content.decode()

    noted = re.findall(r"<details>\s*<summary>[^<]*</summary>\s*<ul class=\"small\">(.*?)</ul>", html, re.S)
    assert len(noted) == 2  # of what moves and of what is renewed; there is nothing to note of a licence that is kept
    assert all('href="/licensing/sources/#source-' in note for note in noted)
    places = set(re.findall(r'href="/licensing/sources/#(source-[^"]+)"', html))
    public = as_reseller.get("/licensing/sources/").content.decode()
    assert {place for place in places if f'id="{place}"' not in public} == set()
