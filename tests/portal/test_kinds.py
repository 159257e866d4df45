"""A kind of durable work is declared once; everything else is made from the declaration, and a missing part is told."""

import datetime as dt
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import get_contextvars

from portal import checks
from portal.apps import make_queues
from portal.notices.models import Mail
from portal.work import claims, kinds, registry
from portal.work.kinds import Rate, TimeLimits, WorkKind
from portal.work.loop import do_every_kind, do_once, work_through
from portal.work.models import PeriodicJob, Queue
from tests.builders import make_submitted

LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def done(claim: claims.Claim, row: Any) -> None:
    claims.settle(claim, next_check_at=None)


def parcels(**changed: Any) -> WorkKind[Any]:
    """A made-up kind, which borrows the table of mails."""
    declared: dict[str, Any] = {
        "name": "parcels", "model": Mail, "queues": {"parcels": Rate(2, 10)}, "task": "tests.send_parcels", "do": done,
    }  # fmt: skip
    return WorkKind(**{**declared, **changed})


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WorkKind[Any]]]:
    """Declare the made-up kind, and no other."""
    monkeypatch.setattr(kinds, "KINDS", {})

    def declare(**changed: Any) -> WorkKind[Any]:
        kind = parcels(**changed)
        registry.register(kind)
        return kind

    yield declare
    current_app.tasks.pop("tests.send_parcels", None)


def make_due(count: int = 1, *, queue: str = "parcels") -> list[Mail]:
    return Mail.objects.bulk_create(
        [
            Mail(key=f"{queue}-{n}", to="a@company.example", subject="s", text="t", queue=queue, next_check_at=LONG_AGO)
            for n in range(count)
        ]
    )


# --- one declaration ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_declaration_gives_queue_task_schedule_wake_up_and_loop(
    only: Callable[..., WorkKind[Any]], settings: Any
) -> None:
    settings.WORK_TICK_SECONDS = 5
    kind = only(ticks=6, time_limits=TimeLimits(soft=20, hard=30))
    make_queues(sender=None)
    make_due(2)

    turns = [do_every_kind(), do_every_kind(), do_every_kind()]

    assert turns == [1, 1, 0]
    queue = Queue.objects.get(name="parcels")
    assert (queue.rate, queue.burst) == (2, 10)
    assert (current_app.tasks[kind.task].soft_time_limit, current_app.tasks[kind.task].time_limit) == (20, 30)
    assert kinds.beat_schedule() == {
        "parcels": {"task": kind.task, "schedule": 30, "options": {"expires": 60}},
    }
    assert kinds.woken_tasks() == (kind.task,)
    assert list(Mail.objects.values_list("next_check_at", "claim_no")) == [(None, 1)] * 2


@pytest.mark.django_db
def test_celery_task_does_what_is_due(only: Callable[..., WorkKind[Any]]) -> None:
    kind = only()
    make_queues(sender=None)
    make_due(3)

    current_app.tasks[kind.task]()

    assert not Mail.objects.exclude(next_check_at=None).exists()


@pytest.mark.django_db
def test_message_of_a_long_kind_does_one_claim(only: Callable[..., WorkKind[Any]]) -> None:
    kind = only(is_long=True)
    make_queues(sender=None)
    make_due(3)

    work_through(kind)

    assert Mail.objects.filter(next_check_at=None).count() == 1


def test_kind_without_a_task_is_the_plain_loop_s_alone(only: Callable[..., WorkKind[Any]]) -> None:
    only(task="", unwoken_because="nobody waits")

    assert (kinds.beat_schedule(), kinds.woken_tasks()) == ({}, ())


def test_every_kind_that_wakes_nobody_says_why() -> None:
    unwoken = {kind.name for kind in kinds.KINDS.values() if not kind.is_woken}

    assert unwoken == {"clocks", "duties", "files to delete", "periodic jobs", "warehouse"}


def test_deploy_finds_the_tasks_that_messages_on_their_way_name() -> None:
    assert {kind.name: kind.task for kind in kinds.KINDS.values()} == {
        "periodic jobs": "",
        "mail": "notices.send_due",
        "exports of data": "privacy.make_due_exports",
        "checks": "onboarding.look_at_due_checks",
        "inbound": "onboarding.handle_inbound",
        "clocks": "onboarding.read_due_clocks",
        "documents": "onboarding.scan_due_documents",
        "preflights": "onboarding.look_at_due_preflights",
        "duties": "onboarding.do_due_duties",
        "insights": "onboarding.read_insights",
        "bulk": "onboarding.do_bulk",
        "campaigns": "onboarding.do_campaigns",
        "estate": "licensing.read_due_files",
        "plan files": "licensing.make_due_plan_files",
        "webhooks": "api.send_webhooks",
        "files to delete": "portal.delete_due_files",
        "warehouse": "portal.write_warehouse",
    }


def test_no_lease_is_shorter_than_what_celery_lets_a_task_take() -> None:
    for kind in kinds.KINDS.values():
        if kind.time_limits and not kind.is_long:
            assert kind.lease_seconds is not None
            assert kind.time_limits.soft < kind.time_limits.hard < kind.lease_seconds


