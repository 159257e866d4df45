"""What administrators see, and what even they do not."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.notices import outbox, suppression
from portal.notices.models import Mail, Suppression
from tests.portal.people import person

pytestmark = pytest.mark.django_db
OURS = ("accounts", "partners", "places", "notices", "portal")


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(person("admin@ingram.example", is_staff=True, is_superuser=True))
    return client


def test_every_list_and_form_of_ours_opens(administrator: Client):
    for model, of in admin.site._registry.items():
        if model._meta.app_label in OURS:
            place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            assert administrator.get(place + "?q=a").status_code == 200, place
            assert administrator.get(place + "add/").status_code in {200, 403}, place
            assert of.show_full_result_count is False, place


def test_a_new_account_has_no_password_and_a_lower_case_address(administrator: Client):
    answer = administrator.post("/admin/accounts/user/add/", {"email": "Luc@Ingram.example", "language": "fr"})

    luc = User.objects.get(email="luc@ingram.example")
    assert (answer.status_code, luc.has_usable_password(), luc.is_staff) == (302, False, False)


@pytest.mark.parametrize(("secret", "shown"), [(True, False), (False, True)])
def test_the_text_of_a_secret_mail_is_hidden(administrator: Client, secret: bool, shown: bool):
    outbox.put(to="a@b.example", subject="Link", text="the-words-inside", secret=secret, now=timezone.now())

    answer = administrator.get(f"/admin/notices/mail/{Mail.objects.get().pk}/change/")

    assert (answer.status_code, "the-words-inside" in answer.content.decode()) == (200, shown)


def test_nobody_writes_or_removes_mail_by_hand(administrator: Client):
    outbox.put(to="a@b.example", subject="Link", text="text", now=timezone.now())
    place = f"/admin/notices/mail/{Mail.objects.get().pk}/"

    answers = [administrator.post(place + "change/", {"to": "c@d.example"}), administrator.post(place + "delete/")]

    assert [a.status_code for a in answers] == [403, 403]
    assert Mail.objects.get().to == "a@b.example"


def test_parked_rows_are_taken_up_again_with_a_reason(administrator: Client):
    parked = Mail.objects.create(
        key="k", to="a@company.example", subject="s", text="t", queue="mail", next_check_at=timezone.now(),
        parked_at=timezone.now(), parked_why="ValueError",
    )  # fmt: skip
    action = {"action": "requeue", "_selected_action": [parked.pk]}

    without = administrator.post("/admin/notices/mail/", {**action, "why": " "}, follow=True)
    assert Mail.objects.get().parked_at is not None
    administrator.post("/admin/notices/mail/", {**action, "why": "relay repaired"})

    assert "Écrivez" in without.content.decode() or "Write a reason" in without.content.decode()
    assert Mail.objects.get().parked_at is None
    assert LogEntry.objects.get().change_message == "relay repaired"


def refused_mail(**fields: object) -> Mail:
    mail = Mail.objects.create(
        key="k", to="a@company.example", subject="s", text="t", queue="mail", refused_at=timezone.now(),
        answer="550 5.1.1 No such mailbox", **fields,
    )  # fmt: skip
    suppression.suppress(mail, timezone.now())
    return mail


def test_refused_mail_is_shown_with_its_answer_and_sent_again(administrator: Client):
    mail = refused_mail()
    shown = administrator.get("/admin/notices/mail/").content.decode()

    administrator.post("/admin/notices/mail/", {"action": "send_again", "_selected_action": [mail.pk]})

    mail.refresh_from_db()
    assert "550 5.1.1 No such mailbox" in shown
    assert (mail.refused_at, mail.next_check_at is not None) == (None, True)
    assert not Suppression.objects.exists()
    assert LogEntry.objects.get().object_id == str(mail.pk)


def test_suppressed_address_is_freed_by_who_may_change_it(administrator: Client):
    refused_mail()
    place, action = "/admin/notices/suppression/", {"action": "free", "_selected_action": ["a@company.example"]}
    looker = person("looker@ingram.example", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_suppression"))
    weak = Client()
    weak.force_login(looker)

    weak.post(place, action)
    assert Suppression.objects.count() == 1
    administrator.post(place, action)

    assert not Suppression.objects.exists()
    assert LogEntry.objects.get().object_id == "a@company.example"


def test_staff_who_may_only_look_may_not_take_up_parked_rows(client: Client):
    looker = person("looker@ingram.example", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_mail"))
    client.force_login(looker)
    parked = Mail.objects.create(
        key="k", to="a@company.example", subject="s", text="t", queue="mail", next_check_at=timezone.now(),
        parked_at=timezone.now(), parked_why="ValueError",
    )  # fmt: skip

    client.post("/admin/notices/mail/", {"action": "requeue", "_selected_action": [parked.pk], "why": "x"})

    assert Mail.objects.get().parked_at is not None
