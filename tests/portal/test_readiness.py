"""The first day: what is missing is said and stops production, the first people get in, staff need a second factor."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from licensing.models import TransferLink
from onboarding.models import Event, OfficialPage, PartnerCenterAccount
from portal import readiness, workdays
from portal.accounts.models import User
from portal.backup import drill, programs
from portal.coverage.models import Bdm
from portal.geo import load
from portal.geo.models import ProviderLink
from portal.notices.models import Mail
from portal.work.models import Queue
from tests.builders import make_bdm, make_enrollment, make_user

pytestmark = pytest.mark.django_db
ROOT = Path(readiness.__file__).resolve().parents[1]


def codes() -> set[str]:
    return {gap.code for gap in readiness.gaps()}


@pytest.fixture
def complete(settings: Any) -> None:
    """A deployment that lacks nothing of the portal's own."""
    load.load()
    settings.STAFF_SECOND_FACTOR = True
    settings.SITE_URL = "https://portal.ingram-micro.eu"
    settings.EMAIL_HOST = "smtp.ingram-micro.eu"
    settings.DEFAULT_FROM_EMAIL = "Portal <portal@ingram-micro.eu>"
    settings.SCANNER_ADDRESS = "clamav:3310"
    settings.PRIVACY_CONTROLLER, settings.PRIVACY_CONTACT = "Exemple SAS, Lille", "dpo@ingram-micro.eu"
    settings.SECURITY_CONTACT = "mailto:security@ingram-micro.eu"
    make_bdm(lead=True)
    ProviderLink.objects.update(url="https://admin.microsoft.com/x")
    OfficialPage.objects.update(read_on=timezone.localdate())
    PartnerCenterAccount.objects.create(tenant="a.example", client_id="c", refreshed_at=timezone.now())


@pytest.mark.parametrize(
    ("roles", "found"), [(["lead", "bdm", "auditor"], set()), (["bmd"], {"entra-groups"}), (["Lead"], {"entra-groups"})]
)
def test_groups_of_microsoft_give_roles_that_there_are(
    complete: None, settings: Any, roles: list[str], found: set[str]
) -> None:
    settings.ENTRA_STAFF_GROUPS = [(role, "11111111-2222-4333-8444-555555555555") for role in roles]

    assert {code for code in codes() if code.startswith("entra")} == found


def test_somebody_gets_in_when_microsoft_does_not_answer(complete: None, settings: Any) -> None:
    settings.ENTRA_STAFF_ONLY = True
    without = codes()
    settings.ENTRA_STAFF_EMERGENCY = ["root@ingram-micro.eu"]

    assert "entra-emergency" in without - codes()


def test_complete_deployment_lacks_only_what_it_has_not_got(complete: None) -> None:
    assert codes() <= {"transfer-links", "library"}


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("SITE_URL", "http://portal.ingram-micro.eu", "site"),
        ("SITE_URL", "https://portal.test", "site"),
        ("EMAIL_HOST", "mail", "relay"),
        ("EMAIL_HOST", "", "relay"),
        ("DEFAULT_FROM_EMAIL", "portal@localhost.example", "sender"),
        ("DEFAULT_FROM_EMAIL", "nobody", "sender"),
        ("SCANNER_ADDRESS", "", "scanner"),
        ("STAFF_SECOND_FACTOR", False, "second-factor"),
        ("PRIVACY_CONTROLLER", " ", "privacy"),
        ("PRIVACY_CONTACT", "", "privacy"),
        ("PRIVACY_CONTACT", "nobody", "privacy"),
        ("SECURITY_CONTACT", "", "security-contact"),
        ("SECURITY_CONTACT", "security@ingram-micro.eu", "security-contact"),
        ("SECURITY_CONTACT", "mailto:security@ingram.example", "security-contact"),
        ("SECURITY_CONTACT", "https://security.example./report", "security-contact"),
        ("PRIVACY_CONTACT", "privacy@ingram.example", "privacy"),
        ("DEFAULT_FROM_EMAIL", "Portal <portal@ingram.example.>", "sender"),
        ("SITE_URL", "https://portal.example./", "site"),
        ("ALLOWED_HOSTS", [], "hosts"),
        ("SECRETS_KEYS", [], "secrets-keys"),
    ],
)
def test_placeholder_in_the_settings_is_said(
    complete: None, settings: Any, setting: str, value: Any, code: str
) -> None:
    assert code not in codes()
    setattr(settings, setting, value)
    assert code in codes()


def test_missing_people_links_and_calls_are_said(complete: None) -> None:
    Queue.objects.filter(pk="mail").update(rate=0)
    ProviderLink.objects.filter(region="japan").update(confirmed_at=None)
    ProviderLink.objects.filter(region="korea").update(url="https://partner.example/x")
    PartnerCenterAccount.objects.update(refused_at=timezone.now())
    OfficialPage.objects.filter(pk="locations").update(read_on=None)
    Bdm.objects.all().delete()

    with translation.override("fr"):
        found = {gap.code: str(gap.what) for gap in readiness.gaps()}

    assert {"official-pages", "queues", "provider-links", "partner-center", "bdms"} <= set(found)
    assert (
        "Jap" in found["provider-links"] and "Cor" in found["provider-links"] and "Eur" not in found["provider-links"]
    )


