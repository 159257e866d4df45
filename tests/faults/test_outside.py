"""F22 to F25: the other systems fail in every way, everything is due at once, relays die, answers come three times."""

import datetime as dt
import itertools
import re
import threading
import time

import pytest

from tests.faults import load
from tests.faults.checker import Allowed
from tests.faults.ground import Call, wait_until
from tests.faults.stage import INTO_OUTBOX, Stage

pytestmark = pytest.mark.faults


@pytest.mark.long
def test_f22_the_register_is_down_slow_throttled_and_wrong(stage: Stage) -> None:
    """503 for eight seconds, then 429 with Retry-After, slow answers, nonsense, and a wrong answer that is mended"""
    [first] = load.companies([0])
    stage.witness.ask("companies", **{**first, "name": "UNE TOUT AUTRE SOCIETE"})
    stage.witness.fault("register", "503", 1000)
    stage.lanes(rate=50, burst=50)
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    others = """SELECT count(*) FROM onboarding_check
        WHERE reason = 'looking' AND lane NOT IN ('recherche_entreprises', '', 'desk')"""
    wait_until(lambda: stage.witness.calls("register"), 30)
    start = time.monotonic()
    quick = wait_until(lambda: not stage.value(others), 30)
    time.sleep(max(0, 8 - (time.monotonic() - start)))
    probes, outage = len(stage.witness.calls("register")), time.monotonic() - start
    [(attempts, failures)] = stage.cluster.run(
        """SELECT max(c.attempt), max(l.failures) FROM onboarding_check c JOIN portal_lane l ON l.name = c.lane
        WHERE c.lane = 'recherche_entreprises' AND c.lease_until IS NULL""",
        name=stage.database,
    )

    stage.witness.heal()
    for kind in ("429", "slow", "nonsense", "broken", "html"):
        stage.witness.fault("register", kind, 2)
    stage.healed()
    wait_until(lambda: stage.value("SELECT count(*) FROM onboarding_check WHERE reason = 'name_differs'"), 60)
    stage.witness.ask("companies", **first)

    # The breaker lets one through each 0.3 s (30 s at the demo's pace) after five failures; two more may be under way.
    assert failures >= 5
    assert attempts == 0
    assert probes <= 5 + outage / 0.3 + 3
    # "Look again", as the reseller's button does it.
    mend = "UPDATE onboarding_check SET next_check_at = now() WHERE reason = 'name_differs' AND lease_until IS NULL"
    stage.cluster.run(mend, name=stage.database)
    wait_until(lambda: not stage.value("SELECT count(*) FROM onboarding_check WHERE reason = 'name_differs'"), 30)
    note = f"{probes} probes in {outage:.0f} s; the others ended in {quick:.0f} s"
    stage.check(Allowed(calls=probes + 14, more_mails=1), note=note)
    _kept_away_for(stage.witness.calls("register"), seconds=3)


