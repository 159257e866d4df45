"""The cards of the checks: our prediction and Microsoft's decision, in words. They make no query."""

import datetime as dt
from dataclasses import dataclass, field, replace

from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.checks import connectors, partner_acts
from onboarding.domain.checks.polling import Expected, expected
from onboarding.domain.checks.routing import Checks, earlier_answers
from onboarding.domain.clocks.forecast import Estimate
from onboarding.domain.desk import decisions
from onboarding.domain.kinds.registry import KINDS
from onboarding.domain.questions.steps import PAGES, STEPS, StepSpec
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.words import Reader, Words, words_for
from onboarding.domain.requests import tracking
from onboarding.enums import VALIDATIONS, Authority, CheckState, Kind, Source, Turn
from onboarding.models import Check, Enrollment
from onboarding.phases import Phase
from onboarding.views.presenters.comparison import ComparisonRow, rows_of
from onboarding.views.presenters.journey import page_url
from onboarding.views.presenters.labels import NO_LONGER_FOLLOWED, WHY, Text

_SETTLED_HEADLINES: dict[tuple[str, str], Text] = {
    (Authority.PORTAL, CheckState.PASSED): _("Our check found no obstacle"),
    (Authority.INGRAM, CheckState.PASSED): _("Confirmed by Ingram Micro"),
}
# A system did answer, in a word that no documentation of it has.
_UNKNOWN_ANSWER = _("The system's answer below is none that the portal knows: a BDM decides what it means.")


@dataclass(frozen=True)
class Side:
    """One authority's half of a card."""

    check_id: int
    kind: str
    authority: str
    authority_label: Text
    state: str
    state_label: Text
    turn: str
    turn_label: Text
    since: dt.datetime | None
    expected: Expected | None
    headline: Text
    what_to_do: Text
    action_url: str
    action_label: Text
    source_label: Text
    seen_at: dt.datetime | None
    note: str
    can_look_again: bool
    look_again_label: Text
    can_report: bool
    can_decide: bool
    contradicted: bool
    parked: bool
    evidence: list["ComparisonRow"] = field(default_factory=list)
    asked: list["RequestLine"] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    estimate: Estimate | None = None
    known_as: str = ""
    company_name: str = ""
    tenant_note: Text = ""
    domain_proof: str = ""  # the other proof of the domain that may be chosen now: "document", "record"
    elsewhere: list[str] = field(default_factory=list)
    can_take_over: bool = False
    number_in_doubt: bool = False
    is_looking: bool = False
    changed_here_at: dt.datetime | None = None
    can_be_offered: bool = False

    @property
    def offers_document(self) -> bool:
        return self.domain_proof == "document"


@dataclass(frozen=True)
class RequestLine:
    """A system that was asked before, and why it had no answer."""

    who: Text
    why: Text


@dataclass(frozen=True)
class Card:
    kind: str
    title: Text
    proves: Text
    ours: Side | None
    theirs: Side | None

    @property
    def needs_reader(self) -> bool:
        """Return whether something on the card is the partner's to do or to see at once: then it is not folded."""
        sides = [side for side in (self.ours, self.theirs) if side is not None]
        return any(
            side.turn == Turn.RESELLER
            or side.state == CheckState.REFUSED
            or side.changed_here_at
            or side.can_be_offered
            for side in sides
        )


def validation_cards(
    enrollment: Enrollment, checks: Checks, *, estimates: dict[str, Estimate], for_staff: bool = False
) -> list[Card]:
    """Return the three validations, our check beside Microsoft's decision, with how long Microsoft usually takes."""
    return [
        Card(
            kind=kind,
            title=kind.label,
            proves=KINDS[kind].proves,
            ours=side(enrollment, checks[kind, Authority.PORTAL], for_staff=for_staff),
            theirs=side(enrollment, checks[kind, Authority.MICROSOFT], estimate=estimates[kind], for_staff=for_staff),
        )
        for kind in VALIDATIONS
    ]


def step_cards(
    enrollment: Enrollment, checks: Checks, spec: StepSpec | None = None, *, for_staff: bool = False
) -> list[Card]:
    """Return the checks that decide a step (or all steps), one side each."""
    pairs = [pair for step in STEPS if spec in (None, step) for pair in step.decided_by]
    return [
        Card(
            kind=kind,
            title=Kind(kind).label,
            proves=KINDS[kind].proves,
            ours=None,
            theirs=side(enrollment, checks[kind, authority], for_staff=for_staff),
        )
        for kind, authority in pairs
    ]


