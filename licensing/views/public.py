"""The public pages: calendar, comparison, decision aid, transfer guide. All use GET and their address only."""

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from licensing.domain import comparison, contacts, decision, editions, queries, readiness, timing
from licensing.domain import schedule as schedules
from licensing.domain.facts import Facts
from licensing.enums import Deadline, Kind, Outcome, Programme, Sector
from licensing.forms.advice import AdviceForm, DayForm, TransferForm
from licensing.views import presenters, schedule_presenters, source_presenters
from portal.geo.models import Country
from portal.sorting import without_marks

YEARS_BACK = 2021  # the guide's own year, for which its statements are right


@login_not_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    facts = editions.current()
    form = DayForm(request.GET)
    form.is_valid()
    on = form.cleaned_data.get("on") or timezone.localdate()
    sector = form.cleaned_data.get("sector") or ""
    rows = presenters.events(facts, on=on, sector=sector)
    context = {
        "rows": rows,
        "picture": presenters.picture(rows, on=on),
        "on": on,
        "is_today": on == timezone.localdate(),
        "form": form,
        "sector": sector,
        "sectors": Sector.choices,
        "edition": facts.edition,
    }
    return render(request, "licensing/calendar.html", context)


@login_not_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    facts = editions.current()
    form = DayForm(request.GET)
    form.is_valid()
    on = form.cleaned_data.get("on") or timezone.localdate()
    programmes, rows = request.GET.getlist("p"), request.GET.getlist("row")
    found = comparison.compare(
        facts, on=on, programmes=programmes, rows=rows, only_differences="differences" in request.GET
    )
    shown = {column.programme for column in found.columns}
    titles = facts.of(Kind.ROW, on)
    chosen = {fact.key for fact in titles if fact.key in rows} or {fact.key for fact in titles}
    context = {
        **presenters.comparison(facts, found),
        "on": on,
        "is_today": on == timezone.localdate(),
        "form": form,
        "programmes": [(p.value, p.label, p in shown) for p in Programme],
        "row_choices": [(fact.key, fact.text(editions.language()), fact.key in chosen) for fact in titles],
        "all_rows": len(chosen) == len(titles),
        "only_differences": "differences" in request.GET,
        "in_2021": f"?{_with(request.GET, on='2021-09-01')}",
        "today": f"?{_with(request.GET, on='')}",
        "edition": facts.edition,
    }
    return render(request, "licensing/compare.html", context)


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the question that brings most people here."""
    return redirect("licensing:advice")


def _schedule(
    facts: Facts, found: decision.Decision, expiry: dt.date | None, country: str, today: dt.date, sector: str = ""
) -> schedules.Schedule | None:
    """Return all days of the answer, if a right of the customer's ends on ``expiry``; None where nothing moves."""
    if expiry is None or found.outcome not in (Outcome.CSP_ONLINE, Outcome.OPEN_VALUE):
        return None
    return schedules.schedule(
        Programme(found.outcome), facts, today=today, expiry=expiry, country=country or "FR", sector=sector,
        is_transfer=found.scenario == 2,
    )  # fmt: skip


def _is_sold_in_csp(found: decision.Decision) -> bool:
    return found.outcome in (Outcome.CSP_ONLINE, Outcome.CSP_PERPETUAL)


def _asks(form: AdviceForm, question: str) -> dict[str, bool]:
    """Return how a question is answered: by one of few choices, from the list of products, by a number, else a day."""
    is_list = bool(question) and isinstance(form.fields[question].widget, forms.Select)
    return {
        "choice": is_list and question != "product",
        "product": question == "product",
        "quantity": question == "quantity",
    }


_BESIDE = ["order_on", "country", "expires_on", "tenant"]  # the fields beside the question


@login_not_required
@require_safe
def advice(request: HttpRequest) -> HttpResponse:
    """Show the next question, or the answer. The address contains what was answered."""
    facts = editions.current()
    today = timezone.localdate()
    form = AdviceForm(request.GET, facts=facts)
    form.is_valid()
    country = form.cleaned_data.get("country") or queries.country_of(request.user)
    selling = readiness.selling(request.user, country=country)
    case = form.case(today=today, selling=selling, covered=contacts.is_covered(country))
    expiry = form.cleaned_data.get("expires_on")
    case = replace(case, ended=timing.ended(case.need, expiry, today=max(today, case.order_on or today), facts=facts))
    found = decision.decide(case, facts)
    question = form.next_question(found.question) if found.question else ""
    answered = [*_helped(form), *decision.asks(case, facts)]
    # The other half of the page may be saved before the question is answered.
    is_late = request.GET.get("asked") == question and "later" not in request.GET
    if question and is_late and not form.errors.get(question):
        form.add_error(question, _("Choose an answer, or enter a value."))
    # An answer for another day would be mistaken for one of the intended day.
    is_dated = "order_on" not in form.errors
    is_answered = is_dated and not question
    start, sector = max(today, case.order_on or today), case.sector or ""
    plan = _schedule(facts, found, expiry, country, start, sector) if is_answered else None
    days = schedule_presenters.days(facts, Programme(found.outcome), plan, today=start, sector=sector) if plan else []
    if plan:
        # The day of a return counts from the order that the page advises, not from today.
        found = replace(found, dates=tuple(one for one in found.dates if one[0] != Deadline.RETURN_UNTIL))
    context = {
        "form": form,
        "field": form[question] if question else None,
        "asks": _asks(form, question),
        "kept": _kept(request.GET, without=[*_named_with(question), *_BESIDE]),
        "answers": _answers(request.GET, form, [name for name in dict.fromkeys(answered) if name != question]),
        "on": case.order_on if is_dated else None,
        "date_kept": _kept(request.GET, without=_BESIDE),
        "is_today": case.order_on == today,
        "answer": presenters.answer(facts, found, on=case.order_on or today) if is_answered else None,
        "shows_rules": request.user.is_authenticated and request.user.is_staff,
        "way": presenters.way_to_sell(selling) if _is_sold_in_csp(found) else None,
        "days": days,
        "contact": contact(request, country) if is_answered else None,
    }
    return render(request, "licensing/advice.html", context)


