"""The file's page: what stands around a file, and for whom."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding.domain.desk import around
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment
from onboarding.phases import Phase
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.partners.models import Membership, Partner, Role
from tests.builders import check_of, make_bdm, make_enrollment, make_partner, make_submitted, make_user
from tests.onboarding.domain.test_pipeline import SITUATIONS, put

pytestmark = pytest.mark.django_db

VALUES = {
    "mpn_id": "4391999", "location_mpn_id": "43919991", "tenant": "commun.onmicrosoft.com", "duns": "150483799",
    "registration_number": "999000099", "mail_domain": "commun.example",
}  # fmt: skip


def give(file: Enrollment, name: str, value: str) -> None:
    if name in {"duns", "registration_number", "mail_domain"}:
        Partner.objects.filter(pk=file.partner_id).update(**{name: value})
    else:
        Enrollment.objects.filter(pk=file.pk).update(**{name: value})


@pytest.mark.parametrize("name", list(around.SHARED))
def test_what_stands_in_another_companys_file_is_said_linked_or_counted(name: str, as_bdm: Client) -> None:
    file, seen, hidden = make_enrollment(), make_enrollment(), make_enrollment(country="DE")
    assert as_bdm.get(f"/desk/{file.pk}/").context["shared"] == []
    for each in (file, seen, hidden):
        give(each, name, VALUES[name])

    page = as_bdm.get(f"/desk/{file.pk}/")

    [other] = page.context["shared"]
    assert (other.what, [each.pk for each in other.files], other.hidden) == (name, [seen.pk], 1)
    text = page.content.decode()
    assert f'href="/desk/{seen.pk}/"' in text
    assert str(hidden.pk) not in text
    assert str(hidden.partner) not in text


def test_the_companys_own_other_file_is_no_duplicate(as_bdm: Client) -> None:
    owner = make_user()
    partner = make_partner(owner=owner, duns="150483799")
    files = [make_enrollment(owner=owner, partner=partner, country=country) for country in ("FR", "DE", "BE")]

    page = as_bdm.get(f"/desk/{files[0].pk}/")

    assert page.context["shared"] == []
    assert (page.context["company"].files, page.context["company"].hidden) == ([], 2)
    as_lead = Client()
    as_lead.force_login(make_bdm(lead=True).user)
    assert len(as_lead.get(f"/desk/{files[0].pk}/").context["company"].files) == 2


def test_empty_answers_are_not_shared(as_bdm: Client) -> None:
    one, _other = make_enrollment(), make_enrollment()

    assert as_bdm.get(f"/desk/{one.pk}/").context["shared"] == []


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [("+33 1 99 00 12 34", "+33199001234"), ("01.99.00.12.34", "0199001234"), ("+44 (0)20 7946 0000", "+442079460000")],
)
def test_people_have_telephone_links(typed: str, dialled: str, as_bdm: Client, bdm: User) -> None:
    file = make_submitted()
    Enrollment.objects.filter(pk=file.pk).update(contact_phone=typed)
    Bdm.objects.filter(user=bdm).update(phone="+33 1 99 00 55 55")
    viewer = make_user("lecteur@company.example", name="Jean Lecteur")
    Membership.objects.create(partner=file.partner, user=viewer, role=Role.VIEWER)

    page = as_bdm.get(f"/desk/{file.pk}/").content.decode()

    for part in (f'href="tel:{dialled}"', 'href="tel:+33199005555"', "Jean Lecteur", "mailto:lecteur@company.example"):
        assert part in page


def test_alarm_and_reasons_stand_on_top(as_bdm: Client) -> None:
    file = make_submitted()
    SITUATIONS["long_tail"](file)
    SITUATIONS["unread"](file)

    page = as_bdm.get(f"/desk/{file.pk}/").content.decode()

    top = page[: page.index('class="desk-decision"')]
    assert "Plus de douze semaines" in top
    assert "Un message que personne n’a lu" in top


def test_page_costs_the_same_with_much_around_it(as_bdm: Client) -> None:
    file = make_submitted()
    put(file, Kind.MPN_ID, Phase.BDM_LOOKS)
    path = f"/desk/{file.pk}/checks/{check_of(file, Kind.MPN_ID, Authority.MICROSOFT).pk}/"

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert re.search("<h1", as_bdm.get(path).content.decode())
        return len(captured)

    cost()
    one = cost()
    for _each in range(5):
        give(make_enrollment(), "duns", file.partner.duns or "150483782")
        Membership.objects.create(partner=file.partner, user=make_user(), role=Role.VIEWER)
        make_bdm("FR")

    assert cost() == one
