"""The customer's guide, statement by statement: where the portal says it, in both languages.

Only statements that no rule, fact or page held before have a row; ``E`` in a path is an enrollment.
"""

import html
import re

import pytest
from django.test import Client

from onboarding.models import Enrollment
from tests.builders import fill_steps_1_to_3

pytestmark = pytest.mark.django_db

WHY, STEP, GET, BESIDE = "/why-csp/", "E/steps/", "E/preparing/", "E/beside/"
# part of the guide, what it says, the page, words in English, words in French
GUIDE = [
    (
        "intro",
        "move to the cloud, beginning with the enrolment",
        WHY,
        "move to the cloud begins",
        "passage au cloud commence",
    ),
    ("intro", "the resources at your disposal", WHY, "Five resources", "Cinq ressources"),
    ("1 why", "trusted advisor, end-to-end relation", WHY, "from end to end", "de bout en bout"),
    ("1 why", "managed services", WHY, "your own managed services", "vos propres services managés"),
    (
        "1 why",
        "solutions, billing and support",
        WHY,
        "solutions, billing and support",
        "solutions, facturation et support",
    ),
    ("1 why", "new and more revenue streams", WHY, "more revenue streams", "nouveaux flux de revenus"),
    ("1 why", "incentives and funding of CSP only", WHY, "exist for CSP only", "exclusifs au programme CSP"),
    ("1 why", "up to 45 %", WHY, "45 %, the guide says", "45 %, selon le guide"),
    ("1 why", "bundles with Office 365, Azure, Dynamics CRM", WHY, "Dynamics CRM", "Dynamics CRM"),
    (
        "1 why",
        "predictable monthly or yearly billing",
        WHY,
        "predictable monthly or yearly",
        "mensuelle ou annuelle prévisible",
    ),
    (
        "1 why",
        "a trusted advisor for customers",
        WHY,
        "trusted advisor at their side",
        "conseiller de confiance à leurs côtés",
    ),
    ("1 why", "one support point", WHY, "One point of support", "Un point de support unique"),
    ("1 table", "expanded portfolio in NCE, July 2020", WHY, "expanded portfolio", "portefeuille élargi"),
    ("1 table", "one-time purchase through Cloud Marketplace", WHY, "one-time purchase", "achat unique"),
    ("1 table", "partner-led, Microsoft's conditions", WHY, "led by partners", "porté par les partenaires"),
    (
        "1 table",
        "pre-signed agreement, monthly usage",
        WHY,
        "signs an agreement beforehand",
        "signe un contrat au préalable",
    ),
    ("1 table", "two types, direct and indirect", WHY, "direct and indirect", "direct et indirect"),
    ("1", "purchase support only", WHY, "purchase support only", "que du support achats"),
    ("1", "keys within 5 jours ouverts after receipt", WHY, "after receipt in the Microsoft admin", "jours ouverts"),
    ("1", "returned whole within 30 days", WHY, "returned whole", "dans son intégralité"),
    ("2", "read the MPN FAQ", f"{STEP}mpn-id/", "how MPN accounts, locations", "les comptes, emplacements"),
    ("2", "new MPN account", f"{GET}mpn_account/", "Create an account in", "Créer un compte dans"),
    ("2", "view or create a location", f"{STEP}location/", "See or add a location", "Voir ou ajouter un emplacement"),
    ("2", "step-by-step CSP enrolment guide", f"{BESIDE}enrolment/", "step-by-step guide", "guide pas-à-pas"),
    ("2", "create a new work account", f"{GET}work_account/", "Create a work account", "Créer un compte professionnel"),
    (
        "2",
        "it is separate from the MPN account",
        f"{GET}work_account/",
        "separate from your MPN",
        "distinct de votre compte MPN",
    ),
    (
        "2",
        "learn more about work accounts",
        f"{GET}work_account/",
        "Learn more about work",
        "En savoir plus sur les comptes",
    ),
    (
        "2",
        "an active D-U-N-S number is needed",
        f"{GET}duns/",
        "ask for a new one, which is free",
        "demandez-en un, gratuitement",
    ),
    (
        "2",
        "IMOnline partners sign in with the same codes",
        f"{BESIDE}marketplace/",
        "codes are the same",
        "codes sont les mêmes",
    ),
    (
        "2",
        "the Marketplace of the country",
        f"{BESIDE}marketplace/",
        "Open the Cloud Marketplace",
        "Ouvrir la Cloud Marketplace",
    ),
    ("4 resources", "starter guide", WHY, "Starter guide", "Starter Guide"),
    ("4 resources", "licence assignment", WHY, "assignment of licences", "assignation des licences"),
    ("4 resources", "transition material", WHY, "material for the transition", "matériel de transition"),
    ("4 resources", "Windows Server and SQL Server on Azure", WHY, "SQL Server on Azure", "SQL Server sur Azure"),
    ("4 resources", "Office to Microsoft 365", WHY, "From Office to Microsoft 365", "Office à Microsoft 365"),
    (
        "4",
        "January 2021: Ingram Micro Cloud",
        WHY,
        "In January 2021 Ingram Micro Cloud",
        "janvier 2021, Ingram Micro Cloud",
    ),
    ("4", "commercial, education and charity", WHY, "education and charity", "à but non lucratif peuvent tous"),
    ("4 why", "differentiated offers", WHY, "Differentiated offers", "offres différenciées"),
    ("4 why", "whole lifecycle, credibility", WHY, "whole lifecycle", "tout le cycle de vie"),
    ("4 why", "less time and cost", WHY, "less time and cost", "moins de temps et de coûts"),
    ("4 why", "licences and managed services, hybrid", WHY, "hybrid cloud", "cloud hybride"),
    ("4 ready", "enrol, then transact as associated reseller", WHY, "associated reseller", "revendeur associé"),
    ("4 ready", "already in CSP: how to transition", WHY, "Already in CSP", "Déjà en CSP"),
    ("4 benefits", "faster transformation", WHY, "Faster transformation", "Transformation plus rapide"),
    ("4 benefits", "faster time to value", WHY, "time to value", "Valeur plus rapide"),
    ("4 benefits", "flexibility without losing control", WHY, "without losing control", "sans perdre le contrôle"),
    ("4 benefits", "trust and security", WHY, "trust and security", "confiance et de sécurité"),
    ("4 benefits", "costs and savings", WHY, "new savings", "nouvelles économies"),
    ("4 know", "public sector, July 2021", WHY, "public sector came", "secteur public sont arrivées"),
    ("4 know", "no new SKU from July 2021", WHY, "no new product entered", "aucun nouveau produit"),
    ("4 know", "renew SA in Open Value", WHY, "can renew it in Open Value", "la renouveler en Open Value"),
    ("4 know", "Open ends 1 January 2022", WHY, "Since 1 January 2022", "Depuis le 1er janvier 2022"),
]


