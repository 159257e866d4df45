"""Template tags and filters: icons, meanings, moments, grouped numbers, form errors. They only print."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format, get_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import TIME_STRINGS, timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext_lazy, pgettext_lazy

from portal import text
from portal.web import selects
from portal.web.slots import of
from portal.wording import colon, reader_language

register = template.Library()

# Django's British DATE_FORMAT shortens the month; ours is written out in every language.
_ENGLISH_DAY = "j F Y"
# French counts the first of a month ("1er") and no other day.
FIRST = pgettext_lazy("format of the first of a month, in PHP's letters", "j F Y")

# In the case that a language wants after "in" and before "ago": "vor 6 Tagen", where Django has "6 Tage".
_DISTANCES: dict[str, Any] = TIME_STRINGS | {
    "year": npgettext_lazy("in … or … ago", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("in … or … ago", "%(num)d month", "%(num)d months", "num"),
    "day": npgettext_lazy("in … or … ago", "%(num)d day", "%(num)d days", "num"),
}
# One outline each, on a 24 x 24 square. The four meanings differ in outer shape as well as in sign.
_ICONS = {
    "done": '<circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.3 3.1 3.2 6-6.8"/>',
    "moving": '<path d="M6 3h12M6 21h12M7.5 3v3.5L12 12l4.5-5.5V3M7.5 21v-3.5L12 12l4.5 5.5V21"/>',
    "turn": '<rect x="2.5" y="2.5" width="19" height="19" rx="4"/><path d="M7 12h9.5M12.5 7.5 17 12l-4.5 4.5"/>',
    "refused": '<path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z"/><path d="m9 9 6 6m0-6-6 6"/>',
    "none": '<circle cx="12" cy="12" r="9.5" stroke-dasharray="3.2 2.770"/>',
    "locked": '<rect x="4.5" y="10.5" width="15" height="11" rx="2.5"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3"/>',
    "arrow": '<path d="M4 12h15.5M13 5.5l6.5 6.5-6.5 6.5"/>',
    "chevron": '<path d="m9 5.5 6.5 6.5L9 18.5"/>',
    "away": '<path d="M13.5 4.5h6v6M19.5 4.5l-9 9M17 14v4.5a1.5 1.5 0 0 1-1.5 1.5h-10A1.5 1.5 0 0 1 4 18.5v-10'
    'A1.5 1.5 0 0 1 5.5 7H10"/>',
    "portal": '<path d="M14.5 4.2a8.3 8.3 0 1 0 0 15.6"/><path d="M10.5 12h11m-3.8-3.8L21.5 12l-3.8 3.8"/>',
    "authority": '<path d="M3 20.5h18M5.5 20.5V10M10 20.5V10M14 20.5V10M18.5 20.5V10M3 9.5l9-6 9 6z"/>',
    "person": '<circle cx="12" cy="8" r="4.2"/><path d="M4 21c.6-4.3 3.9-6.3 8-6.3s7.4 2 8 6.3"/>',
    "source": '<path d="M6 2.5h8.5L19 7v14.5H6zM14 2.5V7.5h5M9 12h7M9 16h7"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 8.5v-5h-12v12h5"/>',
    "mail": '<rect x="2.5" y="5" width="19" height="14" rx="2"/><path d="m3 6.5 9 7 9-7"/>',
}
# Codes of statuses, states, turns, zones and message levels -> one of four meanings, or none.
_MEANINGS = {
    "done": ("done", "passed", "waived", "same", "success"),
    "moving": ("moving", "waiting", "in_progress", "microsoft", "ingram", "importing", "info", "debug"),
    "turn": ("turn", "your_turn", "action_needed", "reseller", "similar", "to_map", "warning"),
    "refused": ("refused", "different", "error"),
}
_MEANING_OF = {code: meaning for meaning, codes in _MEANINGS.items() for code in codes}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon that screen readers skip, because text is always beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        "{}</svg>",
        mark_safe(_ICONS.get(name, _ICONS["none"])),  # noqa: S308 (our own drawings)
    )


@register.simple_tag
def status_icon(code: object) -> SafeString:
    word = _word(code)
    return icon(word if word in _ICONS else _MEANING_OF.get(word, "none"))


register.filter("own_letters", text.own_letters)
register.simple_tag(colon)


@register.filter
def meaning(code: object) -> str:
    """Return the CSS class of a code's meaning."""
    return f"is-{_MEANING_OF.get(_word(code), 'none')}"


@register.filter
def when(moment: dt.date | dt.datetime | None) -> str:
    """Return "12 November 2026, 09:14 (3 days ago)"; for a day, without the time."""
    if moment is None:
        return ""
    if isinstance(moment, dt.datetime):
        machine = timezone.localtime(moment).isoformat(timespec="minutes")
        return _time(machine, minute(moment), _distance(moment))
    return _time(moment.isoformat(), day(moment), _distance_in_days(moment))


@register.filter
def minute(moment: dt.datetime) -> str:
    """Return "12 November 2026, 09:14"."""
    local = timezone.localtime(moment)
    return f"{written(local)}, {date_format(local, 'H:i')}"


