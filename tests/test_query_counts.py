"""How many queries each page costs: pinned, and the same for 1 and for 100 rows.

Session, user, and what stands around a page are included.
"""

import datetime as dt
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.domain.enrollment import lifecycle
from onboarding.models import Enrollment, Event
from portal.accounts.models import User
from portal.coverage.models import Absence, Bdm
from portal.partners.models import Membership, Partner, Role
from tests.builders import NOW, fill_steps_1_to_3, make_bdm, make_enrollment, make_submitted, make_user

pytestmark = pytest.mark.django_db


def cost(client: Client, path: str, data: dict[str, str] | None = None) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.post(path, data) if data is not None else client.get(path)
    assert response.status_code in (200, 302), response.status_code
    return len(captured)


def add_companies(user: User, count: int) -> None:
    """Further companies of the same user, each with an enrollment."""
    for number in range(count):
        partner = Partner.objects.create(name=f"Filiale {number}", country="FR")
        Membership.objects.create(partner=partner, user=user, role=Role.OWNER)
        lifecycle.start(partner=partner, country="FR", by=user, now=NOW)


def test_home(as_reseller: Client, enrollment: Enrollment) -> None:
    one = cost(as_reseller, "/home/")
    add_companies(enrollment.created_by, 99)

    assert (one, cost(as_reseller, "/home/")) == (HOME, HOME)


def test_file_with_a_long_history(as_reseller: Client, enrollment: Enrollment) -> None:
    path = f"/enrollments/{enrollment.pk}/"
    one = cost(as_reseller, path)
    Event.objects.bulk_create(
        Event(
            enrollment=enrollment,
            at=NOW + dt.timedelta(minutes=n),
            kind="answered",
            actor=enrollment.created_by,
            data={"page": "mpn-id"},
        )
        for n in range(100)
    )

    assert (one, cost(as_reseller, path)) == (FILE, FILE)


@pytest.mark.parametrize("slug", ["mpn-id", "location", "company", "contact", "marketplace"])
def test_step_page(as_reseller: Client, enrollment: Enrollment, slug: str) -> None:
    fill_steps_1_to_3(enrollment)
    lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)

    assert cost(as_reseller, f"/enrollments/{enrollment.pk}/steps/{slug}/") <= 9


def test_step_save(as_reseller: Client, enrollment: Enrollment) -> None:
    basis = lifecycle.basis(enrollment, "mpn-id")
    answers = {"basis": basis, "has_mpn_account": "True", "mpn_id": "4391507"}

    assert cost(as_reseller, f"/enrollments/{enrollment.pk}/steps/mpn-id/", answers) <= SAVE


def test_answers(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)

    assert cost(as_reseller, f"/enrollments/{enrollment.pk}/answers/") <= 7


def test_company_page(as_reseller: Client, enrollment: Enrollment) -> None:
    path = f"/partners/{enrollment.partner_id}/"
    one = cost(as_reseller, path)
    for _ in range(99):
        Membership.objects.create(partner=enrollment.partner, user=make_user(), role=Role.VIEWER)

    assert (one, cost(as_reseller, path)) == (COMPANY_PAGE, COMPANY_PAGE)


@pytest.mark.parametrize(
    "model",
    [
        "enrollment",
        "check",
        "event",
        "draft",
        "clock",
        "clockrule",
        "escalation",
        "vetting",
        "forecast",
        "inbound",
        "message",
        "reading",
        "filework",
        "pipelineentry",
        "savedview",
        "star",
        "externalid",
    ],
)
@pytest.mark.long
def test_admin_list(client: Client, model: str) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True), backend=BACKEND)
    make_submitted()
    path = f"/admin/onboarding/{model}/"
    one = cost(client, path)
    for _ in range(30):
        make_enrollment()

    assert one == cost(client, path) <= 8


def test_desk(as_bdm: Client) -> None:
    make_submitted()
    one = cost(as_bdm, "/desk/")
    for _ in range(60):
        make_enrollment()

    assert (one, cost(as_bdm, "/desk/")) == (DESK, DESK)


def test_desk_file(as_bdm: Client) -> None:
    enrollment = make_submitted()

    one = cost(as_bdm, f"/desk/{enrollment.pk}/")
    kinds = ("answered", "mailbox_confirmed", "delegated")
    Event.objects.bulk_create(Event(enrollment=enrollment, at=NOW, kind=kinds[n % 3]) for n in range(100))
    for _ in range(30):
        Membership.objects.create(partner=enrollment.partner, user=make_user(), role=Role.VIEWER)
        make_bdm("FR")

    assert (one, cost(as_bdm, f"/desk/{enrollment.pk}/")) == (DESK_FILE, DESK_FILE)


@pytest.mark.parametrize("view", ["view=open", "view=needs_me&sort=since", "view=all&country=FR&sort=progress"])
def test_desk_file_from_a_view(as_bdm: Client, view: str) -> None:
    """Two more queries: what the filters of the view may be, and the files beside this one."""
    file, query = make_submitted(), urlencode({"from": view})
    one = cost(as_bdm, f"/desk/{file.pk}/?{query}")
    for _ in range(60):
        make_enrollment()

    assert (one, cost(as_bdm, f"/desk/{file.pk}/?{query}")) == (DESK_FILE + 2, DESK_FILE + 2)


@pytest.mark.parametrize("absent", [1, 3])
def test_who_stands_in_pays_for_it(as_bdm: Client, absent: int) -> None:
    """Two more queries: the absences, and the countries of the absent; nobody else reads them."""
    today = timezone.localdate()
    me, others = Bdm.objects.get(), [make_bdm("BE") for _ in range(absent)]
    for other in others:
        Absence.objects.create(bdm=other, first_on=today, last_on=today, stand_in=me)

    assert cost(as_bdm, "/desk/") == DESK + 2
    Absence.objects.update(stand_in=make_bdm("DE"))
    assert cost(as_bdm, "/desk/") == DESK


# The pages that people open the most. A number may go down; one more query needs a reason beside it.
HOME, FILE, SAVE, DESK, DESK_FILE, COMPANY_PAGE = 6, 5, 13, 6, 10, 11
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
