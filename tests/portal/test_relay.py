"""The outbox over real SMTP: sent once, 4xx tried again, 5xx final, secrets wiped."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.sandbox import servers
from onboarding.sandbox.records import Fault
from portal.notices import outbox, relay, suppression
from portal.notices.models import QUEUE, Mail
from portal.work import claims
from tests.builders import NOW, make_user
from tests.plans import expect_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings: Any) -> Iterator[servers.Sandbox]:
    with servers.running() as sandbox:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sandbox.smtp_port
        yield sandbox


def put(to: str, **fields: object) -> Mail:
    outbox.put(to=to, subject="Bonjour", text="Le texte", html="<p>Le texte</p>", now=NOW, **fields)
    return Mail.objects.latest("pk")


def send() -> None:
    relay.send_due(limit=10, now=timezone.now)


def test_mail_arrives_once_with_both_bodies(sandbox: servers.Sandbox) -> None:
    mail = put("lou@company.example")

    send()
    send()

    mail.refresh_from_db()
    assert [m.to for m in sandbox.world.mails()] == [["lou@company.example"]]
    assert (mail.sent_at is not None, mail.next_check_at) == (True, None)


def test_secret_is_wiped_once_sent(sandbox: servers.Sandbox) -> None:
    mail = put("lou@company.example", secret=True)

    send()

    mail.refresh_from_db()
    assert (mail.text, mail.html) == ("", "")


def test_same_key_is_written_once() -> None:
    put("lou@company.example", key="about-this")
    put("lou@company.example", key="about-this")

    assert Mail.objects.count() == 1


def test_5xx_is_final_and_4xx_is_tried_again(sandbox: servers.Sandbox) -> None:
    bounced, delayed = put("bounce@company.example"), put("greylist@company.example")

    send()

    bounced.refresh_from_db()
    delayed.refresh_from_db()
    assert (bounced.refused_at is not None, bounced.next_check_at, bounced.answer[:3]) == (True, None, "550")
    assert delayed.refused_at is None
    assert delayed.next_check_at is not None
    assert delayed.next_check_at > timezone.now()
    Mail.objects.filter(pk=delayed.pk).update(next_check_at=NOW)
    send()
    delayed.refresh_from_db()
    assert delayed.sent_at is not None


def test_silent_server_loses_nothing(settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    mail = put("lou@company.example")

    send()

    mail.refresh_from_db()
    assert (mail.sent_at, mail.refused_at, mail.errors) == (None, None, 1)


def test_subject_cannot_carry_a_second_header() -> None:
    outbox.put(to="lou@company.example", subject="Bonjour\r\nBcc: x@y.example", text="t", now=NOW)

    assert Mail.objects.get().subject == "Bonjour Bcc: x@y.example"


def test_after_three_days_of_trying_staff_are_asked(settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    mail = put("lou@company.example")
    Mail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - dt.timedelta(days=4))

    send()

    mail.refresh_from_db()
    assert mail.parked_at is not None


def test_server_s_own_trouble_is_nobody_s_refusal(sandbox: servers.Sandbox, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "wrong"
    mails = [put(f"lou{n}@company.example") for n in range(3)]

    send()

    for mail in mails:
        mail.refresh_from_db()
    assert [mail.refused_at for mail in mails] == [None] * 3
    assert sum(mail.errors for mail in mails) >= 1


def test_a_mail_that_cannot_be_built_does_not_stop_the_others(sandbox: servers.Sandbox) -> None:
    broken, fine = put("lou@company.example"), put("zoe@company.example")
    Mail.objects.filter(pk=broken.pk).update(to="lou\n@company.example")

    send()

    fine.refresh_from_db()
    broken.refresh_from_db()
    assert (fine.sent_at is not None, broken.sent_at, broken.lease_until) == (True, None, None)


def test_bounce_is_told_in_the_transaction_that_records_it(sandbox: servers.Sandbox, monkeypatch: Any) -> None:
    def fail(mail: Mail, now: dt.datetime) -> None:
        raise RuntimeError

    monkeypatch.setattr(relay, "on_refused", [fail])
    mail = put("bounce@company.example")

    send()

    mail.refresh_from_db()
    assert (mail.refused_at, mail.attempt, mail.lease_until) == (None, 1, None)


# --- the order of a thread -----------------------------------------------------------------------------------------


def test_reader_gets_a_thread_in_the_order_of_its_writing(sandbox: servers.Sandbox) -> None:
    first, second = (put("lou@company.example", thread="enrollment-1") for _ in range(2))
    other = put("zoe@company.example", thread="enrollment-1")
    held = Mail.objects.filter(pk=first.pk)
    held.update(lease_until=timezone.now() + dt.timedelta(minutes=1), next_check_at=timezone.now() + dt.timedelta(1))

    send()

    second.refresh_from_db()
    other.refresh_from_db()
    assert (second.sent_at, other.sent_at is not None) == (None, True)
    assert second.next_check_at is not None
    assert second.next_check_at <= timezone.now() + relay.ITS_TURN
    held.update(lease_until=None, next_check_at=NOW)
    Mail.objects.filter(pk=second.pk).update(next_check_at=NOW - dt.timedelta(1))  # the later one is looked at first
    send()
    Mail.objects.filter(pk=second.pk).update(next_check_at=NOW)
    send()
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.sent_at is not None
    assert second.sent_at is not None
    assert first.sent_at < second.sent_at


def test_mail_that_its_server_put_off_holds_up_none_behind_it(sandbox: servers.Sandbox) -> None:
    put_off, next_one = (put(f"{who}@company.example", thread="enrollment-1") for who in ("greylist", "lou"))
    Mail.objects.filter(pk=next_one.pk).update(to=put_off.to, next_check_at=NOW + dt.timedelta(seconds=1))

    send()

    put_off.refresh_from_db()
    next_one.refresh_from_db()
    assert (put_off.sent_at, put_off.errors, next_one.sent_at is not None) == (None, 1, True)


# --- addresses that refuse for good ---------------------------------------------------------------------------------


def refused(to: str = "bounce@company.example", **fields: object) -> Mail:
    mail = put(to, **fields)
    send()
    mail.refresh_from_db()
    return mail


def rcpts(sandbox: servers.Sandbox) -> int:
    return sum(call.path == "RCPT" for call in sandbox.world.calls())


def test_address_that_refused_gets_no_further_mail_of_any_kind(sandbox: servers.Sandbox) -> None:
    refused()
    later = refused("Bounce@Company.example", secret=True)

    assert later.refused_at is not None
    assert later.answer.startswith("suppressed: 550")
    assert (later.next_check_at, later.sent_at) == (None, None)
    assert rcpts(sandbox) == 1


def test_apps_are_told_of_a_suppressed_mail_as_of_a_refused_one(sandbox: servers.Sandbox, monkeypatch: Any) -> None:
    refused()
    told: list[str] = []
    monkeypatch.setattr(relay, "on_refused", [lambda mail, now: told.append(mail.answer)])

    refused()

    assert [answer.partition(":")[0] for answer in told] == ["suppressed"]


def test_address_entered_anew_has_its_chance_again(sandbox: servers.Sandbox) -> None:
    refused()

    make_user("bounce@company.example")
    refused()

    assert rcpts(sandbox) == 2


@pytest.mark.parametrize("kind", ["relay_denied", "bad_sender", "quota", "daily_limit"])
def test_what_is_refused_because_of_us_waits_and_blames_nobody(
    sandbox: servers.Sandbox, monkeypatch: Any, kind: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr(relay, "on_refused", [lambda mail, now: told.append(mail.answer)])
    sandbox.world.add_fault(Fault("smtp", kind, 1))
    mail = put("lou@company.example", secret=True)

    send()

    mail.refresh_from_db()
    assert (mail.refused_at, mail.sent_at, mail.errors, told) == (None, None, 1, [])
    assert mail.next_check_at is not None and mail.answer.startswith("55")
    assert suppression.why_not(mail.to) == ""
    Mail.objects.update(next_check_at=NOW)
    send()
    mail.refresh_from_db()
    assert mail.sent_at is not None


def test_content_that_is_refused_ends_the_mail_and_not_its_address(sandbox: servers.Sandbox) -> None:
    sandbox.world.add_fault(Fault("smtp", "content", 1))
    refused, next_one = put("lou@company.example"), put("lou@company.example")

    send()

    refused.refresh_from_db()
    next_one.refresh_from_db()
    assert (refused.refused_at is not None, next_one.sent_at is not None) == (True, True)


def test_staff_send_a_refused_mail_again_but_no_void_link(sandbox: servers.Sandbox) -> None:
    plain, link = refused("lou.bounce@company.example"), refused("zoe.bounce@company.example", secret=True)

    assert (suppression.send_again(plain), suppression.send_again(link)) == (True, False)
    send()

    plain.refresh_from_db()
    assert plain.answer.startswith("550")  # the server was asked again
    assert rcpts(sandbox) == 3
    assert suppression.why_not(link.to) == ""


def test_sent_mail_is_not_sent_again(sandbox: servers.Sandbox) -> None:
    mail = put("lou@company.example")
    send()

    assert suppression.send_again(mail) is False


# --- of many, and for one who waits ----------------------------------------------------------------------------------


def test_a_code_leaves_before_the_invitations_that_were_due_before_it() -> None:
    for number in range(30):
        put(f"reader{number}@company.example", is_bulk=True)
    Mail.objects.update(next_check_at=NOW - dt.timedelta(hours=1))
    code = put("lou@company.example")

    first, second = claims.claim_due(Mail, queue=QUEUE, limit=2, now=NOW)

    assert first.pk == code.pk
    assert Mail.objects.get(pk=second.pk).is_bulk


def test_the_code_is_found_without_reading_the_invitations() -> None:
    put("lou@company.example")
    with CaptureQueriesContext(connection) as captured:
        claims.claim_due(Mail, queue=QUEUE, limit=20, now=NOW)
    [claiming] = [query["sql"] for query in captured if "SKIP LOCKED" in query["sql"]]
    expect_many(Mail)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {claiming}")
        plan = "\n".join(line for [line] in cursor.fetchall())

    assert "Index Scan using mail_due_first" in plan and "Index Scan using mail_due on" in plan
