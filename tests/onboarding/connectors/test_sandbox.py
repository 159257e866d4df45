"""The sandbox itself: its controls, its mail server, its memory, its page."""

import datetime as dt
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
import stdnum.eu.vat
import stdnum.fr.siren
import stdnum.fr.siret
import stdnum.lei
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from onboarding.sandbox import servers
from onboarding.sandbox.records import DeedRefusedError
from onboarding.sandbox.servers import Sandbox
from onboarding.sandbox.shipped import MAGIC
from onboarding.sandbox.world import SPEED, World
from onboarding.views import sandbox as page

Sim = Callable[..., Any]


def refusal(sandbox: Sandbox, control: str, **wish: Any) -> tuple[int, str]:
    response = httpx.post(f"{sandbox.url}/__sim__/{control}", json=wish, trust_env=False)
    return response.status_code, response.json()["error"]


def send(sandbox: Sandbox, to: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "portail@ingram.example", to, "Vérifiez votre adresse"
    message.set_content("Bonjour,\nhttp://127.0.0.1:8000/confirm/abc\n")
    message.add_alternative("<p>Bonjour</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as server:
        server.send_message(message)


# --- the reseller played ----------------------------------------------------------------------------------------
def test_agreement_cannot_be_signed_while_microsoft_verifies(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "resellers", mpn_id="1234567", do="enrol")

    status, error = refusal(sandbox, "resellers", mpn_id="1234567", do="sign_agreement")

    assert status == 409
    assert "still verifying" in error


def test_link_is_refused_to_whom_partner_center_would_refuse_it(sandbox: Sandbox) -> None:
    assert refusal(sandbox, "resellers", mpn_id="1234567", do="accept_link")[0] == 409
    assert "another CSP region" in refusal(sandbox, "resellers", mpn_id="1234974", do="accept_link")[1]
    assert "does not know" in refusal(sandbox, "resellers", mpn_id="1234404", do="enrol")[1]


def test_vetting_takes_one_to_three_days_in_most_cases_and_the_same_each_time() -> None:
    def days(mpn_id: str) -> float:
        world = World()
        began = world.now()
        ends_at = world.play(mpn_id, "enrol").vetting_ends_at
        assert ends_at
        return (dt.datetime.fromisoformat(ends_at) - began) / dt.timedelta(days=1)

    drawn = [days(str(mpn_id)) for mpn_id in range(1000000, 1000100) if mpn_id % 1000 != 120]
    usual = [length for length in drawn if 0.9 < length < 3.1]

    assert len(usual) >= 88
    assert all(length > 84 for length in drawn if length not in usual)
    assert days("1234120") > 84
    assert abs(days("1234567") - days("1234567")) < 0.1


def test_two_days_pass_in_about_45_seconds() -> None:
    assert dt.timedelta(days=2).total_seconds() / SPEED == 45


def test_clock_can_be_moved_and_stopped(sandbox: Sandbox, sim: Sim) -> None:
    stopped = sim("POST", "clock", speed=0)["clock"]

    moved = sim("POST", "clock", advance_hours=48)["clock"]

    assert dt.datetime.fromisoformat(moved) - dt.datetime.fromisoformat(stopped) == dt.timedelta(hours=48)


# --- memory -----------------------------------------------------------------------------------------------------
def test_a_restart_keeps_the_world(tmp_path: Path) -> None:
    state = tmp_path / "world.json"
    world = World(state)
    world.play("1234567", "enrol", tenant="T", country="fr", name="Nuages")
    world.publish("_x.nuages.example", "TXT", "token")
    world.keep_mail(to=["a@nuages.example"], subject="s", text="t", html="")
    world.set_clock(speed=0, advance_hours=24 * 200)

    again = World(state)

    assert again.mails() == world.mails()
    assert again.show() == world.show()
    assert again.reseller("1234567") == world.reseller("1234567")


def test_two_sandboxes_can_run_side_by_side(sandbox: Sandbox) -> None:
    with servers.running() as other:
        assert other.http_port != sandbox.http_port


# --- mail -------------------------------------------------------------------------------------------------------
def test_mails_are_kept_newest_first(sandbox: Sandbox, sim: Sim) -> None:
    send(sandbox, "un@nuages.example")
    send(sandbox, "deux@nuages.example")

    newest, oldest = sim("GET", "mails")["mails"]

    assert (newest["to"], oldest["to"]) == (["deux@nuages.example"], ["un@nuages.example"])
    assert newest["subject"] == "Vérifiez votre adresse"
    assert "http://127.0.0.1:8000/confirm/abc" in newest["text"]
    assert "<p>Bonjour</p>" in newest["html"]


def test_magic_local_parts_are_refused(sandbox: Sandbox, sim: Sim) -> None:
    answers = []
    for address in ("bounce@nuages.example", "greylist@nuages.example", "greylist@nuages.example"):
        try:
            send(sandbox, address)
            answers.append(250)
        except smtplib.SMTPRecipientsRefused as error:
            answers.append(error.recipients[address][0])

    assert answers == [550, 451, 250]
    assert len(sim("GET", "mails")["mails"]) == 1


# --- controls ---------------------------------------------------------------------------------------------------
def test_state_has_the_magic_table(sandbox: Sandbox, sim: Sim) -> None:
    assert sim("GET", "state")["magic"] == [vars(magic) for magic in MAGIC]


def test_controls_refuse_what_makes_no_sense(sandbox: Sandbox) -> None:
    assert refusal(sandbox, "nothing")[0] == 404
    assert refusal(sandbox, "faults", service="dns", kind="earthquake")[0] == 400
    assert refusal(sandbox, "dns", name="")[0] == 400
    assert refusal(sandbox, "clock", speed="fast")[0] == 400
    assert refusal(sandbox, "resellers", mpn_id="1234567", do="nothing")[0] == 409


def test_no_call_but_the_controls_tells_how_far_a_vetting_is(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "resellers", mpn_id="1234567", do="enrol")

    for address in ("/v1/profiles/legalbusiness", "/v1/resellers/1234567", "/v1/vetting?mpnId=1234567"):
        assert httpx.get(sandbox.url + address, trust_env=False).status_code == 404


def test_partner_center_wants_a_token_with_a_user(sandbox: Sandbox) -> None:
    address = f"{sandbox.url}/v1/profiles/mpn?mpnId=1234567"
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    issued = httpx.post(f"{sandbox.url}/t/oauth2/token", data=form, trust_env=False).json()
    headers = {"Authorization": f"Bearer {issued['access_token']}"}

    assert httpx.get(address, trust_env=False).status_code == 401
    assert httpx.get(address, headers=headers, trust_env=False).json()["code"] == 900329
    assert issued["expires_in"] == "3599"


def test_order_of_region_and_enrolment_is_a_switch() -> None:
    assert World().region_before_enrolment is False


def test_made_up_companies_have_numbers_with_good_check_digits() -> None:
    for company in World().companies():
        if company.country == "FR":
            assert stdnum.fr.siren.is_valid(company.siren)
            assert stdnum.fr.siret.is_valid(company.siret)
        assert not company.vat or stdnum.eu.vat.is_valid(company.vat)
        assert not company.lei or stdnum.lei.is_valid(company.lei)


def test_deeds_are_refused_by_their_own_error() -> None:
    with pytest.raises(DeedRefusedError):
        World().play("1234567", "sign_agreement")


# --- the page ---------------------------------------------------------------------------------------------------
def post(**form: str) -> HttpRequest:
    request = RequestFactory().post("/sandbox/act", form)
    request._messages = _Kept()  # type: ignore[attr-defined]
    return request


class _Kept(list[str]):
    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        self.append(message)


def told(request: HttpRequest) -> list[str]:
    return list(request._messages)  # type: ignore[attr-defined]


@pytest.mark.parametrize("view", [page.console, page.act])
def test_page_does_not_exist_without_a_sandbox(settings: Any, view: Callable[[HttpRequest], HttpResponse]) -> None:
    settings.SANDBOX_URL = ""
    request = RequestFactory().get("/sandbox/") if view is page.console else post(act="reset")

    with pytest.raises(Http404):
        view(request)


def test_act_publishes_and_removes_a_record(sandbox: Sandbox, sim: Sim, settings: Any) -> None:
    record = {"name": "_x.nuages.example", "value": "token"}

    response = page.act(post(act="publish", **record))
    published = sim("GET", "state")["dns"]
    page.act(post(act="unpublish", **record))

    assert (response.status_code, response["Location"]) == (302, "/sandbox/")
    assert published == [{"name": "_x.nuages.example", "type": "TXT", "value": "token"}]
    assert sim("GET", "state")["dns"] == []


def test_act_plays_the_reseller_and_tells_why_not(sandbox: Sandbox, sim: Sim, settings: Any) -> None:

    page.act(post(act="reseller", mpn_id="1234567", do="enrol"))
    page.act(refused := post(act="reseller", mpn_id="1234567", do="sign_agreement"))

    assert "1234567" in [reseller["mpn_id"] for reseller in sim("GET", "state")["resellers"]]
    assert "still verifying" in told(refused)[0]


def test_act_bears_a_sandbox_that_is_gone(sandbox: Sandbox, settings: Any) -> None:
    settings.SANDBOX_URL, settings.OUTBOUND_ALLOW = "http://127.0.0.1:9", ["127.0.0.1:9"]

    response = page.act(request := post(act="reset"))

    assert response.status_code == 302
    assert len(told(request)) == 1
