"""One row's trouble is that row's alone, said in the log, for whatever kind of row."""

import logging

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from portal.notices.models import Mail
from portal.work import claims, isolation

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> claims.Claim:
    now = claims.database_now()
    Mail.objects.create(key="k", to="a@company.example", subject="s", text="t", queue="mail", next_check_at=now)
    [taken] = claims.claim_due(Mail, queue="mail", limit=1, now=now)
    return taken


def row() -> tuple[int, bool]:
    mail = Mail.objects.get()
    return mail.attempt, mail.lease_until is None


def test_bug_is_logged_with_its_row_and_counts(claim: claims.Claim, caplog: pytest.LogCaptureFixture) -> None:
    with isolation.isolate_failure(claim):
        raise ZeroDivisionError

    assert row() == (1, True)
    assert f"mail {claim.pk} failed" in caplog.text


def test_lost_deadlock_gives_the_row_back(claim: claims.Claim, caplog: pytest.LogCaptureFixture) -> None:
    with isolation.isolate_failure(claim):
        raise OperationalError("deadlock detected")

    assert row() == (1, True)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_end_of_time_is_not_swallowed(claim: claims.Claim) -> None:
    with pytest.raises(SoftTimeLimitExceeded), isolation.isolate_failure(claim):
        raise SoftTimeLimitExceeded

    assert row() == (1, False)


def test_row_is_worn_out_after_the_last_attempt(claim: claims.Claim, settings: object) -> None:
    settings.WORK_MAX_ATTEMPTS = 1  # type: ignore[attr-defined]
    assert isolation.exceeded_attempts(claim) is False

    settings.WORK_MAX_ATTEMPTS = 0  # type: ignore[attr-defined]
    assert isolation.exceeded_attempts(claim) is True


def test_each_does_the_others_and_raises_the_first_failure_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def do(key: int) -> int:
        if key in (2, 4):
            raise ValueError(f"row {key}")
        done.append(key)
        return 10

    with pytest.raises(ValueError, match="row 2"):
        isolation.each([1, 2, 3, 4, 5], do, what="mail of")

    assert done == [1, 3, 5]
    assert [record.message for record in caplog.records] == ["mail of 2 failed", "mail of 4 failed"]
    assert isolation.each([1, 3, 5], do, what="mail of", most=2) == 20


def test_each_ends_at_once_when_its_time_is_over() -> None:
    done: list[int] = []

    def do(key: int) -> int:
        done.append(key)
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        isolation.each([1, 2], do, what="mail of")

    assert done == [1]
