"""The load: files of fictitious companies that each need one look of every kind, and the outside world that answers.

Every subject (ID, number, domain) belongs to one file, so that the witness's log tells whose call it was.
"""

import datetime as dt
import os
from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from onboarding.domain.enrollment import lifecycle
from onboarding.models import Check, DomainChallenge, Enrollment, LocationType
from portal.geo.load import load as load_places
from portal.work import claims
from portal.work.models import Queue
from tests.builders import fill, make_enrollment, make_partner, make_user
from tests.faults.servers import Witness

SUBMITTED = int(os.environ.get("FAULTS_SUBMITTED", "24"))
DRAFTS = int(os.environ.get("FAULTS_DRAFTS", "12"))


def build() -> None:
    """In an empty database: the first files are submitted, the others only need to be."""
    load_places()
    now = claims.database_now()
    for number in range(SUBMITTED + DRAFTS):
        owner = make_user(f"owner{number}@people.example")
        partner = make_partner(owner=owner, name=f"Charge {number}")
        enrollment = make_enrollment(owner=owner, partner=partner, now=now)
        for page, answers in _answers(number).items():
            fill(enrollment, page, answers, now=now)
        if number < SUBMITTED:
            lifecycle.submit(enrollment=enrollment, by=owner, now=now)
    Queue.objects.update(rate=SPREAD, burst=2, tokens=2)


# Calls a second in each queue while the fault lasts: whatever the machine, there is work to hit for some seconds.
SPREAD, AT_ONCE = 6, 1000


def _answers(number: int) -> dict[str, dict[str, Any]]:
    facts = facts_of(number)
    return {
        "mpn-id": {"has_mpn_account": True, "mpn_id": facts["mpn_id"]},
        "location": {
            "country": "FR",
            "location_mpn_id": facts["location"],
            "location_country": "FR",
            "location_type": LocationType.LOCATION,
        },
        "company": {
            "legal_name": facts["name"],
            "registration_number": facts["siren"],
            "duns": "",
            "street": "1 rue des Essais",
            "postal_code": "75001",
            "city": "Paris",
            "website": facts["domain"],
            "mail_domain": facts["domain"],
        },
        "contact": {
            "tenant": f"charge{number}.onmicrosoft.com",
            "global_admin": True,
            "contact_first_name": "Dominique",
            "contact_last_name": "Exemple",
            "contact_email": f"dominique@{facts['domain']}",
            "contact_phone": "",
        },
    }


def facts_of(number: int) -> dict[str, str]:
    """No number ends like one of the sandbox's magic values."""
    return {
        "mpn_id": f"44{number:04}1",
        "location": f"45{number:04}1",
        "name": f"CHARGE {number} SAS",
        "siren": f"9991{number:05}",
        "domain": f"charge{number}.example",
    }


def companies(numbers: Iterable[int]) -> list[dict[str, str]]:
    address = {"street": "1 RUE DES ESSAIS", "postal_code": "75001", "city": "PARIS"}
    return [
        {"siren": facts["siren"], "name": facts["name"], **address}
        for facts in (facts_of(number) for number in numbers)
    ]


def world(witness: Witness) -> None:
    """The register knows the companies; those already submitted publish their record."""
    for company in companies(range(SUBMITTED + DRAFTS)):
        witness.ask("companies", **company)
    publish(witness)


def publish(witness: Witness) -> None:
    """What resellers do when they read their page: publish the record they are asked for, and have it looked at."""
    for challenge in DomainChallenge.objects.filter(replaced_at=None):
        witness.ask("dns", name=challenge.record_name, type="TXT", value=challenge.record_value)
    early = Check.objects.filter(reason="txt_not_found", lease_until=None, next_check_at__gt=Now())
    early.update(next_check_at=Now())


def send_to_microsoft(now: dt.datetime) -> list[str]:
    """The day of submission to Microsoft is entered in every submitted file; their location IDs."""
    files = list(Enrollment.objects.filter(state="submitted").order_by("created_at"))
    for enrollment in files:
        fill(enrollment, "partner-center", {"sent_to_microsoft_on": timezone.localdate(now)}, now=now)
    # Nobody asks about the agreement: its look would be one at the location's address.
    Check.objects.filter(kind="agreement").update(queue="desk", next_check_at=None)
    return [enrollment.location_mpn_id for enrollment in files]


def drafts() -> list[str]:
    return [
        str(pk) for pk in Enrollment.objects.filter(state="draft").order_by("created_at").values_list("pk", flat=True)
    ]