_SINCE_THE_GUIDE = ("today_mca", "today_gdap", "today_domain", "today_portal")


@login_not_required
@require_safe
def transfer_guide(request: HttpRequest) -> HttpResponse:
    facts = editions.current()
    today = timezone.localdate()
    form = TransferForm(request.GET)
    form.is_valid()
    country = (form.cleaned_data.get("country") or queries.country_of(request.user) or "FR").upper()
    expiry = form.cleaned_data.get("expires_on")
    plan = (
        schedules.schedule(Programme.CSP_ONLINE, facts, today=today, expiry=expiry, country=country, is_transfer=True)
        if expiry
        else None
    )
    texts = {fact.key: presenters.statement(fact) for fact in facts.of(Kind.TRANSFER, today)}
    countries = sorted(((c.code, str(c)) for c in Country.objects.all()), key=lambda c: without_marks(c[1]))
    context = {
        "texts": texts,
        "prerequisites": [texts[key] for key in ("prerequisite_1", "prerequisite_2", "prerequisite_3") if key in texts],
        "conflicts": [presenters.differs(facts, name) for name in ("C04", "C05", "C06")],
        "form": form,
        "country": country,
        "countries": countries,
        "plan": plan,
        "expiry": expiry,
        "days": schedule_presenters.days(facts, Programme.CSP_ONLINE, plan, today=today) if plan else [],
        "standing": schedule_presenters.standing(facts, plan, today=today) if plan else None,
        "today_way": [texts[key] for key in _SINCE_THE_GUIDE if key in texts],
        "remarks": [presenters.statement(fact) for fact in schedule_presenters.remarks(facts, on=today)],
        "link": queries.transfer_link(country, on=today),
        "contact": contact(request, country),
    }
    return render(request, "licensing/transfer.html", context)


@login_not_required
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Show every source with what rests on it: each statement of these pages leads here."""
    facts = editions.current()
    context = {
        "sources": source_presenters.sources(facts, on=timezone.localdate()),
        "gaps": source_presenters.gaps(facts, on=timezone.localdate()),
        "edition": facts.edition,
    }
    return render(request, "licensing/sources.html", context)


def contact(request: HttpRequest, country: str) -> dict[str, Any]:
    public = not request.user.is_authenticated
    return {"people": contacts.contacts_for(country, public=public), "country": country}


# --- the address ------------------------------------------------------------------------------------------------
def _with(query: QueryDict, **changes: str) -> str:
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return changed.urlencode()


def _kept(query: QueryDict, *, without: list[str]) -> list[tuple[str, str]]:
    names = [name for name in AdviceForm.base_fields if name in query and name not in without]
    return [(name, str(query[name])) for name in names]


def _named_with(name: str) -> list[str]:
    """Return both names of the product's question: chosen from a list or typed."""
    return ["product", "product_name"] if name == "product" else [name]


def _helped(form: AdviceForm) -> list[str]:
    """Return the two questions that replace the one about the need, for people who do not know it."""
    if form.cleaned_data.get("need") != "unknown":
        return []
    return ["need", "cloud", *(["versions"] if form.cleaned_data.get("cloud") == "no" else [])]


def _answers(query: QueryDict, form: AdviceForm, names: list[str]) -> list[dict[str, str]]:
    """Return the answers, each with an address that asks its question again and keeps the rest."""
    return [
        {
            "label": str(form.fields[name].label),
            "value": _said(form, name),
            "change": "?" + urlencode(_kept(query, without=_named_with(name))),
        }
        for name in names
        if form.cleaned_data.get(name) not in (None, "")
    ]


def _said(form: AdviceForm, name: str) -> str:
    value = form.cleaned_data[name]
    choices = dict(getattr(form.fields[name], "choices", ()))
    text = str(choices.get(value, presenters.moment(value) if hasattr(value, "year") else value))
    written = form.cleaned_data.get("product_name") if name == "product" else ""
    return f"{written} ({text})" if written else text
