"""The auditors' page tells who did what and who saw what, field by field; staff's looks leave a line."""

import csv
import datetime as dt
import io
import re
from typing import Any

import pghistory
import pytest
from django.contrib.admin import site as admin_site
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from onboarding.domain.enrollment import lifecycle
from onboarding.domain.mail import messages
from onboarding.models import Enrollment, Event
from portal.accounts.models import User
from portal.audit import reading, registry
from portal.audit.models import StaffLook
from portal.audit.reading import Filters
from portal.partners import events
from portal.partners.models import Deed
from portal.privacy import registry as privacy
from portal.privacy.registry import Record
from tests.builders import NOW, fill, make_bdm, make_enrollment, make_partner, make_submitted, make_user
from tests.portal.audit.conftest import signed_in
from tests.test_urls import walk

pytestmark = pytest.mark.django_db
PAGE = "/admin/audit/"


@pytest.fixture
def auditor() -> User:
    user = make_user("auditor@ingram.example", name="Ada", is_staff=True, language="en-gb")
    user.user_permissions.add(Permission.objects.get(codename="read_audit"))
    return user


def rows(client: Client, **query: object) -> list[dict[str, Any]]:
    found = client.get(PAGE, query)
    assert found.status_code == 200
    return list(found.context["rows"])


def told(client: Client, **query: object) -> list[tuple[str, str]]:
    return [(str(row["what"]), row["detail"]) for row in rows(client, **query)]


def test_changed_answer_is_told_with_who_before_and_after(auditor: User, reseller: User) -> None:
    enrollment = make_enrollment(owner=reseller, partner=reseller.partners.get())
    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391001"})
    enrollment.refresh_from_db()
    answers = {"basis": lifecycle.basis(enrollment, "mpn-id"), "has_mpn_account": "True", "mpn_id": "4391507"}

    answer = signed_in(reseller).post(f"/enrollments/{enrollment.pk}/steps/mpn-id/", answers)

    assert answer.status_code == 302
    [row] = rows(signed_in(auditor), enrollment=enrollment.pk, deed="answers")[:1]
    assert row["detail"] == "MPN ID: 4391001 → 4391507"
    assert "reseller@company.example" in row["who"]
    [newest] = enrollment.answer_history.order_by("-pgh_id")[:1]  # type: ignore[attr-defined]
    assert newest.pgh_context == {
        "user": reseller.pk,
        "deed": "onboarding:page",
        "request": answer.headers["X-Request-Id"],
    }


def test_page_merges_histories_and_filters_them(auditor: User) -> None:
    mine, other = make_submitted(), make_submitted()
    events.record(mine.partner, Deed.REVIEWED, by=mine.created_by, now=NOW)
    client = signed_in(auditor)

    assert {row["enrollment"] for row in rows(client, enrollment=mine.pk)} == {mine.pk}
    assert {row["enrollment"] or row["company_id"] for row in rows(client, company=mine.partner_id)} == {
        mine.pk, mine.partner_id,
    }  # fmt: skip
    assert {row["who"] for row in rows(client, person=other.created_by.email)} == {f"<{other.created_by.email}>"}
    assert told(client, deed="companies:reviewed") == [("People and roles looked through", "")]
    assert rows(client, first="2027-01-01", deed="events") == []
    assert rows(client, last="2026-11-15", deed="events") == []
    assert rows(client, first="2026-11-16", last="2026-11-16", deed="events") != []


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        ({"page": "location"}, "The location of sale"),
        ({"reason": "name_differs"}, "name"),
        ({"says": "action_needed"}, "Action needed"),
        ({"stopped": []}, "Checks no longer run: 0"),
        ({"stopped": [7, 8]}, "Checks no longer run: 2"),
        ({"page": "of-a-release-before"}, "page: of-a-release-before"),
        ({"number": 3}, "number: 3"),
    ],
)
def test_what_an_event_names_by_a_code_is_told_in_words(auditor: User, data: dict[str, object], detail: str) -> None:
    enrollment = make_enrollment()
    Event.objects.create(enrollment=enrollment, at=NOW, kind="answered", data=data)

    [row] = rows(signed_in(auditor), enrollment=enrollment.pk, deed="events:answered")

    assert detail in row["detail"]
    assert detail == f"{next(iter(data))}: {next(iter(data.values()))}" or next(iter(data)) not in row["detail"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"person": "nobody@nowhere.example"}, "No account has this address."),
        ({"company": "Unknown SARL"}, "No company has this name."),
        ({"company": "Twins"}, "2 companies have this name."),
        ({"first": "2026-11-20", "last": "2026-11-19"}, "This day is before the first one."),
        ({"enrollment": "not-a-number"}, "Enter a valid UUID."),
        ({"deed": "made-up"}, "Select a valid choice."),
    ],
)
def test_what_is_not_found_is_said_and_kept(auditor: User, query: dict[str, str], sentence: str) -> None:
    for _number in range(2):
        make_partner(name="Twins")

    page = signed_in(auditor).get(PAGE, query)

    assert sentence in page.content.decode()
    assert page.context["rows"] == []
    assert next(iter(query.values())) in page.content.decode()


