"""Import the demo's Open licences, all fictitious, once and through the normal upload; never in production."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from licensing import work
from licensing.domain import estate, estate_review
from licensing.enums import AssetLanguage, Audience, FileState, Programme
from licensing.models import Asset, AssetVersion, EstateFile, TransferLink
from portal.accounts.models import User
from portal.work.loop import do_once

TITLES = (
    "Client;N° d'autorisation;N° de licence;Produit;Quantité;SA;Date de fin;Date de fin SA;Date d'achat du token;"
    "Secteur;Contact"
)
# Some end within days. They are at risk, because half of all enrollments take two or three working days (guide).
# Customer, product, quantity, SA, days until it ends, until its SA ends, since its token was bought, sector.
Row = tuple[str, str, str, str, int | None, int | None, int | None, str]
ESTATES: dict[str, tuple[Row, ...]] = {
    "reseller@demo.example": (
        ("Boulangerie Exemple SARL", "Office 365 E3", "12", "", 1, None, None, "Commercial"),
        ("Garage Fictif", "Microsoft 365 Business Standard", "8", "", 3, None, None, "Commercial"),
        ("Cabinet Modèle", "Office 365 E1", "25", "", 9, None, None, "Commercial"),
        ("Imprimerie d'Essai", "Exchange Online Plan 1", "40", "", 210, None, None, "Commercial"),
        ("Lycée Imaginaire", "Office 365 E3", "150", "", 130, None, None, "Éducation"),
        ("Association Factice", "Office 365 E1", "15", "", 45, None, None, "Non lucratif"),
        # No sector: one question stays open.
        ("Clinique Anonyme", "Office 365 E3", "30", "", 100, None, None, ""),
        ("Menuiserie Témoin", "Windows Server 2019 Standard", "2", "non", None, None, None, "Commercial"),
        ("Transports Hypothèse", "SQL Server 2019 Standard", "4", "oui", None, 75, None, "Commercial"),
        ("Hôtel du Brouillon", "Office 365 E3", "6", "", None, None, 400, "Commercial"),
        ("Pharmacie Prototype", "Office 2019 Standard", "10", "non", None, None, None, "Commercial"),
        ("Atelier Maquette", "Office 365 E1", "5", "", 6, None, None, "Commercial"),
        # Rejected: a quantity of 0 is no licence.
        ("Atelier Maquette", "Visio 2019", "0", "", None, None, None, "Commercial"),
    ),
    "company1@demo.example": (
        ("Librairie Simulée", "Office 365 E3", "20", "", 1, None, None, "Commercial"),
        ("Traiteur Chimère", "Microsoft 365 Business Standard", "7", "", 5, None, None, "Commercial"),
        ("Études Fantaisie", "Office 365 E1", "18", "", 10, None, None, "Commercial"),
        ("Ferme du Conte", "Windows Server 2019 Standard", "1", "non", None, None, None, "Commercial"),
    ),
}
VALID_FROM = dt.date(2026, 1, 1)
# Microsoft's own pages. Source: [MSN], [PTSA].
LINKS = (
    {
        "title_fr": "Microsoft : évolution du programme Open License",
        "title_en": "Microsoft: changes to the Open License program",
        "text_fr": "L'annonce de la fin d'Open License, à montrer à vos clients.",
        "text_en": "The announcement that Open License ends, to show to your customers.",
        "programme": Programme.OPEN_LICENSE,
        "url": "https://www.microsoft.com/en-us/licensing/news/microsoft-open-license-program-changes",
    },
    {
        "title_fr": "Microsoft : achat et renouvellement de Software Assurance",
        "title_en": "Microsoft: buying and renewing Software Assurance",
        "text_fr": "Les règles de Microsoft, par programme.",
        "text_en": "Microsoft's rules, programme by programme.",
        "programme": Programme.OPEN_VALUE,
        "url": "https://www.microsoft.com/licensing/terms/product/PurchasingandRenewingSoftwareAssurance",
    },
)


class Command(BaseCommand):
    help = "Bring the demo companies' Open licences in, with two links in the library and two for transfers (once)."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("seed_estate makes customers that do not exist: never in production.")
        today = timezone.localdate()
        for email, rows in ESTATES.items():
            _bring(User.objects.get(email=email), rows, today=today)
        _fill_library(today=today)
        # Distributors give out these links; those of the demo lead nowhere.
        for country in ("FR", "BE"):
            TransferLink.objects.get_or_create(
                country_id=country, valid_from=VALID_FROM,
                defaults={"url": f"https://partner-center.example/transfer/{country.lower()}", "source": "demo"},
            )  # fmt: skip


@transaction.atomic
def _bring(owner: User, rows: tuple[Row, ...], *, today: dt.date) -> None:
    partner = owner.partners.get()
    if EstateFile.objects.filter(partner=partner).exists():
        return
    yesterday = timezone.now() - dt.timedelta(days=1)
    file = estate.upload(
        partner=partner, name="parc-open.csv", content=_csv(rows, today=today), by=owner, now=yesterday
    )
    _work()
    file.refresh_from_db()
    sheet = file.found["sheets"][0]
    fields = {int(index): name for index, name in sheet["fields"].items()}
    estate.confirm(file=file, sheet=sheet["name"], fields=fields, customer="", day_first=True, now=yesterday)
    _work()
    estate_review.accept(file=file, now=yesterday)
    _work()
    file.refresh_from_db()
    if file.state != FileState.DONE:
        raise CommandError(f"The estate of {partner} did not come in: {file.state} {file.refused_why}")


def _work() -> None:
    """Do a worker's work until nothing is due."""
    while do_once(work.ESTATE):
        pass


def _csv(rows: tuple[Row, ...], *, today: dt.date) -> bytes:
    def day(days: int | None) -> str:
        return "" if days is None else f"{today + dt.timedelta(days=days):%d/%m/%Y}"

    lines = [TITLES]
    for number, (customer, product, quantity, sa, end, sa_end, token, sector) in enumerate(rows, start=1):
        # Open License sold its last token in 2021.
        bought = "" if token is None else f"{min(today - dt.timedelta(days=token), dt.date(2021, 12, 31)):%d/%m/%Y}"
        numbers = f"9000{number:04d};8000{number:04d}"
        contact = f"contact@client{number}.example"
        lines.append(
            f"{customer};{numbers};{product};{quantity};{sa};{day(end)};{day(sa_end)};{bought};{sector};{contact}"
        )
    return "\r\n".join([*lines, ""]).encode()


@transaction.atomic
def _fill_library(*, today: dt.date) -> None:
    if Asset.objects.exists():
        return
    for link in LINKS:
        fields = {name: value for name, value in link.items() if name != "url"}
        asset = Asset.objects.create(audience=Audience.CUSTOMER, **fields)
        AssetVersion.objects.create(
            asset=asset, number=1, language=AssetLanguage.ENGLISH, url=link["url"], valid=(today, None),
            source="microsoft.com",
        )  # fmt: skip
