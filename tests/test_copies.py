"""A copied enrollment is what the product writes, in every table."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.domain.checks import routing, starting
from onboarding.models import Enrollment, MailboxChallenge
from tests import copies
from tests.builders import NOW, TODAY, make_submitted, make_user, submit

pytestmark = pytest.mark.django_db
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}|[a-z2-7]{32}")
_NUMBER = re.compile(
    r"43\d{5}|Exemple \d+|person\d+|!\w{40}|2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+|\d{4}-\d\d-\d\dT[\d:]+\.\d+"
)


def written(make: Any) -> dict[str, list[dict[str, Any]]]:
    """Return what ``make`` writes, by table, without what differs between any two."""
    return {
        model._meta.label: sorted((_without_keys(model, row) for row in rows), key=json.dumps)
        for model, rows in copies.watched(make).rows
    }


def _without_keys(model: copies.Model, row: dict[str, Any]) -> dict[str, Any]:
    relations = {field.column for field in model._meta.concrete_fields if field.is_relation or field.primary_key}
    kept = {name: value for name, value in row.items() if name not in relations and name not in ("id", "pgh_id")}
    text = json.dumps(kept, sort_keys=True)
    return dict(json.loads(_NUMBER.sub("number", _KEY.sub("key", text))))


def test_a_copy_is_what_the_product_writes() -> None:
    made = written(submit)
    copied = written(make_submitted)

    assert {label: len(rows) for label, rows in copied.items()} == {label: len(rows) for label, rows in made.items()}
    for label, rows in made.items():
        assert copied[label] == rows, label
    assert len(made) >= 14


def test_a_copy_for_an_owner_is_what_the_product_writes_for_them() -> None:
    owner = make_user(name="Camille Exemple", language="en")
    made = written(lambda: submit(owner=owner))
    copied = written(lambda: make_submitted(owner=owner))

    assert copied == made
    assert not {"accounts.User", "account.EmailAddress"} & {*copied}
    enrollment = make_submitted(owner=owner)
    assert enrollment.created_by == enrollment.submitted_by == enrollment.partner.memberships.get().user == owner


def test_copies_do_not_meet() -> None:
    first, second = make_submitted(), make_submitted()

    assert first.pk != second.pk and first.mpn_id != second.mpn_id and first.partner_id != second.partner_id
    assert first.created_by != second.created_by
    assert Enrollment.objects.count() == 2
    for enrollment in (first, second):
        assert enrollment.partner.memberships.get().user == enrollment.created_by
        checks = routing.checks_of(enrollment)
        for check in checks.values():  # each digest is that of its own subject, so nothing starts again
            assert check.subject_key == starting.digest(routing.subject_of(check, checks=checks, today=TODAY))
    assert not MailboxChallenge.objects.exists()


def test_a_copy_goes_on_as_the_original_does() -> None:
    enrollment = make_submitted()
    before = list(enrollment.events.values_list("kind", flat=True))

    starting.follow_answers(enrollment, now=NOW, actor=None)

    assert list(enrollment.events.values_list("kind", flat=True)) == before


def test_other_settings_are_not_copied(settings: Any) -> None:
    settings.PARTNER_CENTER_URL = ""

    checks = routing.checks_of(make_submitted())

    assert {check.queue for check in checks.values() if check.kind in ("mpn_id", "location")} == {"desk"}


def test_a_copy_costs_four_questions() -> None:
    make_submitted()
    with CaptureQueriesContext(connection) as captured:
        make_submitted()

    assert len(captured) <= 6
