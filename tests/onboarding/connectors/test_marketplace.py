"""One promise about an account: kept against the twin always, against the real marketplace where there is a key."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from onboarding.connectors.base import PermanentError, QueueRefusedError, TemporaryError
from onboarding.connectors.marketplace import MarketplaceAccount
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.kinds.subjects import MarketplaceSubject
from onboarding.sandbox.records import Account
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW

Sim = Callable[..., Any]


def look(number: str = "20-222222", *, marketplace: str = "FR", region: str = "eu") -> Finding:
    return MarketplaceAccount().look(MarketplaceSubject(number, marketplace, region), now=NOW)


class Contract:
    """``numbers`` comes from the classes below: an active account's number, and one that nobody has."""

    def test_active_account_is_good(self, numbers: tuple[str, str]) -> None:
        found = look(numbers[0])

        assert (found.outcome, found.reason) == (Outcome.GOOD, "")
        assert found.evidence["customer_number"] == numbers[0]

    def test_unknown_number_is_told(self, numbers: tuple[str, str]) -> None:
        assert (look(numbers[1]).outcome, look(numbers[1]).reason) == (Outcome.BAD, "marketplace_unknown")


class TestTwin(Contract):
    @pytest.fixture
    def numbers(self, sandbox: Sandbox) -> tuple[str, str]:
        return "20-222222", "20-222404"


class TestRealMarketplace(Contract):
    @pytest.fixture
    def numbers(self, settings: Any) -> tuple[str, str]:
        needs = ("CMP_URL_EU", "CMP_USER", "CMP_PASSWORD", "CMP_KEY", "REAL_CMP_NUMBER")
        if missing := [name for name in needs if not os.environ.get(name)]:
            pytest.skip(f"asks the real service: set {', '.join(missing)} in the environment")
        return os.environ["REAL_CMP_NUMBER"], "00-000000"


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        ("active", Outcome.GOOD, ""),
        ("ACTIVE", Outcome.GOOD, ""),
        ("pending", Outcome.BAD, "marketplace_not_activated"),
        ("creditHold", Outcome.BAD, "marketplace_on_hold"),
        ("CREDIT_HOLD", Outcome.BAD, "marketplace_on_hold"),
        ("adminHold", Outcome.BAD, "marketplace_on_hold"),
        ("cancelled", Outcome.BAD, "marketplace_cancelled"),
        ("migrating", Outcome.UNDECIDED, "desk_must_look"),
    ],
)
def test_each_state_has_its_one_reason(sandbox: Sandbox, status: str, outcome: Outcome, reason: str) -> None:
    sandbox.world.set_account(Account("20-222222", status))

    found = look()

    assert (found.outcome, found.reason) == (outcome, reason)
    assert found.evidence["seen"] == ([status] if reason else [])


def test_account_is_found_in_the_list_when_its_number_is_not_its_key(sandbox: Sandbox) -> None:
    for number in range(250):
        sandbox.world.set_account(Account(f"30-{number:06}", "pending", key=str(number)))

    assert look("30-000240").reason == "marketplace_not_activated"
    assert look("30-000404").reason == "marketplace_unknown"
    assert sum(call.path == "/resellers" for call in sandbox.world.calls()) == 3 + 3


def test_region_without_an_address_cannot_tell(sandbox: Sandbox) -> None:
    assert look(region="ap").reason == CANNOT_TELL
    assert look(region="").reason == CANNOT_TELL


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "html", "broken"])
def test_an_outage_is_temporary(sandbox: Sandbox, sim: Sim, kind: str) -> None:
    sim("POST", "faults", service="cmp", kind=kind, times=9)

    with pytest.raises(TemporaryError):
        look()


@pytest.mark.parametrize("kind", ["nonsense", "huge", "endless", "redirect", "half"])
def test_what_is_no_answer_is_never_a_verdict(sandbox: Sandbox, sim: Sim, kind: str) -> None:
    sim("POST", "faults", service="cmp", kind=kind, times=9)

    with pytest.raises((TemporaryError, PermanentError)):
        look()


@pytest.mark.parametrize("kind", ["other_case", "code_as_string", "slow"])
def test_another_spelling_of_the_answer_is_the_same_answer(sandbox: Sandbox, sim: Sim, kind: str) -> None:
    sim("POST", "faults", service="cmp", kind=kind, times=9)

    assert look().outcome is Outcome.GOOD


def test_token_is_used_again_for_its_marketplace_and_renewed_once(sandbox: Sandbox, sim: Sim) -> None:
    def sign_ins() -> int:
        return sum(call.service == "cmp_login" for call in sandbox.world.calls())

    look(), look(), look(marketplace="BE")
    assert sign_ins() == 2

    sim("POST", "faults", service="cmp", kind="401", times=1)
    assert look().outcome is Outcome.GOOD
    assert sign_ins() == 3


@pytest.mark.parametrize(("name", "value"), [("CMP_USER", "refused"), ("CMP_KEY", "")])
def test_refused_credentials_rest_the_lane(sandbox: Sandbox, settings: Any, name: str, value: str) -> None:
    setattr(settings, name, value)

    with pytest.raises(QueueRefusedError):
        look()
