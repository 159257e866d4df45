"""Fields that a form does not have change nothing: every address is sent its own form, without and with more."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from onboarding.models import Check, Enrollment
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.partners.models import Membership, Partner
from tests.builders import make_submitted
from tests.test_matrix import addresses, people

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

EXTRA = {
    "is_staff": "on", "is_superuser": "on", "is_active": "", "email": "evil@evil.example", "password": "x",
    "groups": "1", "user_permissions": "1", "role": "owner", "partner": "{other}", "partner_id": "{other}",
    "user": "{me}", "user_id": "{me}", "created_by": "{me}", "state": "ready", "ready_at": "2026-01-01",
    "submitted_at": "2026-01-01", "is_lead": "on", "verified": "on", "turn": "nobody", "phase": "passed",
    "enrollment": "{file}", "owner": "{me}", "by": "{me}", "actor": "{me}", "pk": "1", "id": "1",
}  # fmt: skip
# Forms whose real fields have such names, because they have no page of their own to read them from.
OWN = {
    "partners:change_role": {"role"},
    "partners:company": {"email", "role"},
    "onboarding:bulk": {"state", "owner"},
    "onboarding:work": {"owner"},
    "onboarding:desk_messages": {"enrollment"},
}


class Inputs(HTMLParser):
    """The fields of the page's last form that is sent by POST, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._is_post = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_post = given.get("method") == "post"
        if not self._is_post:
            return
        name, kind = given.get("name") or "", given.get("type", "text")
        if tag in ("input", "textarea") and name and (kind not in ("checkbox", "radio") or "checked" in given):
            self.fields[name] = given.get("value") or ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given.get("value") or ""


def rights() -> dict[str, list[Any]]:
    """What nobody may change by a field that the form does not have."""
    rows: dict[str, Iterable[Any]] = {
        "users": User.objects.values_list("pk", "email", "is_staff", "is_superuser", "is_active", "password"),
        "groups": User.objects.values_list("pk", "groups", "user_permissions"),
        "members": Membership.objects.values_list("user", "partner", "role"),
        "companies": Partner.objects.values_list("pk", "country", "duns"),
        "files": Enrollment.objects.values_list("pk", "partner", "state", "created_by", "submitted_at", "ready_at"),
        "checks": Check.objects.values_list("pk", "enrollment", "state", "phase", "turn"),
        "bdms": Bdm.objects.values_list("user", "is_lead"),
    }
    return {name: sorted(map(str, found)) for name, found in rows.items()}


def after(client: Client, path: str, data: dict[str, str]) -> dict[str, list[Any]]:
    with transaction.atomic():
        client.post(path, data)
        found = rights()
        transaction.set_rollback(True)
    return {name: [_without_new_keys(row) for row in rows] for name, rows in found.items()}


def _without_new_keys(row: str) -> str:
    # What is made twice has a key of its own each time.
    return re.sub(r"UUID\('[^']+'\)|datetime\.datetime\(.*?\)\)?|^\(\d+", "", row)


@pytest.mark.parametrize(
    "who", ["owner", *(pytest.param(who, marks=pytest.mark.long) for who in ("bdm", "viewer", "lead", "other"))]
)
def test_fields_that_a_form_does_not_have_change_nothing(who: str) -> None:
    enrollment = make_submitted()
    of = people(enrollment)
    me, other = of[who], of["other"]
    assert me is not None and other is not None
    values = {"me": me.pk, "other": other.partners.get().pk, "file": enrollment.pk}
    extra = {name: value.format(**values) for name, value in EXTRA.items()}
    changed, tried = {}, 0
    for name, path in addresses(enrollment, of).items():
        client = Client()
        client.force_login(me, backend=BACKEND)
        page = client.get(path)
        form = Inputs()
        if page.status_code == 200 and page.headers["Content-Type"].startswith("text/html"):
            form.feed(page.content.decode())
        more = {
            field: value for field, value in extra.items() if field not in form.fields.keys() | OWN.get(name, set())
        }
        plain, with_more = after(client, path, form.fields), after(client, path, {**more, **form.fields})
        tried += 1
        if plain != with_more:
            changed[name] = [part for part in plain if plain[part] != with_more[part]]

    assert tried > 60
    assert changed == {}
