"""The admin asks for one style sheet and one script of Django's, and needs nothing that was left out of them."""

import re

import brotli
import pytest
from django.contrib import admin
from django.test import Client

from portal.coverage.models import Bdm
from portal.web import admin_files
from tests.builders import make_user

pytestmark = pytest.mark.django_db
FILES = re.compile(r'(?:src|href)="(/static/[^"]+)"')


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def asked(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return sorted(name.removeprefix("/static/") for name in FILES.findall(answer.content.decode()))


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/admin/", "admin/page.js"),
        ("/admin/accounts/user/", "admin/page.js"),
        ("/admin/audit/", "admin/page.js"),
        ("/admin/accounts/user/add/", "admin/page.js"),
        ("/admin/places/regioncountry/add/", "admin/form.js"),
        ("/admin/places/bdm/add/", "admin/form.js"),
    ],
)
def test_page_asks_for_one_style_sheet_and_one_script(administrator: Client, path: str, script: str) -> None:
    assert asked(administrator, path) == sorted(["admin/js/theme.js", "admin/page.css", script])


@pytest.mark.long
def test_no_page_of_any_table_asks_for_another_file(administrator: Client) -> None:
    usual = {"admin/js/theme.js", "admin/page.css", "admin/page.js", "admin/form.js"}
    found = {}
    for model in admin.site._registry:
        for what in ("", "add/"):
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{what}"
            if administrator.get(path).status_code == 200:
                found[path] = set(asked(administrator, path)) - usual

    assert len(found) > 60
    assert {path: files for path, files in found.items() if files} == {}


def test_no_admin_uses_what_was_left_out() -> None:
    """Each of these needs jQuery, which is heavier than a whole page may be."""
    using = {
        f"{type(one).__name__}.{name}"
        for one in admin.site._registry.values()
        for each in (one, *one.inlines)
        for name in ("autocomplete_fields", "prepopulated_fields")
        if getattr(each, name)
    }
    inlines = [each for one in admin.site._registry.values() for each in one.inlines]

    assert using == set()
    assert [each.__name__ for each in inlines if each.extra == 0 and each.max_num != 0] == []


def test_merged_files_hold_their_parts_and_no_address_of_another() -> None:
    style = admin_files.style()

    for rule in ("#nav-sidebar", "#changelist", ".submit-row", ".selector", "prefers-color-scheme: dark", ".icon-yes"):
        assert rule in style
    assert "@import" not in style and "../img" not in style and style.count("{") == style.count("}")
    assert "SelectFilter" in admin_files.script("admin/form.js")
    assert "SelectFilter" not in admin_files.script("admin/page.js")
    assert len(brotli.compress(style.encode())) < 15_000
    assert len(brotli.compress(admin_files.script("admin/form.js").encode())) < 16_000


def test_list_says_yes_and_no_in_the_reader_s_language(administrator: Client) -> None:
    page = administrator.get("/admin/accounts/user/", headers={"accept-language": "fr"}).content.decode()

    assert '<span class="icon-yes" role="img" aria-label="Oui"></span>' in page
    assert '<label class="visually-hidden" for="searchbar">Rechercher</label>' in page
    assert "alt=" not in page


def test_account_is_chosen_by_its_address(administrator: Client) -> None:
    user = make_user("lou@ingram.example")
    typed = {"is_lead": "on", "sure": "on", "phone": ""}

    refused = administrator.post("/admin/places/bdm/add/", {**typed, "user": "nobody@ingram.example"})
    administrator.post("/admin/places/bdm/add/", {**typed, "user": " Lou@Ingram.Example "})
    bdm = Bdm.objects.get()
    shown = administrator.get(f"/admin/places/bdm/{bdm.pk}/change/").content.decode()

    assert list(refused.context["adminform"].form.errors) == ["user"]
    assert (bdm.user, bdm.is_lead) == (user, True)
    assert 'value="lou@ingram.example"' in shown
