"""Erasing a person: after a time to think, with a receipt; nothing finds them afterwards, and no seal breaks."""

import datetime as dt
import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import translation

from onboarding.models import CampaignRow, Delegation, Enrollment, FileWork, MailboxChallenge, Message
from portal.accounts import addresses
from portal.accounts.models import FormerAddress, SignedIn, User
from portal.audit import sealing, verifying
from portal.audit.models import RowSalt
from portal.coverage.models import Bdm
from portal.notices.models import Mail, MailStop, Preference
from portal.partners import people
from portal.partners.models import CompanyEvent, Invitation, Membership, Partner, PartnerView, Role
from portal.privacy import erasure, exports, registry, retention
from portal.privacy.models import DataExport, Erasure, storage
from portal.stores import deletions
from portal.stores.models import FileDeletion
from portal.work.loop import do_once
from tests.builders import NOW, make_bdm, make_partner, make_submitted, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + erasure.GRACE
NAME, ADDRESS = "Marianne Quichaud", "marianne.quichaud@acme.example"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def member_of_a_company(**fields: Any) -> tuple[User, Enrollment]:
    """Return a contributor of a company that has another owner and an enrollment, with something in every table."""
    me = make_user(ADDRESS, **{"name": NAME, "language": "en-gb", **fields})
    enrollment = make_submitted(owner=make_user())
    people.join(partner=enrollment.partner, user=me, role=Role.CONTRIBUTOR, by=me, now=NOW)
    Enrollment.objects.filter(pk=enrollment.pk).update(contact_email=ADDRESS, contact_last_name="Quichaud")
    Enrollment.objects.filter(pk=enrollment.pk).update(contact_email="next@acme.example", contact_last_name="Next")
    Message.objects.create(enrollment=enrollment, author=me, body="Bonjour", written_at=NOW, key="k")
    Mail.objects.create(key="sent", to=ADDRESS, subject=f"For {NAME}", text=NAME, queue="mail", sent_at=NOW)
    Mail.objects.create(key="waits", to=ADDRESS, subject="Soon", text=NAME, queue="mail", next_check_at=NOW)
    Preference.objects.create(user=me, code="message", choice="off")
    MailStop.objects.create(address="other@acme.example", since=NOW)
    Authenticator.objects.create(user=me, type="totp", data={"secret": "x"})
    SignedIn.objects.create(user=me, session_key="s", device="Firefox", since=NOW)
    Invitation.objects.create(
        partner=make_partner(owner=make_user()), email=ADDRESS, token_hash="t", invited_by=me, expires_at=NOW,
    )  # fmt: skip
    Delegation.objects.create(
        enrollment=enrollment, task="a", to=ADDRESS, note=f"Dear {NAME}", token_hash="d", by=me, sent_at=NOW,
        expires_at=NOW,
    )  # fmt: skip
    MailboxChallenge.objects.create(
        check_row=enrollment.checks.first(), address=ADDRESS, token_hash="m", code_hash="c", sent_at=NOW,
        expires_at=NOW, replaced_at=NOW,
    )  # fmt: skip
    PartnerView.objects.create(
        viewer=make_bdm("FR").user, seen_as=me, companies=[enrollment.partner_id], reason=f"{NAME} called",
        started_at=NOW, expires_at=NOW,
    )  # fmt: skip
    LogEntry.objects.create(
        user=make_user(is_staff=True), content_type=ContentType.objects.get_for_model(User), object_id=str(me.pk),
        object_repr=NAME, action_flag=CHANGE, change_message=f"name {NAME}",
    )  # fmt: skip
    return me, enrollment