def verdicts(enrollment: Enrollment, checks: Checks, spec: StepSpec) -> list[Card]:
    """Return the results so far of this step's checks and of earlier ones."""
    upto = [card for step in STEPS if step.number <= spec.number for card in step_cards(enrollment, checks, step)]
    return [card for card in upto if card.theirs and card.theirs.state != CheckState.NOT_STARTED]


def side(enrollment: Enrollment, check: Check, *, estimate: Estimate | None = None, for_staff: bool = False) -> Side:
    words = words_for(Reader.BDM if for_staff else Reader.PARTNER)
    reason = REASONS[check.reason] if check.reason else None
    open_ = check.state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)
    turn = Turn(check.turn)
    page = reason.page if reason and open_ else ""
    waits = turn == Turn.MICROSOFT and check.turn_since  # the guide's figures are Microsoft's
    found = Side(
        check_id=check.pk,
        kind=check.kind,
        authority=check.authority,
        authority_label=Authority(check.authority).label,
        state=check.state,
        state_label=CheckState(check.state).label,
        turn=turn.value,
        turn_label=words.turn(turn),
        since=check.turn_since if open_ else None,
        expected=expected_of(enrollment, check) if waits else None,
        headline=_headline(check, words, words.reason(check.reason) if reason and open_ else ""),
        what_to_do=_what_to_do(check, words, reason.todo if reason and open_ else ""),
        action_url=answer_url(check) or (page_url(enrollment, page) if page else ""),
        action_label=_("Answer") if answer_url(check) else PAGES[page].title if page else "",
        source_label=_source_label(check),
        seen_at=check.seen_at,
        note=check.note,
        can_look_again=_can_look_again(check),
        look_again_label=_look_again_label(check),
        can_report=_can_report(check),
        can_decide=bool(decisions.decisions_for(check)),
        contradicted=check.contradicted_at is not None,
        parked=check.parked_at is not None,
        evidence=_rows(check),
        asked=_asked(check),
        estimate=None if check.is_settled else estimate,
        seen=_seen(check, for_staff=for_staff) if open_ else [],
        tenant_note=_tenant_note(check) if for_staff else "",
        known_as=str(check.evidence.get("partner_name", "")),
        company_name=str(check.evidence.get("company_name", "")),
        elsewhere=list(check.evidence.get("elsewhere", [])) if open_ else [],
        domain_proof=_other_domain_proof(check),
        can_take_over=open_ and bool(check.evidence.get("take_over")),
        changed_here_at=check.changed_here_at,
        can_be_offered=partner_acts.may_be_offered(check),
        number_in_doubt=open_ and bool(check.evidence.get("number_in_doubt")),
        is_looking=check.phase == Phase.QUEUED and not check.parked_at,
    )
    return _over(found) if open_ and enrollment.is_withdrawn else found


def _over(side: Side) -> Side:
    """Return the half of a card after a withdrawal: what was open is nobody's turn, and nobody looks at it."""
    return replace(
        side, state=CheckState.NOT_STARTED, state_label=NO_LONGER_FOLLOWED, turn=Turn.NOBODY.value, turn_label="",
        since=None, expected=None, estimate=None, headline="", what_to_do="", action_url="", action_label="",
        can_look_again=False, can_report=False, can_decide=False, can_take_over=False, can_be_offered=False,
        contradicted=False, parked=False, is_looking=False, number_in_doubt=False, domain_proof="",
        changed_here_at=None,
    )  # fmt: skip


def answer_url(check: Check) -> str:
    """Return the page that reopens what is asked on this check, if there is one."""
    if check.state != CheckState.ACTION_NEEDED or not tracking.has_page(check):
        return ""
    return reverse("onboarding:answer", args=[check.enrollment_id, check.pk])


def _asked(check: Check) -> list[RequestLine]:
    return [
        RequestLine(connectors.label_of(word["lane"]) or word["lane"], WHY.get(word.get("why", ""), ""))
        for word in earlier_answers(check)
    ]


def _source_label(check: Check) -> Text:
    if not check.source or check.phase == Phase.QUEUED:
        return ""
    label = Source(check.source).label
    who = connectors.label_of(check.queue) if check.source == Source.API else None
    return format_lazy("{} · {}", label, who) if who else label


