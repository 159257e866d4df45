"""The reseller's pages: home, the enrollment with its checks, the pages of the steps, check your answers."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Exists, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from onboarding import identifiers, permissions
from onboarding.domain.checks import routing
from onboarding.domain.clocks import forecast
from onboarding.domain.desk import queries, reports
from onboarding.domain.enrollment import lifecycle, preflight, register_spelling, second_country, withdrawal
from onboarding.domain.enrollment import preparations as enrollment_preparations
from onboarding.domain.questions import companion, official_pages, preparations, requirements, tasks
from onboarding.domain.questions.rules import Problem, Severity
from onboarding.domain.questions.steps import PAGES, STEP_OF_PAGE, SUBMITTED_PAGES
from onboarding.domain.reasons.words import Reader
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind, StepStatus
from onboarding.forms.steps import FORMS, MailboxCodeForm, PageForm, StartForm, sentence_of
from onboarding.models import Check, Draft, Enrollment
from onboarding.phases import Phase
from onboarding.views import find_company, page_hints, tenant
from onboarding.views.presenters import answer_groups, check_cards, journey, next_steps, timeline
from portal import together
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Marketplace, may_be_shown, provider_link, region_of
from portal.notices import suppression
from portal.notices.models import Suppression
from portal.partners.models import Membership
from portal.web.typed import forget_typed, typed_before_sign_in

# Key of the session: what taking over the register's spelling has changed, so that it can be taken back once.
POLL_SECONDS = {True: 3, False: 30}  # by "we look within a minute"


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show one card per enrollment, the most urgent first; who has none yet is led to where it begins.

    Staff are redirected to their own desk.
    """
    user = permissions.signed_in(request)
    bdm = Bdm.objects.filter(user=user)
    own = Membership.objects.filter(user=user).annotate(
        is_bdm=Exists(bdm), mail_refused=suppression.answer_of(user.email)
    )
    memberships = list(own.select_related("partner").order_by("partner__name"))
    if memberships[0].is_bdm if memberships else bdm.exists():
        return redirect("onboarding:desk")
    if not memberships:
        return redirect("admin:index" if user.is_staff else "onboarding:find_company")
    request.companies = [(row.partner.name, row.partner_id) for row in memberships]  # type: ignore[attr-defined]
    files: list[dict[str, Any]] = []
    enrollments = list(queries.of_member(user, now=timezone.now()))
    together.prefetch(enrollments, "checks", "preparations")
    for enrollment in enrollments:
        checks = {(check.kind, check.authority): check for check in enrollment.checks.all()}
        files.append(
            {
                "enrollment": enrollment,
                "next": next_steps.next_action(enrollment, checks),
                "rail": (steps := journey.rail(enrollment, checks)),
                "done": sum(step.status == StepStatus.DONE for step in steps),
            }
        )
    if not files and len(memberships) == 1 and memberships[0].may_edit:
        return redirect("onboarding:start", memberships[0].partner_id)
    files.sort(key=lambda file: (_rests(file["enrollment"]), file["next"].order))
    context = {"files": files, "memberships": memberships, **_mail_refusal(user, memberships)}
    return render(request, "onboarding/home.html", context)


def _rests(enrollment: Enrollment) -> int:
    """Return the place of what nobody works on: behind all others what is set aside, then what is withdrawn."""
    return 2 if enrollment.is_withdrawn else int(enrollment.set_aside_at is not None)


def _mail_refusal(user: User, memberships: list[Any]) -> dict[str, Any]:
    """Return the refusal of the user's address, read with their companies, so that the page makes no further query.

    Without companies the page's own context queries it.
    """
    if not memberships:
        return {}
    answer = memberships[0].mail_refused
    return {"mail_refusal": None if answer is None else Suppression(address=user.email, answer=answer)}