def test_pages_follow_each_other_without_gap_or_repetition(auditor: User) -> None:
    enrollment = make_submitted()
    for number in range(70):
        events.record(enrollment.partner, Deed.REVIEWED, by=None, now=NOW + dt.timedelta(minutes=number % 7))
        messages.write(enrollment=enrollment, author=enrollment.created_by, body="a", key=str(number), now=NOW)
    client, address, seen = signed_in(auditor), PAGE, []

    while address:
        page = client.get(address)
        seen += [(str(row["history"]), row["key"]) for row in page.context["rows"]]
        address = page.context["older"]

    # Each page that was opened is a new line above those that were read.
    everything = {(str(entry.trail.label), entry.key) for entry in reading.every(Filters())}
    looks = {line for line in everything if "opened or taken" in line[0]}
    assert len(seen) == len(set(seen)) >= 140
    assert everything - looks <= set(seen) <= everything


def test_page_costs_as_much_for_many_rows_as_for_few(auditor: User) -> None:
    enrollment = make_submitted()
    client = signed_in(auditor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    few = cost()
    for number in range(100):
        owner = make_user()
        events.record(enrollment.partner, Deed.REVIEWED, by=owner, now=NOW, person=make_user(f"p{number}@x.example"))

    assert cost() == few


@pytest.mark.parametrize("after", ["", "made-up", "events.99999999999999999999", "x.1_events.", "events.5'; DROP--"])
def test_made_up_cursor_shows_a_page(auditor: User, after: str) -> None:
    make_submitted()

    assert signed_in(auditor).get(PAGE, {"after": after}).status_code == 200


def test_export_has_every_row_and_is_itself_told(auditor: User) -> None:
    enrollment = make_submitted()
    enrollment.partner.name = "=HYPERLINK(1)"
    enrollment.partner.save()
    client = signed_in(auditor)

    answer = client.post("/admin/audit/export/", {"company": enrollment.partner_id})

    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    expected = list(reading.every(Filters(company=enrollment.partner_id)))
    assert len(lines) == len(expected) + 1
    assert not [cell for line in lines for cell in line if cell.startswith("=")]
    assert StaffLook.objects.filter(what="admin:audit_export", actor=auditor).exists()
    assert client.post("/admin/audit/export/", {"company": "nobody knows"}).status_code == 400
    assert client.get("/admin/audit/export/").status_code == 405


@pytest.mark.parametrize("who", ["clerk", "bdm", "owner"])
def test_page_is_for_auditors(who: str) -> None:
    enrollment = make_submitted()
    people = {
        "clerk": lambda: make_user(is_staff=True),
        "bdm": lambda: make_bdm("FR").user,
        "owner": lambda: enrollment.created_by,
    }
    client = signed_in(people[who]())

    assert client.get(PAGE).status_code in (302, 403)
    assert client.post("/admin/audit/export/", {}).status_code in (302, 403)


def test_looks_of_staff_are_written_down_and_those_of_partners_are_not(bdm: User) -> None:
    enrollment = make_submitted()
    desk = f"/desk/{enrollment.pk}/"

    for path in (desk, f"{desk}history/", f"/enrollments/{enrollment.pk}/support/"):
        assert signed_in(bdm).get(path).status_code == 200
    assert signed_in(enrollment.created_by).get(f"/enrollments/{enrollment.pk}/support/").status_code == 200
    assert signed_in(bdm).get(f"/desk/{make_user().pk}/").status_code == 404

    found = StaffLook.objects.order_by("pk").values_list("what", "actor", "enrollment")
    assert [*found] == [
        ("onboarding:desk_enrollment", bdm.pk, enrollment.pk),
        ("onboarding:desk_history", bdm.pk, enrollment.pk),
        ("onboarding:support", bdm.pk, enrollment.pk),
    ]


def test_export_of_the_desk_and_admin_pages_are_looks(bdm: User) -> None:
    enrollment = make_submitted()
    signed_in(bdm).post("/desk/export/", {"query": "", "format": "csv"})
    admin = make_user(is_staff=True, is_superuser=True)
    signed_in(admin).get(f"/admin/partners/partner/{enrollment.partner_id}/change/")
    signed_in(admin).get(f"/admin/onboarding/enrollment/{enrollment.pk}/change/")

    found = StaffLook.objects.order_by("pk").values_list("what", "actor", "company", "enrollment")
    assert [*found] == [
        ("onboarding:desk_export", bdm.pk, None, None),
        ("admin:partners_partner_change", admin.pk, enrollment.partner_id, None),
        ("admin:onboarding_enrollment_change", admin.pk, None, enrollment.pk),
    ]


PERSONAL = [record for record in privacy.personal() if record.get_model() in admin_site._registry]


@pytest.mark.parametrize("record", PERSONAL, ids=lambda record: record.code)
def test_admin_page_of_everything_personal_is_a_look(record: Record) -> None:
    model = record.get_model()
    admin = make_user(is_staff=True, is_superuser=True)

    answer = signed_in(admin).get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")

    assert answer.status_code == 200
    [look] = StaffLook.objects.all()
    assert look.what == f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"


def test_every_look_names_an_address_and_no_secret() -> None:
    known = dict(walk(get_resolver().url_patterns))

    assert set(registry.LOOKS) <= set(known)
    for name, look in registry.LOOKS.items():
        assert not re.search(r"token", known[name])
        assert all(f":{key}>" in known[name] for key in (look.enrollment, look.company) if key)


def test_work_of_the_portal_is_told(auditor: User) -> None:
    enrollment = make_submitted()
    with pghistory.context(work="forget-deleted-drafts"):
        Enrollment.objects.filter(pk=enrollment.pk).update(contact_last_name="")

    [row] = rows(signed_in(auditor), deed="answers", enrollment=enrollment.pk)[:1]
    assert (str(row["who"]), row["detail"]) == ("The portal: forget-deleted-drafts", "last name: Exemple → —")
