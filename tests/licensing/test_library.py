"""The library: what holds today and fits, counted once, and links that no longer answer."""

import datetime as dt
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from licensing import work
from licensing.models import Asset, AssetVersion, Download
from tests.builders import make_user
from tests.portal.people import page

pytestmark = pytest.mark.django_db


def make(title: str = "Guide", **facts: Any) -> AssetVersion:
    countries = facts.pop("countries", [])
    audience = facts.pop("audience", "reseller")
    asset = Asset.objects.create(
        title_fr=title, title_en=title, programme=facts.pop("programme", ""), audience=audience
    )
    asset.countries.set(countries)
    usual = {"number": 1, "language": "fr", "url": "https://a.example/x", "valid": DateRange(dt.date(2020, 1, 1), None)}
    return AssetVersion.objects.create(asset=asset, **{**usual, "source": "Test", **facts})


def titles(client: Client, query: str = "") -> list[str]:
    return [e.text for e in page(client.get(f"/licensing/library/?{query}")).all("h2")]


def test_one_finds_by_language_country_programme_and_audience(client: Client) -> None:
    make("Partout")
    make("Belgique", countries=["BE"])
    make("English", language="en", audience="customer")
    make("Open Value", programme="open_value")

    assert titles(client, "country=FR") == ["English", "Open Value", "Partout"]
    assert titles(client, "country=BE&language=fr&programme=csp_online") == ["Belgique", "Partout"]
    assert titles(client, "audience=customer") == ["English"]
    assert titles(client, "language=xx&country=nowhere") == ["Belgique", "English", "Open Value", "Partout"]


def test_what_no_longer_or_not_yet_holds_is_neither_shown_nor_given(client: Client) -> None:
    today = timezone.localdate()
    past = make("Passé", valid=DateRange(None, today))
    ahead = make("Futur", valid=DateRange(today + dt.timedelta(days=1), None))

    assert "Passé" not in titles(client)
    assert [client.post(f"/licensing/library/{v.pk}/").status_code for v in (past, ahead)] == [404, 404]


def test_two_versions_of_a_language_never_hold_on_one_day() -> None:
    version = make()

    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        AssetVersion.objects.create(
            asset=version.asset, number=2, language="fr", url="https://b.example", source="Test",
            valid=DateRange(dt.date(2026, 1, 1), None),
        )  # fmt: skip


def test_opening_a_link_is_counted_once_a_day_and_visitor(client: Client) -> None:
    version = make()
    client.get("/licensing/library/")

    answers = [client.post(f"/licensing/library/{version.pk}/") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {204}
    assert 'href="https://a.example/x"' in client.get("/licensing/library/").content.decode()
    assert Download.objects.count() == 1
    assert client.get(f"/licensing/library/{version.pk}/").status_code == 405
    assert "ouvert 1 fois" in client.get("/licensing/library/").content.decode()


def test_a_file_is_given_as_a_file(client: Client) -> None:
    version = make(url="", content=b"%PDF-1.7", file_name='Guide "é".pdf')

    answer = client.post(f"/licensing/library/{version.pk}/")

    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7", "application/pdf")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Guide%20%22%C3%A9%22.pdf"


@pytest.mark.parametrize(
    ("name", "content", "kept"), [("a.pdf", b"%PDF", True), ("a.html", b"<script>", False), ("a.exe", b"MZ", False)]
)
def test_an_editor_adds_a_file_of_a_known_kind(client: Client, name: str, content: bytes, kept: bool) -> None:
    client.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    given = {
        "title_fr": "Guide", "title_en": "Guide", "audience": "reseller", "versions-TOTAL_FORMS": "1",
        "versions-INITIAL_FORMS": "0", "versions-0-number": "1", "versions-0-language": "fr",
        "versions-0-source": "Nous",
        "versions-0-valid_0": "2026-01-01", "versions-0-valid_1": "", "versions-0-url": "",
        "versions-0-file": SimpleUploadedFile(name, content),
    }  # fmt: skip

    answer = client.post("/admin/licensing/asset/add/", given)

    assert (answer.status_code == 302, AssetVersion.objects.filter(file_name=name).exists()) == (kept, kept)


class Site(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response({"/ok": 200, "/moved": 301, "/private": 403, "/gone": 404}.get(self.path, 500))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    settings.WEBHOOK_ALLOW = [f"127.0.0.1:{server.server_port}"]
    settings.OUTBOUND_ALLOW = [f"localhost:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_links_are_asked_once_a_day_and_the_dead_are_said(client: Client, site: str) -> None:
    for path in ("/ok", "/moved", "/private", "/gone"):
        make(path, url=site + path)
    make("inside", url="http://127.0.0.1:1/secret")
    make("ours", url=site.replace("127.0.0.1", "localhost") + "/ok")
    now = timezone.now()

    for n in range(3):
        work.check_links(now + dt.timedelta(days=n))
        work.check_links(now + dt.timedelta(days=n, hours=1))

    failures = dict(AssetVersion.objects.values_list("asset__title_fr", "failures"))
    assert failures == {"/ok": 0, "/moved": 0, "/private": 0, "/gone": 3, "inside": 3, "ours": 3}
    html = client.get("/licensing/library/").content.decode()
    assert html.count("Ce lien n’a pas répondu") == 3
