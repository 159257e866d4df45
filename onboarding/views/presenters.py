"""What the pages show of a file: the rail, the check cards, the timeline, in words. Costs no query of its own."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain import history
from onboarding.domain.checks import connectors, nightly_recheck, transitions
from onboarding.domain.checks.polling import Expected, expected
from onboarding.domain.checks.routing import Checks, earlier_answers
from onboarding.domain.clocks.forecast import Estimate
from onboarding.domain.desk import decisions
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES, STEP_OF_PAGE, STEPS, SUBMITTED_PAGES, Page, StepSpec
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.requests import tracking
from onboarding.enums import VALIDATIONS, Authority, CheckState, EnrollmentState, Kind, Source, StepStatus, Turn
from onboarding.forms.steps import FORMS
from onboarding.models import Check, Enrollment, Event
from onboarding.views import evidence
from portal.geo.models import without_marks
from portal.web.templatetags.portal import day, grouped

Text = str | Promise

PROVES: dict[str, Text] = {
    Kind.EMAIL: _("The primary contact's mailbox exists, and this person confirms the enrolment."),
    Kind.DOMAIN: _("The domain of the e-mail address belongs to the company."),
    Kind.LEGAL_ENTITY: _("The company exists under this name at this address."),
    Kind.MPN_ID: _("The MPN ID exists in Partner Center, and under which name."),
    Kind.LOCATION: _("The ID is a location's, in the right CSP region."),
    Kind.AGREEMENT: _("A Global admin has signed the Microsoft Partner Agreement."),
    Kind.MARKETPLACE: _("The marketplace account is active."),
    Kind.RELATIONSHIP: _("Partner Center lists you among Ingram Micro's resellers."),
}

SPELLING_FILLED_IN = _("The register's spelling is filled in below. Compare it, then go on.")

_SETTLED_HEADLINES: dict[tuple[str, str], Text] = {
    (Authority.PORTAL, CheckState.PASSED): _("Our check found no obstacle"),
    (Authority.INGRAM, CheckState.PASSED): _("Confirmed by Ingram Micro"),
}
_NOT_STARTED: dict[str, Text] = {
    Authority.PORTAL: _("Starts when you submit your file"),
    Authority.MICROSOFT: _("Starts once you have enrolled in Partner Center"),
    Authority.INGRAM: _("Starts once you have entered the day of activation"),
}
_STEP_CHECK_NOT_STARTED: dict[str, Text] = {
    Kind.MPN_ID: _("Starts when you save the MPN ID"),
    Kind.LOCATION: _("Starts when you save the location"),
    Kind.RELATIONSHIP: _("Starts when the agreement is signed"),
}


@dataclass(frozen=True)
class RailStep:
    number: int
    title: Text
    url: str
    status: str
    status_label: Text
    minutes: int
    current: bool
    note: Text = ""
    pages: tuple["RailPage", ...] = ()
    deed: Text = ""


@dataclass(frozen=True)
class RailPage:
    title: Text
    url: str
    answered: bool


def rail(enrollment: Enrollment, checks: Checks, *, current: str = "", for_staff: bool = False) -> list[RailStep]:
    """The five steps; ``current`` is the slug of the page shown, else the first step that is not done is current."""
    steps = []
    states = lifecycle.step_states(enrollment, checks)
    at = STEP_OF_PAGE[current].number if current else _first_undone(states)
    for state in states:
        spec = state.spec
        locked = state.status == StepStatus.LOCKED
        pages = tuple(
            RailPage(
                page.title,
                page_url(enrollment, page.slug) if lifecycle.may_open(enrollment, checks, page.slug) else "",
                is_answered(enrollment, page),
            )
            for page in spec.pages
        )
        steps.append(
            RailStep(
                number=spec.number,
                title=spec.title,
                url="" if locked else page_url(enrollment, _next_page(enrollment, checks, spec).slug),
                status=state.status.value,
                status_label=_status_label(state.status, for_staff),
                minutes=spec.minutes,
                current=spec.number == at,
                note=_gate_note(checks, spec),
                pages=pages if len(pages) > 1 else (),
                deed="" if locked else _next_page(enrollment, checks, spec).deed,
            )
        )
    return steps


def _status_label(status: StepStatus, for_staff: bool) -> Text:
    if status == StepStatus.ACTION_NEEDED and for_staff:
        return _("The partner's turn")
    return status.label


def _first_undone(states: Any) -> int:
    return next((state.spec.number for state in states if state.status != StepStatus.DONE), 0)


def _gate_note(checks: Checks, spec: StepSpec) -> Text:
    if (Kind.AGREEMENT, Authority.MICROSOFT) not in spec.decided_by:
        return ""
    signed = checks[Kind.AGREEMENT, Authority.MICROSOFT].holds
    return _("Microsoft Partner Agreement signed") if signed else _("Ends with the Microsoft Partner Agreement signed")


def _next_page(enrollment: Enrollment, checks: Checks, spec: StepSpec) -> Page:
    """The first page of the step that is not answered yet, or its first one."""
    open_pages = [page for page in spec.pages if lifecycle.may_open(enrollment, checks, page.slug)]
    unanswered = [page for page in open_pages if not is_answered(enrollment, page)]
    return (unanswered or open_pages or list(spec.pages))[0]


def page_url(enrollment: Enrollment, slug: str) -> str:
    return reverse("onboarding:page", args=[enrollment.pk, slug])


# --- answers -------------------------------------------------------------------------------------------------------


def answer_group(enrollment: Enrollment, slug: str) -> dict[str, Any]:
    """The answers of one page with their questions."""
    page, fields = PAGES[slug], FORMS[slug].base_fields
    return {
        "title": page.title,
        "step": STEP_OF_PAGE[slug],
        "answered": is_answered(enrollment, page),
        "rows": [
            {"label": fields[name].label, "value": _shown(enrollment, page, name)}
            for name in (*page.company_fields, *page.fields)
        ],
    }


def _shown(enrollment: Enrollment, page: Page, name: str) -> Any:
    owner: Any = enrollment.partner if name in page.company_fields else enrollment
    display = getattr(owner, f"get_{name}_display", None)
    value = display() if display else getattr(owner, name)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dt.date):
        return day(value)
    return grouped(value) if name in _NUMBERS else value


_NUMBERS = {"mpn_id", "location_mpn_id", "duns"}


# --- checks ----------------------------------------------------------------------------------------------------------


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
    can_take_over: bool = False
    is_looking: bool = False


@dataclass(frozen=True)
class RequestLine:
    """Who was asked before, and why he could not tell."""

    who: Text
    why: Text


@dataclass(frozen=True)
class ComparisonRow:
    """Typed and seen, side by side."""

    label: Text
    typed: str
    seen: str
    zone: str
    zone_label: Text
    is_number: bool = False

    @property
    def typed_words(self) -> list["ReportLine"]:
        return self._words(self.typed, self.seen)

    @property
    def seen_words(self) -> list["ReportLine"]:
        return self._words(self.seen, self.typed)

    def _words(self, text: str, other: str) -> list["ReportLine"]:
        if self.is_number:
            return [ReportLine(grouped(text), text != other)] if text else []
        return _words(text, other)


@dataclass(frozen=True)
class ReportLine:
    text: str
    differs: bool


def _words(text: str, other: str) -> list[ReportLine]:
    """The words of one side, each with whether the other side lacks it; capitals and accents are no difference."""
    known = set(without_marks(other).replace(",", " ").split())
    return [ReportLine(word, without_marks(word).strip(",") not in known) for word in text.split()]


@dataclass(frozen=True)
class Card:
    kind: str
    title: Text
    proves: Text
    ours: Side | None
    theirs: Side | None


FIELD_LABELS: dict[str, Text] = {
    "name": _("Name"),
    "legal_name": _("Legal name"),
    "registration_number": _("Registration number"),
    "street": _("Street and number"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "status": _("Status"),
    "address": _("Address"),
    "country": _("Country"),
}
WHY: dict[str, Text] = {
    "no_entry": _("has no entry for this company, which proves nothing"),
    "no_number": _("needs a VAT number, and none was entered"),
    "not_covered": _("does not answer for this country"),
    "not_sure": _("has a company of this name at another place"),
    "withheld": _("withholds the name or the address, or writes it in another script"),
    "no_longer_asked": _("is no longer asked"),
}
ZONE_LABELS: dict[str, Text] = {"same": _("Same"), "similar": _("Almost the same"), "different": _("Different")}


def validation_cards(
    enrollment: Enrollment, checks: Checks, *, estimates: dict[str, Estimate], for_staff: bool = False
) -> list[Card]:
    """The three validations, our check and Microsoft's decision side by side, with how long his usually takes."""
    return [
        Card(
            kind=kind,
            title=kind.label,
            proves=PROVES[kind],
            ours=side(enrollment, checks[kind, Authority.PORTAL], for_staff=for_staff),
            theirs=side(enrollment, checks[kind, Authority.MICROSOFT], estimate=estimates[kind], for_staff=for_staff),
        )
        for kind in VALIDATIONS
    ]


