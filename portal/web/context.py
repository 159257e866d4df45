"""Template context of every page: the languages, this person's menu, and whether this is the demo."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

# Django calls this one "British English".
_ENGLISH = {"en-gb": "English"}


@dataclass(frozen=True)
class Language:
    code: str
    name: str
    is_current: bool

    @property
    def short(self) -> str:
        """Return two letters that begin the language's name, so that several fit into the head of a page."""
        return self.code[:2].upper()


MOST_COMPANIES = 6  # in the menu


@dataclass(frozen=True)
class Entry:
    title: str
    url: str
    is_current: bool


def portal(request: HttpRequest) -> dict[str, Any]:
    return {
        "sandbox": bool(settings.SANDBOX_URL),
        "is_copy": settings.SEND_NOTHING,
        "languages": SimpleLazyObject(_languages),
        "nav": SimpleLazyObject(lambda: _nav(request)),
    }


def _languages() -> list[Language]:
    now = get_language()
    return [Language(code, own_name(code), code == now) for code, _name in settings.LANGUAGES]


def own_name(code: str) -> str:
    """Return a language's name in that language."""
    return _ENGLISH.get(code) or capfirst(str(get_language_info(code)["name_local"]))


def _nav(request: HttpRequest) -> list[Entry]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        places = [
            (_("The five steps"), reverse("home") + "#steps"),
            (_("Pre-flight"), reverse("onboarding:preflight")),
            (_("What to buy"), reverse("licensing:advice")),
            (_("Calendar"), reverse("licensing:calendar")),
        ]
    else:
        # A view that has read whether this is a BDM, or the companies of who is none, leaves it on the request.
        places = list(_places_of(user, getattr(request, "bdm", None), getattr(request, "companies", None)))
    return [Entry(title, url, request.path == url) for title, url in places]


def _places_of(user: Any, bdm: Any, known: Any) -> list[tuple[str, str]]:
    if bdm is not None:
        files = (_("Files"), reverse("onboarding:home"))
        return [files, (_("What to buy"), reverse("licensing:advice")), *_administration(user)]
    is_bdm, companies = (False, known[:MOST_COMPANIES]) if known is not None else _companies_of(user)
    places = [(_("Files") if is_bdm else _("Enrolments"), reverse("onboarding:home"))]
    if not companies and not is_bdm:
        places.append((_("Register my company"), reverse("partners:register")))
    elif len(companies) == 1:
        places.append((_("Licences"), reverse("licensing:estate", args=[companies[0][1]])))
        places.append((_("My company"), reverse("partners:company", args=[companies[0][1]])))
    else:
        places += [(name, reverse("partners:company", args=[partner])) for name, partner in companies]
    if len(companies) != 1:
        places.append((_("What to buy"), reverse("licensing:advice")))
    return [*places, *_administration(user)]


def _companies_of(user: Any) -> tuple[bool, list[tuple[str, Any]]]:
    """Return whether the user is a BDM, and their first companies by name; one query for the whole menu."""
    rows = (
        get_user_model()
        ._default_manager.filter(pk=user.pk)
        .order_by("memberships__partner__name")
        .values_list("bdm__pk", "memberships__partner_id", "memberships__partner__name")[:MOST_COMPANIES]
    )
    return any(bdm for bdm, *_rest in rows), [(name, partner) for _bdm, partner, name in rows if partner]


def _administration(user: Any) -> list[tuple[str, str]]:
    return [(_("Administration"), reverse("admin:index"))] if user.is_staff else []
