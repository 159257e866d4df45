"""Rows for tests: each builder gives something valid and takes what the test is about."""

import datetime as dt
import itertools
from typing import Any

from allauth.account.models import EmailAddress

from onboarding.domain.checks import routing
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import Authority, Kind
from onboarding.models import Check, Enrollment, LocationType
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.partners.models import Membership, Partner, Role
from tests import copies

NOW = dt.datetime(2026, 11, 16, 10, 0, tzinfo=dt.UTC)  # a Monday, and past for the database
TODAY = NOW.date()
_numbers = itertools.count(1)

COMPANY = {
    "legal_name": "EXEMPLE INFORMATIQUE SAS",
    "registration_number": "999000011",
    "duns": "150483782",
    "street": "1 rue des Essais",
    "postal_code": "75001",
    "city": "Paris",
    "website": "exemple-informatique.example",
    "mail_domain": "exemple-informatique.example",
}
CONTACT = {
    "tenant": "exempleinfo.onmicrosoft.com",
    "global_admin": True,
    "contact_first_name": "Dominique",
    "contact_last_name": "Exemple",
    "contact_email": "dominique@exemple-informatique.example",
    "contact_phone": "",
}
MARKETPLACE = {
    "marketplace_login": "imonline",
    "marketplace": "FR",
    "customer_number": "20-222222",
    "marketplace_email": "shop@exemple-informatique.example",
    "marketplace_activated_on": TODAY,
}


def make_user(email: str = "", **fields: Any) -> User:
    user = User.objects.create_user(email or f"person{next(_numbers)}@company.example", **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_partner(*, owner: User | None = None, **fields: Any) -> Partner:
    partner = Partner.objects.create(**{"name": f"Exemple {next(_numbers)}", "country": "FR", **fields})
    if owner:
        Membership.objects.create(partner=partner, user=owner, role=Role.OWNER)
    return partner


def make_enrollment(
    *, owner: User | None = None, country: str = "FR", now: dt.datetime = NOW, **fields: Any
) -> Enrollment:
    owner = owner or make_user()
    partner = fields.pop("partner", None) or make_partner(owner=owner)
    return lifecycle.start(partner=partner, country=country, by=owner, now=now)


def fill(enrollment: Enrollment, slug: str, answers: dict[str, Any], *, now: dt.datetime = NOW) -> Enrollment:
    filled, _checks = lifecycle.fill_page(
        enrollment=enrollment,
        slug=slug,
        answers=answers,
        basis_seen=lifecycle.basis(Enrollment.objects.select_related("partner").get(pk=enrollment.pk), slug),
        by=enrollment.created_by,
        now=now,
    )
    return filled


def fill_steps_1_to_3(enrollment: Enrollment, *, number: str = "", now: dt.datetime = NOW) -> Enrollment:
    number = number or str(4391000 + next(_numbers))
    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": number}, now=now)
    location = {
        "country": enrollment.country_id,
        "location_mpn_id": f"{number}1",
        "location_country": enrollment.country_id,
        "location_type": LocationType.LOCATION,
    }
    fill(enrollment, "location", location, now=now)
    fill(enrollment, "company", COMPANY, now=now)
    return fill(enrollment, "contact", CONTACT, now=now)


def make_submitted(*, owner: User | None = None, **fields: Any) -> Enrollment:
    """Return a submitted enrollment: a copy of one that the product made, or with ``fields`` one that it makes now."""
    original = None if fields else copies.find()
    if original is None:
        return submit(owner=owner, **fields)
    number, company, person = (next(_numbers) for _ in range(3))
    return copies.copy(
        original, number=str(4391000 + number), company=f"Exemple {company}", email=f"person{person}@company.example",
        owner=owner,
    )  # fmt: skip


def submit(**fields: Any) -> Enrollment:
    enrollment = fill_steps_1_to_3(make_enrollment(**fields))
    return lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)


def check_of(enrollment: Enrollment, kind: Kind, authority: Authority) -> Check:
    return routing.checks_of(enrollment)[kind, authority]


def make_bdm(*countries: str, lead: bool = False) -> Bdm:
    bdm = Bdm.objects.create(user=make_user(name="BDM"), is_lead=lead)
    bdm.countries.set(countries)
    return bdm
