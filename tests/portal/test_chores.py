"""What is done again and again is done once a turn, by whichever worker comes first."""

import datetime as dt

import pytest
from django.test import Client

from portal.work import claims, periodic
from portal.work.loop import do_once
from portal.work.models import PeriodicJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """Return when a single periodic job was done."""
    times: list[dt.datetime] = []
    monkeypatch.setattr(periodic, "JOBS", {"count": periodic.JobSpec(dt.timedelta(hours=1), times.append)})
    periodic.make_rows()
    PeriodicJob.objects.update(
        next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    )  # due before this test's transaction
    return times


def test_due_chore_is_done_once_and_then_sleeps(done: list[dt.datetime]) -> None:
    assert (do_once(periodic.KIND), do_once(periodic.KIND), len(done)) == (1, 0, 1)

    chore = PeriodicJob.objects.get()
    assert chore.next_check_at and chore.done_at
    assert chore.next_check_at - chore.done_at >= dt.timedelta(hours=1)


def test_rows_follow_what_is_known_and_keep_their_time(done: list[dt.datetime]) -> None:
    do_once(periodic.KIND)
    before = PeriodicJob.objects.get().next_check_at
    PeriodicJob.objects.create(name="forgotten", queue=periodic.QUEUE)

    periodic.make_rows()

    assert list(PeriodicJob.objects.values_list("name", "next_check_at")) == [("count", before)]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Return what a single periodic job raises; empty: it is done."""
    raised: list[BaseException] = []

    def do(now: dt.datetime) -> None:
        if raised:
            raise raised[0]

    monkeypatch.setattr(periodic, "JOBS", {"broken": periodic.JobSpec(dt.timedelta(hours=2), do)})
    periodic.make_rows()
    return raised


def turn() -> PeriodicJob:
    PeriodicJob.objects.update(next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    do_once(periodic.KIND)
    return PeriodicJob.objects.get()


def failures(client: Client) -> str:
    [line] = [
        line
        for line in client.get("/metrics").content.decode().splitlines()
        if line.startswith("portal_periodic_job_failures{")
    ]
    return line


def test_chore_that_fails_is_told_and_tried_until_it_is_done(
    breaks: list[BaseException], settings: object, client: Client
) -> None:
    settings.WORK_MAX_ATTEMPTS = 2  # type: ignore[attr-defined]
    breaks.append(ValueError("broken"))
    before = claims.database_now()

    failed = [turn() for _ in range(5)]
    told = failures(client)
    breaks.clear()
    done = turn()

    assert [(job.parked_at, job.attempt, job.errors) for job in failed] == [(None, 0, n) for n in range(1, 6)]
    assert failed[-1].next_check_at is not None
    assert failed[-1].next_check_at <= claims.database_now() + periodic.LONGEST_WAIT
    assert told == 'portal_periodic_job_failures{name="broken"} 5.0'
    assert (done.errors, failures(client)) == (0, 'portal_periodic_job_failures{name="broken"} 0.0')
    assert done.done_at is not None and done.done_at >= before


def test_chore_that_kills_its_workers_is_parked(breaks: list[BaseException], settings: object) -> None:
    class KilledError(BaseException):
        pass

    settings.WORK_MAX_ATTEMPTS = 2  # type: ignore[attr-defined]
    breaks.append(KilledError())
    for _ in range(2):
        with pytest.raises(KilledError):
            turn()

    assert turn().parked_at is not None
    assert do_once(periodic.KIND) == 0