def test_production_starts_with_what_it_names_only(complete: None, settings: Any, monkeypatch: Any) -> None:
    readiness.require()  # the demo always starts
    settings.PRODUCTION = True
    settings.SCANNER_ADDRESS = ""
    monkeypatch.setenv("MAY_BE_MISSING", "library,transfer-links")

    with pytest.raises(ImproperlyConfigured, match="MAY_BE_MISSING=library,scanner,transfer-links") as said:
        readiness.require()
    assert "documents are not scanned" in str(said.value)
    monkeypatch.setenv("MAY_BE_MISSING", "library, scanner ,transfer-links")
    readiness.require()


def test_what_comes_while_the_portal_is_at_work_is_told_and_stops_no_start(
    complete: None, settings: Any, monkeypatch: Any
) -> None:
    settings.PRODUCTION = True
    monkeypatch.setenv("MAY_BE_MISSING", "library,transfer-links")
    readiness.require()
    Event.objects.create(enrollment=make_enrollment(), at=timezone.now() + dt.timedelta(days=4000), kind="reminded")
    PartnerCenterAccount.objects.update(refused_at=timezone.now())

    assert {"months", "partner-center"} <= codes()
    readiness.require()
    PartnerCenterAccount.objects.all().delete()
    with pytest.raises(ImproperlyConfigured, match="partner-center"):
        readiness.require()


def test_code_of_no_gap_is_refused_by_its_name(complete: None, settings: Any, monkeypatch: Any) -> None:
    settings.PRODUCTION = True
    monkeypatch.setenv("MAY_BE_MISSING", "library,transfer-links,scaner")

    with pytest.raises(ImproperlyConfigured, match=r"^MAY_BE_MISSING names scaner\. Known: bdms, .*scanner"):
        readiness.require()


def test_every_gap_of_the_code_has_a_code_that_may_be_named() -> None:
    """So what an error prints is accepted."""
    sources = [
        path.read_text() for app in ("portal", "onboarding", "licensing", "api") for path in (ROOT / app).rglob("*.py")
    ]
    named = {code for source in sources for code in re.findall(r'\bGap\(\s*f?"([a-z-]+|store-\{name\})"', source)}

    assert named - {"store-{name}"} | {"store-documents", "store-warehouse"} == readiness.CODES


def test_list_of_the_first_error_holds_for_the_first_day(db: None, settings: Any, monkeypatch: Any) -> None:
    """It is printed before the places, BDMs and links are there."""
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured) as said:
        readiness.require()
    monkeypatch.setenv("MAY_BE_MISSING", str(said.value).rpartition("MAY_BE_MISSING=")[2])

    readiness.require()
    load.load()
    make_bdm("FR")
    readiness.require()


def test_library_and_links_are_missing_by_country(complete: None) -> None:
    make_bdm("FR")
    make_bdm("BE")
    without = {gap.code: str(gap.what) for gap in readiness.gaps()}
    TransferLink.objects.create(country_id="FR", url="https://admin.microsoft.com/fr", valid_from=dt.date(2020, 1, 1))
    TransferLink.objects.create(country_id="BE", url="https://partner.example/be", valid_from=dt.date(2020, 1, 1))
    TransferLink.objects.create(country_id="DE", url="https://partner.example/de", valid_from=dt.date(2020, 1, 1))
    with translation.override("en-gb"):
        one = {gap.code: str(gap.what) for gap in readiness.gaps()}
    TransferLink.objects.create(country_id="BE", url="https://admin.microsoft.com/be", valid_from=dt.date(2021, 1, 1))

    assert {"library", "transfer-links"} <= without.keys()
    assert one["library"] == "The library is empty."
    assert one["transfer-links"].endswith("made up for: Belgium.")
    assert "transfer-links" not in codes()


def test_old_holidays_are_told_and_stop_no_start(complete: None, settings: Any, monkeypatch: Any) -> None:
    number, taken = workdays.TAKEN
    assert f"holidays=={number} " in (ROOT / "requirements.lock").read_text()
    assert not workdays.is_old(taken + workdays.OLD_AFTER) and workdays.is_old(taken + dt.timedelta(days=400))
    monkeypatch.setattr(workdays, "TAKEN", (number, dt.date(2020, 1, 1)))

    [gap] = [gap for gap in readiness.gaps() if gap.code == "holidays"]

    assert number in str(gap.what) and not gap.stops


@pytest.mark.parametrize(
    "program",
    [("manage.py", "work"), ("manage.py", "worker"), ("-m", "celery", "-A", "portal", "beat"),
     ("-m", "celery", "-A", "portal", "worker", "--pool", "solo")],
)  # fmt: skip
@pytest.mark.django_db(transaction=True)
def test_programs_that_work_start_only_when_nothing_is_missing(program: tuple[str, ...]) -> None:
    environment = {
        **os.environ, "DATABASE_URL": programs.url(drill.source()), "PORTAL_ENV": "production", "SECRET_KEY": "k" * 60,
        "SITE_URL": "https://portal.example", "SECRETS_KEYS": "a" * 43 + "=", "MAY_BE_MISSING": "",
        "HEARTBEAT_FILE": "",
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )

    assert ended.returncode != 0
    assert "To start it all the same, set MAY_BE_MISSING=" in ended.stderr


