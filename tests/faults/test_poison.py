"""F20 and F21: checks that kill their worker, messages that cannot be handled, clocks that are wrong."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import escape

from onboarding.domain.reasons.words import Reader, Words
from portal.celery import app
from tests.builders import make_bdm
from tests.faults.checker import Allowed
from tests.faults.harness import INTO_OUTBOX, Stage
from tests.faults.servers import Cluster, wait_until

pytestmark = pytest.mark.faults
POISONS = ("raise", "kill", "hang", "huge", "nonsense")
LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), Path("/usr/lib/faketime/libfaketime.so.1"))


@pytest.mark.long
def test_f20_poison(stage: Stage) -> None:
    """Checks that raise, kill their worker, hang, bring 1 MB or nonsense; a mail that cannot be built; unknown tasks"""
    rows = stage.cluster.run(
        "SELECT id FROM onboarding_check WHERE kind = 'location' AND reason = 'looking' ORDER BY id LIMIT %s",
        [len(POISONS)],
        name=stage.database,
    )
    poisoned = {pk: how for (pk,), how in zip(rows, POISONS, strict=True)}
    stage.sabotage(poison=poisoned)
    stage.programs.environment["WORK_MAX_ATTEMPTS"] = "2"
    stage.cluster.run(
        f"""{INTO_OUTBOX}
        VALUES ('mail', now(), 0, 0, 0, '', 'poison', E'a\\n@b.example', 's', 't', '', '', false, '', now(), '')""",
        name=stage.database,
    )
    app_connection = app.connection_for_write(stage.broker.url, transport_options={"global_keyprefix": "portal:"})
    with app_connection as connection:
        for _ in range(5):
            app.send_task("nobody.knows", connection=connection)
    stage.start("beat")
    celery = stage.celery(concurrency=2)
    stage.until_busy()
    stage.queues(rate=100, burst=100)
    stage.healed()

    # The others end while the poison still works.
    others = "SELECT count(*) FROM onboarding_check WHERE reason = 'looking' AND NOT id = ANY(%s)"
    quick = wait_until(lambda: not stage.value(others, [list(poisoned)]), 40)
    wait_until(
        lambda: stage.value("SELECT count(*) FROM onboarding_check WHERE parked_at IS NOT NULL") == len(POISONS), 40
    )
    wait_until(lambda: stage.value("SELECT count(*) FROM notices_mail WHERE parked_at IS NOT NULL") == 1, 60)

    stage.check(
        Allowed(calls=4 * len(POISONS), mails=4, parked=set(poisoned), more_mails=1),
        note=f"{len(POISONS)} checks and a mail parked; the others ended in {quick:.0f} s",
    )
    assert celery.poll() is None
    for pk in poisoned:
        assert f"check {pk} parked: no answer after 2 claims" in stage.log()
    enrollment = stage.value("SELECT enrollment_id FROM onboarding_check WHERE id = %s", [rows[0][0]])
    staff, bdm = Client(), make_bdm("FR").user
    staff.force_login(bdm, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = staff.get(f"/desk/{enrollment}/").content.decode()
    with translation.override(bdm.language):
        assert escape(str(Words(Reader.BDM).reason("parked"))) in page


@pytest.mark.long
def test_f20b_garbage_in_the_queue(stage: Stage) -> None:
    """What is no message at all in Redis ends Celery's consumer; the loop goes on, and the next Celery as well"""
    stage.queues(rate=2)
    stage.loop()
    stage.start("beat")
    celery = stage.celery()
    stage.until_busy()

    stage.broker.client().lpush("portal:celery", b'{"body": "not base64", "headers"')
    celery.wait(30)
    stage.programs.running.remove(celery)
    before = stage.answered()
    wait_until(lambda: stage.answered() > before, 10)
    celery = stage.celery()
    stage.healed()

    stage.check()
    assert "Unrecoverable error" in stage.log()
    assert stage.all_run()


needs_faketime = pytest.mark.skipif(not LIBRARY.exists(), reason="the Debian package faketime is not installed")


@needs_faketime
@pytest.mark.long
def test_f21_clocks_of_workers_are_wrong(stage: Stage) -> None:
    """One worker lives an hour ahead, one an hour behind"""
    stage.queues(rate=3)
    stage.start("beat")
    for skew in ("+1h", "-1h"):
        fake = f"env LD_PRELOAD={LIBRARY} FAKETIME={skew} FAKETIME_DONT_FAKE_MONOTONIC=1"
        stage.loop(prefix=fake)
        stage.celery(prefix=fake)
    # The load was prepared long ago, when the suite started.
    before = stage.value("SELECT coalesce(max(id), 0) FROM onboarding_event")
    stage.submit_drafts()
    stage.until_busy()
    far = "SELECT count(*) FROM onboarding_check WHERE abs(extract(epoch FROM lease_until - now())) > 60"
    wait_until(lambda: stage.value(far) or stage.answered() > 40, 60)
    stage.healed()

    assert not stage.value(far)
    stage.check(Allowed())
    assert not stage.value(
        f"SELECT count(*) FROM onboarding_event WHERE id > {before} AND kind LIKE 'check%%' "
        "AND abs(extract(epoch FROM at - now())) > 1800"
    )


@needs_faketime
@pytest.mark.long
def test_f21b_clock_of_the_database_jumps(stage: Stage, steady: Cluster) -> None:
    """PostgreSQL's clock jumps twelve hours ahead: every lease ends at once"""
    clock = steady.folder.parent / "clock"
    clock.write_text("+0")
    clock.chmod(0o644)
    steady.stop()
    steady.start(
        {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    )
    stage.hold_back("recherche_entreprises", but=3)
    stage.witness.fault("register", "slow", 20)
    stage.queues(rate=3)
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    stage.caught("recherche_entreprises")
    before = stage.value("SELECT now()")

    clock.write_text("+12h")
    wait_until(lambda: (stage.value("SELECT now()") - before).total_seconds() > 40_000, 10)
    stage.healed()

    # Workers in the middle of a call are overtaken, and may not write.
    stage.check(Allowed(calls=8, mails=4))
    assert stage.all_run()


@pytest.fixture
def steady(stage: Stage):
    """The cluster, with its true clock again at the end."""
    yield stage.cluster
    stage.close()
    stage.cluster.restart()
