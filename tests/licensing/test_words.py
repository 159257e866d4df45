"""Every code of the estate has its own words in both languages, and no words are left without their code."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from licensing.domain import checklist
from licensing.domain.checklist import Owner
from licensing.domain.vocabulary import PLANNED, LineProgram
from licensing.forms import estate as forms
from licensing.views import wording
from portal.tables import reading

ROOT = Path(wording.__file__).parents[2]


def codes(pattern: str, *places: str) -> set[str]:
    """What these modules hand to the pages."""
    sources = [path.read_text() for place in places for path in ROOT.glob(place)]
    return {code for source in sources for code in re.findall(pattern, source)}


def test_every_reason_of_a_rejected_row_has_words() -> None:
    set_apart = {f"program_{one.value}" for one in LineProgram if one not in (*PLANNED, LineProgram.CSP)}
    sums = codes(r'"(total\w*)"', "licensing/domain/totals.py")

    named = codes(r'RowRejected\("(\w+)"\)', "licensing/domain/*.py")

    assert set(wording.ROW_REJECTED) == named | set_apart | sums


def test_every_reason_of_a_refused_file_has_words() -> None:
    by_beginning = {reason for _beginning, reason in reading._BEGINNINGS}

    assert set(wording.FILE_REFUSED) == codes(r'Unreadable\("(\w+)"\)', "portal/tables/*.py") | by_beginning


def test_every_warning_has_words() -> None:
    added = codes(
        r'(?:warnings|said)\.append\("(\w+)"\)', "licensing/domain/*.py", "licensing/views/plan_presenters.py"
    )
    blocked = codes(r'worded\(wording\.WARNINGS, "(\w+)"\)', "licensing/views/plan_presenters.py")
    of_the_plan = codes(r'row\.warnings = \[.*?"(\w+)"\]', "licensing/domain/plans.py")

    assert set(wording.WARNINGS) == added | blocked | of_the_plan


def test_every_question_that_a_customer_s_page_answers_has_words() -> None:
    assert set(forms._ANSWERED_BY) == set(wording.QUESTIONS) - {"token_bought_on"}


def test_every_step_and_owner_has_words() -> None:
    assert (set(wording.STEPS), set(wording.OWNERS)) == (checklist.CODES, set(Owner))


@pytest.mark.parametrize(
    ("table", "code", "english", "french"),
    [
        (wording.FILE_REFUSED, "empty", "holds nothing", "ne contient rien"),
        (wording.FILE_REFUSED, "too_big", "10 MB", "10 Mo"),
        (wording.FILE_REFUSED, "too_many_rows", "50,000 rows", "50 000 lignes"),
        (wording.FILE_REFUSED, "too_many_columns", "200 columns", "200 colonnes"),
        (wording.FILE_REFUSED, "too_many_sheets", "30 sheets", "30 feuilles"),
        (wording.FILE_REFUSED, "macros", "holds macros", "contient des macros"),
        (wording.FILE_REFUSED, "password", "by a password", "par un mot de passe"),
        (wording.FILE_REFUSED, "bomb", "unpacks to", "décompressé"),
        (wording.FILE_REFUSED, "broken", "damaged", "abîmé"),
        (wording.FILE_REFUSED, "not_a_table", "no table", "pas un tableau"),
        (wording.ROW_REJECTED, "quantity_merged", "in a merged cell", "dans une cellule fusionnée"),
        (wording.WARNINGS, "unknown_product", "not in our list", "pas dans notre liste"),
        (wording.WARNINGS, "merged", "Several rows", "Plusieurs lignes"),
        (wording.WARNINGS, "several_authorizations", "several authorizations", "plusieurs autorisations"),
        (wording.WARNINGS, "not_ready", "cannot order in CSP yet", "pas encore commander dans CSP"),
        (wording.WARNINGS, "holiday", "on a day off", "un jour non ouvré"),
        (wording.WARNINGS, "expired", "expiry has passed", "expiration est passée"),
        (wording.QUESTIONS, "need", "With or without Software Assurance", "Avec ou sans Software Assurance"),
        (wording.QUESTIONS, "sector", "Which sector", "Quel secteur"),
        (wording.QUESTIONS, "end_on", "When does it end", "Quand cela finit"),
        (wording.QUESTIONS, "unknown_online", "an online service, or", "un service en ligne, ou"),
        (wording.QUESTIONS, "token_bought_on", "token bought", "token a"),
        (wording.STEPS, "create", "name of the new tenant", "nom du nouveau tenant"),
        (wording.STEPS, "other_partner", "other partner's subscriptions", "abonnements de l’autre partenaire"),
        (wording.STEPS, "authorise", "relationship accepted", "accepter la relation"),
        (wording.STEPS, "tenant", "Global admin of the tenant", "administrateur général du tenant"),
        (wording.STEPS, "domain", "default domain", "domaine par défaut"),
        (wording.STEPS, "order", "Place the order", "Passer la commande"),
        (wording.STEPS, "transfer", "Ask for the transfer", "Demander le transfert"),
        (wording.STEPS, "check", "Assign the licences", "Attribuer les licences"),
        (wording.OWNERS, Owner.RESELLER, "you", "vous"),
        (wording.OWNERS, Owner.CUSTOMER, "the customer", "le client"),
        (wording.OWNERS, Owner.INGRAM, "Ingram Micro", "Ingram Micro"),
    ],
)
def test_a_code_is_said_in_its_own_words(table: dict[str, object], code: str, english: str, french: str) -> None:
    said = {}
    for language in ("en-gb", "fr"):
        with translation.override(language):
            said[language] = str(wording.worded(table, code))

    assert english in said["en-gb"]
    assert french in said["fr"]
