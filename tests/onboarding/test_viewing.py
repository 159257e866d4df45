"""Ingram's people see the portal as a partner's person does: read only, for an hour, and the owner is told why."""

import datetime as dt
from typing import Any

import pytest
from django.db import InternalError, transaction
from django.test import Client
from django.utils import timezone

from onboarding.domain.desk import viewing
from onboarding.domain.mail import messages
from onboarding.models import Enrollment, FileLook, Message, Reading
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.partners.models import Membership, PartnerView, Role
from tests.builders import make_bdm, make_enrollment, make_partner, make_submitted, make_user
from tests.onboarding.views.test_desk_work import as_user

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
REASON = "Helps with the location"


def look(viewer: User, other: User) -> Client:
    client = as_user(viewer)
    answer = client.post(f"/view-as/{other.pk}/", {"reason": REASON})
    assert answer["Location"] == "/home/"
    return client


def test_their_pages_are_shown_with_a_banner(bdm: User) -> None:
    enrollment = make_submitted()
    client = look(bdm, enrollment.created_by)

    for path in ("/home/", f"/enrollments/{enrollment.pk}/", f"/enrollments/{enrollment.pk}/steps/mpn-id/",
                 f"/partners/{enrollment.partner_id}/"):  # fmt: skip
        page = client.get(path)
        assert page.status_code == 200, path
        assert "banner-viewing" in page.content.decode() and "/view-as/end/" in page.content.decode(), path

    view = PartnerView.objects.get()
    assert (view.viewer, view.seen_as, view.reason, view.pages) == (bdm, enrollment.created_by, REASON, 4)
    assert view.companies == [enrollment.partner_id]


def test_only_what_that_person_sees_is_seen(bdm: User) -> None:
    enrollment, other = make_submitted(), make_submitted()
    client = look(bdm, enrollment.created_by)

    assert client.get(f"/enrollments/{other.pk}/").status_code == 404
    assert client.get(f"/partners/{other.partner_id}/").status_code == 404


def test_every_post_is_refused_with_a_sentence(bdm: User) -> None:
    enrollment = make_submitted()
    client = look(bdm, enrollment.created_by)
    before = Enrollment.objects.values().get(pk=enrollment.pk)

    for path, data in (
        (f"/enrollments/{enrollment.pk}/steps/mpn-id/", {"has_mpn_account": "True", "mpn_id": "4391999"}),
        (f"/enrollments/{enrollment.pk}/messages/", {"text": "Bonjour"}),
        (f"/enrollments/{enrollment.pk}/withdraw/", {}),
        (f"/partners/{enrollment.partner_id}/", {"email": "a@b.example", "role": "viewer"}),
        ("/account/language/", {"language": "en-gb", "next": "/home/"}),
        ("/account/", {"name": "X", "language": "en-gb"}),
        ("/invited/x/", {"refuse": "1"}),
    ):  # fmt: skip
        answer = client.post(path, data)
        assert (answer.status_code, str(enrollment.created_by) in answer.content.decode()) == (403, True), path
    for method in ("put", "delete", "patch"):
        assert getattr(client, method)(f"/enrollments/{enrollment.pk}/").status_code == 403

    assert Enrollment.objects.values().get(pk=enrollment.pk) == before
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "path", ["/accounts/2fa/", "/accounts/2fa/recovery-codes/", "/accounts/email/", "/account/", "/admin/", "/desk/"]
)
def test_account_and_staff_pages_are_not_shown(bdm: User, path: str) -> None:
    client = look(bdm, make_submitted().created_by)

    assert client.get(path).status_code == 403


def test_nothing_is_marked_as_read(bdm: User) -> None:
    enrollment = make_submitted()
    now = timezone.now()
    sent = messages.write(enrollment=enrollment, author=bdm, body="Bonjour", key="k", now=now, by_staff=True)
    assert sent is not None
    Reading.objects.all().delete()
    client = look(bdm, enrollment.created_by)

    assert "Bonjour" in client.get(f"/enrollments/{enrollment.pk}/messages/").content.decode()
    client.post(f"/enrollments/{enrollment.pk}/messages/read/", {"upto": str(sent.pk)})

    assert not Reading.objects.exists() and not FileLook.objects.exists()


def test_a_get_that_writes_is_undone_and_refused(bdm: User, monkeypatch: Any) -> None:
    enrollment = make_submitted()
    client = look(bdm, enrollment.created_by)
    seen: list[str] = []

    def writes(user: User, **values: Any) -> Any:
        seen.append("asked")
        User.objects.filter(pk=user.pk).update(name="Changed")
        return Enrollment.objects.none()

    monkeypatch.setattr("onboarding.views.wizard.queries.of_member", writes)
    answer = client.get("/home/")

    assert (answer.status_code, seen) == (403, ["asked"])
    assert not User.objects.filter(name="Changed").exists()


def test_own_session_is_back_unchanged(bdm: User) -> None:
    enrollment = make_submitted()
    client = as_user(bdm)
    client.get("/desk/")
    session = client.session
    session["own"] = "kept"
    session.save()
    before = {**client.session}
    client.post(f"/view-as/{enrollment.created_by_id}/", {"reason": REASON})
    client.get(f"/enrollments/{enrollment.pk}/")

    client.post("/view-as/end/")

    assert {**client.session} == before
    assert client.get(f"/desk/{enrollment.pk}/").status_code == 200
    assert client.get(f"/enrollments/{enrollment.pk}/").status_code == 404
    view = PartnerView.objects.get()
    assert view.ended_at is not None


def test_second_tab_that_ends_it_too_is_told(bdm: User) -> None:
    client = look(bdm, make_submitted().created_by)

    for _tab in range(2):
        assert client.post("/view-as/end/")["Location"] == "/"
    assert PartnerView.objects.exclude(ended_at=None).count() == 1