def test_child_of_a_supervisor_is_started_again_whatever_is_missing(settings: Any, monkeypatch: Any) -> None:
    settings.PRODUCTION = True
    monkeypatch.setenv("HEARTBEAT_FILE", "/run/loop")

    readiness.require()


def test_check_deploy_and_the_admin_say_it(complete: None, settings: Any) -> None:
    settings.SCANNER_ADDRESS, settings.STAFF_SECOND_FACTOR, settings.PRODUCTION = "", False, True
    client = Client()
    user = make_user("a@ingram.example", language="en-gb", is_staff=True, is_superuser=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    said = [check.hint for check in run_checks(include_deployment_checks=True, databases=["default"])]
    page, first = client.get("/admin/readiness/").content.decode(), client.get("/admin/").content.decode()

    assert "scanner" in said
    assert "SCANNER_ADDRESS names no virus scanner" in page and "/admin/readiness/" in first
    assert Client().get("/admin/readiness/").status_code == 302


# --- the first people ------------------------------------------------------------------------------------------------


def test_first_administrator_gets_in_by_a_link_that_works_once(capsys: Any, client: Client) -> None:
    call_command("first_administrator", "Ada@Ingram-Micro.eu")
    path = "/accounts/" + capsys.readouterr().out.strip().rpartition("/accounts/")[2]

    form = client.get(path, follow=True)
    sent = client.post(
        form.request["PATH_INFO"], {"password1": "a sentence of many words", "password2": "a sentence of many words"}
    )
    again = Client().get(path, follow=True).content.decode()

    user = User.objects.get(email="ada@ingram-micro.eu")
    assert (sent.status_code, user.is_superuser, user.has_usable_password()) == (302, True, True)
    assert user.emailaddress_set.get().verified
    assert "password1" not in again
    assert not Mail.objects.filter(to=user.email, code="account_made").exists()
    with pytest.raises(CommandError, match="already"):
        call_command("first_administrator", "eve@ingram-micro.eu")


@pytest.mark.parametrize("email", ["nonsense", "", "a@", "a b@c.example"])
def test_first_administrator_needs_an_address(email: str) -> None:
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("first_administrator", email)
    assert not User.objects.exists()


def loaded(tmp_path: Path, text: str, encoding: str = "utf-8", *, command: str = "load_bdms") -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(text.encode(encoding))
    call_command(command, str(file))


def test_bdms_come_from_a_file_and_twice_changes_nothing(tmp_path: Path) -> None:
    text = (
        "email;name;language;countries;lead;phone\nZoe@x.example;Zoé;fr;FR BE;non;+33 1\nl@x.example;Lead;en-gb;;oui;\n"
    )

    for _ in range(2):
        loaded(tmp_path, text, "utf-8-sig")

    zoe, lead = Bdm.objects.get(user__email="zoe@x.example"), Bdm.objects.get(user__email="l@x.example")
    assert (sorted(zoe.countries.values_list("pk", flat=True)), zoe.phone) == (["BE", "FR"], "+33 1")
    assert (lead.is_lead, lead.user.language) == (True, "en-gb")
    assert sorted(mail.to for mail in Mail.objects.filter(code="account_made")) == ["l@x.example", "zoe@x.example"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("no-address,FR,", "no e-mail address"),
        ("a@x.example,FR ZZ,", "unknown countries: ZZ"),
        ("a@x.example,,", "no country, and no lead"),
        ("a@x.example,FR,perhaps", "write yes or no"),
    ],
)
def test_one_wrong_row_adds_nobody(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(CommandError, match=f"(?s)Nothing was added.*row 3: .*{said}"):
        loaded(tmp_path, f"email,countries,lead\ngood@x.example,FR,no\n{row}\n")
    assert not Bdm.objects.exists()


@pytest.mark.parametrize("text", ["", "who;where\na;b\n", "email,countries\n"])
def test_file_without_columns_or_rows_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError):
        loaded(tmp_path, text)


# --- the second factor -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "stopped"), [("admin", True), ("bdm", True), ("partner", False)])
def test_staff_see_nothing_without_a_second_factor(settings: Any, who: str, stopped: bool) -> None:
    settings.STAFF_SECOND_FACTOR = True
    user = make_bdm("FR").user if who == "bdm" else make_user(is_staff=who == "admin", is_superuser=who == "admin")
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    pages = {"admin": "/admin/", "bdm": "/desk/", "partner": "/account/"}

    before = client.get(pages[who])
    set_up = client.get("/accounts/2fa/")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    elsewhere = client.get(pages[who])

    assert (before.status_code == 302 and "/2fa/" in before["Location"]) is stopped
    assert set_up.status_code == 200
    # A session that was begun with the password alone is asked for the factor that was set up in another one.
    assert (elsewhere.status_code == 302 and "/2fa/reauthenticate/?next=" in elsewhere["Location"]) is stopped
