"""Messages of other systems: signed, of now, small; kept once, handled in any order."""

import base64
import datetime as dt
import io
import itertools
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from onboarding.connectors.standard_webhooks import UnsignedError, key, sign, verify
from onboarding.enums import Authority, Kind
from onboarding.models import Check, Enrollment, Inbound
from onboarding.work import inbound as work
from portal.notices import suppression
from portal.notices.models import Mail, Suppression
from portal.privacy import retention
from portal.work.loop import do_once
from tests.builders import CONTACT, MARKETPLACE, NOW, check_of, fill, make_submitted

OLD, NEW, OTHER = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
HAPPENED = NOW + dt.timedelta(hours=1)
_numbers = itertools.count()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.WEBHOOK_SECRETS = {"provider": [OLD, NEW], "relay": [OLD]}
    settings.WEBHOOK_KINDS = {
        "provider": ["validation", "marketplace", "provider", "email", "x", "weather"], "relay": ["email"],
    }  # fmt: skip
    settings.WORK_MAX_ATTEMPTS = 8


@pytest.fixture
def with_microsoft() -> Enrollment:
    return fill(make_submitted(), "partner-center", {"sent_to_microsoft_on": NOW.date()})


def body_of(kind: str, data: dict[str, Any], *, at: dt.datetime = HAPPENED) -> bytes:
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}).encode()


def post(client: Client, body: bytes, *, number: str = "", secret: str = OLD, **more: Any) -> int:
    number, source = number or f"msg_{next(_numbers)}", more.pop("source", "provider")
    headers = sign(number=number, at=more.pop("at", timezone.now()), body=body, secret=secret) | more.pop("headers", {})
    answer = client.post(f"/hooks/{source}/", more.pop("sent", body), content_type="application/json", headers=headers)
    return answer.status_code


def handle_all() -> None:
    Inbound.objects.filter(handled_at=None, parked_at=None).update(next_check_at=NOW)
    do_once(work.KIND)


def domain_of(enrollment: Enrollment) -> tuple[str, str, str]:
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    return check.state, check.reason, check.source


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_message_signed_with_either_secret_is_kept(client: Client, secret: str) -> None:
    assert post(client, body_of("validation.domain.updated", {"state": "pending"}), secret=secret) == 204

    kept = Inbound.objects.get()
    assert (kept.source, kept.kind, kept.occurred_at, kept.data) == (
        "provider", "validation.domain.updated", HAPPENED, {"state": "pending"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": OTHER}, 401),
        ({"sent": b'{"type": "x"}'}, 401),
        ({"headers": {"webhook-signature": ""}}, 401),
        ({"headers": {"webhook-signature": "v1"}}, 401),
        ({"headers": {"webhook-signature": "v1,é v2,x ,"}}, 401),
        ({"headers": {"webhook-id": "a.b"}}, 401),
        ({"headers": {"webhook-timestamp": "yesterday"}}, 401),
        ({"at": dt.datetime(2025, 11, 23, tzinfo=dt.UTC)}, 401),
        ({"source": "somebody"}, 404),
    ],
)
def test_who_is_not_who_he_says_is_not_heard(client: Client, how: dict[str, Any], status: int) -> None:
    assert post(client, body_of("x.y", {}), **how) == status
    assert not Inbound.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"type": 7, "timestamp": "2026-11-16T10:00:00Z", "data": {}}',
        b'{"type": "a b", "timestamp": "2026-11-16T10:00:00Z", "data": {}}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00", "data": {}}',
        b'{"type": "a", "timestamp": "2026-13-16T10:00:00Z", "data": {}}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": []}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": {"x": "\\u0000"}}',
        b'{"type": "a", "timestamp": "0001-01-01T00:00:00+14:00", "data": {}}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": {"x": NaN}}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": {"x": 1e999}}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": {"x": "\\ud800"}}',
        b'{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": {"\\ud800": 1}}',
        '{"type": "a", "timestamp": "2026-11-16T10:00:00Z", "data": {}}'.encode("utf-16"),
        b"[" * 20_000,
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused_with_a_sentence(client: Client, body: bytes) -> None:
    assert post(client, body) == 400


@pytest.mark.parametrize(
    ("kind", "status"), [("email.delivered", 204), ("validation.domain.updated", 403), ("emails", 403), ("x.y", 403)]
)
def test_source_is_heard_only_on_what_is_its_own(
    client: Client, caplog: pytest.LogCaptureFixture, kind: str, status: int
) -> None:
    assert post(client, body_of(kind, {}), source="relay") == status

    assert Inbound.objects.count() == (status == 204)
    assert (f"webhook source relay sent {kind}," in caplog.text) == (status == 403)


def test_source_of_which_nothing_is_said_may_send_nothing(client: Client, settings: Any) -> None:
    settings.WEBHOOK_KINDS = {}

    assert post(client, body_of("email.delivered", {})) == 403


@pytest.mark.parametrize("size", [100_000, 5_000_000])
def test_large_message_is_not_read(client: Client, size: int) -> None:
    assert post(client, body_of("x.y", {"text": "x" * size})) == 413


