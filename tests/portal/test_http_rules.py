"""What every answer says to a browser, and what is refused before any page is asked."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from portal.web.networks import network_of

pytestmark = pytest.mark.django_db
PRODUCTION = {
    "PORTAL_ENV": "production", "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "portal.example",
    "SITE_URL": "https://portal.example", "DJANGO_SETTINGS_MODULE": "portal.settings", "SANDBOX_URL": "",
    "OUTBOUND_ALLOW": "", "WAITING_PACE": "1", "SECRETS_KEYS": "a" * 43 + "=", "RELEASE": "", "COMMIT": "",
}  # fmt: skip
ANSWERS = [
    "/", "/nowhere/", "/livez", "/readyz", "/metrics", "/.well-known/security.txt", "/api/v1/openapi.json",
    "/api/v1/enrollments", "/accounts/login/", "/static/js/portal.js", "/static/img/portal.png",
]  # fmt: skip


def asked(path: str) -> Any:
    answer = Client().get(path)
    answer.close()
    return answer


@pytest.mark.parametrize("path", ANSWERS)
def test_every_kind_of_answer_carries_the_browsers_rules(path: str) -> None:
    headers = asked(path).headers

    rules = {rule.strip() for rule in headers["Content-Security-Policy"].split(";")}
    assert {"frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "default-src 'none'"} <= rules
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert not [name for name in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_text_names_its_charset(path: str) -> None:
    kind = asked(path).headers["Content-Type"].replace('"', "").lower()

    assert "charset=utf-8" in kind or not kind.startswith("text/")


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/enrollments", "/static/js/portal.js", "/livez"])
def test_trace_is_refused(path: str) -> None:
    answer = Client().trace(path, headers={"x-secret": "told to nobody"})

    assert (answer.status_code, b"told to nobody" in answer.content) == (405, False)


@pytest.mark.parametrize("path", ["/static/", "/static/js/", "/documents/", "/.git/config", "/.env", "/tests/"])
def test_no_folder_is_listed_and_no_file_of_ours_served(path: str) -> None:
    assert asked(path).status_code == 404


def in_production(code: str) -> list[str]:
    """What a program with the settings of production prints."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import django; django.setup()\n{code}"],
        env=os.environ | PRODUCTION, capture_output=True, text=True, check=False, cwd=settings.ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-1000:]
    return ran.stdout.splitlines()


@pytest.mark.long
def test_pages_without_tls_are_redirected_and_programs_refused() -> None:
    told = in_production(
        "from django.test import Client\n"
        "for path in ('/help/', '/accounts/login/', '/api/v1/enrollments', '/hooks/relay/', '/licensing/feed/x.ics'):\n"
        "    answer = Client(headers={'host': 'portal.example'}).get(path)\n"
        "    print(path, answer.status_code, answer.headers.get('Location', ''))\n"
    )

    assert told == [
        "/help/ 301 https://portal.example/help/",
        "/accounts/login/ 301 https://portal.example/accounts/login/",
        "/api/v1/enrollments 403 ",
        "/hooks/relay/ 403 ",
        "/licensing/feed/x.ics 403 ",
    ]


def test_production_keeps_browsers_on_tls_and_shows_no_fault() -> None:
    told = in_production(
        "from django.conf import settings as s\n"
        "from django.test import Client\n"
        "answer = Client(headers={'host': 'portal.example'}).get('/livez', secure=True)\n"
        "print(answer.status_code, answer.headers['Strict-Transport-Security'])\n"
        "print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE)\n"
        "print(s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_ENGINE)\n"
    )

    assert told == [
        "200 max-age=63072000; includeSubDomains; preload",
        "False True True True",
        "None True Lax django.contrib.sessions.backends.db",
    ]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        (0, "203.0.113.9", "192.0.2.7"),  # nobody stands in front: the header is the sender's own
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is what the sender made up
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_who_asks_is_what_the_proxies_saw(settings: Any, proxies: int, forwarded: str, network: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR="192.0.2.7")

    assert network_of(request) == network