def test_second_look_ends_the_first(bdm: User) -> None:
    one, two = make_submitted().created_by, make_submitted().created_by
    first, second = look(bdm, one), look(bdm, two)

    assert first.get("/home/").status_code == 302
    assert second.get("/home/").status_code == 200
    assert [view.ended_at is None for view in PartnerView.objects.order_by("pk")] == [False, True]


@pytest.mark.parametrize("what", ["hour", "no_bdm", "country", "staff", "inactive", "no_company"])
def test_look_ends_when_its_hour_or_right_is_over(bdm: User, what: str) -> None:
    enrollment = make_submitted()
    client = look(bdm, enrollment.created_by)
    if what == "hour":
        past = timezone.now() - HOUR
        viewing_row = PartnerView(
            viewer=bdm, seen_as=enrollment.created_by, companies=[], reason=REASON, started_at=past - HOUR,
            expires_at=past,
        )  # fmt: skip
        viewing_row.save()
        session = client.session
        session[viewing.IN_SESSION] = viewing_row.pk
        session.save()
    elif what == "no_bdm":
        Bdm.objects.filter(user=bdm).delete()
    elif what == "country":
        bdm.bdm.countries.set(["BE"])  # type: ignore[attr-defined]
    elif what == "staff":
        User.objects.filter(pk=enrollment.created_by_id).update(is_staff=True)
    elif what == "inactive":
        User.objects.filter(pk=enrollment.created_by_id).update(is_active=False)
    else:
        Membership.objects.filter(user=enrollment.created_by).delete()

    answer = client.get(f"/enrollments/{enrollment.pk}/")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert viewing.IN_SESSION not in client.session
    if what == "hour":
        assert viewing_row.expires_at == PartnerView.objects.get(pk=viewing_row.pk).ended_at


def test_signing_out_ends_the_look(bdm: User) -> None:
    client = look(bdm, make_submitted().created_by)

    client.post("/accounts/logout/")

    assert PartnerView.objects.get().ended_at is not None
    assert client.get("/home/").status_code == 302


def owner_of_a_company(user: User) -> User:
    make_partner(owner=user)
    return user


def in_two_countries() -> User:
    user = make_enrollment().created_by
    make_enrollment(owner=user, partner=make_partner(owner=user, country="DE"), country="DE")
    return user


PEOPLE: dict[str, Any] = {
    "of_france": lambda: make_enrollment().created_by,
    "of_germany": lambda: make_enrollment(country="DE").created_by,
    "of_both": in_two_countries,
    "without_file": lambda: owner_of_a_company(make_user()),
    "without_company": make_user,
    "bdm": lambda: make_bdm("FR").user,
    "bdm_with_company": lambda: owner_of_a_company(make_bdm("BE").user),
    "admin": lambda: make_enrollment(owner=make_user(is_staff=True)).created_by,
    "inactive": lambda: make_enrollment(owner=make_user(is_active=False)).created_by,
}


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        ("bdm", {"of_france", "without_file"}),
        ("lead", {"of_france", "of_germany", "of_both", "without_file"}),
        ("admin", {"of_france", "of_germany", "of_both", "without_file"}),
        ("clerk", set()),
        ("partner", set()),
    ],
)
def test_who_may_see_whom(viewer: str, seen: set[str]) -> None:
    user = {
        "bdm": lambda: make_bdm("FR").user,
        "lead": lambda: make_bdm(lead=True).user,
        "admin": lambda: make_user(is_staff=True, is_superuser=True),
        "clerk": lambda: make_user(is_staff=True),
        "partner": lambda: make_enrollment().created_by,
    }[viewer]()
    client = as_user(user)

    got = {name for name, made in PEOPLE.items() if client.get(f"/view-as/{made().pk}/").status_code == 200}

    assert got == seen
    assert client.get(f"/view-as/{user.pk}/").status_code == 404
    assert client.get("/view-as/99999999/").status_code == 404


@pytest.mark.parametrize("reason", ["", "   ", "x", "a\u200b"])
def test_reason_is_needed(bdm: User, reason: str) -> None:
    other = make_submitted().created_by

    answer = as_user(bdm).post(f"/view-as/{other.pk}/", {"reason": reason})

    assert answer.status_code == 422
    assert not PartnerView.objects.exists()


def test_company_s_owner_sees_who_looked_and_a_viewer_does_not(bdm: User) -> None:
    enrollment = make_submitted()
    viewer = make_user()
    Membership.objects.create(partner=enrollment.partner, user=viewer, role=Role.VIEWER)
    look(bdm, viewer).get("/home/")
    make_partner(owner=(stranger := make_user()))
    path = f"/partners/{enrollment.partner_id}/"

    assert REASON in as_user(enrollment.created_by).get(path).content.decode()
    assert REASON not in as_user(viewer).get(path).content.decode()
    assert as_user(stranger).get(path).status_code == 404


def test_log_is_append_only(bdm: User) -> None:
    look(bdm, make_submitted().created_by)

    for change in ({"reason": "another"}, {"viewer": make_user()}, {"started_at": timezone.now() - HOUR}):
        with pytest.raises(InternalError), transaction.atomic():
            PartnerView.objects.update(**change)
    with pytest.raises(InternalError), transaction.atomic():
        PartnerView.objects.all().delete()


def test_desk_leads_to_it_for_those_who_may_be_seen(bdm: User) -> None:
    user = in_two_countries()
    file = Enrollment.objects.get(created_by=user, country="FR")
    colleague = make_user()
    Membership.objects.create(partner=file.partner, user=colleague)

    page = as_user(bdm).get(f"/desk/{file.pk}/").content.decode()

    assert f"/view-as/{colleague.pk}/" in page and f"/view-as/{user.pk}/" not in page