def everything() -> dict[str, str]:
    """Every row of every table, as text."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT coalesce(string_agg(to_jsonb(t)::text, chr(10)), '') FROM {table} t")
                found[model._meta.label] = cursor.fetchone()[0]
    return found


def where(text: str) -> set[str]:
    return {label for label, rows in everything().items() if text.lower() in rows.lower()}


def erased(user: User) -> Erasure:
    asked = erasure.ask(user=user, now=NOW)
    assert erasure.carry_out_due(LATER) == 1
    asked.refresh_from_db()
    return asked


@pytest.mark.django_db(transaction=True)
def test_nothing_finds_the_person_afterwards_and_every_seal_holds() -> None:
    me, _enrollment = member_of_a_company()
    for _turn in range(2):
        sealing.run(NOW)
    assert RowSalt.objects.exists()

    done = erased(me)

    # The mails that tell the owner who left, and the receipt, go with all mails.
    assert where(NAME) <= {"notices.Mail"}
    assert where(ADDRESS) <= {"notices.Mail"}
    assert Mail.objects.filter(to=ADDRESS).values_list("code", flat=True).get() == "erasure_done"
    report = verifying.verify(now=NOW)
    assert (report.faults, report.erased) == ([], 3)
    assert done.receipt["erased"]["mails"] >= 2
    assert done.receipt["kept"]["messages"] == 1
    assert NAME not in json.dumps(done.receipt)
    me.refresh_from_db()
    for language, stands in (("fr", "Ancien membre"), ("en-gb", "Former member")):
        with translation.override(language):
            assert (me.is_active, str(me), me.has_usable_password()) == (False, stands, False)
    assert not EmailAddress.objects.filter(user=me).exists()
    assert not Authenticator.objects.filter(user=me).exists()


def test_an_earlier_address_is_erased_too() -> None:
    me, _enrollment = member_of_a_company()
    addresses.change(user=me, to="marianne@new.example", now=NOW)

    erased(me)

    assert where(ADDRESS) <= {"notices.Mail"}  # what owners were told goes with all mails
    assert not Mail.objects.filter(to__iexact=ADDRESS).exists()
    assert not FormerAddress.objects.exists()


def test_an_earlier_address_that_is_somebody_else_s_now_is_left_alone() -> None:
    me, _enrollment = member_of_a_company()
    addresses.change(user=me, to="marianne@new.example", now=NOW)
    make_user(ADDRESS)
    before = where(ADDRESS)

    erased(me)

    assert where(ADDRESS) == before - {"accounts.FormerAddress"}


def test_company_s_enrollment_stays_readable() -> None:
    me, enrollment = member_of_a_company()
    erased(me)
    owner = enrollment.created_by
    owner.language = "en-gb"
    owner.save()
    client = signed_in(owner)

    messages = client.get(reverse("onboarding:messages", args=[enrollment.pk])).content.decode()
    company = client.get(reverse("partners:company", args=[enrollment.partner_id])).content.decode()

    assert "Bonjour" in messages and "Former member" in messages
    assert "Former member" in company
    assert NAME not in messages + company and ADDRESS not in messages + company


def test_asked_twice_is_asked_once_and_done_twice_is_done_once() -> None:
    me, _enrollment = member_of_a_company()
    Authenticator.objects.all().delete()  # nothing to confirm again
    client = signed_in(me)

    for _time in range(2):
        assert client.post(reverse("privacy:erase"))["Location"] == reverse("privacy:own")
    request = Erasure.objects.get()
    Erasure.objects.update(asked_at=NOW, due_at=LATER)
    counts = [erasure.carry_out_due(LATER) for _run in range(2)]

    assert counts == [1, 0]
    assert erasure.carry_out(request.pk, now=LATER) is False
    assert Mail.objects.filter(code="erasure_done").count() == 1
    assert Mail.objects.filter(key__startswith="erasure_asked").count() == 0  # emptied with the others: deleted unsent


def test_nothing_happens_before_the_day_and_it_can_be_withdrawn() -> None:
    me, _enrollment = member_of_a_company()
    client = signed_in(me)
    asked = erasure.ask(user=me, now=NOW)

    early = erasure.carry_out_due(LATER - dt.timedelta(seconds=1))
    page = client.get(reverse("privacy:own")).content.decode()
    for _time in range(2):
        client.post(reverse("privacy:keep"))

    assert early == 0
    assert "will be erased on" in page
    asked.refresh_from_db()
    assert asked.withdrawn_at is not None
    assert erasure.carry_out_due(LATER) == 0
    kinds = list(Mail.objects.filter(code__startswith="erasure").order_by("pk").values_list("code", "to"))
    assert kinds == [("erasure_asked", ADDRESS), ("erasure_withdrawn", ADDRESS)]
    again = erasure.ask(user=me, now=LATER)
    assert again.pk != asked.pk


def test_person_whose_erasure_fails_keeps_nobody_from_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "AT_ONCE", 2)
    persons = [make_user() for _person in range(4)]
    for number, user in enumerate(persons):
        erasure.ask(user=user, now=NOW - dt.timedelta(minutes=9 - number))

    def broken(user: User) -> list[registry.Hindrance]:
        if user in persons[:2]:
            raise ValueError("broken")
        return []

    monkeypatch.setattr(registry, "HINDRANCES", [broken])
    with pytest.raises(ValueError, match="broken"):
        erasure.carry_out_due(LATER)

    assert set(User.objects.filter(erased_at__isnull=False)) == {*persons[2:]}


@pytest.mark.parametrize("why", ["only owner", "owner beside an inactive one", "bdm", "lead", "file owner", "admin"])
def test_what_stands_in_the_way_is_said_with_a_way_out(why: str) -> None:
    me = make_user(language="en-gb", is_staff=why == "admin")
    if "owner" in why and why != "file owner":
        partner = make_submitted(owner=me).partner
        if "beside" in why:
            Membership.objects.create(partner=partner, user=make_user(is_active=False), role=Role.OWNER)
    if why in ("bdm", "lead"):
        Bdm.objects.create(user=me, is_lead=why == "lead")
    if why == "file owner":
        FileWork.objects.create(enrollment=make_submitted(owner=make_user()), owner=me)
    client = signed_in(me)

    page = client.get(reverse("privacy:erase")).content.decode()
    answer = client.post(reverse("privacy:erase"))

    assert "This must be done first" in page
    assert answer["Location"] == reverse("privacy:erase")
    assert not Erasure.objects.exists()
    [found, *_more] = erasure.hindrances(me)
    assert client.get(found.link).status_code in (200, 302, 404 if why == "file owner" else 200)


def test_only_person_of_an_empty_company_may_go() -> None:
    me = make_user()
    partner = make_partner(owner=me)

    erased(me)

    assert not Membership.objects.filter(partner=partner).exists()
    assert Partner.objects.filter(pk=partner.pk).exists()


@pytest.mark.parametrize(("language", "sentence"), [("en-gb", "You are the only owner"), ("fr", "Vous êtes le seul")])
def test_what_comes_in_between_holds_it_up_until_it_is_cleared(language: str, sentence: str) -> None:
    me, enrollment = member_of_a_company()
    User.objects.filter(pk=me.pk).update(language=language)
    membership = Membership.objects.get(user=me)
    asked = erasure.ask(user=me, now=NOW)
    owner = Membership.objects.get(partner=enrollment.partner, role=Role.OWNER)
    people.change_role(membership=membership, role=Role.OWNER, by=owner.user, now=NOW)
    people.remove(membership=owner, by=owner.user, now=NOW)

    with translation.override("fr" if language != "fr" else "en-gb"):  # a worker's
        held = [erasure.carry_out_due(LATER) for _run in range(2)]

    assert held == [0, 0]
    asked.refresh_from_db()
    assert asked.held_at == LATER and asked.done_at is None
    [mail] = Mail.objects.filter(code="erasure_held")
    assert str(enrollment.partner) in mail.text and sentence in mail.text
    assert str(enrollment.partner) not in mail.subject
    Membership.objects.create(partner=enrollment.partner, user=make_user(), role=Role.OWNER)
    assert erasure.carry_out_due(LATER) == 1


def test_export_goes_with_the_account_and_the_pages_say_so_before() -> None:
    me, _enrollment = member_of_a_company()
    export = exports.ask(by=me, partner=None, language="en-gb", now=NOW)
    client = signed_in(me)
    asking = client.get(reverse("privacy:erase")).content.decode()
    erasure.ask(user=me, now=NOW)
    assert do_once(exports.KIND) == 1
    page = client.get(export.get_absolute_url()).content.decode()
    later = exports.ask(by=me, partner=None, language="en-gb", now=NOW)

    erasure.carry_out_due(LATER)
    for _file in range(FileDeletion.objects.update(next_check_at=NOW)):
        do_once(deletions.KIND)

    assert "still being made" in asking
    assert "and this file with it" in page
    assert not storage().exists(f"exports/{export.pk}-1.zip")
    assert not DataExport.objects.get(pk=export.pk).is_kept
    assert not DataExport.objects.filter(pk=later.pk).exists()


def test_address_is_free_for_a_new_account() -> None:
    me, _enrollment = member_of_a_company()
    erased(me)

    again = make_user(ADDRESS)

    assert again.pk != me.pk


def test_erased_contact_of_another_company_stays_until_its_personsname_another() -> None:
    me, _enrollment = member_of_a_company()
    theirs = make_submitted(owner=make_user())
    Enrollment.objects.filter(pk=theirs.pk).update(contact_email=ADDRESS)

    done = erased(me)

    theirs.refresh_from_db()
    assert theirs.contact_email == ADDRESS
    assert done.receipt["kept"]["contacts"] == 1
    text = Mail.objects.get(code="erasure_done").text
    assert "can name another" in text


def test_campaign_s_row_loses_address_and_name() -> None:
    me = make_user(ADDRESS, name=NAME)
    admin = make_user()
    campaign = apps.get_model("onboarding", "Campaign").objects.create(
        name="A", state="preview", created_by=admin, created_at=NOW, queue="campaigns", file_name="a.csv"
    )
    row = CampaignRow.objects.create(
        campaign=campaign, row_no=2, verdict="fine", state="waiting", email=ADDRESS.upper(), contact_name=NAME, name="X"
    )

    erased(me)

    row.refresh_from_db()
    assert (row.email, row.contact_name, row.name) == ("", "", "X")


def test_history_of_the_company_has_who_left_by_number_only() -> None:
    me, enrollment = member_of_a_company()
    erased(me)

    event = CompanyEvent.objects.filter(partner=enrollment.partner, deed="left").get()

    assert (event.actor_id, event.person_id) == (me.pk, me.pk)
    assert str(event.actor) in ("Former member", "Ancien membre")


def test_every_record_can_be_asked_for_a_person_and_a_company() -> None:
    me, enrollment = member_of_a_company()
    subject = exports.subject_of(me)

    for record in registry.RECORDS.values():
        for rows in (record.rows_of_person(subject), record.rows_of_company(enrollment.partner_id)):
            assert rows is None or isinstance(rows.count(), int), record.code
    assert issubclass(Erasure, models.Model)


def test_administrators_see_a_number_and_bring_nobody_back(settings: Any) -> None:
    me, _enrollment = member_of_a_company()
    erased(me)
    admin = make_user(is_staff=True, is_superuser=True, language="en-gb")
    client = signed_in(admin)

    client.post(f"/admin/accounts/user/{me.pk}/change/", {"email": ADDRESS, "name": NAME, "is_active": "on"})
    audit = client.get("/admin/audit/").content.decode()

    me.refresh_from_db()
    assert (me.is_active, me.name, me.email) == (False, "", f"erased-{me.pk}@erased.invalid")
    assert "Former member" in audit and "erased.invalid" not in audit


def unused(email: str, years: float, **fields: Any) -> User:
    user = make_user(email, **fields)
    then = NOW - dt.timedelta(days=365 * years)
    User.objects.filter(pk=user.pk).update(date_joined=then, last_login=then)
    return user


def test_account_that_nobody_uses_is_warned_and_then_erased() -> None:
    old, fresh = unused("old@acme.example", 2.1), unused("fresh@acme.example", 1.9)
    member = unused("member@acme.example", 5)
    make_partner(owner=member)
    clerk, bdm = unused("clerk@acme.example", 5, is_staff=True), unused("bdm@acme.example", 5)
    Bdm.objects.create(user=bdm)

    warned = [retention.apply("idle-accounts", now=NOW) for _night in range(2)]
    early = erasure.carry_out_due(NOW + dt.timedelta(days=29))
    done = erasure.carry_out_due(NOW + dt.timedelta(days=31))

    assert (warned, early, done) == ([1, 0], 0, 1)
    assert list(User.objects.filter(erased_at__isnull=False)) == [old]
    kept = User.objects.filter(pk__in=[fresh.pk, member.pk, clerk.pk, bdm.pk])
    assert all(user.is_active for user in kept)


def test_signing_in_keeps_an_account_that_was_not_used() -> None:
    old = unused("old@acme.example", 3)
    retention.apply("idle-accounts", now=NOW)
    assert Mail.objects.get(code="erasure_idle").to == "old@acme.example"

    signed_in(old)

    assert Erasure.objects.get().withdrawn_at is not None
    assert erasure.carry_out_due(NOW + dt.timedelta(days=31)) == 0
    assert retention.apply("idle-accounts", now=NOW + dt.timedelta(days=31)) == 0


def test_signing_in_does_not_withdraw_what_the_person_asked_for() -> None:
    me, _enrollment = member_of_a_company()
    asked = erasure.ask(user=me, now=NOW)

    signed_in(me)

    asked.refresh_from_db()
    assert asked.withdrawn_at is None
