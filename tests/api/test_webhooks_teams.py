"""Cards in a channel of Teams: what a person must act on, in the channel's language, as Teams takes them."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from django.utils import timezone

from api.domain.webhooks import deliveries, subscriptions
from api.domain.webhooks.subscriptions import Wish, WishError
from api.enums import FOR_PEOPLE, DeliveryAnswer, WebhookKind, WebhookOff, WebhookStyle
from api.models import WebhookSubscription
from onboarding.domain.checks import writer
from onboarding.enums import Authority, Kind
from onboarding.models import Check, Clock, Enrollment
from onboarding.phases import Phase
from onboarding.sandbox import servers, teams
from onboarding.sandbox.world import Fault
from portal.notices.models import Mail
from portal.partners.models import Partner
from tests.api.test_webhooks import make_due, send, send_all
from tests.builders import NOW, check_of, make_submitted, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/api/webhooksubscription/"


@pytest.fixture
def sandbox(settings: Any) -> Iterator[servers.Sandbox]:
    with servers.running() as running:
        settings.WEBHOOK_ALLOW = [running.url.removeprefix("http://")]
        settings.WAITING_PACE = 1
        settings.WORK_LEASE_SECONDS = 6
        yield running


def channel(sandbox: servers.Sandbox, **wished: Any) -> WebhookSubscription:
    wish = {
        "name": "BDMs", "address": f"{sandbox.url}/teams/bdms?sig=secret", "kinds": FOR_PEOPLE, "everywhere": True,
        "language": "en-gb", **wished,
    }  # fmt: skip
    by = make_user(is_staff=True, is_superuser=True)
    row, secret = subscriptions.make(
        style=WebhookStyle.TEAMS, client=None, wish=Wish(**wish), by=by, now=timezone.now()
    )  # fmt: skip
    assert secret == ""
    return row


def needs_bdm(enrollment: Enrollment) -> None:
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    Check.objects.filter(pk=check.pk).update(subject_key="x")
    writer.write(check, phase=Phase.WITH_MICROSOFT, source="bdm", now=NOW, seen_at=NOW)
    writer.write(check, phase=Phase.BDM_REVIEWS_ANSWER, source="reseller", now=NOW, seen_at=NOW)


def cards(sandbox: servers.Sandbox) -> list[dict[str, Any]]:
    calls = [call for call in sandbox.world.calls() if call.service == "teams"]
    return [json.loads(call.question)["attachments"][0]["content"] for call in calls]


@pytest.mark.parametrize(
    ("language", "title", "button"),
    [("en-gb", "A BDM is needed", "Open the enrolment"), ("fr", "Un BDM est attendu", "Ouvrir l’inscription")],
)
def test_channel_is_told_in_its_language_who_needs_a_bdm(
    sandbox: servers.Sandbox, language: str, title: str, button: str
) -> None:
    row = channel(sandbox, language=language)
    enrollment = make_submitted()
    row.deliveries.all().delete()
    needs_bdm(enrollment)

    send_all()

    [card] = cards(sandbox)
    assert card["body"][0]["text"] == title
    assert card["body"][1]["inlines"][0]["text"] == f"{enrollment.partner} (France)"
    assert card["actions"][0]["title"] == button
    assert card["actions"][0]["url"].endswith(f"/desk/{enrollment.pk}/")
    assert row.deliveries.get().answer == DeliveryAnswer.TAKEN


def test_suspension_and_twelve_weeks_are_told_by_country(sandbox: servers.Sandbox) -> None:
    row = channel(sandbox, countries=["FR"], everywhere=False)
    files = {country: make_submitted(country=country) for country in ("FR", "DE")}
    row.deliveries.all().delete()
    for enrollment in files.values():
        Clock.objects.filter(enrollment=enrollment).update(alarm="long_tail")
        Check.objects.filter(enrollment=enrollment, kind=Kind.DOMAIN, authority=Authority.MICROSOFT).update(
            refused_at=timezone.now()
        )
        Check.objects.filter(enrollment=enrollment, kind=Kind.DOMAIN, authority=Authority.MICROSOFT).update(
            refused_at=timezone.now() - dt.timedelta(days=25)
        )

    send_all()

    told = {card["body"][0]["text"]: card["body"][0]["color"] for card in cards(sandbox)}
    assert told["Over twelve weeks at Microsoft"] == "Warning"
    assert told["Microsoft's suspension is near"] == "Attention"
    assert {card["body"][1]["inlines"][0]["text"].rpartition("(")[2] for card in cards(sandbox)} == {"France)"}


@pytest.mark.parametrize("name", ["[Click](https://evil.example)", "**Bold** <b>x</b>", "A\nB\u202eC", "x" * 190])
def test_name_of_a_company_is_text_and_no_markdown(sandbox: servers.Sandbox, name: str) -> None:
    row = channel(sandbox)
    enrollment = make_submitted()
    Partner.objects.filter(pk=enrollment.partner_id).update(name=name, legal_name=name)
    row.deliveries.all().delete()
    needs_bdm(enrollment)

    send_all()

    [card] = cards(sandbox)
    assert card["body"][1]["type"] == "RichTextBlock"
    [run] = card["body"][1]["inlines"]
    assert run["type"] == "TextRun" and "\n" not in run["text"] and "\u202e" not in run["text"]


def test_test_card_is_taken_and_needs_no_signature(sandbox: servers.Sandbox) -> None:
    row = channel(sandbox)
    deliveries.ping(subscription=row, by=row.made_by, now=timezone.now(), key="1")

    send()

    assert [card["body"][0]["text"] for card in cards(sandbox)] == ["Test"]
    with pytest.raises(WishError):
        subscriptions.rotate(subscription=row, by=row.made_by, now=NOW)


@pytest.mark.parametrize("trouble", ["429", "500", "redirect", "503"])
def test_channel_in_trouble_gets_the_card_later(sandbox: servers.Sandbox, trouble: str) -> None:
    row = channel(sandbox)
    enrollment = make_submitted()
    row.deliveries.all().delete()
    sandbox.world.add_fault(Fault("teams", trouble, 1))
    needs_bdm(enrollment)
    make_due()

    send()
    assert cards(sandbox) == []
    send()

    assert len(cards(sandbox)) == 1


def test_channel_that_is_gone_is_told_to_the_administrator(sandbox: servers.Sandbox) -> None:
    row = channel(sandbox)
    needs_bdm(make_submitted())
    WebhookSubscription.objects.update(failing_since=NOW - deliveries.OFF_AFTER)
    sandbox.world.add_fault(Fault("teams", "500", 9))

    send()

    row.refresh_from_db()
    assert row.off_why == WebhookOff.FAILING
    assert Mail.objects.get(code="webhook_off").to == row.made_by.email


def test_administrator_makes_a_channel_in_the_admin(sandbox: servers.Sandbox) -> None:
    browser = Client()
    admin = make_user(is_staff=True, is_superuser=True, language="en-gb")
    browser.force_login(admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    typed = {
        "name": "BDMs", "style": "teams", "new_address": f"{sandbox.url}/teams/x?sig=secret", "everywhere": "on",
        "kinds": ["enrollment.needs_bdm"], "language": "fr",
    }  # fmt: skip

    made = browser.post(f"{LIST}add/", typed)

    assert made.status_code == 302, made.context["adminform"].form.errors
    row = WebhookSubscription.objects.get()
    assert (row.client, row.kinds, "sig=" in row.address) == (None, [WebhookKind.NEEDS_BDM], False)
    assert "sig=secret" not in browser.get(f"{LIST}{row.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda m: m.update(type="card"), "type"),
        (lambda m: m.update(attachments=[]), "attachments"),
        (lambda m: m["attachments"][0].update(contentType="application/json"), "contentType"),
        (lambda m: m["attachments"][0]["content"].update(version="9.9"), "version"),
        (lambda m: m["attachments"][0]["content"].update(body=[]), "body"),
        (lambda m: m["attachments"][0]["content"]["body"][0].pop("text"), "TextBlock needs text"),
        (lambda m: m["attachments"][0]["content"]["body"][0].update(color="pink"), "color"),
        (lambda m: m["attachments"][0]["content"]["body"].append({"type": "Marquee"}), "Marquee"),
        (lambda m: m["attachments"][0]["content"]["actions"][0].update(url="javascript:1"), "Action.OpenUrl needs url"),
    ],
)
def test_twin_refuses_what_teams_refuses(change: Any, wrong: str) -> None:
    text = {"type": "TextBlock", "text": "Hello", "color": "Default"}
    link = {"type": "Action.OpenUrl", "title": "Open", "url": "https://portal.example/"}
    card = {"type": "AdaptiveCard", "version": "1.4", "body": [text], "actions": [link]}
    message = {"type": "message", "attachments": [{"contentType": teams.CARD, "contentUrl": None, "content": card}]}
    assert teams.wrong_with(message) == []

    change(message)

    assert wrong in "; ".join(teams.wrong_with(message))


def test_twin_answers_202_and_refuses_what_is_too_large(sandbox: servers.Sandbox) -> None:
    def post(body: bytes) -> int:
        try:
            with urlopen(Request(f"{sandbox.url}/teams/x", data=body, method="POST"), timeout=5) as answer:
                return int(answer.status)
        except OSError as error:
            return int(getattr(error, "code", 0))

    assert [post(b"{}"), post(b"no json"), post(b" " * 29_000)] == [400, 400, 413]
