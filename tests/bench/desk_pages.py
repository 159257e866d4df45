"""Which pages of the desk the bench asks for: every view, each filter alone, pairs of filters, ways of asking."""

from dataclasses import dataclass
from urllib.parse import urlencode

from onboarding.domain.desk import listing, pipeline
from onboarding.domain.questions.steps import STEPS
from onboarding.enums import Turn
from onboarding.models import Enrollment
from tests.bench.desk_world import TAG

NOBODY_HAS = {"reason": "tenant_taken", "tag": "nobody-has-this", "owner": "me"}


@dataclass(frozen=True)
class DeskUrl:
    """A page: of which group, who asks for it (a user of ``desk.clients``), and its query."""

    group: str
    name: str
    who: str
    query: str


def pages() -> list[DeskUrl]:
    """Return every page: a new view or order of the desk is among them."""
    return [*_views(), *_orders(), *_alone(), *_pairs(), *_asked()]


def _views() -> list[DeskUrl]:
    codes = [*(view.code for view in pipeline.VIEWS), "mine", "starred", listing.LENT]
    everywhere = [_page("views", f"{code} (lead)", "lead", view=code) for code in codes]
    by_country = [("needs_me", "FR"), ("needs_me", "small"), ("open", "FR"), ("set_aside", "FR"), ("unread", "FR")]
    return [*everywhere, *(_page("views", f"{code} ({who})", who, view=code) for code, who in by_country)]


def _orders() -> list[DeskUrl]:
    return [
        _page("orders", f"{sort} ({who})", who, view="open", sort=sort)
        for sort in listing.SORTS
        for who in ("lead", "FR")
    ]


def _alone() -> list[DeskUrl]:
    values = {
        "country": ["FR", "ZW"],
        "turn": [turn.value for turn in Turn if turn != Turn.NOBODY],
        "step": [step.code for step in STEPS],
        "reason": ["txt_not_found", "answer_at_desk", NOBODY_HAS["reason"]],
        "age": [str(age) for age in listing.AGES],
        "owner": ["nobody", NOBODY_HAS["owner"]],
        "tag": [TAG, NOBODY_HAS["tag"]],
    }
    return [
        _page("one filter", f"{name}={value}, {view}", "lead", view=view, **{name: value})
        for name, some in values.items()
        for value in some
        for view in ("open", "all")
    ]


def _pairs() -> list[DeskUrl]:
    found = [
        {"country": "FR", "turn": "ingram"}, {"country": "FR", "step": "marketplace"}, {"country": "FR", "age": "30"},
        {"country": "FR", "reason": "txt_not_found"}, {"country": "FR", "owner": "nobody"},
        {"turn": "microsoft", "age": "84"}, {"turn": "reseller", "reason": "txt_not_found"},
        {"turn": "ingram", "step": "marketplace"}, {"turn": "ingram", "owner": "nobody"},
        {"turn": "reseller", "tag": TAG},
    ]  # fmt: skip
    nothing = [
        {"turn": "ingram", "reason": NOBODY_HAS["reason"]}, {"turn": "reseller", "step": "authorization"},
        {"country": "FR", "reason": NOBODY_HAS["reason"]}, {"country": "FR", "tag": NOBODY_HAS["tag"]},
        {"turn": "microsoft", "owner": "me"}, {"turn": "ingram", "reason": "txt_not_found"},
        {"step": "mpn_id", "age": "84"}, {"tag": NOBODY_HAS["tag"], "age": "5"},
    ]  # fmt: skip
    return [
        _page(group, " and ".join(f"{name}={value}" for name, value in pair.items()), "lead", view="open", **pair)
        for group, pairs in (("two filters", found), ("two filters that find nothing", nothing))
        for pair in pairs
    ]


def _asked() -> list[DeskUrl]:
    file = Enrollment.objects.get(mpn_id="4000123")
    french = Enrollment.objects.filter(country="FR", mpn_id__gt="4000700").earliest("mpn_id")
    asked = {
        "MPN ID": "4000123",
        "part of an MPN ID": "40001",
        "location ID": "14000123",
        "D-U-N-S": "000000321",
        "part of a D-U-N-S": "0000003",
        "SIREN": "900000321",
        "SIREN with spaces": "900 000 321",
        "VAT number": "FR12900000321",
        "customer number": "20-100321",
        "two words": "comptoir etoile",
        "swapped words, accents": "Réseau Maison",
        "legal form": "SAS Comptoir Étoile",
        "a typo": "nebuleuze comptoire",
        "website": "https://www.banc-321.example/",
        "domain": "banc-321.example",
        "e-mail address of a contact": "contact@banc-77.example",
        "tenant": "banc98.onmicrosoft.com",
        "a city and a name": "Nantes Rivage",
        "the file's address": f"https://portal.example/desk/{file.pk}/",
        "nothing": "qqqqxxxx",
    }
    ways = [_page("search", name, "lead", text=text) for name, text in asked.items()]
    member = _page("search", "e-mail address of a member", "FR", text=f"membre@{french.partner.mail_domain}")
    return [*ways, member]


def _page(group: str, name: str, who: str, **query: str) -> DeskUrl:
    return DeskUrl(group, name, who, urlencode(query))