def step_cards(
    enrollment: Enrollment, checks: Checks, spec: StepSpec | None = None, *, for_staff: bool = False
) -> list[Card]:
    """What decides a step (or all steps), one side each."""
    pairs = [pair for step in STEPS if spec in (None, step) for pair in step.decided_by]
    return [
        Card(
            kind=kind,
            title=Kind(kind).label,
            proves=PROVES[kind],
            ours=None,
            theirs=side(enrollment, checks[kind, authority], for_staff=for_staff),
        )
        for kind, authority in pairs
    ]


def verdicts(enrollment: Enrollment, checks: Checks, spec: StepSpec) -> list[Card]:
    """What the checks said so far of this step and of those before it."""
    upto = [card for step in STEPS if step.number <= spec.number for card in step_cards(enrollment, checks, step)]
    return [card for card in upto if card.theirs and card.theirs.state != CheckState.NOT_STARTED]


def side(enrollment: Enrollment, check: Check, *, estimate: Estimate | None = None, for_staff: bool = False) -> Side:
    reason = REASONS[check.reason] if check.reason else None
    open_ = check.state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)
    turn = Turn(check.turn)
    page = reason.page if reason and open_ else ""
    waits = turn == Turn.MICROSOFT and check.turn_since  # the guide's figures are Microsoft's
    return Side(
        check_id=check.pk,
        kind=check.kind,
        authority=check.authority,
        authority_label=Authority(check.authority).label,
        state=check.state,
        state_label=CheckState(check.state).label,
        turn=turn.value,
        turn_label=_turn_label(turn, for_staff),
        since=check.turn_since if open_ else None,
        expected=_expected(enrollment, check) if waits else None,
        headline=_headline(check, reason.title if reason and open_ else ""),
        what_to_do=reason.todo if reason and open_ else "",
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
        seen=_seen(check) if open_ else [],
        known_as=str(check.evidence.get("partner_name", "")),
        can_take_over=open_ and bool(check.evidence.get("take_over")),
        is_looking=check.reason == "looking" and not check.parked_at,
    )