@register.filter
def day(moment: dt.date | dt.datetime | None) -> str:
    if moment is None:
        return ""
    local = timezone.localtime(moment) if isinstance(moment, dt.datetime) else moment
    return written(local)


@register.filter
def to(first: dt.date, last: dt.date | None) -> str:
    """Return "12 November 2026 to 15 November 2026", or one day where both are the same or the last is not known."""
    if last is None or last == first:
        return written(first)
    return _("%(start)s to %(end)s") % {"start": written(first), "end": written(last)}


def written(day: dt.date) -> str:
    """Return "12 novembre 2026", "1er novembre 2026" or "12. November 2026"; a moment must be local already."""
    usual = _ENGLISH_DAY if reader_language().startswith("en") else get_format("DATE_FORMAT")
    return date_format(day, str(FIRST) if day.day == 1 else usual)


@register.filter
def counted(number: int) -> str:
    """Return a number with its thousands separated."""
    return number_format(number, force_grouping=True)


@register.filter
def grouped(number: object) -> SafeString:
    """Return digits in visible groups that are copied as one number. Nine digits are a D-U-N-S number: 2, 3, 4."""
    text = str(number or "")
    if not text.isdigit():
        return format_html("{}", text)
    ends = [2, 5, 9] if len(text) == 9 else range(len(text) % 3 or 3, len(text) + 1, 3)
    starts = [0, *ends]
    groups = [(text[start:end],) for start, end in zip(starts, ends, strict=False)]
    return format_html('<span class="grouped">{}</span>', format_html_join("", "<span>{}</span>", groups))


@register.simple_tag
def external_link(url: str, label: str) -> SafeString:
    """Return a link that opens beside the portal and says so; anything but http(s) stays text."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return format_html("{}", label)
    return format_html(
        '<a href="{}" rel="noopener noreferrer external" target="_blank">'
        '{}&nbsp;{}<span class="visually-hidden"> {}</span></a>',
        url,
        label,
        icon("away"),
        _("(another site, opens beside this one)"),
    )


@dataclass(frozen=True)
class FieldError:
    text: str
    target: str


@register.inclusion_tag("components/error_summary.html", takes_context=True)
def error_summary(context: Context, *forms: BaseForm) -> dict[str, Any]:
    """Return the errors of the given forms, else of the page's ``form`` or ``forms``, each with its control."""
    found = forms or _failing(context)
    return {"errors": [error for form in found for error in _errors_of(form)]}


@register.simple_tag(takes_context=True)
def error_prefix(context: Context) -> str:
    """Return the start of the page's title when something is wrong."""
    return _("Error: ") if _failing(context) else ""


def _failing(context: Context) -> list[BaseForm]:
    forms = context.get("forms") or [context.get("form")]
    return [form for form in forms if isinstance(form, BaseForm) and form.is_bound and form.errors]


def _errors_of(form: BaseForm) -> list[FieldError]:
    texts = [str(text) for field in form.visible_fields() for text in field.errors]
    visible = [
        FieldError(f"{field.label}{colon()}{text}" if texts.count(str(text)) > 1 else str(text), first_control(field))
        for field in form.visible_fields()
        for text in field.errors
    ]
    hidden = [FieldError(str(text), "") for field in form.hidden_fields() for text in field.errors]
    return [FieldError(str(text), "") for text in form.non_field_errors()] + hidden + visible


def first_control(field: BoundField) -> str:
    # A group of radio buttons or boxes has no control with its id: its first choice takes the focus.
    return field.id_for_label or f"{field.auto_id}_0"


def _word(code: object) -> str:
    return str(getattr(code, "value", code))


def _time(machine: str, text: str, distance: str) -> SafeString:
    return format_html('<time datetime="{}">{} <span class="soft">({})</span></time>', machine, text, distance)


def _distance(moment: dt.datetime) -> str:
    now = timezone.now()
    if abs(now - moment) < dt.timedelta(minutes=1):
        return _("just now")
    if moment > now:
        return _("in %(time)s") % {"time": timeuntil(moment, now, time_strings=_DISTANCES, depth=1)}
    return _("%(time)s ago") % {"time": timesince(moment, now, time_strings=_DISTANCES, depth=1)}


def _distance_in_days(moment: dt.date) -> str:
    days = (moment - timezone.localdate()).days
    if abs(days) <= 1:
        return {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}[days]
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}


@register.simple_tag(takes_context=True)
def panels(context: Context, place: str, about: Any) -> SafeString:
    """Return what other apps add to this slot of the page about ``about``."""
    said = [(panel(context["request"], about),) for panel in of(place)]
    return format_html_join("", "{}", said)


@register.simple_tag
def select(
    name: str,
    choices: Iterable[tuple[Any, Any]],
    chosen: object,
    *,
    pk: str,
    every: str = "",
    css: str = "",
    error: str = "",
) -> SafeString:
    """Return the <select> of a filter, drawn like those of the forms.

    ``pk`` is its id, ``every`` the label of a first choice that filters nothing, ``error`` the id of the error text.
    """
    first = [("", every)] if every else []
    attrs = {"aria-describedby": error} if error else {}
    return selects.draw(name, [*first, *choices], chosen, pk=pk, css=css, attrs=attrs)
