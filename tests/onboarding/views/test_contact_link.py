"""The primary contact has no account: the link in our message is the right to one task, and to nothing else."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from onboarding.domain.checks import transitions
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import Authority, CheckState, Kind, Source
from onboarding.models import Check, Enrollment, MailboxChallenge
from onboarding.phases import Phase
from portal.accounts.models import User
from portal.notices.models import Mail
from tests.builders import CONTACT, NOW, check_of, fill, fill_steps_1_to_3, make_bdm, make_enrollment, make_user
from tests.onboarding.domain.test_validation import answer
from tests.portal.people import page

pytestmark = pytest.mark.django_db

EMAIL = (Kind.EMAIL, Authority.PORTAL)
GOOD = Finding(Outcome.GOOD, NOW)


def ask(enrollment: Enrollment) -> str:
    """The path of the link in the newest message to the primary contact, after the worker has written it."""
    answer(check_of(enrollment, *EMAIL), GOOD, now=timezone.now())
    enrollment.refresh_from_db()
    text = Mail.objects.filter(to=enrollment.contact_email).latest("pk").text
    return re.findall(r"/confirm/\S+", text)[-1]


@pytest.fixture
def submitted(enrollment: Enrollment) -> Enrollment:
    User.objects.filter(pk=enrollment.created_by_id).update(name="Ariane Lemoine", language="fr")
    enrollment.created_by.refresh_from_db()
    fill_steps_1_to_3(enrollment)
    return lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)


@pytest.fixture
def link(submitted: Enrollment) -> str:
    return ask(submitted)


def check(enrollment: Enrollment) -> Check:
    return check_of(enrollment, *EMAIL)


def shown(client: Client, link: str) -> str:
    [narrow] = [e for e in page(client.get(link)).all("div") if e.attrs.get("data-link-state")]
    return str(narrow.attrs["data-link-state"])


def age(**columns: Any) -> None:
    MailboxChallenge.objects.update(**columns)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


READERS: dict[str, Callable[[Enrollment], Client]] = {
    "nobody": lambda file: Client(),
    "the owner": lambda file: signed_in(file.created_by),
    "another company": lambda file: signed_in(make_enrollment().created_by),
    "a BDM elsewhere": lambda file: signed_in(make_bdm("DE").user),
    "the contact with an account": lambda file: signed_in(make_user(file.contact_email)),
}


@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_the_message_confirms_without_another_right(
    submitted: Enrollment, link: str, reader: str
) -> None:
    client = READERS[reader](submitted)

    opened = client.get(link)
    pressed = client.post(link, {"confirm": "1"})
    thanks = client.get(pressed["Location"])

    assert (opened.status_code, pressed.status_code, thanks.status_code) == (200, 302, 200)
    assert shown(client, link) == "used"
    assert (check(submitted).state, check(submitted).source) == (CheckState.PASSED, Source.CONTACT)
    event = submitted.events.get(kind="check_passed", check_kind=Kind.EMAIL)
    assert (event.source, event.actor) == (Source.CONTACT, None)


def test_the_page_says_who_asks_for_which_company_and_shows_nothing_else(submitted: Enrollment, link: str) -> None:
    text = " ".join(Client().get(link).content.decode().split())

    for told in ("Ariane Lemoine", "EXEMPLE INFORMATIQUE SAS", "France", "Dominique Exemple", submitted.contact_email):
        assert told in text
    for secret in (submitted.mpn_id, "150483782", "999000011", str(submitted.pk), "/enrollments/"):
        assert secret not in text


@pytest.mark.parametrize("language", ["fr", "en-gb"])
def test_the_link_carries_the_message_s_language(submitted: Enrollment, language: str) -> None:
    User.objects.filter(pk=submitted.created_by_id).update(language=language)
    link = ask(submitted)
    browser = {"HTTP_ACCEPT_LANGUAGE": "en-GB" if language == "fr" else "fr"}

    linked, chosen = Client(**browser), Client(**browser)
    chosen.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-gb" if language == "fr" else "fr"

    assert f'<html lang="{language}">' in linked.get(link).content.decode()
    assert f'<html lang="{language}">' not in chosen.get(link).content.decode()


def test_scanners_confirm_nothing(submitted: Enrollment, link: str) -> None:
    for method in ("get", "head", "options", "get"):
        assert getattr(Client(), method)(link).status_code in (200, 405)
    forged = Client(enforce_csrf_checks=True).post(link, {"confirm": "1"})

    assert forged.status_code == 403
    assert check(submitted).phase == Phase.CONFIRM_MAILBOX


def test_only_a_hash_of_the_link_is_stored(submitted: Enrollment, link: str) -> None:
    token = link.split("/")[2]

    assert token not in str(list(MailboxChallenge.objects.values_list()))


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_second_press_changes_nothing(submitted: Enrollment, link: str, times: int) -> None:
    answers = {Client().post(link, {"confirm": "1"}).status_code for _ in range(times)}

    assert answers == {302}
    assert submitted.events.filter(kind="check_passed", check_kind=Kind.EMAIL).count() == 1


def dead_links(link: str) -> dict[str, tuple[str, dict[str, Any], int]]:
    """Links that confirm nothing: address, columns of the challenge, status."""
    return {
        "expired": (link, {"expires_at": NOW}, 410),
        "replaced": (link, {"replaced_at": NOW}, 410),
        "unknown": (f"/confirm/{'A' * 43}/", {}, 404),
        "malformed": (link.split("?")[0][:-12] + "/", {}, 404),
    }


@pytest.mark.parametrize("state", ["expired", "replaced", "unknown", "malformed"])
def test_a_link_that_does_not_work_says_why_and_what_to_do(submitted: Enrollment, link: str, state: str) -> None:
    path, columns, status = dead_links(link)[state]
    age(**columns)
    client = Client()

    opened = client.get(path)
    client.post(path, {"confirm": "1"})

    assert (opened.status_code, shown(client, path)) == (status, state)
    assert check(submitted).phase == Phase.CONFIRM_MAILBOX
    has_button = bool(page(opened).all("button", name="again"))
    assert has_button == (state in ("expired", "replaced"))


def test_every_state_of_a_link_has_its_own_sentence(submitted: Enrollment, link: str) -> None:
    sentences = set()
    for path, columns, _status in dead_links(link).values():
        age(expires_at=timezone.now() + dt.timedelta(hours=1), replaced_at=None)
        age(**columns)
        [lede] = [e.text for e in page(Client().get(path)).all("p") if e.attrs.get("class") == "lede"]
        sentences.add(" ".join(lede.split()))

    assert len(sentences) == 4


@pytest.mark.parametrize("garbled", ["=3D", "x", "a" * 42, "a" * 44, "é" * 43, "%20", "..", "a" * 43 + ">"])
def test_a_garbled_link_is_no_error(garbled: str) -> None:
    assert Client().get(f"/confirm/{garbled}/").status_code == 404


def test_an_expired_link_sends_a_new_message_to_that_address_only(submitted: Enrollment, link: str) -> None:
    age(expires_at=NOW, sent_at=NOW)

    Client().post(link, {"again": "1"})
    new = ask(submitted)

    assert shown(Client(), link) == "replaced"
    assert shown(Client(), new) == "open"
    assert set(Mail.objects.filter(code="confirm_mailbox").values_list("to", flat=True)) == {submitted.contact_email}


def test_a_new_message_by_link_keeps_the_limits_of_messages(submitted: Enrollment, link: str) -> None:
    age(expires_at=NOW)

    for _ in range(3):
        Client().post(link, {"again": "1"})

    assert check(submitted).phase == Phase.CONFIRM_MAILBOX
    assert MailboxChallenge.objects.count() == 1


# --- "I am not this contact" ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "expired", "replaced"])
def test_who_is_not_the_contact_says_so_and_the_partner_is_told(submitted: Enrollment, link: str, state: str) -> None:
    if state != "open":
        age(**dead_links(link)[state][1])

    for _ in range(2):
        Client().post(link, {"decline": "1"})

    row = check(submitted)
    assert (row.phase, row.reason, row.source) == (Phase.PARTNER_ACTS, "contact_declined", Source.CONTACT)
    assert shown(Client(), link) == "declined"
    told = submitted.events.filter(kind="check_action_needed", data__reason="contact_declined")
    assert [(event.source, event.actor) for event in told] == [(Source.CONTACT, None)]
    assert Mail.objects.filter(to=submitted.created_by.email, code="action_needed").count() == 2  # to confirm; declined


def test_who_declined_gets_no_further_message(submitted: Enrollment, as_reseller: Client, link: str) -> None:
    Client().post(link, {"decline": "1"})
    row = check(submitted)
    age(sent_at=NOW)

    as_reseller.post(f"/enrollments/{submitted.pk}/checks/{row.pk}/look/")
    Client().post(link, {"again": "1"})
    for address in ("someone@exemple-informatique.example", CONTACT["contact_email"]):
        fill(submitted, "contact", {**CONTACT, "contact_email": address})
    answer(check(submitted), GOOD, now=timezone.now())

    assert Mail.objects.filter(to=CONTACT["contact_email"]).count() == 1
    assert check(submitted).reason == "contact_declined"
    page_of_file = as_reseller.get(submitted.get_absolute_url()).content.decode()
    assert f"/checks/{row.pk}/look/" not in page_of_file


def test_another_contact_is_asked_as_ever(submitted: Enrollment, link: str) -> None:
    Client().post(link, {"decline": "1"})
    age(sent_at=NOW)

    fill(submitted, "contact", {**CONTACT, "contact_email": "sam@exemple-informatique.example"})
    new = ask(submitted)
    Client().post(new, {"confirm": "1"})

    assert shown(Client(), link) == "declined"
    assert check(submitted).state == CheckState.PASSED


def test_pressed_by_mistake_is_taken_back_by_the_link(submitted: Enrollment, link: str) -> None:
    Client().post(link, {"decline": "1"})
    offered = page(Client().get(link)).all("button", name="confirm")
    Client().post(link, {"confirm": "1"})

    assert len(offered) == 1
    assert (check(submitted).state, shown(Client(), link)) == (CheckState.PASSED, "used")


def test_a_confirmed_address_is_not_declined_afterwards(submitted: Enrollment, link: str) -> None:
    Client().post(link, {"confirm": "1"})
    Client().post(link, {"decline": "1"})

    assert check(submitted).state == CheckState.PASSED


@pytest.mark.parametrize("deed", ["confirm", "decline"])
def test_an_old_contact_s_link_does_nothing_to_the_new_one(submitted: Enrollment, link: str, deed: str) -> None:
    fill(submitted, "contact", {**CONTACT, "contact_email": "noor@exemple-informatique.example"})
    before = check(submitted).phase

    Client().post(link, {deed: "1"})

    assert (check(submitted).phase, before) == (Phase.QUEUED, Phase.QUEUED)


def test_a_link_asks_nothing_once_the_check_has_ended_otherwise(submitted: Enrollment, link: str) -> None:
    transitions.move(check(submitted), phase=Phase.PASSED, source=Source.INFERRED, now=NOW, next_check_at=None)

    answer = Client().get(link)

    assert shown(Client(), link) == "not_asked"
    assert not [button for button in page(answer).all("button") if button.attrs.get("name") in ("confirm", "decline")]


def test_declined_code_confirms_nothing(submitted: Enrollment, as_reseller: Client, link: str) -> None:
    code = re.findall(r"\b\d{4} \d{4}\b", Mail.objects.get(to=submitted.contact_email).text)[0]
    Client().post(link, {"decline": "1"})

    response = as_reseller.post(f"/enrollments/{submitted.pk}/checks/{check(submitted).pk}/code/", {"code": code})

    assert response.status_code == 422
    assert check(submitted).reason == "contact_declined"


# --- the message ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Ariane Lemoine", "Siân O'Connor", ""])
def test_the_message_names_to_whom_the_code_may_be_given(enrollment: Enrollment, name: str) -> None:
    User.objects.filter(pk=enrollment.created_by_id).update(name=name)
    fill_steps_1_to_3(enrollment)
    lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)
    ask(enrollment)

    mail = Mail.objects.get(code="confirm_mailbox")

    who = name or enrollment.created_by.email
    assert mail.text.count(who) >= 2
    assert "EXEMPLE INFORMATIQUE SAS" in mail.text
