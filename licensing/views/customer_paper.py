"""The customer's own copy of their plan, as PDF and as a mail to send: in the customer's words, by the reseller's name.

Nothing in it is about the portal, the reseller's enrollment or their work: what happens to each licence, by when, what
the customer does, under which conditions, and by which sources.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from licensing.domain import editions, transfer
from licensing.domain.facts import DatedFact, Facts
from licensing.enums import Action, Kind, Programme
from licensing.models import Customer, PlanLine
from licensing.views import plan_presenters, presenters
from licensing.views.spreadsheet import foot
from licensing.writers import document
from portal.partners.models import Partner
from portal.web.templatetags.portal import counted, to
from portal.wording import colon

ON_PAPER = 500  # lines: sixty pages, made in a second or two

_HAPPENS: dict[str, str | Promise] = {
    Action.KEEP: gettext_lazy("You keep these licences: a perpetual licence does not expire. There is nothing to buy."),
    Action.CSP_ONLINE: gettext_lazy("We move the subscription to CSP, Microsoft's present programme. Your data stay."),
    Action.OPEN_VALUE: gettext_lazy("We renew Software Assurance in Microsoft's Open Value programme."),
    Action.ACTIVATE: gettext_lazy("You have an activation key that was paid for and never used: activate it."),
    Action.ASK_BDM: gettext_lazy("We are finding out what is possible and come back to you."),
    Action.ANSWER: gettext_lazy("We need an answer from you first."),
}
_ASKED: dict[str, str | Promise] = {
    "need": gettext_lazy("Do these licences include Software Assurance?"),
    "sector": gettext_lazy("Are you a business, a school or university, a non-profit organisation, or an authority?"),
    "end_on": gettext_lazy("On which day does this end?"),
    "unknown_online": gettext_lazy("Is this a service used over the internet, or software on your own machines?"),
    "token_bought_on": gettext_lazy("On which day was the activation key bought?"),
}


def document_of(
    rows: Iterable[PlanLine], *, customer: Customer, partner: Partner, more: int, today: dt.date
) -> document.Document:
    """Return the paper of a customer's current plan. ``more`` counts the lines that it leaves out."""
    shown = list(rows)
    facts = editions.current()
    lines = [_line(row, today=today) for row in shown]
    return document.Document(
        title=_("Your Microsoft licences: %(customer)s") % {"customer": customer.name},
        subtitle=_("Prepared by %(partner)s on %(day)s") % {"partner": partner.name, "day": presenters.moment(today)},
        intro=[_("This is what becomes of each licence that we know of, and by when.")],
        heads=[_("Product"), _("Quantity"), _("What happens"), _("When"), _("Ends on")],
        widths=(0.26, 0.08, 0.34, 0.2, 0.12),
        rows=lines,
        sections=[
            document.Section(_("What we need from you"), list(dict.fromkeys(_asks(shown, today=today)))),
            document.Section(_("Conditions"), list(dict.fromkeys(_conditions(shown, facts, today=today)))),
            document.Section(_("Where this comes from"), list(dict.fromkeys(_sources(shown, facts, today=today)))),
        ],
        foot=" ".join(filter(None, [_of_more(more, len(shown)), foot(today)])),
        language=editions.language(),
        author=partner.name,
    )


