"""What a person and their browser do between the portal and Microsoft."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.test import Client

from onboarding.sandbox.entra_people import BY_KEY
from portal.accounts.models import User
from portal.notices.models import Mail

START = "/accounts/microsoft/{way}/"


@dataclass(frozen=True)
class Begun:
    """Where the portal has sent the browser."""

    address: str
    sent: dict[str, str]


def begin(client: Client, way: str = "partners", process: str = "login", **more: str) -> Begun:
    answer = client.post(START.format(way=way), {"process": process, **more})
    assert answer.status_code == 302, answer.content.decode()
    parts = urlsplit(answer["Location"])
    return Begun(f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query)))


def choose(begun: Begun, person: str) -> str:
    """Choose a person on Microsoft's page. Return the path to which it sends the browser back."""
    page = httpx.get(begun.address, params=begun.sent)
    if page.status_code == 200:
        page = httpx.post(begun.address, data={**begun.sent, "person": person})
    assert page.status_code == 302, page.text
    parts = urlsplit(page.headers["Location"])
    return f"{parts.path}?{parts.query}"


def sign_in(client: Client, person: str, way: str = "partners", process: str = "login", **more: str) -> HttpResponse:
    """Sign in at Microsoft as this person, and return what the portal answers then."""
    return client.get(choose(begin(client, way, process, **more), person))


def connected(user: User, person: str, way: str = "partners") -> SocialAccount:
    return SocialAccount.objects.create(
        user=user,
        provider=f"microsoft-{way}",
        uid=BY_KEY[person].uid,
        extra_data={"tenant": BY_KEY[person].tenant.id, "name": "", "address": ""},
    )


def with_totp(user: User) -> User:
    TOTP.activate(user, generate_totp_secret())
    return user


def code_in(to: str) -> str:
    """Return the code of the newest mail to an address."""
    text = Mail.objects.filter(to=to, code="microsoft_code").latest("pk").text
    return re.findall(r"\d{4} \d{4}", text)[0]


def who(client: Client) -> str:
    """Return the address of who is signed in, '' for nobody."""
    number = client.session.get("_auth_user_id")
    return User.objects.get(pk=number).email if number else ""


def heading(answer: Any) -> str:
    return " ".join(html.unescape(re.findall(r"<h1>(.*?)</h1>", answer.content.decode(), re.DOTALL)[0]).split())