def words_of(client: Client, path: str, language: str) -> str:
    client.cookies["django_language"] = language
    text = html.unescape(re.sub(r"<[^>]+>", " ", client.get(path).content.decode()))
    return " ".join(text.replace("\xa0", " ").replace("\u202f", " ").replace("’", "'").split())


@pytest.mark.parametrize("language", ["en-gb", "fr"])
def test_every_statement_of_the_guide_has_its_place(as_reseller: Client, enrollment: Enrollment, language: str) -> None:
    fill_steps_1_to_3(enrollment)
    enrollment.created_by.language = language
    enrollment.created_by.save()
    pages: dict[str, str] = {}

    missing = []
    for part, statement, path, english, french in GUIDE:
        place = path.replace("E/", f"/enrollments/{enrollment.pk}/", 1) if path.startswith("E/") else path
        if place not in pages:
            pages[place] = words_of(as_reseller, place, language)
        if (french if language == "fr" else english).replace("’", "'") not in pages[place]:
            missing.append((part, statement, path))

    assert missing == []


def test_the_guides_claim_is_shown_with_its_source(client: Client) -> None:
    text = words_of(client, WHY, "en-gb")

    assert "This is its claim, not a promise of ours" in text
    assert "Ingram Micro guide, part 1" in text and "Ingram Micro guide, part 4" in text
