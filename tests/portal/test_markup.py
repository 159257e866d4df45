"""What a checker of HTML would say of every page: rules that its templates keep."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client

from tests.builders import make_user

TEMPLATES = sorted((settings.ROOT / "templates").rglob("*.html"))


def name_of(path: Path) -> str:
    return path.relative_to(settings.ROOT / "templates").as_posix()


def test_base_shows_the_summary_of_errors_and_no_page_a_second_one() -> None:
    """Two summaries are two elements with one id, and a screen reader reads everything twice."""
    texts = {name_of(path): path.read_text() for path in TEMPLATES}

    second = [
        name for name, text in texts.items()
        if '{% extends "base.html" %}' in text and "{% error_summary %}" in text and "{% block page %}" not in text
    ]  # fmt: skip

    assert "{% error_summary %}" in texts["base.html"]
    assert second == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/"])
def test_tables_of_the_admin_s_models_have_a_heading_over_each_column(client: Client, path: str) -> None:
    client.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    page = client.get(path).content.decode()

    found = 0
    for table in re.findall(r'<div class="app-.*?</table>', page, re.S):
        rows = [len(re.findall(r"<t[dh]\b", row)) for row in re.findall(r"<tr.*?</tr>", table, re.S)]
        found += len(rows)
        assert len(Counter(rows)) == 1, rows
    assert found > 40


def test_icon_in_the_page_is_the_file_s() -> None:
    icon = (settings.ROOT / "static/img/favicon.svg").read_text().strip().replace('"', "'")
    link = (settings.ROOT / "templates/components/page_icon.html").read_text()

    assert unquote(link.partition("svg+xml,")[2].partition('"')[0]) == icon
    assert [name_of(path) for path in TEMPLATES if "page_icon" in path.read_text()] == [
        "admin/base_site.html",
        "base.html",
    ]