# --- the claim loop -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_row_that_fails_is_alone_and_logged_with_its_ids(
    only: Callable[..., WorkKind[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[dict[str, Any]] = []

    def fail_first(claim: claims.Claim, row: Mail) -> None:
        seen.append(get_contextvars())
        if row.key == "parcels-0":
            raise ZeroDivisionError
        done(claim, row)

    kind = only(do=fail_first, limit=20, log_context=lambda row: {"parcel": row.key})
    make_queues(sender=None)
    first, second = make_due(2)

    with caplog.at_level(logging.ERROR):
        claimed = do_once(kind)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (claimed, first.attempt, first.lease_until, second.next_check_at) == (2, 1, None, None)
    assert {name: seen[0][name] for name in ("parcel", "mail", "claim", "attempt", "queue")} == {
        "parcel": "parcels-0", "mail": first.pk, "claim": 1, "attempt": 1, "queue": "parcels",
    }  # fmt: skip
    assert f"mail {first.pk} failed" in caplog.text


@pytest.mark.django_db
def test_row_that_never_answers_is_parked(only: Callable[..., WorkKind[Any]], settings: Any) -> None:
    settings.WORK_MAX_ATTEMPTS = 1
    kind = only(do=lambda claim, row: None)
    make_queues(sender=None)
    make_due()
    for _ in range(2):
        Mail.objects.update(next_check_at=LONG_AGO)
        do_once(kind)

    assert Mail.objects.exclude(parked_at=None).values_list("parked_why", flat=True).get() == (
        "no answer after several claims"
    )


# --- what is missing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ({"do": None}, "Work 'parcels' needs either `do` or `take`."),
        ({"take": lambda until: 0}, "Work 'parcels' needs either `do` or `take`."),
        ({"queues": {}}, "Work 'parcels' has no queue."),
        ({"queues": {"parcels": Rate(0, 10)}}, "Work 'parcels': nobody could ever claim from queue 'parcels'."),
        ({"task": ""}, "Work 'parcels' has no task: say why (`unwoken_because`)."),
    ],
)
def test_declaration_that_lacks_a_part_is_refused(missing: dict[str, Any], says: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        parcels(**missing)

    assert str(refusal.value) == says


@pytest.mark.parametrize("part", ["name", "model", "queues", "task"])
def test_declaration_without_a_part_names_it(part: str) -> None:
    declared = parcels()
    parts = {name: getattr(declared, name) for name in ("name", "model", "queues", "task") if name != part}

    with pytest.raises(TypeError, match=f"'{part}'"):
        WorkKind(**parts)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "parcels"}, "name 'parcels'"),
        ({"model": Mail}, "model 'notices.Mail'"),
        ({"task": "tests.send_parcels"}, "task 'tests.send_parcels'"),
        ({"queues": {"letters": Rate(1, 1), "parcels": Rate(1, 1)}}, "queue 'parcels'"),
    ],
)
def test_two_kinds_share_nothing(only: Callable[..., WorkKind[Any]], changed: dict[str, Any], says: str) -> None:
    declared = only()
    other = replace(
        declared, name="letters", model=PeriodicJob, task="tests.send_letters", queues={"letters": Rate(1, 1)}
    )

    with pytest.raises(ImproperlyConfigured, match=says):
        registry.register(replace(other, **changed))


def test_model_of_due_rows_without_a_kind_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.every_due_row_has_its_kind(None) == []
    monkeypatch.delitem(kinds.KINDS, "mail")

    [error] = checks.every_due_row_has_its_kind(apps.get_app_configs())

    assert (error.id, error.obj, error.msg) == ("portal.E004", Mail, "Nobody does what falls due in notices.Mail.")


@pytest.mark.django_db
def test_rows_in_a_queue_that_nobody_claims_from_are_told() -> None:
    make_submitted()
    make_due(queue="mail")
    assert checks.every_due_row_is_in_a_queue_of_its_kind(None, databases=["default"]) == []
    make_due(2, queue="carrier pigeons")

    [warning] = checks.every_due_row_is_in_a_queue_of_its_kind(None, databases=["default"])

    assert (warning.id, warning.msg) == (
        "portal.W001", "Rows of notices.Mail wait in the queue 'carrier pigeons', from which nobody claims.",
    )  # fmt: skip


# --- in Celery's own programs ---------------------------------------------------------------------------------------

AS_BEAT_AND_WORKER_START = """
import json, sys
from portal.celery import app
app.loader.init_worker()
app.finalize()
from portal.work.wakeups import Ticks
beat = Ticks(app, schedule_filename=sys.argv[1], lazy=False)
json.dump([sorted(app.tasks), {name: entry.task for name, entry in beat.schedule.items()}], sys.stdout)
beat.close()
"""


def test_worker_and_beat_know_every_kind(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-c", AS_BEAT_AND_WORKER_START, str(tmp_path / "schedule")],
        cwd=settings.ROOT, capture_output=True, check=True,
    )  # fmt: skip
    tasks, schedule = json.loads(started.stdout)

    declared = {kind.name: kind.task for kind in kinds.KINDS.values() if kind.task}
    assert {*declared.values()} <= {*tasks}
    assert {name: task for name, task in schedule.items() if not name.startswith("celery.")} == declared
