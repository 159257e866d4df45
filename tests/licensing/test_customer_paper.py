"""The customer's own papers: in their words, of their days, in any script, under names that say what they are."""

import datetime as dt
import email
import io
import re
import unicodedata
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from licensing.domain.file_names import file_name, safe
from licensing.models import Customer, EstateFile
from licensing.writers import fonts
from portal.partners.models import Partner
from tests.licensing import files

Bring = Callable[..., EstateFile]
HEAD = "Client;Produit;Quantité;SA;Date de fin;Secteur"
# Words of the portal and of the reseller's work, which mean nothing to a customer.
INTERNAL = re.compile(
    r"inscription|enrolment|portail|portal|BDM|votre contact|your contact|\bR\d\d\b|en retard|overdue"
)


def papers(client: Client, customer: Customer, ending: str = "pdf", language: str = "fr") -> tuple[bytes, str]:
    answer = client.get(f"{customer.get_absolute_url()}plan.{ending}?language={language}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content), answer["Content-Disposition"]


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["Vous gardez", "Établi par", "Contrat client Microsoft", "Open Value", "consultée le"]),
        ("en-gb", ["You keep", "Prepared by", "Microsoft Customer Agreement", "Open Value", "read on"]),
        ("de", ["Sie behalten", "Microsoft Customer Agreement", "Open Value", "Microsoft"]),
    ],
)
def test_the_paper_speaks_to_the_customer(bring: Bring, as_reseller: Client, language: str, said: list[str]) -> None:
    bring(
        files.csv_of(
            HEAD,
            "Dupont;Office 365 E3;5;;31/03/2031;commercial",
            "Dupont;SQL Server 2019;4;oui;30/06/2031;commercial",
            "Dupont;Visio 2019;2;non;;commercial",
            "Dupont;Office 365 E1;2;;;commercial",
            "Dupont;Microsoft 365 Business Basic;2;;12/02/2020;commercial",
        )
    )

    text = text_of(papers(as_reseller, Customer.objects.get(), language=language)[0])

    assert [words for words in said if words not in text] == []
    assert "Exemple Informatique" in text
    assert INTERNAL.findall(text) == []
    today = timezone.localdate()
    assert str(today.year) in text


@pytest.mark.django_db
def test_the_mail_is_a_draft_with_the_plan(bring: Bring, as_reseller: Client) -> None:
    bring(files.csv_of(HEAD, "Жёлтый Дом;Office 365 E3;5;;31/03/2031;commercial"))

    content, name = papers(as_reseller, Customer.objects.get(), "eml", "en-gb")

    mail = email.message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    [attached] = mail.iter_attachments()
    body = mail.get_body()
    assert body is not None
    assert mail["X-Unsent"] == "1"
    assert "Жёлтый Дом" in mail["Subject"]
    assert "Microsoft Customer Agreement" in body.get_content()
    assert attached.get_filename() == f"plan Жёлтый Дом {timezone.localdate().isoformat()}.pdf"
    assert attached.get_content().startswith(b"%PDF-")
    assert "Жёлтый Дом" in text_of(attached.get_content())
    assert name.endswith(".eml")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "Łódź Şirket Ελλάδα Ромашка", "株式会社テスト", "한국 주식회사", "北京有限公司", "შპს მაგალითი", "Հայկական ՍՊԸ",
        "شركة المثال", "חברת הדוגמה בע\"מ", "A\u0301bel & Fils <Test>",
    ],
)  # fmt: skip
def test_a_name_of_any_script_is_on_paper(bring: Bring, as_reseller: Client, name: str) -> None:
    bring(files.csv_of(HEAD, f"{name.replace(chr(34), chr(34) * 2)};Office 365 E3;5;;31/03/2031;commercial"))
    customer = Customer.objects.get()

    content, header = papers(as_reseller, customer)

    reader = PdfReader(io.BytesIO(content))
    assert reader.metadata is not None
    assert customer.name in str(reader.metadata.title)
    printed = unicodedata.normalize("NFKC", text_of(content)).replace(" ", "")
    if name.startswith(("Łódź", "A")):  # Roboto, which comes with the portal, has Latin, Greek and Cyrillic letters
        assert unicodedata.normalize("NFKC", customer.name).replace(" ", "") in printed
    letters = {letter for letter in unicodedata.normalize("NFC", customer.name) if letter.isalpha()}
    if any(
        face == "DejaVuSans" for face, _letters in fonts._faces()
    ):  # the image has it, a developer's machine may not
        assert {letter for letter in letters if not fonts.font_of(letter)} == set()
    assert timezone.localdate().isoformat() in header


@pytest.mark.parametrize(
    ("logical", "drawn"),
    [
        ("Nord שלום", "Nord םולש"),
        ("שלום 2026 עולם", "םלוע\xa02026\xa0םולש"),
        ("Été", "Été"),
        ("بلا", "\ufefc\ufe91"),
        ("بيت", "\ufe96\ufef4\ufe91"),
    ],
)
def test_what_is_read_from_the_right_is_drawn_turned_and_joined(logical: str, drawn: str) -> None:
    assert fonts._as_read(logical) == drawn


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_becomes_markup_that_can_be_printed(text: str) -> None:
    shown = fonts.markup(text)

    assert len(re.sub(r"<[^>]+>|&\w+;", "", shown)) <= len(text) * 3 + 10


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_a_file_name_is_safe_whatever_the_customer_is_called(name: str) -> None:
    found = file_name("plan", name, dt.date(2026, 11, 29), "pdf")

    assert found.endswith(" 2026-11-29.pdf")
    assert not set(found) & set('\\/:*?"<>|\0\r\n\t\u202e\u200f')
    assert len(found.encode()) <= 255
    assert safe(name) == safe(safe(name))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Boulangerie Été SARL", "Boulangerie Été SARL"), ("a/b\\c:d", "a b c d"), ("  ..  ", "customer"),
        ("CON", "customer"), ("株式会社テスト", "株式会社テスト"), ("fdp\u202eexe", "fdp exe"), ("شركة", "شركة"),
    ],
)  # fmt: skip
def test_names_keep_their_script_and_lose_what_systems_refuse(name: str, kept: str) -> None:
    assert safe(name) == kept


@pytest.mark.django_db
def test_every_file_says_whose_it_is_and_of_which_day(bring: Bring, as_reseller: Client, partner: Partner) -> None:
    bring(files.csv_of(HEAD, "Dupont;Office 365 E3;5;;31/03/2031;commercial"))
    customer = Customer.objects.get()
    day = timezone.localdate().isoformat()

    names = [
        as_reseller.get(f"{place}plan.{ending}")["Content-Disposition"]
        for place in (customer.get_absolute_url(), f"/licensing/{partner.pk}/")
        for ending in ("csv", "xlsx", "ics")
    ]

    assert names[:3] == [f'attachment; filename="plan Dupont {day}.{ending}"' for ending in ("csv", "xlsx", "ics")]
    assert all(day in name and "Exemple Informatique" in name for name in names[3:])


@pytest.mark.django_db
def test_the_papers_of_another_company_are_not_found(bring: Bring, as_outsider: Client) -> None:
    bring(files.csv_of(HEAD, "Dupont;Office 365 E3;5;;31/03/2031;commercial"))

    for ending in ("pdf", "eml"):
        assert as_outsider.get(f"{Customer.objects.get().get_absolute_url()}plan.{ending}").status_code == 404