def mail_of(paper: document.Document, content: bytes, *, name: str) -> bytes:
    """Return a mail that the reseller opens in their own program, addresses and sends, with the plan attached."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(paper.title.split())
    mail["X-Unsent"] = "1"  # mail programs open it as a draft
    parts = [_("Good morning,"), *paper.intro, _("The whole plan is attached."), *_mail_points(paper), paper.author]
    mail.set_content("\n\n".join(parts) + "\n")
    mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return bytes(mail)


def _mail_points(paper: document.Document) -> Iterator[str]:
    asked = paper.sections[0]
    if asked.points:
        yield "\n".join([f"{asked.title}{colon()}".rstrip(), *(f"- {text}" for text in asked.points)])


def _line(row: PlanLine, *, today: dt.date) -> list[str]:
    product = f"{row.product} ({row.number})" if row.number else row.product
    last = presenters.moment(row.expires_on or row.token_until)
    return [product, counted(row.quantity), _happens(row, today=today), _when(row, today=today), last]


def _happens(row: PlanLine, *, today: dt.date) -> str:
    if row.expires_on and row.expires_on < today and row.action != Action.ANSWER:
        return _("This has ended. We are finding out what can still be done and come back to you.")
    return str(_HAPPENS[row.action])


def _when(row: PlanLine, *, today: dt.date) -> str:
    days = plan_presenters.plan_days(row, today=today)
    if row.line and row.line.ordered_on:
        return _("ordered on %(day)s") % {"day": presenters.moment(row.line.ordered_on)}
    if row.token_until:
        return _("by %(day)s") % {"day": presenters.moment(row.token_until)} if row.token_until >= today else ""
    if days.order_from and row.action in (Action.CSP_ONLINE, Action.OPEN_VALUE):
        if days.order_to is None or days.order_to <= today:
            return _("to be ordered today")
        return _("to be ordered: %(days)s") % {"days": to(days.order_from, days.order_to)}
    return ""


def _asks(rows: Iterable[PlanLine], *, today: dt.date) -> Iterator[str]:
    """Yield what the customer does, with its day: answer, accept, activate."""
    for row in rows:
        days = plan_presenters.plan_days(row, today=today)
        is_ordered = bool(row.line and row.line.ordered_on)
        if row.question:
            yield _("%(product)s: %(question)s") % {"product": row.product, "question": _ASKED[row.question]}
        elif row.action == Action.CSP_ONLINE and not is_ordered and (days.authorise_by or days.order_from):
            yield _("Accept the Microsoft Customer Agreement: we send you the link, or record your acceptance.")
            if days.authorise_by and days.authorise_by <= today:
                yield _("Have your Global admin accept our request for a relationship today.")
            elif days.authorise_by:
                yield _("Have your Global admin accept our request for a relationship no later than %(day)s.") % {
                    "day": presenters.moment(days.authorise_by)
                }
        elif row.action == Action.ACTIVATE and row.token_until and row.token_until >= today:
            day = presenters.moment(row.token_until)
            yield _("%(product)s: activate the key by %(day)s.") % {"product": row.product, "day": day}


def _conditions(rows: Iterable[PlanLine], facts: Facts, *, today: dt.date) -> Iterator[str]:
    for row in rows:
        days = plan_presenters.plan_days(row, today=today)
        if row.action == Action.CSP_ONLINE:
            yield from _of_subscription(row, facts, on=days.order_from or today)
            if days.overlap:
                yield ngettext(
                    "Up to %(days)s day is paid twice, so that the service does not stop; Microsoft gives no credit.",
                    "Up to %(days)s days are paid twice, so that the service does not stop; Microsoft gives no credit.",
                    days.overlap,
                ) % {"days": days.overlap}
        elif row.action == Action.OPEN_VALUE:
            yield _("Open Value allows neither cancellation nor refund; it can be paid upfront or in instalments.")
            if row.expires_on:
                yield _("Software Assurance is renewed while it runs; once it has ended, it needs a new licence.")
        elif row.action == Action.KEEP:
            yield _("A licence that you keep covers the version that you bought, without new versions.")


def _of_subscription(row: PlanLine, facts: Facts, *, on: dt.date) -> Iterator[str]:
    days = transfer.return_days(Programme.CSP_ONLINE, facts, on=on, sector=row.case.get("sector") or "")
    if days:
        text = _("The subscription can be cancelled within %(days)s days of the order; then its whole term is due.")
        yield text % {"days": days}


_RESTS_ON: dict[str, tuple[tuple[Kind, str, str], ...]] = {
    Action.KEEP: ((Kind.TRANSFER, "only_what_expires", ""),),
    Action.CSP_ONLINE: (
        (Kind.ADVICE, "online_service", Programme.CSP_ONLINE),
        (Kind.ADVICE, "mca", ""),
        (Kind.NUMBER, "csp_online.cancel", ""),
        (Kind.TRANSFER, "no_credit", ""),
    ),
    Action.OPEN_VALUE: ((Kind.ADVICE, "with_sa", Programme.OPEN_VALUE), (Kind.ADVICE, "sa_only_unbroken", "")),
    Action.ACTIVATE: ((Kind.ADVICE, "unused_token", ""),),
}


def _sources(rows: Iterable[PlanLine], facts: Facts, *, today: dt.date) -> Iterator[str]:
    for row in rows:
        for kind, key, programme in _RESTS_ON.get(row.action, ()):
            sector = row.case.get("sector") or ""
            fact: DatedFact | None
            if kind == Kind.NUMBER:
                fact = facts.number_fact(key, on=today, sector=sector)
            else:
                fact = facts.first(kind, key, programme, on=today)
            if fact:
                said: dict[str, Any] = presenters.statement(fact)
                sure = f", {said['sure']}" if said["is_unverified"] else ""
                yield f"{said['text']} ({said['source']}, {said['dated']}{sure})"


def _of_more(more: int, shown: int) -> str:
    if not more:
        return ""
    return _("The %(shown)s lines with the nearest days; we hold %(more)s more.") % {
        "shown": counted(shown), "more": counted(more)
    }  # fmt: skip
