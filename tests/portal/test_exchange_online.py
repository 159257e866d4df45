"""Mail through Exchange Online, over SMTP with a token and over Graph, as its twin takes and refuses it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from onboarding.sandbox import entra, exchange_online, servers
from onboarding.sandbox.records import Fault
from portal.notices import exchange_online as client
from portal.notices import outbox, relay, suppression
from portal.notices.models import QUEUE, Mail
from portal.work.models import Queue
from tests.builders import NOW

pytestmark = pytest.mark.django_db
WAYS = {"smtp": "SmtpWithToken", "graph": "GraphBackend"}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.MAIL_THROUGH = request.param
    settings.MAIL_TRANSPORT = f"portal.notices.exchange_online.{WAYS[request.param]}"
    return str(request.param)


@pytest.fixture
def sandbox(way: str, settings: Any) -> Iterator[servers.Sandbox]:
    client._tokens.clear()
    with servers.running() as sandbox:
        host = sandbox.url.removeprefix("http://")
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sandbox.smtp_port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = exchange_online.MAILBOX, ""
        settings.ENTRA_LOGIN_URL, settings.ENTRA_GRAPH_URL = f"{sandbox.url}/entra", f"{sandbox.url}/graph/v1.0"
        settings.MAIL_TENANT, settings.MAIL_CLIENT_ID = entra.INGRAM.id, exchange_online.MAIL_CLIENT
        settings.MAIL_CLIENT_SECRET, settings.OUTBOUND_ALLOW = entra.SECRET, [host]
        yield sandbox


def put(to: str, subject: str = "Où en est votre dossier ?") -> Mail:
    outbox.put(to=to, subject=subject, text="Le texte é", html="<p>Le texte é</p>", now=NOW)
    return Mail.objects.latest("pk")


def send() -> None:
    relay.send_due(limit=10, now=timezone.now)


def asked_for_tokens(sandbox: servers.Sandbox) -> int:
    return sum(call.path.endswith("/oauth2/v2.0/token") for call in sandbox.world.calls())


def order(sandbox: servers.Sandbox, kind: str, service: str = "exchange") -> None:
    sandbox.world.add_fault(Fault(service, kind, 1))


def test_mails_arrive_with_one_token(sandbox: servers.Sandbox) -> None:
    for to in ("lou@company.example", "é.dupont@bücher.example", "a@b.example"):
        put(to)

    send()

    assert set(Mail.objects.values_list("next_check_at", "answer")) == {(None, "")}
    assert [(mail.subject, mail.text.strip(), mail.html.strip()) for mail in sandbox.world.mails()] == [
        ("Où en est votre dossier ?", "Le texte é", "<p>Le texte é</p>")
    ] * 3
    assert asked_for_tokens(sandbox) == 1


def test_an_address_that_cannot_exist_is_final(sandbox: servers.Sandbox) -> None:
    bounced = put("bounce@company.example")

    send()

    bounced.refresh_from_db()
    assert (bounced.refused_at is not None, bounced.answer[:3]) == (True, "550")
    assert suppression.why_not("bounce@company.example") != ""


@pytest.mark.parametrize("kind", ["secret_expired", "revoked"])
def test_what_is_wrong_with_us_is_tried_again(sandbox: servers.Sandbox, kind: str) -> None:
    mail = put("lou@company.example")
    order(sandbox, kind)

    send()

    mail.refresh_from_db()
    assert (mail.sent_at, mail.refused_at, mail.parked_at) == (None, None, None)
    assert mail.answer  # an administrator sees why it waits
    assert suppression.why_not("lou@company.example") == ""
    Mail.objects.update(next_check_at=NOW)
    send()
    mail.refresh_from_db()
    assert mail.sent_at is not None
    # A token that was refused is not used a second time.
    assert asked_for_tokens(sandbox) == 2


def test_a_refused_secret_is_named_without_the_secret(
    sandbox: servers.Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    order(sandbox, "secret_expired")

    with pytest.raises(Exception, match="AADSTS7000222: The provided client secret keys are expired") as refused:
        client.token_for(client.SMTP_SCOPE)

    assert entra.SECRET not in f"{refused.value} {caplog.text}"


def test_a_token_that_ends_soon_is_asked_for_again(sandbox: servers.Sandbox) -> None:
    order(sandbox, "short_token")

    for _ in range(3):
        client.token_for(client.SMTP_SCOPE)

    assert asked_for_tokens(sandbox) == 2


@pytest.mark.parametrize(
    "kind",
    [
        "503",
        "broken",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("429", "html", "nonsense", "redirect")),
    ],
)
def test_trouble_at_sign_in_keeps_the_mail(sandbox: servers.Sandbox, kind: str) -> None:
    mail = put("lou@company.example")
    order(sandbox, kind, "entra")

    send()

    mail.refresh_from_db()
    assert (mail.sent_at, mail.refused_at, mail.parked_at, mail.errors) == (None, None, None, 1)


@pytest.mark.parametrize("kind", ["429", "500", "403", "html", "nonsense", "broken", "redirect"])
@pytest.mark.parametrize("way", ["graph"], indirect=True)
def test_trouble_of_graph_keeps_the_mail(sandbox: servers.Sandbox, kind: str) -> None:
    mail = put("lou@company.example")
    order(sandbox, kind)

    send()

    mail.refresh_from_db()
    assert (mail.sent_at, mail.refused_at, mail.parked_at, mail.errors) == (None, None, None, 1)


@pytest.mark.parametrize("way", ["graph"], indirect=True)
def test_graph_s_retry_after_closes_the_queue_for_all_mails(sandbox: servers.Sandbox) -> None:
    start = timezone.now()
    first, second = put("lou@company.example"), put("zoe@company.example")
    order(sandbox, "429")

    send()

    first.refresh_from_db()
    second.refresh_from_db()
    wait = dt.timedelta(seconds=3)  # the twin's Retry-After
    assert first.next_check_at is not None and first.next_check_at >= start + wait
    assert Queue.objects.get(pk=QUEUE).closed_until >= start + wait  # type: ignore[operator]
    assert (second.attempt, second.sent_at) == (0, None)
    assert sum(call.service == "graph_mail" for call in sandbox.world.calls()) == 1


@pytest.mark.parametrize("way", ["graph"], indirect=True)
def test_a_mail_that_is_too_large_is_final_and_its_address_goes_on(sandbox: servers.Sandbox) -> None:
    mail = put("lou@company.example")
    order(sandbox, "too_large")

    send()

    mail.refresh_from_db()
    assert (mail.refused_at is not None, mail.answer[:3]) == (True, "552")
    assert suppression.why_not("lou@company.example") == ""


def test_another_mailbox_is_refused_and_the_mail_kept(sandbox: servers.Sandbox, settings: Any) -> None:
    settings.EMAIL_HOST_USER = "other@ingram.example"
    mail = put("lou@company.example")

    send()

    mail.refresh_from_db()
    assert (mail.sent_at, mail.refused_at, mail.parked_at) == (None, None, None)
