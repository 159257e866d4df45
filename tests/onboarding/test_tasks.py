"""What a worker makes of a connector's failures."""

import datetime as dt
from typing import Any

import pytest

from onboarding import tasks
from onboarding.connectors.base import LaneRefusedError, PermanentError, TemporaryError
from onboarding.enums import Authority, Kind
from onboarding.models import Check
from portal.work.models import Lane
from tests.builders import check_of, make_submitted

pytestmark = pytest.mark.django_db

REGISTER = (Kind.LEGAL_ENTITY, Authority.PORTAL)


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def look(self, subject: Any, **when: Any) -> None:
        raise self.error


def look(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Check:
    enrollment = make_submitted()
    monkeypatch.setitem(tasks.CONNECTORS, ("register", Kind.LEGAL_ENTITY), Failing(error))
    monkeypatch.setattr(tasks, "LANES", ("register",))
    tasks.look_once()
    return check_of(enrollment, *REGISTER)


def test_temporary_trouble_burns_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    check = look(monkeypatch, TemporaryError("down"))

    assert (check.attempt, check.errors, check.parked_at, check.reason) == (0, 1, None, "looking")
    assert Lane.objects.get(pk="register").failures == 1


def test_our_own_fault_with_one_row_parks_that_row(monkeypatch: pytest.MonkeyPatch) -> None:
    check = look(monkeypatch, PermanentError("403"))

    assert (check.parked_at is not None, check.reason, check.turn) == (True, "parked", "ingram")
    assert Lane.objects.get(pk="register").closed_until is None


def test_refused_sign_in_rests_the_lane_and_touches_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    check = look(monkeypatch, LaneRefusedError("invalid_grant"))

    assert (check.parked_at, check.attempt, check.reason) == (None, 0, "looking")
    assert Lane.objects.get(pk="register").closed_until is not None


def test_bug_counts_and_parks_in_the_end(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WORK_MAX_ATTEMPTS = 2
    check = look(monkeypatch, ZeroDivisionError())
    first = check.attempt
    for _ in range(2):
        Check.objects.filter(pk=check.pk).update(next_check_at="2026-01-01T00:00Z")
        tasks.look_once()

    check.refresh_from_db()
    assert (first, check.parked_at is not None) == (1, True)


def test_worker_with_a_wrong_clock_writes_the_database_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)

    check = look(monkeypatch, TemporaryError("down"))

    assert check.next_check_at is not None
    assert check.next_check_at < wrong
