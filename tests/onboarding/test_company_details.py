"""Correcting a company's name and registered office: in the pages, the history and the checks."""

import pytest
from django.test import Client

from onboarding.domain.enrollment import company_details, withdrawal
from onboarding.enums import Authority, Kind
from portal.accounts.models import User
from portal.partners.models import Deed, Membership, Partner, Role
from tests.builders import NOW, check_of, fill, make_enrollment, make_submitted, make_user

pytestmark = pytest.mark.django_db
REGISTER = (Kind.LEGAL_ENTITY, Authority.PORTAL)
MICROSOFT = (Kind.LEGAL_ENTITY, Authority.MICROSOFT)


def correct(partner: Partner, by: User, *, name: str, country: str) -> bool:
    return company_details.correct(partner=partner, name=name, country=country, by=by, now=NOW)


def test_another_country_asks_another_register_in_every_enrollment() -> None:
    enrollment = make_submitted()
    before = check_of(enrollment, *REGISTER)

    changed = [
        correct(enrollment.partner, enrollment.created_by, name=enrollment.partner.name, country="BE")
        for _time in range(2)
    ]

    enrollment.partner.refresh_from_db()
    after = check_of(enrollment, *REGISTER)
    assert changed == [True, False]
    assert before.subject_key != after.subject_key
    assert (before.queue, after.queue) == ("recherche_entreprises", "vies")


def test_microsofts_decision_is_flagged_not_taken_back() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    correct(enrollment.partner, enrollment.created_by, name="Exemple", country="LU")

    check = check_of(enrollment, *MICROSOFT)
    assert (check.turn, check.changed_here_at) == ("microsoft", NOW)


def test_a_withdrawn_enrollment_is_left_alone() -> None:
    enrollment = make_submitted()
    withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=NOW)
    before = check_of(enrollment, *REGISTER).subject_key

    correct(enrollment.partner, enrollment.created_by, name="Exemple", country="DE")

    assert check_of(enrollment, *REGISTER).subject_key == before


@pytest.mark.parametrize(
    ("name", "country", "said"),
    [("", "FR", "Indiquez le nom"), ("   ", "BE", "Indiquez le nom"), ("Acme", "XX", "Choisissez un pays")],
)
def test_what_is_wrong_is_said_at_the_field(
    as_reseller: Client, reseller: User, name: str, country: str, said: str
) -> None:
    partner = reseller.partners.get()

    answer = as_reseller.post(f"/partners/{partner.pk}/correct/", {"name": name, "country": country})

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_an_owner_corrects_it_and_the_history_has_both_names(as_reseller: Client, reseller: User) -> None:
    partner = reseller.partners.get()
    make_enrollment(owner=reseller, partner=partner)

    asked = as_reseller.get(f"/partners/{partner.pk}/correct/").content.decode()
    shown = as_reseller.post(
        f"/partners/{partner.pk}/correct/", {"name": "Exemple & Fils", "country": "BE"}, follow=True
    ).content.decode()

    assert "Informations légales" in asked
    assert "Exemple Informatique → Exemple &amp; Fils; France → Belgique" in shown
    assert partner.events.get(deed=Deed.CORRECTED).actor == reseller


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.VIEWER])
def test_others_do_not_correct_it(reseller: User, role: str) -> None:
    colleague, partner = make_user(), reseller.partners.get()
    Membership.objects.create(partner=partner, user=colleague, role=role)
    client = Client()
    client.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.post(f"/partners/{partner.pk}/correct/", {"name": "X", "country": "FR"}).status_code == 404
