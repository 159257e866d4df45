"""Every verdict that a look-up can have, asked of the DNS twin over real UDP and TCP."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from onboarding.connectors.dns import DomainTxt
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.kinds.subjects import DomainSubject
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW

TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
LABEL = "_imcloud-onboarding-challenge"
NAME = f"{LABEL}.nuages.example"
Sim = Callable[..., Any]


def look(domain: str = "nuages.example") -> Finding:
    return DomainTxt().look(DomainSubject(domain, f"{LABEL}.{domain}", TOKEN), now=NOW)


def brief(finding: Finding) -> tuple[Outcome, str]:
    return finding.outcome, finding.reason


@pytest.mark.parametrize(
    "value", [TOKEN, f"token={TOKEN}", f"token={TOKEN} expiry=2026-12-01", f'"{TOKEN}"', TOKEN.upper()]
)
def test_look_finds_the_token_bare_or_with_its_key(sandbox: Sandbox, sim: Sim, value: str) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value=value)

    assert look() == Finding(Outcome.GOOD, NOW, evidence={"name": NAME, "seen": [value], "dnssec": False})


def test_look_is_content_with_one_match_among_many_even_over_tcp(sandbox: Sandbox, sim: Sim) -> None:
    # 40 records do not fit in a UDP answer of 1,232 octets.
    for number in range(40):
        sim("POST", "dns", name=NAME, type="TXT", value=f"another service's record number {number}")
    sim("POST", "dns", name=NAME, type="TXT", value=f"token={TOKEN}")

    found = look()

    assert brief(found) == (Outcome.GOOD, "")
    assert len(found.evidence["seen"]) == 10


def test_look_joins_character_strings(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value="note=" + "x" * 300 + f" token={TOKEN}")

    assert brief(look()) == (Outcome.GOOD, "")


def test_look_follows_an_alias(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="CNAME", value="challenge.host.test.")
    sim("POST", "dns", name="challenge.host.test", type="TXT", value=TOKEN)

    found = look()

    assert brief(found) == (Outcome.GOOD, "")
    assert found.evidence["alias_of"] == "challenge.host.test"


def test_look_shows_what_is_there_instead_cut_short(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value="token=" + "y" * 200)
    sim("POST", "dns", name=NAME, type="TXT", value="<b>\x07</b>")

    found = look()

    assert brief(found) == (Outcome.UNDECIDED, "txt_mismatch")
    assert found.evidence["seen"] == ["token=" + "y" * 113 + "…", "<b>\ufffd</b>"]


def test_look_finds_nothing_yet_and_respects_the_negative_ttl(sandbox: Sandbox) -> None:
    found = look()

    assert brief(found) == (Outcome.UNDECIDED, "txt_not_found")
    assert found.retry_at == NOW + dt.timedelta(seconds=5)


def test_look_finds_a_name_without_txt(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="A", value="192.0.2.1")

    found = look()

    assert brief(found) == (Outcome.UNDECIDED, "txt_not_found")
    assert found.retry_at == NOW + dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    ("domain", "outcome", "reason"),
    [
        ("absent.example", Outcome.BAD, "domain_missing"),
        ("outside.invalid", Outcome.BAD, "domain_missing"),
        ("x" * 64 + ".example", Outcome.BAD, "domain_bad_name"),
        ("a..example", Outcome.BAD, "domain_bad_name"),
        ("servfail.example", Outcome.UNDECIDED, "dns_error"),
        ("refused.example", Outcome.UNDECIDED, "dns_error"),
        ("slow.example", Outcome.UNDECIDED, "dns_timeout"),
    ],
)
def test_look_never_blames_the_user_for_a_broken_server(
    sandbox: Sandbox, domain: str, outcome: Outcome, reason: str
) -> None:
    assert brief(look(domain)) == (outcome, reason)


def test_look_tells_broken_dnssec_from_a_broken_server(sandbox: Sandbox, sim: Sim) -> None:
    # The first question fails; the second, which asks for no validation, is answered.
    sim("POST", "faults", service="dns", kind="servfail", times=1)

    assert look().evidence == {"name": NAME, "dnssec_is_broken": True}
    assert look("servfail.example").evidence["dnssec_is_broken"] is False


def test_look_sees_a_removed_record_at_once(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value=TOKEN)
    before = look()
    sim("DELETE", "dns", name=NAME, type="TXT", value=TOKEN)

    assert (before.outcome, look().outcome) == (Outcome.GOOD, Outcome.UNDECIDED)


def test_look_gives_up_on_a_loop_of_aliases(sandbox: Sandbox, sim: Sim) -> None:
    for number in range(20):
        sim("POST", "dns", name=NAME if number == 0 else f"n{number}.test", type="CNAME", value=f"n{number + 1}.test.")
    sim("POST", "dns", name="n20.test", type="TXT", value=TOKEN)

    assert brief(look()) == (Outcome.UNDECIDED, "dns_error")


@pytest.mark.parametrize(
    "value",
    [
        f"imcloud-onboarding={TOKEN}",
        f'"token={TOKEN}" "expiry=2026-12-01"',
        f"token={TOKEN}expiry=2026-12-01",
        f"v=proof; {TOKEN};",
        f"'{TOKEN}'",
        f'"some other text of ours" "imcloud-onboarding={TOKEN}"',
        f"Token: {TOKEN.upper()}.",
    ],
)
def test_token_counts_as_a_word_anywhere_in_any_string(sandbox: Sandbox, sim: Sim, value: str) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value=value)

    assert brief(look()) == (Outcome.GOOD, "")


@pytest.mark.parametrize("value", [f"{TOKEN}a", f"x{TOKEN}", TOKEN[:-1], f"{TOKEN[:10]} {TOKEN[10:]}"])
def test_part_of_a_longer_word_is_no_token(sandbox: Sandbox, sim: Sim, value: str) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value=value)

    assert brief(look()) == (Outcome.UNDECIDED, "txt_mismatch")


@pytest.mark.parametrize(
    "place",
    [
        f"{NAME}.nuages.example",
        "nuages.example",
        "www.nuages.example",
        f"{LABEL}.www.nuages.example",
        "imcloud-onboarding-challenge.nuages.example",
    ],
)
@pytest.mark.parametrize("other", ["", "v=spf1 -all"])
def test_token_one_place_beside_is_said(sandbox: Sandbox, sim: Sim, place: str, other: str) -> None:
    sim("POST", "dns", name=place, type="TXT", value=f"imcloud-onboarding={TOKEN}")
    if other:
        sim("POST", "dns", name=NAME, type="TXT", value=other)

    found = look()

    assert brief(found) == (Outcome.UNDECIDED, "txt_mismatch" if other else "txt_not_found")
    assert found.evidence["elsewhere"] == [place]


def test_token_published_as_an_alias_is_said(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="CNAME", value=f"{TOKEN}.nuages.example.")

    assert look().evidence["elsewhere"] == [f"{NAME} (CNAME)"]


def test_token_at_the_domain_above_is_said(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "dns", name=NAME, type="TXT", value=TOKEN)

    assert look("bureau.nuages.example").evidence["elsewhere"] == [NAME]
