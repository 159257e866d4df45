"""Leaving a company, handing it over with the other's consent, and the company's own history."""

import datetime as dt
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners import hand_over, people
from portal.partners.models import CompanyEvent, Deed, HandOver, Partner, Role
from tests.builders import make_enrollment
from tests.portal.people import company, invite, member, page, person

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def roles(partner: Partner) -> dict[str, str]:
    return {email.split("@")[0]: role for email, role in partner.memberships.values_list("user__email", "role")}


def deeds(partner: Partner) -> list[str]:
    return list(partner.events.order_by("id").values_list("deed", flat=True))


@pytest.fixture
def marie() -> User:
    return person("marie@acme.example")


@pytest.fixture
def paul() -> User:
    return person("paul@acme.example")


@pytest.fixture
def acme(marie: User, paul: User) -> Partner:
    acme = company(marie)
    member(acme, paul, Role.CONTRIBUTOR)
    return acme


def offer(acme: Partner, marie: User, paul: User, *, afterwards: str = Role.VIEWER) -> HandOver:
    return hand_over.offer(partner=acme, to=paul, afterwards=afterwards, by=marie, now=NOW)


# --- handing over


@pytest.mark.parametrize(
    ("afterwards", "expected"),
    [(Role.CONTRIBUTOR, Role.CONTRIBUTOR), (Role.VIEWER, Role.VIEWER), ("", None)],
)
def test_nothing_changes_before_the_colleague_accepts(
    acme: Partner, marie: User, paul: User, afterwards: str, expected: str | None
) -> None:
    offered = offer(acme, marie, paul, afterwards=afterwards)
    before = roles(acme)

    for _time in range(2):
        hand_over.accept(offered=offered, now=NOW)

    assert before == {"marie": Role.OWNER, "paul": Role.CONTRIBUTOR}
    assert (roles(acme)["paul"], roles(acme).get("marie")) == (Role.OWNER, expected)
    last = Deed.ROLE_CHANGED if expected else Deed.LEFT
    assert deeds(acme)[-4:] == [Deed.HAND_OVER_OFFERED, Deed.ROLE_CHANGED, last, Deed.HAND_OVER_ACCEPTED]
    assert Mail.objects.filter(code="hand_over_answered", to=marie.email).count() == 1


def test_the_same_offer_twice_is_one_offer_and_one_mail(acme: Partner, marie: User, paul: User) -> None:
    first, second = offer(acme, marie, paul), offer(acme, marie, paul)

    assert first == second
    assert Mail.objects.filter(code="hand_over", to=paul.email).count() == 1


@pytest.mark.parametrize("trouble", ["left", "expired", "declined", "withdrawn", "offerer no longer owner"])
def test_an_offer_that_no_longer_holds_changes_nothing_and_says_so(
    acme: Partner, marie: User, paul: User, trouble: str
) -> None:
    offered = offer(acme, marie, paul)
    later = NOW
    if trouble == "left":
        people.remove(membership=acme.memberships.get(user=paul), by=paul, now=NOW)
    elif trouble == "expired":
        later = NOW + dt.timedelta(days=15)
    elif trouble == "declined":
        hand_over.decline(offered=offered, now=NOW)
    elif trouble == "withdrawn":
        hand_over.withdraw(offered=offered, by=marie, now=NOW)
    else:
        member(acme, person("zoe@acme.example"), Role.OWNER)
        people.change_role(membership=acme.memberships.get(user=marie), role=Role.VIEWER, by=marie, now=NOW)
    before = roles(acme)

    with pytest.raises(hand_over.OfferGoneError):
        hand_over.accept(offered=offered, now=later)

    assert roles(acme) == before


def test_a_company_is_not_handed_to_strangers_or_owners(acme: Partner, marie: User) -> None:
    zoe = person("zoe@acme.example")
    with pytest.raises(hand_over.NotAMemberError):
        offer(acme, marie, zoe)

    member(acme, zoe, Role.OWNER)
    with pytest.raises(hand_over.NotAMemberError):
        offer(acme, marie, zoe)


def test_the_pages_of_a_hand_over(acme: Partner, marie: User, paul: User) -> None:
    owner, colleague = signed_in(marie), signed_in(paul)

    form = owner.get(f"/partners/{acme.pk}/hand-over/").content.decode()
    owner.post(f"/partners/{acme.pk}/hand-over/", {"to": str(paul.pk), "afterwards": ""})
    offered = HandOver.objects.get()
    link = f"/partners/{acme.pk}/hand-over/{offered.pk}/"
    seen = [client.get(link).content.decode() for client in (owner, colleague)]
    told = colleague.get(f"/partners/{acme.pk}/").content.decode()
    taken = [colleague.post(link, {"accept": ""}, follow=True).status_code for _time in range(2)]

    assert "What follows once your colleague accepts" in form
    assert 'name="withdraw"' in seen[0] and 'id="accept"' in seen[1] and link in told
    assert taken == [200, 200]
    assert roles(acme) == {"paul": Role.OWNER}