def answer_url(check: Check) -> str:
    """The page that reopens just what is asked on this check, if it is asked there."""
    if check.state != CheckState.ACTION_NEEDED or not tracking.has_page(check):
        return ""
    return reverse("onboarding:answer", args=[check.enrollment_id, check.pk])


def _asked(check: Check) -> list[RequestLine]:
    return [
        RequestLine(connectors.label_of(word["lane"]) or word["lane"], WHY.get(word.get("why", ""), ""))
        for word in earlier_answers(check)
    ]


def _source_label(check: Check) -> Text:
    if not check.source or check.reason == "looking":
        return ""
    label = Source(check.source).label
    who = connectors.label_of(check.queue) if check.source == Source.API else None
    return format_lazy("{} · {}", label, who) if who else label


def _turn_label(turn: Turn, for_staff: bool) -> Text:
    if turn == Turn.RESELLER and for_staff:
        return _("The partner's turn")
    return turn.label


def _expected(enrollment: Enrollment, check: Check) -> Expected:
    calendar = enrollment.country.calendar
    assert check.turn_since is not None
    within = (enrollment.country.review_from, enrollment.country.review_to)
    today = calendar.day_of(timezone.now())
    return expected(since=check.turn_since, within=within, calendar=calendar, today=today)


def _headline(check: Check, open_title: Text) -> Text:
    if open_title:
        return open_title
    if check.state == CheckState.NOT_STARTED:
        return _STEP_CHECK_NOT_STARTED.get(check.kind, _NOT_STARTED[check.authority])
    # The badge says it already.
    return _SETTLED_HEADLINES.get((check.authority, check.state), "")


def _can_look_again(check: Check) -> bool:
    if check.reason == "send_again":
        return True
    if answer_url(check):
        return False
    if transitions.is_for_a_person(check):
        return check.state == CheckState.ACTION_NEEDED and check.queue != ""
    open_ = check.state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)
    return open_ and check.queue != "" and not check.parked_at and check.reason != "looking"


def _can_report(check: Check) -> bool:
    is_told = check.is_validation and check.authority == Authority.MICROSOFT and bool(check.subject_key)
    return is_told and check.state != CheckState.REFUSED


def _look_again_label(check: Check) -> Text:
    if check.reason == "send_again":
        return _("I have sent it again")
    if transitions.is_for_a_person(check):
        return _("I have done it")
    if check.kind == Kind.EMAIL:
        return _("Send a new message")
    return _("Ask for a new record") if check.reason == "txt_expired" else _("Look again now")


