"""Every code of the estate has its own words in both languages, and no words are left without their code."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from licensing.domain import checklist
from licensing.domain.checklist import Owner
from licensing.forms import estate as forms
from licensing.views import words

ROOT = Path(words.__file__).parents[2]


def codes(pattern: str, *places: str) -> set[str]:
    """What these modules hand to the pages."""
    sources = [path.read_text() for place in places for path in ROOT.glob(place)]
    return {code for source in sources for code in re.findall(pattern, source)}


def test_every_reason_of_a_rejected_row_has_words() -> None:
    assert set(words.ROW_REJECTED) == codes(r'RowRejected\("(\w+)"\)', "licensing/domain/*.py")


def test_every_reason_of_a_refused_file_has_words() -> None:
    assert set(words.FILE_REFUSED) == codes(r'Unreadable\("(\w+)"\)', "portal/tables/*.py")


def test_every_warning_has_words() -> None:
    added = codes(r'(?:warnings|said)\.append\("(\w+)"\)', "licensing/domain/*.py", "licensing/views/plan_cards.py")
    blocked = codes(r'said\(words\.WARNINGS, "(\w+)"\)', "licensing/views/plan_cards.py")
    of_the_plan = codes(r'row\.warnings = \[.*?"(\w+)"\]', "licensing/domain/plans.py")

    assert set(words.WARNINGS) == added | blocked | of_the_plan


def test_every_question_that_a_customer_s_page_answers_has_words() -> None:
    assert set(forms._ANSWERED_BY) == set(words.QUESTIONS) - {"token_bought_on"}


def test_every_step_and_owner_has_words() -> None:
    assert (set(words.STEPS), set(words.OWNERS)) == (checklist.CODES, set(Owner))


@pytest.mark.parametrize(
    ("table", "code", "english", "french"),
    [
        (words.FILE_REFUSED, "empty", "holds nothing", "ne contient rien"),
        (words.FILE_REFUSED, "too_big", "10 MB", "10 Mo"),
        (words.FILE_REFUSED, "too_many_rows", "50,000 rows", "50 000 lignes"),
        (words.FILE_REFUSED, "too_many_columns", "200 columns", "200 colonnes"),
        (words.FILE_REFUSED, "too_many_sheets", "30 sheets", "30 feuilles"),
        (words.FILE_REFUSED, "macros", "holds macros", "contient des macros"),
        (words.FILE_REFUSED, "password", "by a password", "par un mot de passe"),
        (words.FILE_REFUSED, "bomb", "unpacks to", "décompressé"),
        (words.FILE_REFUSED, "broken", "damaged", "abîmé"),
        (words.FILE_REFUSED, "not_a_table", "no table", "pas un tableau"),
        (words.ROW_REJECTED, "quantity_merged", "in a merged cell", "dans une cellule fusionnée"),
        (words.WARNINGS, "unknown_product", "not in our list", "pas dans notre liste"),
        (words.WARNINGS, "merged", "Several rows", "Plusieurs lignes"),
        (words.WARNINGS, "several_authorizations", "several authorizations", "plusieurs autorisations"),
        (words.WARNINGS, "not_ready", "cannot order in CSP yet", "pas encore commander dans CSP"),
        (words.WARNINGS, "holiday", "on a day off", "un jour non ouvré"),
        (words.WARNINGS, "expired", "expiry has passed", "expiration est passée"),
        (words.QUESTIONS, "need", "With or without Software Assurance", "Avec ou sans Software Assurance"),
        (words.QUESTIONS, "sector", "Which sector", "Quel secteur"),
        (words.QUESTIONS, "end_on", "When does it end", "Quand cela finit"),
        (words.QUESTIONS, "unknown_online", "an online service, or", "un service en ligne, ou"),
        (words.QUESTIONS, "token_bought_on", "token bought", "token a"),
        (words.STEPS, "create", "Name of the new tenant", "Nom du nouveau tenant"),
        (words.STEPS, "other_partner", "other partner's subscriptions", "abonnements de l’autre partenaire"),
        (words.STEPS, "authorise", "Relationship accepted", "Relation acceptée"),
        (words.STEPS, "tenant", "Global administrator of the tenant", "Administrateur global du tenant"),
        (words.STEPS, "domain", "Default domain", "Domaine par défaut"),
        (words.STEPS, "order", "Order placed", "Commande passée"),
        (words.STEPS, "transfer", "Transfer asked for", "Transfert demandé"),
        (words.STEPS, "check", "Licences assigned", "Licences attribuées"),
        (words.OWNERS, Owner.RESELLER, "you", "vous"),
        (words.OWNERS, Owner.CUSTOMER, "the customer", "le client"),
        (words.OWNERS, Owner.INGRAM, "Ingram Micro", "Ingram Micro"),
    ],
)
def test_a_code_is_said_in_its_own_words(table: dict[str, object], code: str, english: str, french: str) -> None:
    said = {}
    for language in ("en-gb", "fr"):
        with translation.override(language):
            said[language] = str(words.said(table, code))

    assert english in said["en-gb"]
    assert french in said["fr"]
