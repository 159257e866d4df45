"""Titles of columns that no known file has, read by their words in French, English and German."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.domain.shapes import FIELDS, NAMES, find_header
from licensing.domain.titles import field_of


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("Date fin", "end_on"), ("Fin de validité", "end_on"), ("Valid until", "end_on"), ("Ablaufdatum", "end_on"),
        ("Date d'échéance du contrat", "end_on"), ("Fin SA", "sa_end_on"), ("Ende der Software Assurance", "sa_end_on"),
        ("Contract start", "start_on"), ("Startdatum", "start_on"), ("Date d'achat de la licence", "start_on"),
        ("N° contrat", "license_number"), ("Agreement no.", "license_number"), ("Lizenznummer", "license_number"),
        ("Open agreement ID", "license_number"), ("License number(s)", "license_number"),
        ("Réf. autorisation Open", "authorization_number"), ("Programme / Type", "program"),
        ("Nom du programme", "program"), ("Qté licences", "quantity"), ("Anzahl Lizenzen", "quantity"),
        ("Nb. de postes", "quantity"), ("Qté SA", "sa_quantity"), ("SA (O/N)", "sa"), ("SA incluse ?", "sa"),
        ("Société cliente", "customer"), ("Kundenname", "customer"), ("Nom du produit Microsoft", "product"),
        ("Produktbezeichnung", "product"), ("Réf. produit", "part_number"), ("Artikelnummer", "part_number"),
        ("Land", "country"), ("Pays du client", "country"), ("Kundensegment", "sector"), ("Vertragsstatus", "status"),
        ("Token gekauft am", "token_bought_on"),
    ],
)  # fmt: skip
def test_a_title_is_read_by_its_words(title: str, field: str) -> None:
    assert field_of(title) == field


@pytest.mark.parametrize(
    "title",
    [
        "Prix unitaire", "E-mail client", "Code client", "N° client", "Customer ID", "Contact client", "Product type",
        "Product key", "Unresolved quantity", "Upgrade License Quantity", "Quantity used", "Reseller order number",
        "Nombre", "Total", "Date", "Date de création", "Renewal date", "Expiring SA 0 - 12 Months", "Product pool",
        "Type de licence préféré", "Code postal", "Remarque", "", "Référence client", "MPN ID",
    ],
)  # fmt: skip
def test_one_foreign_word_makes_it_another_column(title: str) -> None:
    assert field_of(title) == ""


def test_a_known_name_counts_before_words_wherever_its_column_is() -> None:
    header = find_header([["Fin de validité", "Client", "Date de fin"]])

    assert header is not None
    assert header.fields == {1: "customer", 2: "end_on"}


@given(st.text(max_size=40) | st.sampled_from([name for names in NAMES.values() for name in names]))
def test_every_title_has_one_field_or_none(title: str) -> None:
    assert field_of(title) in {*FIELDS, ""}
