"""Real rows for the portal's tests, and a way to read a page."""

import datetime as dt
from dataclasses import dataclass, field
from html.parser import HTMLParser

from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.geo.models import Country
from portal.notices.models import Mail
from portal.partners import domain
from portal.partners.models import Membership, Partner, Role

PASSWORD = "correct horse battery"


def person(email: str, **fields: object) -> User:
    user = User.objects.create_user(email, PASSWORD, **{"language": "en-gb", **fields})
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def country(code: str = "FR") -> Country:
    return Country.objects.get_or_create(code=code, defaults={"name_fr": "France", "name_en": "France"})[0]


def company(owner: User, name: str = "Acme") -> Partner:
    country()
    return domain.register(name=name, country="FR", owner=owner)


def member(partner: Partner, user: User, role: str = Role.VIEWER) -> Membership:
    return Membership.objects.create(partner=partner, user=user, role=role)


def invite(partner: Partner, email: str, by: User, *, now: dt.datetime | None = None) -> str:
    """The path of the link in the mail."""
    invitation = domain.invite(partner=partner, email=email, role=Role.CONTRIBUTOR, by=by, now=now or timezone.now())
    text = Mail.objects.get(key=f"invitation-{invitation.pk}").text
    return path_in(text, "/partners/invitation/")


def path_in(text: str, start: str) -> str:
    return start + text.split(start, 1)[1].split()[0]


@dataclass
class Element:
    tag: str
    attrs: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page's elements in their order, each with the text inside it."""

    html: str
    elements: list[Element] = field(default_factory=list)

    VOID = frozenset({"input", "meta", "link", "br", "hr", "img", "path", "rect", "circle"})

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attrs: str) -> list[Element]:
        return [e for e in self.elements if e.tag == tag and all(e.attrs.get(k) == v for k, v in attrs.items())]

    def by_id(self, name: str) -> Element:
        [found] = [e for e in self.elements if e.attrs.get("id") == name]
        return found

    def place(self, name: str) -> int:
        return next(i for i, e in enumerate(self.elements) if e.attrs.get("id") == name)

    def title(self) -> str:
        return self.all("title")[0].text

    def heading(self) -> str:
        [only] = self.all("h1")
        return " ".join(only.text.split())

    def broken_references(self) -> set[str]:
        """Return what descriptions and labels refer to and the page does not have."""
        named = {name for e in self.elements for name in (e.attrs.get("aria-describedby") or "").split()}
        named |= {e.attrs["for"] or "" for e in self.all("label") if "for" in e.attrs}
        return named - {e.attrs.get("id") or "" for e in self.elements}


def page(response: HttpResponse) -> Page:
    return Page(response.content.decode())


def grow_stale(client: Client, seconds: float = 24 * 3600) -> None:
    """Make the last proof of identity of this session that much older."""
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - seconds} for record in session["account_authentication_methods"]
    ]
    session.save()
