"""Campaigns of a BDM: upload a spreadsheet, look at its preview, send it in waves, follow what comes of it."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from onboarding import permissions
from onboarding.domain.campaigns import funnel, links, planning
from onboarding.domain.mail import notifications
from onboarding.enums import CampaignState, InviteeState, RowVerdict
from onboarding.forms.campaigns import CampaignForm, PaceForm
from onboarding.models import Campaign
from onboarding.views.presenters import campaign_rows, report_sections
from onboarding.views.presenters.labels import PARKED_FILE
from portal.geo.models import Country
from portal.notices import letters, registry
from portal.tables import writing
from portal.web.fragments import Fragments
from portal.wording import reader_language

CAMPAIGNS, ROWS = 50, 50
_WITH_ROWS = (CampaignState.PREVIEW, CampaignState.RUNNING, CampaignState.STOPPED)
FRAGMENTS = Fragments("onboarding/campaign", CampaignState, shared=dict.fromkeys(_WITH_ROWS, ""))


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show the person's campaigns, and the upload of a new one."""
    bdm = permissions.bdm(request)
    form = CampaignForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        words = {"name": form.cleaned_data["name"], "note": form.cleaned_data["note"], "file_name": sent.name}
        by = permissions.signed_in(request)
        return redirect(planning.upload(**words, content=sent.read(), by=by, now=timezone.now()))
    campaigns = [(row, campaign_rows.campaign_badge(row)) for row in planning.visible_to(bdm)[:CAMPAIGNS]]
    context = {"form": form, "campaigns": campaigns, "is_lead": bdm.is_lead}
    return render(request, "onboarding/campaigns.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a campaign with its preview, its mail and its rows; POST saves what the mails say and when they go out."""
    campaign = permissions.campaign(request, pk)
    form = PaceForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid() and _change(campaign, form):
        messages.success(request, _("Saved."))
        return redirect(campaign)
    by_verdict, by_state = planning.numbers(campaign)
    context: dict[str, Any] = {
        "campaign": campaign,
        "form": form,
        "badge": campaign_rows.campaign_badge(campaign),
        "fragment": PARKED_FILE if campaign.parked_at else FRAGMENTS.of(CampaignState(campaign.state)),
        "has_rows": campaign.state in _WITH_ROWS,
        "is_preview": campaign.state == CampaignState.PREVIEW,
        "is_running": campaign.state == CampaignState.RUNNING,
        "is_live": campaign.state == CampaignState.READING and not campaign.parked_at,
        "why": campaign_rows.REFUSED.get(campaign.refused_why, campaign.refused_why),
        "missing": [campaign_rows.COLUMNS[name] for name in campaign.missing if name in campaign_rows.COLUMNS],
        "tabs": _tabs(by_verdict, by_state, request.GET.get("show", "")),
        "invited": by_verdict.get(RowVerdict.FINE, 0),
        "waiting": by_state.get(InviteeState.WAITING, 0),
        "days": -(-by_state.get(InviteeState.WAITING, 0) // campaign.per_day),
        "letters": _letters(campaign) if by_verdict.get(RowVerdict.FINE) else [],
        **_rows(request, campaign),
    }
    return render(request, "onboarding/campaign.html", context, status=422 if form.errors else 200)


def _change(campaign: Campaign, form: PaceForm) -> bool:
    try:
        planning.change(
            campaign=campaign, note=form.cleaned_data["note"], per_day=form.cleaned_data["per_day"],
            reminders=form.reminders(), now=timezone.now(),
        )  # fmt: skip
    except planning.ReminderDaysError:
        form.add_error("reminder_1", _("Choose two different days from tomorrow on, within six months."))
    except planning.NotNowError:
        form.add_error(None, _("This campaign has no rows. Upload the file again."))
    return not form.errors


def _tabs(by_verdict: dict[str, int], by_state: dict[str, int], current: str) -> list[dict[str, Any]]:
    """Return the groups of rows that have any: invited ones by their state, the others by what is the matter."""
    groups: list[tuple[Any, int]] = [
        (state, by_state.get(state, 0)) for state in InviteeState if state != InviteeState.HELD
    ]
    groups += [(verdict, by_verdict.get(verdict, 0)) for verdict in RowVerdict if verdict != RowVerdict.FINE]
    tabs = [
        {"code": str(code), "label": code.label, "number": number, "is_current": code == current}
        for code, number in groups
        if number
    ]
    total = {"code": "", "label": _("All rows"), "number": sum(by_verdict.values()), "is_current": not current}
    return [total, *tabs]


def _rows(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return one page of rows in the file's order, by key. Raises: Http404 for a group or position that is none."""
    show, after = request.GET.get("show", ""), request.GET.get("after", "0")
    rows = campaign.rows.select_related("country", "enrollment").prefetch_related("events__actor").order_by("row_no")
    if show in InviteeState.values:
        rows = rows.filter(state=show)
    elif show in RowVerdict.values:
        rows = rows.filter(verdict=show)
    elif show:
        raise Http404
    if not (after.isascii() and after.isdigit() and len(after) < 7):
        raise Http404
    found = list(rows.filter(row_no__gt=int(after))[: ROWS + 1])
    return {
        "rows": campaign_rows.shown(found[:ROWS], permissions.scope(request).countries),
        "show": show,
        "next": found[ROWS - 1].row_no if len(found) > ROWS else 0,
    }


def _letters(campaign: Campaign) -> list[dict[str, str]]:
    """Return the mail to the first invited row, and its reminder, in each language."""
    row = campaign.rows.filter(verdict=RowVerdict.FINE).select_related("country").order_by("row_no").first()
    if row is None:
        return []
    kind, by = registry.get("channel_invitation"), str(campaign.scope_of or campaign.created_by)
    found = []
    for code, name in settings.LANGUAGES:
        with translation.override(code):
            for number in (0, 1):
                context = notifications.invitation_context(
                    company=row.name, country=row.country, by=by, note=campaign.note, number=number
                )
                context |= {"until": timezone.now() + links.LIFE, "link": f"{settings.SITE_URL}/…"}
                letter = letters.render(kind, language=code, context=context)
                title = f"{name} – {_('Reminder') if number else _('Invitation')}"
                found.append({"code": code, "title": title, "subject": letter.subject, "text": letter.text})
    return found


@require_POST
def act(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Start the campaign, or stop it; pressing twice changes nothing."""
    campaign = permissions.campaign(request, pk)
    if "stop" in request.POST:
        planning.stop(campaign=campaign, now=timezone.now())
        messages.success(request, _("The campaign is stopped: no further mail goes out, and its links do not work."))
    elif "start" in request.POST:
        try:
            planning.start(campaign=campaign, by=permissions.signed_in(request), now=timezone.now())
        except planning.NotNowError:
            messages.error(request, _("Nothing was sent: this campaign has nobody to invite."))
        else:
            messages.success(request, _("The campaign runs: the mails go out in waves."))
    return redirect(campaign)


@require_POST
def stop_row(request: HttpRequest, pk: uuid.UUID, row_id: int) -> HttpResponse:
    campaign = permissions.campaign(request, pk)
    row = campaign.rows.filter(pk=row_id).first()
    if row is None:
        raise Http404
    if planning.stop_row(row=row, by=permissions.signed_in(request), now=timezone.now()):
        messages.success(request, _("The invitation of %(company)s is stopped.") % {"company": row.name})
    return redirect(campaign)


@require_safe
def rows(request: HttpRequest, pk: uuid.UUID) -> StreamingHttpResponse:
    """Return every row as CSV, with what is the matter and what came of it, for a spreadsheet in this language."""
    campaign = permissions.campaign(request, pk)
    heads = [
        _("Row"), _("Company name"), _("Country"), _("IMOnline number"), _("MPN ID"), _("E-mail address"),
        _("Contact"), _("Verdict"), _("Why"), _("State"), *(str(step.label) for step in _STEPS),
    ]  # fmt: skip
    language = reader_language()
    content = writing.delimited(heads, _lines(campaign), language=language)
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="campaign-{timezone.localtime(campaign.created_at):%Y-%m-%d}.csv"'
    )
    return response


_STEPS = (*funnel.STAGES, *funnel.ENDS)


def _lines(campaign: Campaign) -> Iterator[list[object]]:
    found = campaign.rows.select_related("country").prefetch_related("events").order_by("row_no")
    for row in found.iterator(chunk_size=1_000):
        first: dict[str, Any] = {}
        for event in sorted(row.events.all(), key=lambda event: event.at):
            first.setdefault(event.step, timezone.localdate(event.at))
        why = " ".join(campaign_rows.sentences(row))
        yield [
            row.row_no, row.name, str(row.country or row.country_typed), row.imonline, row.mpn_id, row.email,
            row.contact_name, row.get_verdict_display(), why, row.get_state_display(),
            *(first.get(step, "") for step in _STEPS),
        ]  # fmt: skip


@require_safe
def report(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the campaign's funnel, or one section of it as CSV (``csv`` in the address)."""
    campaign = permissions.campaign(request, pk)
    found = funnel.read(campaign)
    names = {country.code: str(country) for country in Country.objects.filter(pk__in=found.countries)}
    made = campaign_rows.sections(found, names)
    if "csv" in request.GET:
        wanted = next((section for section in made if section.code == request.GET["csv"]), None)
        if wanted is None:
            raise Http404
        return report_sections.as_csv(wanted, f"{wanted.code}-{timezone.localtime(campaign.created_at):%Y-%m-%d}")
    context = {"campaign": campaign, "sections": made, "nothing": report_sections.NOTHING_YET}
    return render(request, "onboarding/campaign_report.html", context)
