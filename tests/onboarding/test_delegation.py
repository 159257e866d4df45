"""A task sent by link to somebody without an account: what they see and say, and what a link can no longer do."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from onboarding.domain.checks import challenges
from onboarding.domain.enrollment import delegation, withdrawal
from onboarding.domain.questions import official_pages
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.questions.tasks import OF_REASON, OF_STEP, TASKS
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.enums import Authority, Kind
from onboarding.models import Delegation, Enrollment
from onboarding.phases import Phase
from portal.notices.models import Mail
from tests.builders import check_of, make_enrollment, make_submitted
from tests.portal.people import page, path_in

pytestmark = pytest.mark.django_db


def send(enrollment: Enrollment, task: str = "agreement", to: str = "it@firm.example", note: str = "") -> Delegation:
    return delegation.send(
        enrollment=enrollment, task=task, to=to, note=note, by=enrollment.created_by, now=timezone.now()
    )


def link_of(sent: Delegation) -> str:
    return path_in(Mail.objects.get(key=f"delegated-{sent.pk}").text, "/task/").partition("?")[0]


def kinds(enrollment: Enrollment) -> list[str]:
    return list(enrollment.events.order_by("id").values_list("kind", flat=True))


def test_every_task_has_its_links_and_every_mapping_its_task() -> None:
    for spec in TASKS.values():
        assert {*spec.links} <= {*official_pages.PAGES} and len(spec.steps) >= 2
    assert {*OF_STEP.values(), *OF_REASON.values()} <= {*TASKS}
    assert {*OF_STEP} <= {*PAGES} and {*OF_REASON} <= {*REASONS}


def test_the_mail_is_secret_and_the_token_is_not_kept() -> None:
    sent = send(make_enrollment())

    [mail] = Mail.objects.filter(to="it@firm.example")
    token = link_of(sent).split("/")[2]
    assert mail.secret
    assert not Delegation.objects.filter(token_hash=token).exists()


def test_its_reader_sees_that_task_and_nothing_else_of_the_company(client: Client) -> None:
    enrollment = make_submitted()
    sent = send(enrollment, note="Merci de le faire avant vendredi.")

    text = client.get(link_of(sent)).content.decode()

    assert "Merci de le faire avant vendredi." in text and str(enrollment.partner) in text
    for secret in ("999000011", "1 rue des Essais", enrollment.contact_email, enrollment.tenant, enrollment.mpn_id):
        assert secret not in text
    assert f"/enrollments/{enrollment.pk}" not in text


def test_who_looks_up_the_ids_is_told_to_whom_they_go(client: Client, enrollment: Enrollment) -> None:
    answer = client.get(link_of(send(enrollment, "identifiers"))).content.decode()

    assert "à la personne qui vous le demande" in answer


@pytest.mark.parametrize("task", ["identifiers", "agreement", "marketplace"])
def test_the_title_names_the_task_while_it_is_open(client: Client, task: str) -> None:
    link = link_of(send(make_submitted(), task=task))

    with translation.override("fr"):
        assert page(client.get(link)).title().startswith(str(TASKS[task].title))
        client.post(link, {"done": "1"})
        assert page(client.get(link)).title().startswith(_("A task by link"))


@pytest.mark.parametrize("button", ["done", "not_me"])
def test_an_answer_counts_once_and_is_told_to_who_asked(client: Client, button: str) -> None:
    enrollment = make_enrollment()
    link = link_of(send(enrollment))

    for _time in range(2):
        shown = client.post(link, {button: "1"}, follow=True)

    told = {"done": "delegate_done", "not_me": "delegate_declined"}[button]
    assert shown.status_code == 200
    assert kinds(enrollment).count(told) == 1
    assert Mail.objects.filter(code="delegate_answered", to=enrollment.created_by.email).count() == 1


def test_opening_it_tells_nobody_and_head_is_no_answer(client: Client) -> None:
    sent = send(make_enrollment())
    for method in ("get", "head", "get"):
        assert getattr(client, method)(link_of(sent)).status_code == 200

    sent.refresh_from_db()
    assert (sent.answer, Mail.objects.filter(code="delegate_answered").count()) == ("", 0)


@pytest.mark.parametrize(
    ("what", "status"), [("revoked", 410), ("expired", 410), ("withdrawn", 410), ("unknown", 404), ("cut", 404)]
)
def test_a_link_that_is_over_says_so_and_takes_no_answer(client: Client, what: str, status: int) -> None:
    enrollment = make_submitted()
    sent = send(enrollment)
    link, now = link_of(sent), timezone.now()
    if what == "revoked":
        for _time in range(2):
            delegation.revoke(delegation=sent, by=enrollment.created_by, now=now)
    elif what == "expired":
        Delegation.objects.update(expires_at=now - dt.timedelta(seconds=1))
    elif what == "withdrawn":
        withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=now)
    else:
        link = "/task/nonsense/" if what == "unknown" else link[:-8] + "/"

    seen = client.get(link)
    client.post(link, {"done": "1"})

    sent.refresh_from_db()
    assert (seen.status_code, sent.answer) == (status, "")
    assert "ne fonctionne plus" in seen.content.decode()
    assert kinds(enrollment).count("delegation_revoked") == (what == "revoked")


def test_a_question_reaches_who_asked_once_and_ends_nothing(client: Client) -> None:
    enrollment = make_enrollment()
    sent = send(enrollment)

    empty = client.post(link_of(sent), {"ask": "1", "text": "  "})
    for _time in range(2):
        client.post(link_of(sent), {"ask": "1", "text": "Quel tenant ?"})

    [mail] = Mail.objects.filter(code="delegate_answered")
    sent.refresh_from_db()
    assert empty.status_code == 422
    assert "Quel tenant ?" in mail.text and sent.answer == ""
    assert client.get(link_of(sent)).status_code == 200


def test_five_questions_are_enough(client: Client) -> None:
    sent = send(make_enrollment())
    for number in range(7):
        client.post(link_of(sent), {"ask": "1", "text": f"Question {number}"})

    assert sent.questions.count() == 5


def test_the_record_is_shown_to_the_domains_host_and_looked_for_once_it_is_done(client: Client) -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)
    record = challenges.domain_challenge(check=check, domain=enrollment.partner.mail_domain, now=timezone.now())
    type(check).objects.filter(pk=check.pk).update(
        phase=Phase.PUBLISH_RECORD, state="action_needed", turn="reseller", reason="txt_not_found", source="api",
        turn_since=timezone.now(), next_check_at=None,
    )  # fmt: skip
    sent = send(enrollment, task="txt_record", to="host@registrar.example")

    text = client.get(link_of(sent)).content.decode()
    client.post(link_of(sent), {"done": "1"})

    check.refresh_from_db()
    assert record.record_name in text and record.record_value in text
    assert check.phase == Phase.QUEUED


# --- the company's own page


def test_the_page_sends_lists_and_revokes(as_reseller: Client, enrollment: Enrollment) -> None:
    place = f"/enrollments/{enrollment.pk}/ask/"
    form = {"task": "csp_enrolment", "to": "IT@Firm.example", "note": ""}

    for _time in range(2):
        as_reseller.post(place, form)
    [sent] = Delegation.objects.all()
    listed = as_reseller.get(place).content.decode()
    for _time in range(2):
        gone = as_reseller.post(f"{place}{sent.pk}/revoke/", {"sure": "1"}, follow=True).content.decode()

    assert sent.to == "it@firm.example" and "it@firm.example" in listed
    assert "Révoqué" in gone
    assert kinds(enrollment)[-2:] == ["delegated", "delegation_revoked"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"task": "agreement", "to": ""}, "Saisissez l’adresse de la personne"),
        ({"task": "agreement", "to": "no address"}, "pas une adresse e-mail"),
        ({"task": "nonsense", "to": "a@b.example"}, "dans la liste"),
        ({"task": "txt_record", "to": "a@b.example"}, "dans la liste"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    as_reseller: Client, enrollment: Enrollment, form: dict[str, str], said: str
) -> None:
    answer = as_reseller.post(f"/enrollments/{enrollment.pk}/ask/", form)

    assert answer.status_code == 422 and said in answer.content.decode()


def test_an_address_gets_five_links_a_day(as_reseller: Client, enrollment: Enrollment) -> None:
    for task in ("identifiers", "global_admin", "csp_enrolment", "agreement", "marketplace"):
        send(enrollment, task=task)

    answer = as_reseller.post(
        f"/enrollments/{enrollment.pk}/ask/", {"task": "authorization", "to": "it@firm.example", "note": ""}
    )

    assert answer.status_code == 422
    assert Delegation.objects.count() == 5


def test_steps_offer_to_send_them(as_reseller: Client, enrollment: Enrollment) -> None:
    shown = page(as_reseller.get(f"/enrollments/{enrollment.pk}/steps/mpn-id/"))

    assert any("/ask/?task=identifiers" in (e.attrs.get("href") or "") for e in shown.all("a"))
