"""The outbox over real SMTP: sent once, 4xx tried again, 5xx final, secrets wiped."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from onboarding.sandbox import servers
from portal.notices import outbox, relay
from portal.notices.models import Mail
from tests.builders import NOW

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
    relay.send_due(limit=10, now=lambda: NOW)


def test_mail_arrives_once_with_both_bodies(sandbox: servers.Sandbox) -> None:
    mail = put("lou@company.example")

    send()
    send()

    mail.refresh_from_db()
    assert [m.to for m in sandbox.world.mails()] == [["lou@company.example"]]
    assert (mail.sent_at, mail.next_check_at) == (NOW, None)


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
    assert (bounced.refused_at, bounced.next_check_at, bounced.answer[:3]) == (NOW, None, "550")
    assert delayed.refused_at is None
    assert delayed.next_check_at is not None
    assert delayed.next_check_at > NOW
    Mail.objects.filter(pk=delayed.pk).update(next_check_at=NOW)
    send()
    delayed.refresh_from_db()
    assert delayed.sent_at == NOW


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
    Mail.objects.filter(pk=mail.pk).update(created_at=NOW - dt.timedelta(days=4))

    send()

    mail.refresh_from_db()
    assert mail.parked_at == NOW