def expected_of(enrollment: Enrollment, check: Check) -> Expected:
    calendar = enrollment.country.calendar
    assert check.turn_since is not None
    within = (enrollment.country.review_from, enrollment.country.review_to)
    today = calendar.day_of(timezone.now())
    return expected(since=check.turn_since, within=within, calendar=calendar, today=today)


def _what_to_do(check: Check, words: Words, todo: Text) -> Text:
    """Return the partner's instruction; for staff, and where a reason has none, what the state asks of the reader."""
    if check.is_settled or check.state == CheckState.NOT_STARTED:
        return ""
    if words.audience.is_staff and check.phase == Phase.BDM_LOOKS and check.evidence.get("seen"):
        return _UNKNOWN_ANSWER
    return words.phase(check.phase) if words.audience.is_staff or not todo else todo


def _headline(check: Check, words: Words, open_title: Text) -> Text:
    if open_title:
        return open_title
    if check.state == CheckState.NOT_STARTED:
        return words.not_started(check.kind, check.authority)
    # The badge shows it already.
    return _SETTLED_HEADLINES.get((check.authority, check.state), "")


def _can_look_again(check: Check) -> bool:
    if check.phase == Phase.RESUBMIT:
        return True
    if answer_url(check) or check.reason == "contact_declined":
        return False
    if partner_acts.is_for_a_person(check):
        return check.state == CheckState.ACTION_NEEDED and check.queue != ""
    open_ = check.state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)
    return open_ and check.queue != "" and not check.parked_at and check.phase != Phase.QUEUED


def _can_report(check: Check) -> bool:
    is_told = check.is_validation and check.authority == Authority.MICROSOFT and bool(check.subject_key)
    return is_told and check.state != CheckState.REFUSED


def _look_again_label(check: Check) -> Text:
    if check.phase == Phase.RESUBMIT:
        return _("I have sent it again")
    if partner_acts.is_for_a_person(check):
        return _("I have done it")
    if check.kind == Kind.EMAIL:
        return _("Send a new message")
    return _("Ask for a new record") if check.phase == Phase.RENEW_RECORD else _("Look again now")


def _other_domain_proof(check: Check) -> str:
    if check.reason == partner_acts.BY_DOCUMENT:
        return "record"
    return "document" if check.phase == Phase.PUBLISH_RECORD else ""


def _seen(check: Check, *, for_staff: bool) -> list[str]:
    """Return what a connector saw, in words. Only staff read the ID of a tenant that is not the partner's."""
    seen = check.evidence.get("seen")
    if not isinstance(seen, list):
        return []
    return [_link(line, check, for_staff=for_staff) if isinstance(line, dict) else str(line) for line in seen]


def _link(line: dict[str, str], check: Check, *, for_staff: bool) -> str:
    tenant = line.get("tenant", "")
    is_own = tenant == check.enrollment.tenant or check.evidence.get("tenant_lookup") == "found"
    is_own = is_own and check.reason != "relationship_other_tenant"
    values = {
        "tenant": tenant if for_staff or is_own else gettext("another one"),
        "location": line.get("mpn_id", ""),
        "country": line.get("country", ""),
        "state": line.get("state", ""),
    }
    return gettext("Tenant %(tenant)s, location %(location)s, country %(country)s, state “%(state)s”") % values


_TENANT_NOTES: dict[str, Text] = {
    "unknown": _("Microsoft knows no tenant of the name that was typed: only location and country were compared."),
    "no_answer": _(
        "The tenant was typed as a name, and Microsoft gave no ID for it: only location and country were compared."
    ),
    "found": _("The tenant was typed as a name; the ID that Microsoft gives for it was compared."),
}


def _tenant_note(check: Check) -> Text:
    if check.evidence.get("tenant_compared") is False:
        return _TENANT_NOTES.get(str(check.evidence.get("tenant_lookup")), _TENANT_NOTES["no_answer"])
    return _TENANT_NOTES.get(str(check.evidence.get("tenant_lookup")), "")


def _rows(check: Check) -> list[ComparisonRow]:
    # The last system asked shows what it saw, even if unsure.
    unsure: list[dict[str, str]] = next(
        (word["fields"] for word in reversed(earlier_answers(check)) if word.get("fields")), []
    )
    return rows_of(check.evidence, unsure)