def test_only_post_and_no_cookie_is_needed() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert (strict.get("/hooks/provider/").status_code, post(strict, body_of("x.y", {}))) == (405, 204)


def test_repeat_is_answered_like_the_first_and_kept_once(client: Client) -> None:
    body = body_of("x.y", {})

    answers = [post(client, body, number="msg_same") for _ in range(3)]

    assert (answers, Inbound.objects.count()) == ([204] * 3, 1)


def test_message_of_the_future_happened_now(client: Client) -> None:
    post(client, body_of("x.y", {}, at=timezone.now() + dt.timedelta(days=400)))

    assert Inbound.objects.get().occurred_at <= timezone.now()


def test_signature_of_the_standard_s_own_example() -> None:
    # The example of the specification's reference libraries.
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    at = dt.datetime.fromtimestamp(1614265330, tz=dt.UTC)
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip

    assert verify(headers=headers, body=body, secrets=[secret], now=at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    with pytest.raises(UnsignedError):
        verify(headers=headers, body=body + b" ", secrets=[secret], now=at)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%"])
def test_weak_secret_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        key(secret)


@pytest.mark.parametrize(
    ("kind", "says"), [("validation.domain.updated", "204"), ("weather.changed", "403: demo may not send")]
)
def test_message_sent_by_hand_arrives(live_server: Any, settings: Any, kind: str, says: str) -> None:
    settings.WEBHOOK_SECRETS, settings.WEBHOOK_KINDS = {"demo": [NEW]}, {"demo": ["validation"]}
    settings.SITE_URL = live_server.url
    out = io.StringIO()

    try:
        call_command("send_webhook", kind, "location_mpn_id=4392004", "state=pending", stdout=out)
    except CommandError as error:
        out.write(str(error))

    assert out.getvalue().startswith(says)
    assert [message.data for message in Inbound.objects.all()] == [
        {"location_mpn_id": "4392004", "state": "pending"}
    ] * (says == "204")


# --- what follows ----------------------------------------------------------------------------------------------------


def test_microsoft_s_decision_reaches_the_file(client: Client, with_microsoft: Enrollment) -> None:
    where = {"location_mpn_id": with_microsoft.location_mpn_id}

    post(client, body_of("validation.domain.updated", {**where, "state": "rejected"}))
    handle_all()

    assert domain_of(with_microsoft) == ("action_needed", "microsoft_refused_domain", "api")
    assert Inbound.objects.get().result == "domain: action_needed"
    assert Mail.objects.filter(key__startswith="action-").count() == 1


STORY = [("pending", 1), ("rejected", 2), ("pending", 3), ("authorized", 4)]


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(order, marks=[] if number % 4 == 3 else pytest.mark.long)
        for number, order in enumerate(itertools.permutations(range(len(STORY))))
    ],
)
def test_any_order_ends_the_same(client: Client, with_microsoft: Enrollment, order: tuple[int, ...]) -> None:
    where = {"location_mpn_id": with_microsoft.location_mpn_id}
    for number in [*order, *order]:  # each twice
        state, hours = STORY[number]
        at = NOW + dt.timedelta(hours=hours)
        body = body_of("validation.domain.updated", {**where, "state": state}, at=at)
        post(client, body, number=f"msg_{number}")
        handle_all()

    assert domain_of(with_microsoft) == ("passed", "", "api")
    assert Inbound.objects.filter(handled_at=None).count() == 0


def test_message_that_comes_before_its_file_is_tried_again_then_a_dead_letter(client: Client) -> None:
    post(client, body_of("validation.domain.updated", {"location_mpn_id": "999", "state": "pending"}))

    for _ in range(work.TRIES):
        handle_all()
    waiting = Inbound.objects.get()
    handle_all()

    dead = Inbound.objects.get()
    assert (waiting.parked_at, waiting.errors) == (None, work.TRIES)
    assert dead.parked_at is not None
    assert dead.parked_why == "no submitted file, or more than one, has this location"


def test_unknown_kind_is_kept_and_done(client: Client) -> None:
    post(client, body_of("weather.changed", {}))
    handle_all()

    assert Inbound.objects.get().result.startswith("kept")


@pytest.mark.parametrize("data", [{}, {"state": "fine"}, {"location_mpn_id": 7}, {"location_mpn_id": ["x"]}])
def test_content_that_breaks_its_promise_is_a_dead_letter_in_the_end(
    client: Client, with_microsoft: Enrollment, data: dict[str, Any]
) -> None:
    where = {"location_mpn_id": with_microsoft.location_mpn_id}
    before = domain_of(with_microsoft)
    post(client, body_of("validation.domain.updated", {**where, **data}))

    for _ in range(work.TRIES + 1):
        handle_all()

    assert Inbound.objects.get().parked_at is not None
    assert domain_of(with_microsoft) == before


