"""The accounts that read Partner Center: whose token signs in, that the newest is kept, and who is told."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from onboarding.connectors import partner_center, partner_center_lists, partner_center_tokens
from onboarding.connectors.base import AccountRefusedError, QueueRefusedError, TemporaryError
from onboarding.domain.kinds.subjects import AgreementSubject
from onboarding.domain.partner_center import accounts
from onboarding.models import DutyKind, PartnerCenterAccount, PartnerCenterDuty
from onboarding.sandbox.servers import Sandbox
from onboarding.work import duties
from portal import encryption
from portal.notices.models import Mail
from portal.work.loop import do_once
from tests.builders import make_user
from tests.onboarding.connectors.conftest import NOW

pytestmark = pytest.mark.django_db
Sim = Callable[..., Any]
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OTHER_KEY = "b3RoZXItZGVtby1rZXktbm90LWZvci1wcm9kdWN0aSE="


def make_account(
    region: str = "",
    token: str = "given-token",  # noqa: S107
    tenant: str = "ingram.example",
) -> PartnerCenterAccount:
    account = PartnerCenterAccount.objects.create(region=region, tenant=tenant, client_id="made-up-client")
    accounts.give_token(account, token, now=NOW)
    return account


def stored(account: PartnerCenterAccount) -> str:
    account.refresh_from_db()
    return encryption.decrypt(account.sealed_token)


def location(mpn_id: str, region: str = "") -> Any:
    return partner_center.Location().look(AgreementSubject(mpn_id, region), now=NOW)


def renew(region: str = "") -> None:
    partner_center_lists.renew(region, now=NOW)


def test_each_newer_token_is_kept_sealed_at_once(sandbox: Sandbox) -> None:
    account = make_account()

    renew()
    first = stored(account)
    renew()

    assert (first.startswith("rt-1-"), stored(account) != first) == (True, True)
    assert first not in account.sealed_token
    assert (account.refreshed_at, account.last_error) == (NOW, "")


def test_token_shows_nowhere(sandbox: Sandbox) -> None:
    account = make_account(token="very-secret-words")

    shown = [repr(account), str(account), repr(accounts.credentials_for("")), str(vars(account))]

    assert not any("very-secret-words" in text for text in shown)


@pytest.mark.django_db(transaction=True)
def test_workers_that_sign_in_at_once_use_each_token_once(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "sign-in", strict=True)
    make_account()
    failed: list[Exception] = []

    def work() -> None:
        tokens = partner_center_tokens.PartnerCenterTokens()  # as in a process of its own
        try:
            for _ in range(3):
                tokens.renewed(accounts.credentials_for(""), now=NOW)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert failed == []
    assert [call["service"] for call in sim("GET", "calls")["calls"]].count("login") == 9


def test_each_region_is_asked_with_its_own_account(sandbox: Sandbox) -> None:
    make_account()
    make_account("africa", tenant="africa.ingram.example")

    answers = [location("1234974", region) for region in ("europe", "africa")]

    assert [answer.reason for answer in answers] == ["region_differs", ""]
    assert answers[1].evidence["agreement"] == "signed"


def test_refused_account_of_one_region_stops_nobody_else(sandbox: Sandbox, sim: Sim) -> None:
    admin = make_user(is_staff=True, is_superuser=True)
    make_account()
    make_account("africa", token="expired-token", tenant="africa.ingram.example")

    for _ in range(2):
        with pytest.raises(AccountRefusedError, match="africa"):
            location("1234974", "africa")
    location("1234567", "europe")

    # The second time nobody was asked, and nobody is told twice.
    assert [call["service"] for call in sim("GET", "calls")["calls"]].count("login") == 2
    assert [mail.to for mail in Mail.objects.all()] == [admin.email]
    assert "expired-token" not in Mail.objects.get().text


def test_refused_only_account_closes_the_lane(sandbox: Sandbox, settings: Any) -> None:
    account = make_account(token="expired-token")
    settings.PARTNER_CENTER_REFRESH_TOKEN = "another-expired-token"
    with pytest.raises(QueueRefusedError, match="invalid_grant"):
        location("1234567")

    account.refresh_from_db()
    assert (account.refused_at, "invalid_grant" in account.last_error) == (NOW, True)


def test_newer_token_in_the_environment_mends_a_dead_one(sandbox: Sandbox) -> None:
    account = make_account(token="expired-token")

    assert location("1234567").reason == ""
    assert stored(account).startswith("rt-")


def test_new_consent_mends_at_once(sandbox: Sandbox, sim: Sim, settings: Any) -> None:
    settings.PARTNER_CENTER_REFRESH_TOKEN = ""
    account = make_account()
    renew()
    sim("POST", "sign-in", expire=True)
    partner_center_tokens.TOKENS.forget()
    with pytest.raises(QueueRefusedError):
        location("1234567")

    accounts.give_token(account, " fresh-token ", now=NOW)

    assert location("1234567").reason == ""


def test_trouble_of_the_sign_in_is_noted_and_closes_nothing(sandbox: Sandbox, sim: Sim) -> None:
    account = make_account()
    sim("POST", "faults", service="login", kind="503", times=1)

    with pytest.raises(TemporaryError):
        location("1234567")

    account.refresh_from_db()
    assert (account.refused_at, "503" in account.last_error) == (None, True)


def test_keys_can_be_rotated(sandbox: Sandbox, settings: Any) -> None:
    account = make_account()
    renew()
    settings.SECRETS_KEYS = [OTHER_KEY, *settings.SECRETS_KEYS]
    renew()
    settings.SECRETS_KEYS = [OTHER_KEY]

    assert stored(account).startswith("rt-")


def test_token_under_a_lost_key_is_a_refused_sign_in(sandbox: Sandbox, settings: Any) -> None:
    make_account()
    settings.SECRETS_KEYS = [OTHER_KEY]

    with pytest.raises(QueueRefusedError, match="no longer known"):
        location("1234567")


def test_environment_s_token_makes_the_first_account_once(sandbox: Sandbox, settings: Any) -> None:
    assert (accounts.seed(NOW), accounts.seed(NOW)) == (True, False)

    account = PartnerCenterAccount.objects.get()
    assert (account.region, stored(account)) == ("", settings.PARTNER_CENTER_REFRESH_TOKEN)
    assert PartnerCenterDuty.objects.count() == len(DutyKind)


def test_without_a_key_the_environment_s_token_is_used_and_nothing_is_stored(sandbox: Sandbox, settings: Any) -> None:
    settings.SECRETS_KEYS = []
    accounts.seed(NOW)

    answer = location("1234567")

    assert (answer.reason, PartnerCenterAccount.objects.get().sealed_token) == ("", "")


def test_token_that_grows_old_is_told_once_a_week(sandbox: Sandbox) -> None:
    admin = make_user(is_staff=True, is_superuser=True)
    make_account()
    for days in (59, 61, 61, 70):
        accounts.look_after(NOW + dt.timedelta(days=days))

    assert [mail.to for mail in Mail.objects.all()] == [admin.email] * 2


def test_renewal_is_a_due_row_and_waits_when_microsoft_is_down(sandbox: Sandbox, sim: Sim) -> None:
    account = make_account()
    PartnerCenterDuty.objects.exclude(kind=DutyKind.RENEW).delete()
    PartnerCenterDuty.objects.update(next_check_at=LONG_AGO)
    sim("POST", "faults", service="login", kind="503", times=1)

    do_once(duties.KIND)
    duty = PartnerCenterDuty.objects.get()
    failed = (duty.errors, duty.result)
    PartnerCenterDuty.objects.update(next_check_at=LONG_AGO)
    do_once(duties.KIND)

    duty.refresh_from_db()
    account.refresh_from_db()
    assert (failed, duty.errors, duty.result) == ((1, ""), 0, "renewed")
    assert account.refreshed_at is not None
