"""A world in which every history has rows, and all of them are sealed."""

import datetime as dt

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client

from api.models import ApiCall, ApiClient, ApiKey, WebhookChange, WebhookSubscription
from onboarding.domain.desk import external_ids
from onboarding.models import Enrollment, Escalation, Message
from portal.accounts.models import User
from portal.audit import registry, sealing
from portal.audit.models import StaffLook
from portal.partners import events
from portal.partners.models import Deed, PartnerView
from tests.builders import NOW, make_bdm, make_submitted

SECRET = "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVzIGxvbmchISE="


@pytest.fixture
def histories(transactional_db: None, settings: object) -> Enrollment:
    """Return an enrollment; each history has three rows or more, and is sealed with a key."""
    settings.SECRETS_KEYS = [SECRET]  # type: ignore[attr-defined]
    enrollment = make_submitted()
    leave_a_gap()
    make_submitted()
    fill_histories(enrollment)
    sealing.run(NOW)
    sealing.run(NOW)
    return enrollment


def fill_histories(enrollment: Enrollment) -> None:
    owner, bdm = enrollment.created_by, make_bdm("FR").user
    client = ApiClient.objects.create(name="CRM", made_by=bdm, scopes=["people"], everywhere=True)
    key = ApiKey.objects.create(client=client, digest="0" * 64, start="made-up", made_by=bdm, made_at=NOW)
    webhook = WebhookSubscription.objects.create(
        name="CRM", style="standard", client=client, everywhere=True, made_by=bdm, made_at=NOW
    )
    for number in range(3):
        WebhookChange.objects.create(subscription=webhook, at=NOW, by=bdm, what="ping", detail=f"{number}")
        Enrollment.objects.filter(pk=enrollment.pk).update(contact_phone=f"+33 1 23 45 67 0{number}")
        enrollment.partner.city = f"Lyon {number}"
        enrollment.partner.save(update_fields=["city"])
        events.record(enrollment.partner, Deed.REVIEWED, by=owner, now=NOW + dt.timedelta(days=number))
        kind = ContentType.objects.get_for_model(User).pk
        LogEntry.objects.create(
            user=bdm, content_type_id=kind, object_id="1", object_repr=f"Claude Exemple {number}", action_flag=CHANGE,
            change_message="[]",
        )  # fmt: skip
        PartnerView.objects.create(
            viewer=bdm, seen_as=owner, companies=[enrollment.partner_id], reason=f"asked {number}", started_at=NOW,
            expires_at=NOW,
        )  # fmt: skip
        StaffLook.objects.create(
            at=NOW + dt.timedelta(days=number), actor=bdm, what="onboarding:support", enrollment=enrollment.pk
        )
        Message.objects.create(
            enrollment=enrollment, author=owner, body=f"Bonjour {number}", key=str(number), written_at=NOW
        )
        Escalation.objects.create(
            enrollment=enrollment, code=f"a-{number}", clock="draft", after=1, unit="days", audience="partner",
            effect="tell", since=NOW + dt.timedelta(days=number), due_at=NOW, escalated_at=NOW, calendar="FR",
        )  # fmt: skip
        external_ids.put(owner=enrollment, system="other", text=f"E-{number}", by=bdm, now=NOW)
        ApiCall.objects.create(client=client, key=key, at=NOW, what="companies", status=200, rows=number)
        leave_a_gap()


def leave_a_gap() -> None:
    """Take a key of each history, as a transaction does that is rolled back."""
    with connection.cursor() as cursor:
        for trail in registry.TRAILS.values():
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [trail.table, trail.key])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
