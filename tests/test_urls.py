"""Every address: a stranger is sent to sign in or sees a public page; no GET changes the database."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from onboarding.domain.questions.steps import PAGES
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment
from tests.builders import check_of, make_bdm

pytestmark = pytest.mark.django_db

PUBLIC = {
    "api:api-root", "api:openapi", "home", "help", "why", "accessibility",
    "privacy", "cookies", "security_txt", "livez", "readyz", "healthz_work", "metrics",
    "onboarding:sandbox", "onboarding:delegate", "onboarding:invited",
    "onboarding:find_company", "onboarding:preflight",
    "onboarding:preflight_again", "notices:catalogue", "onboarding:confirm_mailbox", "partners:invitation",
    "partners:unknown", "notices:unsubscribe",
    "licensing:advice", "licensing:calendar", "licensing:compare", "licensing:feed",
    "licensing:index", "licensing:library", "licensing:sources", "licensing:take", "licensing:transfer",
    "account_login", "account_signup", "account_logout", "account_inactive", "account_email_verification_sent",
    "account_confirm_email", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_set_password",
    "mfa_authenticate", "admin:login", "entra:start", "entra:callback", "entra:first", "entra:code", "entra:signed_out",
}  # fmt: skip
OURS = ("partners", "licensing", "onboarding", "notices", "account", "privacy", "entra")
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|WITH .* (UPDATE|INSERT|DELETE) )", re.I | re.S)
# The session is the browser's, not the database's business: signing in and typed-before-sign-in live there.
# A look at personal data is written down: that is the one thing a GET of staff leaves behind.
NOT_COUNTED = re.compile(r'"(django_session|portal_cache|audit_stafflook)"')


def walk(patterns: list[URLPattern | URLResolver], space: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            name = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, name, here)
        else:
            yield f"{space}{pattern.name}", here


def concrete(path: str, enrollment: Enrollment) -> str:
    """The address with real ids where there are some."""
    check = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)
    path = path.replace("^", "").replace("\\Z", "").replace("$", "")
    values = {
        "uuid:partner_id": enrollment.partner_id,
        "uuid:pk": enrollment.partner_id if "partners/" in path else enrollment.pk,
        "int:check_id": check.pk,
        "slug:slug": "mpn-id",
        "slug:code": "message",
        "slug:language": "fr",
    }
    for name, value in values.items():
        path = path.replace(f"<{name}>", str(value))
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "1", path)
    return "/" + re.sub(r"<[^>]+>", "1", path).replace("\\", "").replace("?", "")


def addresses(enrollment: Enrollment) -> list[tuple[str, str]]:
    found = [(name, concrete(path, enrollment)) for name, path in walk(get_resolver().url_patterns)]
    pages = [("onboarding:page", f"/enrollments/{enrollment.pk}/steps/{slug}/") for slug in PAGES]
    return [*found, *pages]


def test_stranger_sees_public_pages_and_is_sent_to_sign_in_elsewhere(client: Client, enrollment: Enrollment) -> None:
    wrong, written = [], {}
    for name, path in addresses(enrollment):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path)
        if found := writes(captured):
            written[name] = found
        asked = response.status_code == 302 and "/login/" in response["Location"]
        # A sign-in with Microsoft that nobody began is refused.
        public = name in PUBLIC and response.status_code in (200, 302, 403, 404, 405, 503)
        # Programs show a key; without one they are told so, and sent nowhere.
        keyless = name.startswith("api:") and response.status_code == 401
        if not (asked or public or keyless or response.status_code in (404, 405)):
            wrong.append((name, path, response.status_code))

    assert (wrong, written) == ([], {})


def writes(captured: CaptureQueriesContext) -> list[str]:
    """Return the beginnings of the statements that wrote."""
    return [q["sql"][:120] for q in captured if WRITES.match(q["sql"]) and not NOT_COUNTED.search(q["sql"])]


@pytest.mark.parametrize("who", ["reseller", "bdm", pytest.param("admin", marks=pytest.mark.long)])
def test_no_get_changes_the_database(client: Client, enrollment: Enrollment, who: str) -> None:
    people = {"reseller": lambda: enrollment.created_by, "bdm": lambda: make_bdm("FR").user}
    if who == "admin":
        user = enrollment.created_by
        user.is_staff = user.is_superuser = True
        user.save()
    else:
        user = people[who]()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    written = {}
    for name, path in addresses(enrollment):
        # The admin opens for administrators alone. What is ours and not public: as everybody, in test_matrix.py.
        app = name.partition(":")[0]
        if (app == "admin") is not (who == "admin") or (app in OURS and name not in PUBLIC):
            continue
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        if found := writes(captured):
            written[name] = found

    assert written == {}


def test_outsider_finds_nothing_of_another_company(as_outsider: Client, enrollment: Enrollment) -> None:
    own = [(n, p) for n, p in addresses(enrollment) if not n.startswith("admin:") and n not in PUBLIC]
    own = [(n, p) for n, p in own if str(enrollment.pk) in p or str(enrollment.partner_id) in p]
    assert len(own) >= 10

    found = [
        (name, method)
        for name, path in own
        for method in ("get", "post")
        if getattr(as_outsider, method)(path).status_code not in (404, 405)
    ]

    assert found == []


def test_bdm_of_another_country_finds_nothing(client: Client, enrollment: Enrollment) -> None:
    client.force_login(make_bdm("DE").user, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(f"/desk/{enrollment.pk}/").status_code == 404


def test_every_model_is_in_the_admin() -> None:
    ours = {
        m
        for a in ("accounts", "partners", "places", "notices", "onboarding", "licensing", "portal", "api")
        for m in apps.get_app_config(a).get_models()
    }
    events = {m for m in ours if m.__name__.endswith("History") or m._meta.auto_created}

    assert ours - events - set(admin.site._registry) == set()
