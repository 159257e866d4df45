"""What is done again and again is done once a turn, by whichever worker comes first."""

import datetime as dt

import pytest

from portal.work import periodic
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


def test_chore_that_fails_is_tried_again_then_parked(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    settings.WORK_MAX_ATTEMPTS = 2  # type: ignore[attr-defined]

    def fail(now: dt.datetime) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(periodic, "JOBS", {"broken": periodic.JobSpec(dt.timedelta(hours=1), fail)})
    periodic.make_rows()
    for _ in range(3):
        PeriodicJob.objects.update(next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        do_once(periodic.KIND)

    assert PeriodicJob.objects.get().parked_at is not None
    assert do_once(periodic.KIND) == 0
