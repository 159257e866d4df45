"""One order for all that is the partner's turn: the table of consequences, and the one function that sorts."""

import datetime as dt

import pytest
from django.utils import translation

from onboarding.domain.reasons import urgency
from onboarding.domain.reasons.consequences import CONSEQUENCES, Consequence, of_the_partner
from onboarding.enums import Authority, CheckState, Kind, Turn
from onboarding.models import Check, Enrollment
from onboarding.phases import Phase
from portal.geo.models import Country
from tests import printed_tables
from tests.builders import NOW

DAY = dt.timedelta(days=1)


def open_check(
    kind: Kind, reason: str, *, authority: Authority = Authority.PORTAL, pk: int = 1, **fields: object
) -> Check:
    values = {"phase": Phase.PARTNER_ACTS, "turn_since": NOW, **fields}
    return Check(
        pk=pk,
        kind=kind,
        authority=authority,
        state=CheckState.ACTION_NEEDED,
        turn=Turn.RESELLER,
        reason=reason,
        **values,
    )


def enrollment() -> Enrollment:
    return Enrollment(country=Country(code="FR", time_zone="Europe/Paris"))


def test_every_reason_of_the_partner_has_one_consequence() -> None:
    assert sorted(CONSEQUENCES) == sorted(of_the_partner())


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (open_check(Kind.RELATIONSHIP, "authorization_removed"), open_check(Kind.LEGAL_ENTITY, "company_ceased", pk=2)),
        (
            open_check(Kind.DOMAIN, "microsoft_refused_domain", authority=Authority.MICROSOFT, refused_at=NOW, pk=9),
            open_check(Kind.LEGAL_ENTITY, "company_ceased"),
        ),
        (open_check(Kind.LEGAL_ENTITY, "company_ceased", pk=9), open_check(Kind.EMAIL, "confirm_mail")),
        (open_check(Kind.LOCATION, "region_differs", pk=9), open_check(Kind.LEGAL_ENTITY, "name_differs")),
        (open_check(Kind.LEGAL_ENTITY, "address_differs", pk=9), open_check(Kind.DOMAIN, "txt_not_found")),
        (open_check(Kind.EMAIL, "mail_link_expired", pk=9), open_check(Kind.AGREEMENT, "agreement_unsigned")),
    ],
)
def test_worse_consequence_comes_first(worse: Check, better: Check) -> None:
    for checks in ([worse, better], [better, worse]):
        assert [request.check for request in urgency.by_consequence(enrollment(), checks)] == [worse, better]


@pytest.mark.parametrize("days", [1, 12, 40])
def test_of_two_refusals_the_earlier_last_day_comes_first(days: int) -> None:
    first = open_check(Kind.DOMAIN, "send_again", authority=Authority.MICROSOFT, pk=2, refused_at=NOW - days * DAY)
    second = open_check(Kind.EMAIL, "mail_declined", authority=Authority.MICROSOFT, pk=1, refused_at=NOW)

    found = urgency.by_consequence(enrollment(), [second, first])

    assert [request.check for request in found] == [first, second]
    assert found[0].consequence == Consequence.SUSPENSION
    assert found[0].deadline is not None
    assert found[0].deadline.on == (NOW - days * DAY).date() + 30 * DAY


@pytest.mark.parametrize(
    ("check", "last"),
    [
        (open_check(Kind.EMAIL, "confirm_mail", phase=Phase.CONFIRM_MAILBOX, next_check_at=NOW + DAY), NOW + DAY),
        (open_check(Kind.DOMAIN, "txt_mismatch", phase=Phase.PUBLISH_RECORD, opened_at=NOW), NOW + 14 * DAY),
        (open_check(Kind.DOMAIN, "txt_not_found", phase=Phase.PUBLISH_RECORD, opened_at=NOW - 3 * DAY), NOW + 11 * DAY),
    ],
)
def test_own_deadlines_name_their_day(check: Check, last: dt.datetime) -> None:
    deadline = urgency.deadline_of(enrollment(), check)

    assert deadline is not None
    assert deadline.on == last.date()
    assert str(deadline.set_by)


def test_what_waits_for_others_is_not_the_partners() -> None:
    theirs = Check(kind=Kind.EMAIL, authority=Authority.MICROSOFT, state=CheckState.IN_PROGRESS, turn=Turn.MICROSOFT)

    assert urgency.by_consequence(enrollment(), [theirs]) == []


@translation.override("en-gb")
def table() -> str:
    lines = ["| rank | what is lost | reasons |", "|---|---|---|"]
    for consequence in Consequence:
        reasons = ", ".join(f"`{code}`" for code, worth in CONSEQUENCES.items() if worth == consequence)
        lines.append(f"| {consequence.value} | {consequence.label} | {reasons} |")
    return "\n".join(lines)


def test_readme_prints_the_table() -> None:
    printed_tables.check("onboarding/README.md", "consequences", table())
