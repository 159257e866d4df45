"""Once Microsoft has passed a validation, nobody is asked for our forecast of it."""

import datetime as dt

import pytest

from onboarding.domain.checks import reporting
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.desk import decisions
from onboarding.enums import VALIDATIONS, Authority, CheckState, Kind, Source, Turn
from onboarding.models import Check, Enrollment, MailboxChallenge
from portal.notices.models import Mail
from tests.builders import NOW, check_of, fill, make_bdm, make_submitted
from tests.onboarding.domain.test_validation import answer, sign_the_agreement

pytestmark = pytest.mark.django_db
ASKED = {Kind.EMAIL: "confirm_mail", Kind.DOMAIN: "txt_not_found", Kind.LEGAL_ENTITY: "name_differs"}


@pytest.fixture
def asked() -> Enrollment:
    """Our three checks ask the partner for something."""
    enrollment = make_submitted()
    for kind, reason in ASKED.items():
        answer(ours(enrollment, kind), Finding(Outcome.BAD, NOW, reason=reason))
    return enrollment


def ours(enrollment: Enrollment, kind: Kind) -> Check:
    return check_of(enrollment, kind, Authority.PORTAL)


def test_a_signed_agreement_ends_all_three(asked: Enrollment) -> None:
    sign_the_agreement(asked)

    found = [(c.state, c.source, c.turn, c.next_check_at) for c in (ours(asked, kind) for kind in VALIDATIONS)]
    assert found == [(CheckState.PASSED, Source.INFERRED, Turn.NOBODY, None)] * 3


@pytest.mark.parametrize("kind", VALIDATIONS)
def test_a_bdm_who_reports_it_ends_that_one(asked: Enrollment, kind: Kind) -> None:
    bdm = make_bdm("FR").user
    fill(asked, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    decisions.confirm(check=check_of(asked, kind, Authority.MICROSOFT), by=bdm, note="", now=NOW)

    assert {k: ours(asked, k).state for k in VALIDATIONS} == {
        k: CheckState.PASSED if k == kind else CheckState.ACTION_NEEDED for k in VALIDATIONS
    }


@pytest.mark.parametrize("kind", VALIDATIONS)
def test_a_partners_word_about_microsoft_does_not(asked: Enrollment, kind: Kind) -> None:
    fill(asked, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    reporting.report(
        check=check_of(asked, kind, Authority.MICROSOFT), says="authorized", on=NOW.date(), by=asked.created_by, now=NOW
    )

    assert ours(asked, kind).state == CheckState.ACTION_NEEDED


def test_what_a_register_says_for_good_and_what_a_bdm_wrote_stay(asked: Enrollment) -> None:
    bdm = make_bdm("FR").user
    answer(ours(asked, Kind.LEGAL_ENTITY), Finding(Outcome.BAD, NOW, reason="company_ceased"))
    decisions.ask(check=ours(asked, Kind.DOMAIN), by=bdm, note="Which of the two?", now=NOW)

    sign_the_agreement(asked)

    assert {kind: ours(asked, kind).state for kind in VALIDATIONS} == {
        Kind.EMAIL: CheckState.PASSED,
        Kind.DOMAIN: CheckState.ACTION_NEEDED,
        Kind.LEGAL_ENTITY: CheckState.ACTION_NEEDED,
    }


@pytest.mark.parametrize(
    ("kind", "outcome", "reason"),
    [
        (Kind.LEGAL_ENTITY, Outcome.BAD, "address_differs"),
        (Kind.LEGAL_ENTITY, Outcome.UNDECIDED, "name_similar"),
        (Kind.DOMAIN, Outcome.BAD, "txt_not_found"),
        (Kind.EMAIL, Outcome.BAD, "mail_no_server"),
        (Kind.EMAIL, Outcome.GOOD, ""),  # the domain takes mail: now its owner would be asked
    ],
)
def test_a_look_that_ends_after_the_decision_asks_nobody(kind: Kind, outcome: Outcome, reason: str) -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)
    mails = Mail.objects.count()

    answer(ours(enrollment, kind), Finding(outcome, NOW, reason=reason), now=NOW + dt.timedelta(hours=1))

    assert (ours(enrollment, kind).state, ours(enrollment, kind).source) == (CheckState.PASSED, Source.INFERRED)
    assert Mail.objects.count() == mails
    assert not MailboxChallenge.objects.exists()