def start(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    partner = permissions.partner_to_edit(request, partner_id)
    form = StartForm(request.POST or None, initial={"country": partner.country, **typed_before_sign_in(request)})
    if request.method == "POST" and form.is_valid():
        try:
            enrollment = second_country.start(
                partner=partner,
                country=form.cleaned_data["country"],
                by=permissions.signed_in(request),
                now=timezone.now(),
            )
        except lifecycle.AlreadyEnrolledError as there:
            enrollment = there.enrollment
        return redirect(enrollment)
    return render(request, "onboarding/start.html", {"form": form, "partner": partner})


@require_GET
def enrollment_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    enrollment = permissions.enrollment_for_member(request, pk, with_unread=True)
    rows = queries.timeline(enrollment)
    context = _file(request, enrollment, rows)
    events = list(rows)
    context["events"] = timeline.lines(events, audience=Reader.PARTNER)
    context["may_take_back"] = context["may_edit"] and register_spelling.taken_over(enrollment, events) is not None
    return render(request, "onboarding/enrollment.html", context)


@require_GET
def enrollment_live(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Return the part of the page that changes; the page reloads it while a check is in progress."""
    enrollment = permissions.enrollment_for_member(request, pk)
    return render(request, "onboarding/_checks.html", _file(request, enrollment))


def _file(request: HttpRequest, enrollment: Enrollment, *beside: QuerySet[Any]) -> dict[str, Any]:
    """Return what the page and its live part show, read with one query, as are the rows ``beside``."""
    rows, forecasts = routing.rows_of(enrollment), forecast.rows_for(enrollment.country)
    preparing, contacts = enrollment.preparations.all(), queries.contacts_of(enrollment)
    together.read(rows, forecasts, preparing, contacts, *beside)
    together.keep(enrollment, "preparations", preparing)
    checks = routing.checks_of(enrollment, rows)
    domain_check = checks[Kind.DOMAIN, Authority.PORTAL]
    step_cards = check_cards.step_cards(enrollment, checks)
    is_ready = enrollment.state == EnrollmentState.READY
    contact = next(iter(contacts), None)
    return {
        "enrollment": enrollment,
        "may_edit": permissions.may_edit(enrollment),
        "rail": journey.rail(enrollment, checks),
        "next": next_steps.next_action(enrollment, checks),
        "validations": check_cards.validation_cards(
            enrollment, checks, estimates=forecast.estimates(enrollment.country, forecasts)
        ),
        "step_cards": step_cards,
        "steps_open": any(card.needs_reader for card in step_cards),
        "steps_done": sum(bool(card.theirs and card.theirs.state in _HOLDS) for card in step_cards),
        "contact": contact,
        "answers_in": reports.answer_time(contact.user_id, today=timezone.localdate()) if contact else None,
        "shop": shop_links(enrollment, "marketplace") if is_ready else [],
        "record": record_to_publish(domain_check),
        "code_form": MailboxCodeForm() if checks[Kind.EMAIL, Authority.PORTAL].phase == Phase.CONFIRM_MAILBOX else None,
        "mailbox_check": checks[Kind.EMAIL, Authority.PORTAL],
        "may_give_up": permissions.may_give_up(enrollment),
        "may_restore": permissions.may_give_up(enrollment)
        and withdrawal.may_still_take_back(enrollment, timezone.now()),
        "is_draft": EnrollmentState.DRAFT in (enrollment.state, enrollment.withdrawn_from),
        "is_set_aside": enrollment.set_aside_at is not None,
        "is_ready": is_ready,
        "poll_seconds": 0 if enrollment.is_withdrawn else _poll_seconds(checks),
        "live": True,
    }


_HOLDS = (CheckState.PASSED, CheckState.WAIVED)


def record_to_publish(check: Check) -> Any:
    """Return the record; None if the check has ended, or the record is too old and a new one is requested."""
    if check.state not in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED) or check.phase == Phase.RENEW_RECORD:
        return None
    return check.domain_challenges.filter(replaced_at=None).first()


def _poll_seconds(checks: routing.Checks) -> int:
    """Return how soon the page reloads; 0 when no check is in progress."""
    moving = [c for c in checks.values() if c.state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)]
    soon = timezone.now() + dt.timedelta(minutes=1)
    return POLL_SECONDS[any(c.next_check_at and c.next_check_at < soon for c in moving)] if moving else 0


def page(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    if slug not in PAGES:
        raise Http404
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    if request.method == "POST":
        return _save_page(request, enrollment, slug)
    checks = routing.checks_of(enrollment)
    if not lifecycle.may_open(enrollment, checks, slug):
        messages.info(request, _("Finish the step before this one first."))
        return redirect(enrollment)
    form = FORMS[slug](enrollment=enrollment, initial=_initial(request, enrollment, slug))
    return _show_page(request, enrollment, checks, slug, form)


def _initial(request: HttpRequest, enrollment: Enrollment, slug: str) -> dict[str, Any]:
    """Return the answers, or typed text that could not be stored as answers yet, unchanged."""
    initial = requirements.answers(enrollment, PAGES[slug])
    draft = Draft.objects.filter(enrollment=enrollment, page=slug).first()
    basis = lifecycle.basis(enrollment, slug)
    # A draft over answers that somebody has changed since would overwrite theirs: it is not shown.
    candidates = (typed_before_sign_in(request), draft.data if draft else {})
    typed = next((kept for kept in candidates if kept.get("basis") == basis), {})
    request.kept_typed = bool(typed)  # type: ignore[attr-defined]
    names = set(initial)
    initial |= {name: value for name, value in typed.items() if name in names}
    if "register" in request.GET and (spelling := preflight.latest_spelling(enrollment)):
        initial |= {name: text for name, text in spelling.items() if name in names}
        messages.info(request, answer_groups.SPELLING_FILLED_IN)
    if slug == "company" and not initial["mail_domain"]:
        initial["mail_domain"] = identifiers.own_domain(permissions.signed_in(request).email)
    if slug == "company" and (company := find_company.chosen(request)):
        initial |= find_company.answers_of(company)
        messages.info(request, _("Filled in as the register writes it. It counts once you save this page."))
    return {**initial, "basis": basis}


def _save_page(request: HttpRequest, enrollment: Enrollment, slug: str) -> HttpResponse:
    forget_typed(request)
    typed = {name: request.POST.get(name, "").replace("\0", "")[:2000] for name in FORMS[slug].base_fields}
    if "later" in request.POST:
        lifecycle.keep_draft(enrollment=enrollment, slug=slug, typed=typed, now=timezone.now())
        messages.success(request, _("Your draft is saved. Nothing is checked until you save the page."))
        return redirect(enrollment)
    missing = request.POST.get("missing") or _said_to_be_missing(slug, request)
    if missing in preparations.of_page(slug):
        return _prepare(request, enrollment, slug, missing, typed)
    form = FORMS[slug](request.POST, enrollment=enrollment)
    if form.is_valid():
        saved = _fill(request, enrollment, slug, form)
        if saved is not None:
            for said in form.said:
                messages.info(request, said)
            hints = requirements.hints(saved[0], slug, today=timezone.localdate())
            if page_hints.are_new(hints, form.cleaned_data["seen"]):
                return redirect(f"{request.path}?saved=1")
            return HttpResponseRedirect(_after(*saved, slug))
    lifecycle.keep_draft(enrollment=enrollment, slug=slug, typed=typed, now=timezone.now())
    return _show_page(request, enrollment, routing.checks_of(enrollment), slug, form, status=422)


def _said_to_be_missing(slug: str, request: HttpRequest) -> str:
    """Return what an answer says that the partner does not have ("no account yet"); '' without such an answer."""
    said = ((code, name, text) for (page, name, text), code in preparations.SAID_BY.items() if page == slug)
    return next((code for code, name, text in said if request.POST.get(name) == text), "")


def _prepare(
    request: HttpRequest, enrollment: Enrollment, slug: str, missing: str, typed: dict[str, Any]
) -> HttpResponse:
    """Keep what was typed, and lead to what the partner gets first."""
    now = timezone.now()
    lifecycle.keep_draft(enrollment=enrollment, slug=slug, typed=typed, now=now)
    begun = enrollment_preparations.begin(
        enrollment=enrollment, code=missing, by=permissions.signed_in(request), now=now
    )
    return redirect("onboarding:preparing", enrollment.pk, begun.code)


def _fill(
    request: HttpRequest, enrollment: Enrollment, slug: str, form: PageForm
) -> tuple[Enrollment, routing.Checks] | None:
    try:
        return lifecycle.fill_page(
            enrollment=enrollment,
            slug=slug,
            answers=form.answers,
            basis_seen=form.cleaned_data["basis"],
            by=permissions.signed_in(request),
            now=timezone.now(),
            is_sure=form.is_sure,
        )
    except requirements.AnswersRefused as refused:
        if any(problem.severity == Severity.ASKS for problem in refused.problems):
            form.ask_if_sure()
        for problem in refused.problems:
            form.add_error(problem.field, sentence_of(problem))
    except lifecycle.ChangedMeanwhileError:
        form.add_error(
            None,
            _(
                "These answers were changed meanwhile, in another tab or by a colleague. "
                "What you typed is below; save again to replace theirs."
            ),
        )
        # The next try is based on the present answers.
        data = request.POST.copy()
        data["basis"] = lifecycle.basis(Enrollment.objects.select_related("partner").get(pk=enrollment.pk), slug)
        form.data = data
    except lifecycle.PageLockedError:
        form.add_error(None, _("Finish the step before this one first. What you typed is kept."))
    return None


def _after(enrollment: Enrollment, checks: routing.Checks, slug: str) -> str:
    """Return where to go after a page is saved: the next page to answer, check your answers, or the enrollment."""
    slugs = list(PAGES) if enrollment.state != EnrollmentState.READY else []
    for later in slugs[slugs.index(slug) + 1 :] if slugs else []:
        if later not in SUBMITTED_PAGES and enrollment.state == EnrollmentState.DRAFT:
            break
        if not requirements.is_answered(enrollment, PAGES[later]) and lifecycle.may_open(enrollment, checks, later):
            return journey.page_url(enrollment, later)
    if enrollment.state == EnrollmentState.DRAFT:
        return reverse("onboarding:answers", args=[enrollment.pk])
    return enrollment.get_absolute_url()


def _show_page(
    request: HttpRequest,
    enrollment: Enrollment,
    checks: routing.Checks,
    slug: str,
    form: PageForm,
    *,
    status: int = 200,
) -> HttpResponse:
    spec = STEP_OF_PAGE[slug]
    hints = page_hints.show_on(form, enrollment, slug)
    context = {
        "enrollment": enrollment,
        "form": form,
        "step": spec,
        "page": PAGES[slug],
        "slug": slug,
        "rail": journey.rail(enrollment, checks, current=slug),
        **({} if form.is_bound else _verdicts(enrollment, checks, slug)),
        "next_url": _after(enrollment, checks, slug) if hints and "saved" in request.GET else "",
        "kept_typed": getattr(request, "kept_typed", False),
        "may_edit": permissions.may_edit(enrollment),
        "may_find_company": slug == "company" and permissions.may_edit(enrollment),
        "group": None if permissions.may_edit(enrollment) else answer_groups.answer_group(enrollment, slug),
        "link": official_link(enrollment) if slug == "authorization" else None,
        "official": [*official_pages.links(official_pages.OF_STEP[slug]), *shop_links(enrollment, slug)],
        "missing": preparations.of_page(slug) if enrollment.state != EnrollmentState.READY else {},
        "companion": companion.OF_STEP.get(slug, ""),
        "task": tasks.OF_STEP.get(slug, ""),
        "help_template": f"onboarding/help/{slug}.html",
        **tenant.shown_on(enrollment, slug),
    }
    answer = render(request, "onboarding/page.html", context, status=status)
    return tenant.may_lead_to_microsoft(answer) if context.get("may_prove") else answer


def shop_links(enrollment: Enrollment, slug: str) -> list[official_pages.OfficialLink]:
    """Return the link to the marketplace that the partner chose, or to the country's."""
    if slug != "marketplace":
        return []
    shop = enrollment.marketplace or Marketplace.objects.filter(countries=enrollment.country_id).first()
    if shop is None or not shop.address or not may_be_shown(shop.address):
        return []
    label = _("Open the Cloud Marketplace: %(name)s") % {"name": shop.name}
    return [official_pages.OfficialLink("marketplace", label, "", shop.address)]


@require_GET
def page_live(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    """Return the verdicts of a step's page, which the page reloads while a check is in progress."""
    if slug not in PAGES:
        raise Http404
    enrollment = permissions.enrollment_for_member(request, pk)
    checks = routing.checks_of(enrollment)
    context = {"enrollment": enrollment, "slug": slug, **_verdicts(enrollment, checks, slug)}
    return render(request, "onboarding/_verdicts.html", context)


def _verdicts(enrollment: Enrollment, checks: routing.Checks, slug: str) -> dict[str, Any]:
    found = check_cards.verdicts(enrollment, checks, STEP_OF_PAGE[slug])
    return {"verdicts": found, "is_looking": any(card.theirs and card.theirs.is_looking for card in found)}


def official_link(enrollment: Enrollment) -> Any:
    today = timezone.localdate()
    region = region_of(enrollment.country_id, on=today)
    return provider_link(region, on=today) if region else None


def answers(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show all answers, with links to change them; the button starts the validations."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    refused: list[Problem] = []
    if request.method == "POST":
        try:
            saved = lifecycle.submit(enrollment=enrollment, by=permissions.signed_in(request), now=timezone.now())
        except requirements.AnswersRefused as error:
            refused = error.problems
        except lifecycle.PageLockedError:
            messages.error(request, _("Partner Center refuses an ID of step 1 or 2. Correct it first."))
            return redirect(enrollment)
        else:
            messages.success(request, _("Your file is submitted. Our checks have started."))
            return redirect(saved)
    checks = routing.checks_of(enrollment)
    context = {
        "enrollment": enrollment,
        "groups": (groups := _groups(enrollment, checks)),
        "warned": [group for group in groups if group["hints"]],
        "refused": [
            {
                "url": f"{journey.page_url(enrollment, p.page)}#id_{p.field}",
                "page": PAGES[p.page].title,
                "text": sentence_of(p),
            }
            for p in refused
        ],
        "is_draft": enrollment.state == EnrollmentState.DRAFT,
        "is_set_aside": enrollment.set_aside_at is not None,
        "complete": all(requirements.is_answered(enrollment, PAGES[slug]) for slug in SUBMITTED_PAGES),
        "may_edit": permissions.may_edit(enrollment),
        "rail": journey.rail(enrollment, checks),
    }
    return render(request, "onboarding/answers.html", context, status=422 if refused else 200)


def _groups(enrollment: Enrollment, checks: routing.Checks) -> list[dict[str, Any]]:
    """Return the answers of every page, each with the address where it is changed, if that is open."""
    groups = answer_groups.answer_groups(enrollment, today=timezone.localdate())
    for group in groups:
        is_open = lifecycle.may_open(enrollment, checks, group["slug"])
        group["url"] = journey.page_url(enrollment, group["slug"]) if is_open else ""
    return groups