def _seen(check: Check) -> list[str]:
    seen = check.evidence.get("seen")
    return [str(text) for text in seen] if isinstance(seen, list) else []


def _rows(check: Check) -> list[ComparisonRow]:
    # The last one asked shows what he saw, though he was not sure.
    unsure: list[dict[str, str]] = next(
        (word["fields"] for word in reversed(earlier_answers(check)) if word.get("fields")), []
    )
    return rows_of(check.evidence, unsure)


def rows_of(evidence: dict[str, Any], unsure: list[dict[str, str]] | None = None) -> list[ComparisonRow]:
    """What a register said beside what was typed."""
    return [
        ComparisonRow(
            FIELD_LABELS.get(entry["field"], entry["field"]),
            str(entry.get("typed", "")),
            str(entry.get("seen", "")),
            entry.get("zone", ""),
            ZONE_LABELS.get(entry.get("zone", ""), ""),
        )
        for entry in evidence.get("fields", unsure or [])
    ]


def answer_row(page: str, name: str, before: Any, after: Any) -> ComparisonRow:
    """One answer before and after, side by side."""
    label = FORMS[page].base_fields[name].label or name
    return ComparisonRow(
        label,
        evidence.shown(page, name, before),
        evidence.shown(page, name, after),
        "similar",
        _("Changed"),
        is_number=name in _NUMBERS,
    )


# --- the one thing to do ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """Where to go when nothing can be done on this file."""

    url: str
    label: Text


@dataclass(frozen=True)
class NextAction:
    turn: str
    turn_label: Text
    title: Text
    text: Text
    url: str
    label: Text
    since: dt.datetime | None = None
    expected: Expected | None = None
    is_done: bool = False
    way_on: Text = ""
    ways_on: tuple["Way", ...] = ()

    @property
    def status(self) -> str:
        """Whose turn, or that all is done: what the badge is drawn from."""
        return "done" if self.is_done else self.turn

    @property
    def is_mine(self) -> bool:
        return self.turn == Turn.RESELLER

    @property
    def staff_label(self) -> Text:
        return _turn_label(Turn.RESELLER, for_staff=True) if self.is_mine else self.turn_label


def next_action(enrollment: Enrollment, checks: Checks) -> NextAction:
    """What the reseller does now: one thing, or nothing until a date."""
    if enrollment.set_aside_at:
        return _resting(enrollment)
    refused = [check for check in checks.values() if check.state == CheckState.REFUSED]
    if refused:
        return _refused(enrollment, refused[0])
    mine = [check for check in checks.values() if check.turn == Turn.RESELLER]
    if mine:
        return _act_on(enrollment, checks, min(mine, key=_order))
    if _is_complete_draft(enrollment):
        return NextAction(
            Turn.RESELLER,
            Turn.RESELLER.label,
            _("Check your answers and submit"),
            _("Everything is filled in. Our checks start as soon as you submit."),
            reverse("onboarding:answers", args=[enrollment.pk]),
            _("Check my answers"),
        )
    for step in rail(enrollment, checks):
        if step.status in (StepStatus.TO_DO, StepStatus.ACTION_NEEDED) and step.url:
            return _go_on(enrollment, step)
    return _wait(enrollment, checks)


def _is_complete_draft(enrollment: Enrollment) -> bool:
    complete = all(is_answered(enrollment, PAGES[slug]) for slug in SUBMITTED_PAGES)
    return complete and enrollment.state == EnrollmentState.DRAFT


def _resting(enrollment: Enrollment) -> NextAction:
    return NextAction(
        Turn.NOBODY,
        _("Set aside"),
        _("This draft rests"),
        _("Nobody went on with it for a long time. Nothing is lost: take it up again whenever you like."),
        enrollment.get_absolute_url(),
        _("Show the draft"),
        enrollment.set_aside_at,
    )


def _refused(enrollment: Enrollment, check: Check) -> NextAction:
    return NextAction(
        "refused",
        CheckState.REFUSED.label,
        gettext("%(what)s: %(title)s") % {"what": Kind(check.kind).label, "title": CheckState.REFUSED.label},
        check.note or _("Ingram Micro explains it on this page. Speak with your contact there about what is possible."),
        f"{enrollment.get_absolute_url()}#check-{check.pk}",
        _("Show the file"),
        check.settled_at,
        way_on=_(
            "This file ends here: Microsoft allows no further try on it. Ask your contact at Ingram Micro what is "
            "possible, an appeal or another company of yours; for another country you can begin a new file at once."
        ),
        ways_on=(
            Way(reverse("onboarding:messages", args=[enrollment.pk]), _("Write to Ingram Micro")),
            Way(f"#check-{check.pk}", _("See why it was refused")),
            Way(reverse("onboarding:start", args=[enrollment.partner_id]), _("Begin a file for another country")),
        ),
    )