def _kept_away_for(calls: list[Call], *, seconds: float) -> None:
    """Somebody was told to come back in three seconds, and nobody asked for the same before."""
    gaps = []
    for _, same in itertools.groupby(sorted(calls, key=lambda call: (call.subject, call.at)), key=lambda c: c.subject):
        times = [dt.datetime.fromisoformat(call.at) for call in same]
        gaps += [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    assert any(gap >= seconds for gap in gaps)


@pytest.mark.long
def test_f23_everything_is_due_at_once(stage: Stage) -> None:
    """2,000 mails due at one instant, 150 a second allowed"""
    herd, rate, burst = 2000, 150, 50
    stage.cluster.run(
        f"""{INTO_OUTBOX}
        SELECT 'mail', now() - interval '1 s' + n * interval '1 microsecond', 0, 0, 0, '', 'herd-' || n,
        'herd' || n || '@people.example', 'herd', 't', '', '', false, '', now(), '' FROM generate_series(1, %s) n""",
        [herd],
        name=stage.database,
    )
    stage.cluster.run(
        "UPDATE portal_lane SET rate = %s, burst = %s, tokens = %s WHERE name = 'mail'",
        [rate, burst, burst],
        name=stage.database,
    )
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    left = "SELECT count(*) FROM notices_mail WHERE key LIKE 'herd-%%' AND sent_at IS NULL"
    oldest = f"{left.replace('count(*)', 'min(next_check_at)')} AND lease_until IS NULL"
    seen = []

    def is_done() -> bool:
        seen.append(stage.value(oldest))
        return not stage.value(left)

    seconds = wait_until(is_done, 90)
    stage.healed()

    times = [moment for moment in seen if moment]
    assert times == sorted(times)  # nobody at the front is passed over
    herd_calls = [call for call in stage.witness.calls("smtp", "RCPT") if call.subject.startswith("herd")]
    order = [int(re.sub(r"\D", "", call.subject)) for call in herd_calls]
    assert sorted(order) == list(range(1, herd + 1))
    assert max(abs(place - number) for place, number in enumerate(order, start=1)) < 30
    moments = [dt.datetime.fromisoformat(call.at).timestamp() for call in herd_calls]
    # In any span of a second no more than the budget, and what three senders had in hand.
    most = max(sum(start <= moment < start + 1 for moment in moments[place:]) for place, start in enumerate(moments))
    assert most <= rate + burst + 10
    stage.check(Allowed(more_mails=herd), note=f"{herd / seconds:.0f} a second, at most {most} in one")


@pytest.mark.long
def test_f24_relay_is_killed_in_mid_send(stage: Stage) -> None:
    """Two relays; SIGKILL for one while the server still holds its mail, three times"""
    stage.witness.fault("smtp", "slow", 20)
    stage.lanes(rate=20)
    relays = [stage.loop(), stage.loop()]
    killed = 0
    for _ in range(3):
        stage.caught("mail", table="notices_mail")
        victim = relays.pop(0)
        stage.programs.kill(victim)
        relays.append(stage.loop())
        killed += 1
    stage.healed()

    stage.check(Allowed(mails=killed, calls=killed))
    assert all(relay.poll() is None for relay in relays)


@pytest.mark.long
def test_f25_the_same_answer_comes_three_times(stage: Stage) -> None:
    """A mailbox's code is posted three times at once, among wrong ones"""
    stage.lanes(rate=100, burst=100)
    stage.loop()
    checks = stage.cluster.run(
        """SELECT c.id, e.id, e.contact_email FROM onboarding_check c
        JOIN onboarding_enrollment e ON e.id = c.enrollment_id
        WHERE c.kind = 'email' AND c.authority = 'portal' AND c.subject_key <> ''
        ORDER BY c.id LIMIT 1""",
        name=stage.database,
    )
    [(check, enrollment, address)] = checks
    with stage.visitor() as visitor:
        wait_until(lambda: any(address in mail["to"] for mail in _mails(stage)), 40)
        [mail] = [mail for mail in _mails(stage) if address in mail["to"]]
        code = re.search(r"\b(\d{4} \d{4})\b", mail["text"])[1]  # type: ignore[index]
        codes = [code, "0000 0000", code, "0000 0001", code]
        stage.rng.shuffle(codes)
        path = f"/enrollments/{enrollment}/checks/{check}/code/"
        threads = [threading.Thread(target=visitor.ask, args=(path,), kwargs={"post": True, "code": c}) for c in codes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        stage.healed()
        stage.check(Allowed(other_ends={check: {("passed", "")}}))

    told = "SELECT count(*) FROM onboarding_event WHERE kind = 'check_passed' AND check_kind = 'email'"
    assert stage.value(told) == 1
    assert not visitor.wrong(seconds=3, statuses=(200, 422))


def _mails(stage: Stage) -> list[dict[str, str]]:
    return list(stage.witness.ask("mails", method="GET")["mails"])
