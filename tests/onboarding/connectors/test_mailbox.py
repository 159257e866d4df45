"""Can the domain receive mail: asked of the DNS twin."""

import pytest

from onboarding.connectors.mailbox import Mailbox
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.kinds.subjects import MailboxSubject
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW


@pytest.mark.parametrize(
    ("domain", "outcome", "reason"),
    [
        ("nuages.example", Outcome.GOOD, ""),
        ("mail.nuages.test", Outcome.GOOD, ""),
        ("aonly.example", Outcome.GOOD, ""),
        ("absent.example", Outcome.BAD, "mail_domain_missing"),
        ("outside.invalid", Outcome.BAD, "mail_domain_missing"),
        ("nullmx.example", Outcome.BAD, "mail_refuses_all"),
        ("nosend.example", Outcome.BAD, "mail_refuses_all"),
        ("nomx.example", Outcome.BAD, "mail_no_server"),
        ("servfail.example", Outcome.UNDECIDED, "dns_error"),
        ("refused.example", Outcome.UNDECIDED, "dns_error"),
        pytest.param("slow.example", Outcome.UNDECIDED, "dns_timeout", marks=pytest.mark.long),
    ],
)
def test_look_judges_the_domain(sandbox: Sandbox, domain: str, outcome: Outcome, reason: str) -> None:
    found = Mailbox().look(MailboxSubject(f"contact@{domain}"), now=NOW)

    assert (found.outcome, found.reason) == (outcome, reason)


def test_look_shows_the_servers(sandbox: Sandbox) -> None:
    found = Mailbox().look(MailboxSubject("contact@nuages.example"), now=NOW)

    assert found == Finding(Outcome.GOOD, NOW, evidence={"domain": "nuages.example", "mx": ["smtp.sandbox.test"]})
