"""Demo people and companies, all fictitious. Runs once; refuses to run in production."""

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from onboarding.domain.checks import reporting
from onboarding.domain.enrollment import answers, lifecycle
from onboarding.enums import Authority, Kind
from onboarding.models import Check, Enrollment
from onboarding.sandbox.entra_people import BY_KEY, DirectoryPerson
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.partners.models import Membership, Partner, Role

# name, country, the register's number, MPN ID, progress. The numbers are the sandbox's magic values.
COMPANIES: tuple[dict[str, Any], ...] = (
    {
        "name": "Nuages d'Exemple",
        "company": {
            "legal_name": "NUAGES D'EXEMPLE SAS",
            "registration_number": "999000003",
            "street": "12 rue du Test",
            "postal_code": "75002",
            "city": "Paris",
            "mail_domain": "nuages.example",
        },
        "mpn_id": "4392001",
        "days_ago": 2,
        "submit": True,
    },
    {
        "name": "Fictif System",
        "company": {
            "legal_name": "FICTIF SYSTEM",
            "registration_number": "",
            "street": "3 place des Modèles",
            "postal_code": "69002",
            "city": "Lyon",
            "mail_domain": "fictif.example",
        },
        "mpn_id": "4392002",
        "days_ago": 6,
        "submit": True,
        "microsoft": True,
        "refused": Kind.LEGAL_ENTITY,
        "answer": "Notre numéro D-U-N-S manquait. L'extrait du registre est demandé, il arrive cette semaine.",
    },
    {
        "name": "Atelier Fini",
        "company": {
            "legal_name": "ATELIER FINI SARL",
            "registration_number": "999000037",
            "street": "8 quai du Passé",
            "postal_code": "33000",
            "city": "Bordeaux",
            "mail_domain": "atelier-fini.example",
        },
        "mpn_id": "4392003",
        "days_ago": 30,
        "submit": True,
        "microsoft": True,
    },
    {
        "name": "Longue Attente",
        "company": {
            "legal_name": "LONGUE ATTENTE SAS",
            "registration_number": "999000045",
            "street": "5 impasse de la Patience",
            "postal_code": "59000",
            "city": "Lille",
            "mail_domain": "longue-attente.example",
        },
        "mpn_id": "4392004",
        "days_ago": 90,
        "submit": True,
        "microsoft": True,
        "refused": Kind.DOMAIN,
    },
    {"name": "Débutant Exemple", "mpn_id": "", "days_ago": 1},
    {"name": "Sans Suite Exemple", "mpn_id": "", "days_ago": 75},
    {"name": "Ailleurs Exemple", "mpn_id": "4392974", "days_ago": 12},
)


class Command(BaseCommand):
    help = "Make the demo's people and companies (once)."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("seed_demo makes accounts with a known password: never in production.")
        if User.objects.filter(email="reseller@demo.example").exists():
            return
        reseller = _person("reseller@demo.example", "Revendeur démo")
        company = Partner.objects.create(name="Revendeur Démo", country="FR")
        Membership.objects.create(partner=company, user=reseller, role=Role.OWNER)
        viewer = _person("viewer@demo.example", "Collègue en lecture")
        Membership.objects.create(partner=company, user=viewer, role=Role.VIEWER)
        lifecycle.start(partner=company, country="FR", by=reseller, now=timezone.now())
        # Numbers that the French and British regulators reserve for fiction.
        bdm = Bdm.objects.create(user=_person("bdm@demo.example", "BDM France"), phone="+33 1 99 00 12 34")
        bdm.countries.set(Country.objects.filter(pk__in=["FR", "BE", "LU", "MC"]))
        lead = _person("lead@demo.example", "BDM lead", language="en-gb")
        Bdm.objects.create(user=lead, is_lead=True, phone="+44 20 7946 0123")
        _person("admin@demo.example", "Administration", is_staff=True, is_superuser=True)
        for person, user, way in (("bdm", bdm.user, "staff"), ("lead", lead, "staff"), ("admin", reseller, "partners")):
            _connect(BY_KEY[person], user, way)
        for number, facts in enumerate(COMPANIES, start=1):
            _company(number, **facts)


def _connect(person: DirectoryPerson, user: User, way: str) -> None:
    """Connect an account with a person of the sandbox's Microsoft, as after a first sign-in."""
    extra = {"tenant": person.tenant.id, "name": person.name, "address": person.user}
    SocialAccount.objects.create(user=user, provider=f"microsoft-{way}", uid=person.uid, extra_data=extra)


def _person(email: str, name: str, **fields: Any) -> User:
    user = User.objects.create_user(email, settings.DEMO_PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _company(
    number: int,
    *,
    name: str,
    mpn_id: str,
    days_ago: int,
    company: dict[str, Any] | None = None,
    submit: bool = False,
    microsoft: bool = False,
    refused: str = "",
    answer: str = "",
) -> None:
    now = timezone.now() - dt.timedelta(days=days_ago)
    owner = _person(f"company{number}@demo.example", f"Contact {number}")
    partner = Partner.objects.create(name=name, country="FR")
    Membership.objects.create(partner=partner, user=owner, role=Role.OWNER)
    enrollment = lifecycle.start(partner=partner, country="FR", by=owner, now=now)
    if mpn_id:
        _fill(enrollment, "mpn-id", now, has_mpn_account=True, mpn_id=mpn_id)
        _fill(
            enrollment, "location", now, country="FR", location_mpn_id=mpn_id, location_country="FR",
            location_type="location",
        )  # fmt: skip
    if company:
        defaults = {"duns": "", "website": company["mail_domain"]}
        _fill(enrollment, "company", now, **{**defaults, **company})
        _fill(
            enrollment, "contact", now, tenant=f"demo{number}.onmicrosoft.com", global_admin=True,
            contact_first_name="Contact", contact_last_name=f"Numéro {number}",
            contact_email=f"contact@{company['mail_domain']}", contact_phone="",
        )  # fmt: skip
    if submit:
        lifecycle.submit(enrollment=enrollment, by=owner, now=now)
    if microsoft:
        _fill(enrollment, "partner-center", now, sent_to_microsoft_on=timezone.localdate(now))
    if refused:
        check = Check.objects.select_related("enrollment").get(
            enrollment=enrollment, kind=refused, authority=Authority.MICROSOFT
        )
        on = now + dt.timedelta(days=3)
        reporting.report(check=check, says="rejected", on=timezone.localdate(on), by=owner, now=on)
        if answer:
            day_after = on + dt.timedelta(days=1)
            answers.answer(check=check, answers={"duns": "150483782"}, text=answer, by=owner, now=day_after)


def _fill(enrollment: Enrollment, slug: str, now: dt.datetime, **answers: Any) -> None:
    fresh = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    lifecycle.fill_page(
        enrollment=fresh,
        slug=slug,
        answers=answers,
        basis_seen=lifecycle.basis(fresh, slug),
        by=enrollment.created_by,
        now=now,
    )
