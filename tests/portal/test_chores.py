"""What is done again and again is done once a turn, by whichever worker comes first."""

import datetime as dt

import pytest

from portal.work import chores
from portal.work.models import Chore

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """One chore alone, and when it was done."""
    times: list[dt.datetime] = []
    monkeypatch.setattr(chores, "DUTIES", {"count": chores.Duty(dt.timedelta(hours=1), times.append)})
    chores.make_rows()
    Chore.objects.update(next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))  # due before this test's transaction
    return times


def test_due_chore_is_done_once_and_then_sleeps(done: list[dt.datetime]) -> None:
    assert (chores.do_due(), chores.do_due(), len(done)) == (1, 0, 1)

    chore = Chore.objects.get()
    assert chore.next_check_at and chore.done_at
    assert chore.next_check_at - chore.done_at >= dt.timedelta(hours=1)


def test_rows_follow_what_is_known_and_keep_their_time(done: list[dt.datetime]) -> None:
    chores.do_due()
    before = Chore.objects.get().next_check_at
    Chore.objects.create(name="forgotten", lane=chores.LANE)

    chores.make_rows()

    assert list(Chore.objects.values_list("name", "next_check_at")) == [("count", before)]


def test_chore_that_fails_is_tried_again_then_parked(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    settings.WORK_MAX_ATTEMPTS = 2  # type: ignore[attr-defined]

    def fail(now: dt.datetime) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(chores, "DUTIES", {"broken": chores.Duty(dt.timedelta(hours=1), fail)})
    chores.make_rows()
    for _ in range(3):
        Chore.objects.update(next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        chores.do_due()

    assert Chore.objects.get().parked_at is not None
    assert chores.do_due() == 0