def test_the_one_who_is_asked_cannot_be_forced_and_others_see_nothing(acme: Partner, marie: User, paul: User) -> None:
    offered = offer(acme, marie, paul)
    link = f"/partners/{acme.pk}/hand-over/{offered.pk}/"
    viewer = person("vera@acme.example")
    member(acme, viewer, Role.VIEWER)

    signed_in(marie).post(link, {"accept": ""})
    answers = [signed_in(viewer).get(link).status_code, signed_in(viewer).post(link, {"accept": ""}).status_code]
    elsewhere = signed_in(paul).get(f"/partners/{uuid4()}/hand-over/{offered.pk}/").status_code

    assert (answers, elsewhere) == ([404, 404], 404)
    assert roles(acme)["paul"] == Role.CONTRIBUTOR


def test_a_forged_colleague_is_refused_at_the_field(acme: Partner, marie: User) -> None:
    stranger = person("stranger@elsewhere.example")
    client = signed_in(marie)

    answers = [
        client.post(f"/partners/{acme.pk}/hand-over/", {"to": to, "afterwards": "viewer"})
        for to in (str(stranger.pk), "0", "marie")
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert all("no longer belongs to the company" in answer.content.decode() for answer in answers)


# --- leaving


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.OWNER])
def test_anyone_leaves_as_long_as_an_owner_stays(acme: Partner, role: str) -> None:
    zoe = person("zoe@acme.example")
    member(acme, zoe, role)
    client = signed_in(zoe)

    asked = client.get(f"/partners/{acme.pk}/leave/").content.decode()
    left = [client.post(f"/partners/{acme.pk}/leave/").status_code for _time in range(2)]

    assert 'id="leave"' in asked
    assert left == [302, 302]
    assert "zoe" not in roles(acme)
    assert deeds(acme).count(Deed.LEFT) == 1


def test_the_last_owner_is_led_to_hand_over(acme: Partner, marie: User) -> None:
    client = signed_in(marie)

    asked = client.get(f"/partners/{acme.pk}/leave/").content.decode()
    forced = client.post(f"/partners/{acme.pk}/leave/")

    assert "/hand-over/" in asked and 'id="leave"' not in asked
    assert forced.status_code == 409
    assert roles(acme)["marie"] == Role.OWNER


def test_the_only_person_leaves_an_empty_company_but_not_one_with_an_enrollment() -> None:
    anne, bea = person("anne@acme.example"), person("bea@acme.example")
    empty = company(anne, "Empty")
    busy = make_enrollment(owner=bea).partner

    gone = signed_in(anne).post(f"/partners/{empty.pk}/leave/").status_code
    kept = signed_in(bea).post(f"/partners/{busy.pk}/leave/").status_code

    assert (gone, kept) == (302, 409)
    assert (empty.memberships.count(), busy.memberships.count()) == (0, 1)


def test_removing_twice_is_one_removal(acme: Partner, marie: User, paul: User) -> None:
    client, theirs = signed_in(marie), acme.memberships.get(user=paul)

    answers = [client.post(f"/partners/{acme.pk}/people/{theirs.pk}/remove/").status_code for _time in range(2)]

    assert answers == [302, 302]
    assert deeds(acme).count(Deed.REMOVED) == 1


# --- history


def test_the_company_page_tells_what_happened(acme: Partner, marie: User, paul: User) -> None:
    invite(acme, "zoe@acme.example", marie)
    people.change_role(membership=acme.memberships.get(user=paul), role=Role.VIEWER, by=marie, now=NOW)
    people.change_role(membership=acme.memberships.get(user=paul), role=Role.VIEWER, by=marie, now=NOW)

    text = page(signed_in(paul).get(f"/partners/{acme.pk}/")).all("main")[0].text

    assert deeds(acme) == [Deed.REGISTERED, Deed.INVITED, Deed.ROLE_CHANGED]
    assert "Role changed" in text and "Contributor → Viewer" in text
    assert "zoe@acme.example" not in text


def test_no_event_of_a_company_is_changed_afterwards(acme: Partner) -> None:
    with pytest.raises(Exception, match="Cannot update or delete rows"):
        CompanyEvent.objects.update(deed=Deed.LEFT)
