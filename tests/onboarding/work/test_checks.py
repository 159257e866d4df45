"""What a worker makes of a connector's failures."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.connectors.base import PermanentError, QueueRefusedError, TemporaryError
from onboarding.domain.checks import connectors
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Check, Event
from onboarding.work import checks as work
from portal.work.models import Queue
from tests.builders import check_of, make_submitted

pytestmark = pytest.mark.django_db

REGISTER = (Kind.LEGAL_ENTITY, Authority.PORTAL)


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def look(self, subject: Any, **when: Any) -> None:
        raise self.error


def ask_instead(monkeypatch: pytest.MonkeyPatch, connector: Any) -> None:
    """The French register is asked through this connector."""
    record = replace(connectors.RECORDS["recherche_entreprises"], looks={Kind.LEGAL_ENTITY: connector})
    monkeypatch.setitem(connectors.RECORDS, record.code, record)


def look(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Check:
    enrollment = make_submitted()
    ask_instead(monkeypatch, Failing(error))
    monkeypatch.setattr(work, "queues", lambda: ("recherche_entreprises",))
    work.look_once()
    return check_of(enrollment, *REGISTER)


def test_temporary_trouble_burns_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    check = look(monkeypatch, TemporaryError("down"))

    assert (check.attempt, check.errors, check.parked_at, check.reason) == (0, 1, None, "looking")
    assert Queue.objects.get(pk="recherche_entreprises").failures == 1


def test_our_own_fault_with_one_row_parks_that_row(monkeypatch: pytest.MonkeyPatch) -> None:
    check = look(monkeypatch, PermanentError("403"))

    assert (check.parked_at is not None, check.reason, check.turn) == (True, "parked", "ingram")
    assert Queue.objects.get(pk="recherche_entreprises").closed_until is None


def test_refused_sign_in_rests_the_lane_and_touches_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    check = look(monkeypatch, QueueRefusedError("invalid_grant"))

    assert (check.parked_at, check.attempt, check.reason) == (None, 0, "looking")
    assert Queue.objects.get(pk="recherche_entreprises").closed_until is not None


def test_bug_counts_and_parks_in_the_end(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WORK_MAX_ATTEMPTS = 2
    check = look(monkeypatch, ZeroDivisionError())
    first = check.attempt
    for _ in range(2):
        Check.objects.filter(pk=check.pk).update(next_check_at="2026-01-01T00:00Z")
        work.look_once()

    check.refresh_from_db()
    assert (first, check.parked_at is not None) == (1, True)


def test_worker_with_a_wrong_clock_writes_the_database_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)

    check = look(monkeypatch, TemporaryError("down"))

    assert check.next_check_at is not None
    assert check.next_check_at < wrong


# --- answers that come together -------------------------------------------------------------------------------------


class Answering:
    """Answers at once; what comes from ``broken`` makes the writing fail."""

    def __init__(self) -> None:
        self.subjects: list[Any] = []
        self.broken: set[int] = set()

    def look(self, subject: Any, *, now: dt.datetime) -> Finding:
        self.subjects.append(subject)
        unwritable = len(self.subjects) in self.broken
        return Finding(Outcome.BAD, now, reason="no such reason") if unwritable else Finding(Outcome.GOOD, now)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    connector = Answering()
    ask_instead(monkeypatch, connector)
    monkeypatch.setattr(work, "queues", lambda: ("recherche_entreprises",))
    monkeypatch.setattr(work, "_sizes", {"recherche_entreprises": 20})
    monkeypatch.setattr(work, "TOGETHER_SECONDS", 10.0)
    Queue.objects.update(rate=1e9, burst=1e9, tokens=1e9)
    return connector


def make_due(count: int) -> list[Check]:
    """Register checks of so many files, due since the beginning of the year."""
    checks = [check_of(make_submitted(), *REGISTER) for _ in range(count)]
    long_ago = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    Check.objects.filter(pk__in=[c.pk for c in checks]).update(next_check_at=long_ago)
    return checks


def states_of(checks: list[Check]) -> list[str]:
    return list(Check.objects.filter(pk__in=[c.pk for c in checks]).order_by("pk").values_list("state", flat=True))


def test_fast_answers_are_written_together_in_as_many_queries_as_one(answering: Answering) -> None:
    costs = []
    for count in (1, 10):
        work._sizes["recherche_entreprises"] = count
        checks = make_due(count)
        with CaptureQueriesContext(connection) as captured:
            work.look_once()
        assert states_of(checks) == [CheckState.PASSED] * count
        costs.append(len(captured))

    assert costs[1] == costs[0]


def test_each_of_several_answers_has_its_history_and_its_file_s_move(answering: Answering) -> None:
    checks = make_due(3)

    work.look_once()

    events = Event.objects.filter(kind="check_passed", check_kind=Kind.LEGAL_ENTITY).values_list(
        "enrollment", flat=True
    )
    assert sorted(events) == sorted(check.enrollment_id for check in checks)
    assert all(check.history.filter(state="passed").count() == 1 for check in checks)


def test_one_answer_that_cannot_be_written_holds_back_no_other(answering: Answering) -> None:
    checks = make_due(4)
    answering.broken = {2}

    work.look_once()

    assert sorted(states_of(checks)) == [CheckState.IN_PROGRESS] + [CheckState.PASSED] * 3
    [kept] = Check.objects.filter(pk__in=[c.pk for c in checks], state=CheckState.IN_PROGRESS)
    assert (kept.attempt, kept.lease_until) == (1, None)


def test_slow_system_s_rows_are_given_back_unharmed(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "TOGETHER_SECONDS", 0.0)
    checks = make_due(5)
    before = Queue.objects.get(pk="recherche_entreprises").tokens

    assert work.look_once() == 1

    rest = Check.objects.filter(pk__in=[c.pk for c in checks], state=CheckState.IN_PROGRESS)
    assert [(row.attempt, row.lease_until) for row in rest] == [(0, None)] * 4
    assert Queue.objects.get(pk="recherche_entreprises").tokens == before - 1
    assert work._sizes["recherche_entreprises"] == 1


def test_row_that_may_have_killed_its_worker_is_looked_at_alone(answering: Answering) -> None:
    checks = make_due(3)
    Check.objects.filter(pk=checks[1].pk).update(attempt=1)

    first, rest = work.look_once(), work.look_once()

    assert (first, rest) == (1, 2)
    assert states_of(checks) == [CheckState.PASSED] * 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 3])
def test_what_was_heard_outlives_the_connection_that_was_to_carry_it(answering: Answering, count: int) -> None:
    checks, hears = make_due(count), answering.look
    backend = connection.connection.info.backend_pid

    def cut(subject: Any, *, now: dt.datetime) -> Finding:
        if len(answering.subjects) == count - 1:
            with connection.copy().cursor() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
                other.db.close()
        return hears(subject, now=now)

    answering.look = cut  # type: ignore[method-assign]

    work.look_once()

    assert states_of(checks) == [CheckState.PASSED] * count
    assert len(answering.subjects) == count
    assert connection.connection.info.backend_pid != backend