def test_marketplace_s_word_decides_step_4(client: Client) -> None:
    enrollment = fill(make_submitted(), "marketplace", MARKETPLACE)

    for event, hours in (("held", 1), ("activated", 2)):
        data = {"location_mpn_id": enrollment.location_mpn_id}
        post(client, body_of(f"marketplace.account.{event}", data, at=NOW + dt.timedelta(hours=hours)))
        handle_all()

    assert check_of(enrollment, Kind.MARKETPLACE, Authority.INGRAM).state == "passed"
    kinds = enrollment.events.filter(check_kind=Kind.MARKETPLACE).values_list("kind", flat=True)
    assert sorted(kinds) == ["check_action_needed", "check_opened", "check_passed"]


def test_relationship_s_change_is_looked_at_where_it_stands(client: Client) -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.RELATIONSHIP, Authority.MICROSOFT)
    Check.objects.filter(pk=check.pk).update(
        subject_key="x", queue="partner_center", state="passed", source="api", settled_at=NOW
    )

    post(client, body_of("provider.relationship.removed", {"location_mpn_id": enrollment.location_mpn_id}))
    handle_all()

    check.refresh_from_db()
    assert (check.state, check.next_check_at is not None) == ("passed", True)


@pytest.mark.parametrize(("status", "reason"), [("5.1.1", "mail_refused"), ("4.2.2", "confirm_mail")])
def test_bounce_for_good_asks_for_another_address(client: Client, status: str, reason: str) -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    challenge = check.mailbox_challenges.create(
        address=enrollment.contact_email,
        token_hash="t",
        code_hash="c",
        sent_at=NOW,
        expires_at=NOW + dt.timedelta(days=1),
    )
    Check.objects.filter(pk=check.pk).update(
        state="action_needed", reason="confirm_mail", turn="reseller", turn_since=NOW, source="api"
    )
    mail = Mail.objects.create(
        key="k", to=enrollment.contact_email, subject="s", text="t", queue="mail", sent_at=NOW,
        about=f"mailbox-challenge:{challenge.pk}",
    )  # fmt: skip

    data = {"message_id": f"<mail-{mail.pk}@ingram.example>", "status": status, "diagnostic": "no such user"}
    post(client, body_of("email.bounced", data))
    handle_all()

    assert check_of(enrollment, Kind.EMAIL, Authority.PORTAL).reason == reason
    assert bool(suppression.why_not(enrollment.contact_email)) is (reason == "mail_refused")


def test_bounce_of_a_mail_that_another_system_numbered_is_not_ours(client: Client) -> None:
    mail = Mail.objects.create(key="k", to="a@company.example", subject="s", text="t", queue="mail", sent_at=NOW)

    post(client, body_of("email.bounced", {"message_id": f"<mail-{mail.pk}@other.example>", "status": "5.1.1"}))
    handle_all()

    mail.refresh_from_db()
    assert (mail.refused_at, Inbound.objects.get().handled_at) == (None, None)


def test_address_that_bounced_is_written_to_again_once_it_is_entered_anew(client: Client) -> None:
    enrollment = make_submitted()
    Suppression.objects.create(address=enrollment.contact_email, since=NOW, answer="550 5.1.1")
    Suppression.objects.create(address="lou@exemple-informatique.example", since=NOW, answer="550 5.1.1")

    fill(enrollment, "contact", {**CONTACT, "contact_phone": "0102030405"})
    fill(enrollment, "contact", {**CONTACT, "contact_email": "lou@exemple-informatique.example"})

    assert [row.address for row in Suppression.objects.all()] == [CONTACT["contact_email"]]


@pytest.mark.parametrize("event", ["delivered", "deferred", "complained"])
def test_other_word_of_a_mail_is_kept_and_changes_nothing(client: Client, event: str) -> None:
    mail = Mail.objects.create(key="k", to="a@company.example", subject="s", text="t", queue="mail", sent_at=NOW)

    post(client, body_of(f"email.{event}", {"message_id": f"<mail-{mail.pk}@ingram.example>"}))
    handle_all()

    assert Inbound.objects.get().result == f"kept: {event}"
    assert Mail.objects.get().refused_at is None


@pytest.mark.parametrize(("event", "reason"), [("held", "marketplace_on_hold"), ("cancelled", "marketplace_cancelled")])
def test_marketplace_s_word_says_what_to_do(client: Client, event: str, reason: str) -> None:
    enrollment = fill(make_submitted(), "marketplace", MARKETPLACE)

    post(client, body_of(f"marketplace.account.{event}", {"location_mpn_id": enrollment.location_mpn_id}))
    handle_all()

    assert check_of(enrollment, Kind.MARKETPLACE, Authority.INGRAM).reason == reason


def test_handled_messages_are_forgotten_after_90_days(client: Client) -> None:
    post(client, body_of("x.y", {}))
    handle_all()

    retention.apply("inbound", now=timezone.now() + dt.timedelta(days=89))
    assert Inbound.objects.exists()
    retention.apply("inbound", now=timezone.now() + dt.timedelta(days=91))
    assert not Inbound.objects.exists()