def staff_action(enrollment: Enrollment, checks: Checks) -> NextAction:
    """What a BDM sees of the file: what waits for Ingram Micro comes before whatever the partner has to do."""
    ours = [check for check in checks.values() if check.turn == Turn.INGRAM]
    return _wait_for(enrollment, ours) if ours else next_action(enrollment, checks)


def _order(check: Check) -> tuple[bool, bool, int]:
    # What keeps a file that was ready from selling comes before all; then what the portal waits for: Microsoft's
    # clock runs anyway.
    was_lost = check.enrollment.ready_at is not None and check.kind in nightly_recheck.NIGHTLY
    return (not was_lost, check.authority != Authority.PORTAL, check.pk)


def _act_on(enrollment: Enrollment, checks: Checks, check: Check) -> NextAction:
    reason = REASONS[check.reason]
    page = reason.page if reason.page and lifecycle.may_open(enrollment, checks, reason.page) else ""
    own = answer_url(check)
    url = page_url(enrollment, page) if page else f"{enrollment.get_absolute_url()}#check-{check.pk}"
    return NextAction(
        Turn.RESELLER,
        Turn.RESELLER.label,
        reason.title,
        reason.todo,
        own or url,
        _("Answer") if own else PAGES[page].title if page else _("Show what to do"),
        check.turn_since,
    )


def _go_on(enrollment: Enrollment, step: RailStep) -> NextAction:
    return NextAction(
        Turn.RESELLER,
        Turn.RESELLER.label,
        step.deed,
        gettext("It takes about %(minutes)s minutes.") % {"minutes": step.minutes},
        step.url,
        _("Continue"),
    )


def _wait(enrollment: Enrollment, checks: Checks) -> NextAction:
    url = enrollment.get_absolute_url()
    if enrollment.state == EnrollmentState.READY:
        return NextAction(
            Turn.NOBODY,
            Turn.NOBODY.label,
            _("You are ready to transact"),
            _("Ingram Micro is your indirect provider in this country."),
            url,
            _("Show the file"),
            enrollment.ready_at,
            is_done=True,
        )
    waiting = [c for c in checks.values() if c.turn in (Turn.MICROSOFT, Turn.INGRAM)]
    if not waiting:
        return NextAction(
            Turn.NOBODY,
            Turn.NOBODY.label,
            _("We are checking"),
            _("Nothing to do. This page shows the answer as soon as there is one."),
            url,
            _("Show the file"),
        )
    return _wait_for(enrollment, waiting)


def _wait_for(enrollment: Enrollment, waiting: list[Check]) -> NextAction:
    oldest = min(waiting, key=lambda check: check.turn_since or enrollment.created_at)
    reason = REASONS[oldest.reason]
    url = enrollment.get_absolute_url()
    return NextAction(
        oldest.turn,
        Turn(oldest.turn).label,
        reason.title,
        reason.todo,
        url,
        _("Show the file"),
        oldest.turn_since,
        _expected(enrollment, oldest) if oldest.turn == Turn.MICROSOFT else None,
    )


# --- timeline --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimelineLine:
    at: dt.datetime
    title: Text
    who: str
    source_label: Text
    detail: Text


def lines(events: list[Event]) -> list[TimelineLine]:
    return [
        TimelineLine(
            at=event.at,
            title=_line_title(event),
            who=str(event.actor) if event.actor else "",
            source_label=Source(event.source).label if event.source else "",
            detail=_line_detail(event),
        )
        for event in events
    ]


def _line_title(event: Event) -> Text:
    title: Text = history.TITLES.get(event.kind, event.kind)
    if not event.check_kind:
        return title
    what: Text = Kind(event.check_kind).label
    if event.check_kind in VALIDATIONS:
        what = f"{what} ({Authority(event.check_authority).label})"
    return gettext("%(what)s: %(title)s") % {"what": what, "title": title}


def _line_detail(event: Event) -> Text:
    if "reason" in event.data:
        return REASONS[event.data["reason"]].title
    if "page" in event.data:
        return PAGES[event.data["page"]].title
    # In Microsoft's own words.
    return str(event.data.get("told", ""))
