"""Who belongs to a company: owners know, rights end with their giver, and there is always an owner."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from licensing.domain import feeds
from onboarding.domain.enrollment import delegation
from onboarding.models import Delegation
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners import company_history, domain, ownerless, people, reviews
from portal.partners.models import Deed, Invitation, Membership, MembersReview, Partner, Role, WithoutOwner
from tests.builders import make_bdm, make_enrollment
from tests.portal.people import company, invite, member, page, person

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def marie() -> User:
    return person("marie@acme.example", name="Marie")


@pytest.fixture
def acme(marie: User) -> Partner:
    return company(marie)


def mails(code: str) -> dict[str, str]:
    return dict(Mail.objects.filter(code=code).values_list("to", "text"))


def in_company(partner: Partner, address: str, role: str) -> Membership:
    return member(partner, person(address), role)


# --- owners know -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "told", "member_told"),
    [
        ("join", "joined", False),
        ("promote", "changed the role", True),
        ("demote", "changed the role", True),
        ("remove", "removed", True),
        ("leave", "left", False),
    ],
)
def test_owners_and_the_member_learn_of_a_change(
    acme: Partner, marie: User, do: str, told: str, member_told: bool
) -> None:
    in_company(acme, "olga@acme.example", Role.OWNER)
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    new = person("new@acme.example")

    {
        "join": lambda: people.join(partner=acme, user=new, role=Role.VIEWER, by=new, now=NOW),
        "promote": lambda: people.change_role(membership=zoe, role=Role.OWNER, by=marie, now=NOW),
        "demote": lambda: people.change_role(membership=zoe, role=Role.VIEWER, by=marie, now=NOW),
        "remove": lambda: people.remove(membership=zoe, by=marie, now=NOW),
        "leave": lambda: people.remove(membership=zoe, by=zoe.user, now=NOW),
    }[do]()

    sent = mails("people_changed")
    expected = {"olga@acme.example"} | ({"marie@acme.example"} if do in ("join", "leave") else set())
    assert set(sent) == expected
    assert all(told in text for text in sent.values())
    assert set(mails("own_role_changed")) == ({"zoe@acme.example"} if member_told else set())


@pytest.mark.parametrize("role", [Role.OWNER, Role.VIEWER])
def test_a_change_that_comes_twice_is_told_once(acme: Partner, marie: User, role: str) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)

    done = [people.change_role(membership=zoe, role=role, by=marie, now=NOW) for _time in range(2)]
    gone = [people.remove(membership=zoe, by=marie, now=NOW) for _time in range(2)]

    assert (done, gone) == ([True, False], [True, False])
    assert Mail.objects.filter(code="own_role_changed").count() == 2
    assert [e.deed for e in acme.events.order_by("pk")] == [Deed.REGISTERED, Deed.ROLE_CHANGED, Deed.REMOVED]


def test_the_company_page_tells_who_had_which_role(acme: Partner, marie: User) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    people.change_role(membership=zoe, role=Role.VIEWER, by=marie, now=timezone.now())

    shown = page(signed_in(zoe.user).get(f"/partners/{acme.pk}/")).all("main")[0].text

    assert "Who had which role, and since when" in shown
    assert [line.detail for line in company_history.of(acme).roles] == ["zoe@acme.example: Contributor → Viewer", ""]


# --- what a person gave out ------------------------------------------------------------------------------------------


def ended(what: str, by: User, to: Membership) -> None:
    if what == "removed":
        people.remove(membership=to, by=by, now=NOW)
    elif what == "viewer":
        people.change_role(membership=to, role=Role.VIEWER, by=by, now=NOW)
    else:
        to.user.is_active = False
        to.user.save()
        ownerless.account_closed(to.user, by, NOW)


@pytest.mark.parametrize("what", ["removed", "viewer", "inactive"])
def test_invitations_end_with_the_role_of_who_sent_them(acme: Partner, marie: User, what: str) -> None:
    olga = in_company(acme, "olga@acme.example", Role.OWNER)
    link = invite(acme, "zoe@acme.example", olga.user)
    hers = invite(acme, "yves@acme.example", marie)
    zoe, yves = person("zoe@acme.example"), person("yves@acme.example")

    ended(what, marie, olga)

    assert [signed_in(zoe).post(link).status_code, signed_in(yves).post(hers).status_code] == [404, 302]
    assert not Membership.objects.filter(user=zoe).exists()
    assert list(acme.events.filter(deed=Deed.INVITATION_WITHDRAWN).values_list("data", flat=True)) == [
        {"role": "contributor"}
    ]


@pytest.mark.parametrize("how", ["role", "row", "account"])
def test_an_invitation_counts_only_while_its_sender_may_invite(acme: Partner, marie: User, how: str) -> None:
    """Whatever took the right away, even SQL by hand: the link asks when it is used."""
    olga = in_company(acme, "olga@acme.example", Role.OWNER)
    link = invite(acme, "zoe@acme.example", olga.user)
    client = signed_in(person("zoe@acme.example"))
    before = client.get(link).status_code

    if how == "role":
        Membership.objects.filter(pk=olga.pk).update(role=Role.CONTRIBUTOR)
    elif how == "row":
        Membership.objects.filter(pk=olga.pk).delete()
    else:
        User.objects.filter(pk=olga.user_id).update(is_active=False)

    assert (before, client.get(link).status_code, client.post(link).status_code) == (200, 404, 404)


@pytest.mark.parametrize(("what", "open_"), [("removed", 0), ("viewer", 0), ("inactive", 0), ("owner", 1)])
def test_links_to_one_task_end_with_the_right_to_edit(what: str, open_: int) -> None:
    enrollment = make_enrollment()
    owner, partner = enrollment.created_by, enrollment.partner
    zoe = in_company(partner, "zoe@acme.example", Role.CONTRIBUTOR)
    for sender in (owner, zoe.user):
        delegation.send(
            enrollment=enrollment, task="txt_record", to=f"dns-{sender.pk}@host.example", note="", by=sender, now=NOW
        )

    if what == "owner":
        people.change_role(membership=zoe, role=Role.OWNER, by=owner, now=NOW)
    else:
        ended(what, owner, zoe)

    left = Delegation.objects.filter(revoked_at=None)
    assert (left.filter(by=owner).count(), left.filter(by=zoe.user).count()) == (1, open_)


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_calendar_address_ends_with_its_member_for_good(acme: Partner, marie: User, comes_back: bool) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.VIEWER)
    token = feeds.open_feed(partner=acme, by=zoe.user, language="fr", now=NOW)

    people.remove(membership=zoe, by=marie, now=NOW)
    if comes_back:
        people.join(partner=acme, user=zoe.user, role=Role.VIEWER, by=marie, now=NOW)

    assert feeds.feed_of(token) is None


# --- there is always an owner ----------------------------------------------------------------------------------------


def now_checked() -> None:
    """Let the constraint triggers speak that otherwise wait for the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("way", ["delete row", "change role", "sql", "delete account"])
def test_the_database_keeps_an_owner_by_any_way(acme: Partner, marie: User, way: str) -> None:
    in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    mine = Membership.objects.filter(partner=acme, user=marie)

    def do() -> None:
        if way == "delete row":
            mine.delete()
        elif way == "change role":
            mine.update(role=Role.VIEWER)
        elif way == "sql":
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM partners_membership WHERE user_id = %s", [marie.pk])
        else:
            mine.get().user.memberships.all()._raw_delete("default")

    with pytest.raises(IntegrityError, match="no owner"), transaction.atomic():
        do()
        now_checked()

    assert mine.get().role == Role.OWNER


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR])
def test_nobody_comes_into_a_company_without_an_owner(acme: Partner, marie: User, role: str) -> None:
    empty = Partner.objects.create(name="Sans personne", country="FR")

    with pytest.raises(IntegrityError, match="no owner"), transaction.atomic():
        Membership.objects.create(partner=empty, user=marie, role=role)
        now_checked()
    with transaction.atomic():  # in any order, as long as there is one in the end
        Membership.objects.create(partner=empty, user=person("zoe@acme.example"), role=role)
        Membership.objects.create(partner=empty, user=marie, role=Role.OWNER)
        now_checked()

    assert empty.memberships.count() == 2


def test_owners_may_be_exchanged_in_one_transaction(acme: Partner, marie: User) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)

    with transaction.atomic():
        Membership.objects.filter(user=marie).delete()
        Membership.objects.filter(pk=zoe.pk).update(role=Role.OWNER)
        now_checked()

    assert dict(acme.memberships.values_list("user__email", "role")) == {"zoe@acme.example": Role.OWNER}


@pytest.mark.parametrize("company_stays", [True, False])
def test_the_last_person_may_go_with_or_without_the_company(marie: User, acme: Partner, company_stays: bool) -> None:
    if company_stays:
        people.remove(membership=acme.memberships.get(), by=marie, now=NOW)
    else:
        Membership.objects.filter(partner=acme).delete()
    now_checked()

    assert not acme.memberships.exists()
    assert ownerless.find(NOW) == 0


# --- companies without an owner --------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client) -> Client:
    return signed_in(User.objects.create_superuser("root@ingram.example", "correct horse battery"))


def account_form(user: User, **changes: Any) -> dict[str, Any]:
    return {"email": user.email, "name": user.name, "language": user.language, **changes}


def test_an_account_that_is_made_inactive_gives_its_companies_to_the_bdm(
    admin: Client, acme: Partner, marie: User
) -> None:
    in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    bdm, _other = make_bdm("FR"), make_bdm("DE")

    answer = admin.post(f"/admin/accounts/user/{marie.pk}/change/", account_form(marie))

    assert answer.status_code == 302
    assert set(mails("without_owner")) == {bdm.user.email}
    assert list(WithoutOwner.objects.values_list("partner", "ended_at")) == [(acme.pk, None)]


@pytest.mark.parametrize("others", [0, 1, 3])
def test_the_night_finds_each_company_once(acme: Partner, marie: User, others: int) -> None:
    """An account that was made inactive by hand, in SQL."""
    make_bdm("FR")
    in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    for number in range(others):
        company(person(f"owner{number}@other.example"), f"Other {number}")
    User.objects.filter(pk=marie.pk).update(is_active=False)

    found = [ownerless.find(NOW), ownerless.find(NOW)]

    assert found == [1, 0]
    assert Mail.objects.filter(code="without_owner").count() == 1
    User.objects.filter(pk=marie.pk).update(is_active=True)
    ownerless.find(NOW)
    assert not WithoutOwner.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("what", ["appoint", "invite"])
def test_a_bdm_names_an_owner_once(acme: Partner, marie: User, what: str) -> None:
    bdm = make_bdm("FR")
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    marie.is_active = False
    marie.save()
    ownerless.find(NOW)
    client = signed_in(bdm.user)
    form = {"who": str(zoe.pk)} if what == "appoint" else {"who": "invite", "email": "new@acme.example"}
    assert "zoe@acme.example" in client.get("/partners/without-owner/").content.decode()

    answers = [client.post(f"/partners/without-owner/{acme.pk}/", form).status_code for _time in range(2)]

    assert answers == [302, 302]
    if what == "appoint":
        assert acme.memberships.get(pk=zoe.pk).role == Role.OWNER
        client.get("/partners/without-owner/")  # says what was done
        assert "zoe@acme.example" not in client.get("/partners/without-owner/").content.decode()
    else:
        [sent] = Invitation.objects.all()
        assert (sent.email, sent.role, sent.invited_by) == ("new@acme.example", Role.OWNER, bdm.user)
        new = person("new@acme.example")
        token = Mail.objects.get(code="invitation").text.split("/partners/invitation/")[1].split("/")[0]
        domain.accept(token=token, user=new, now=NOW)
        assert acme.memberships.get(user=new).role == Role.OWNER


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Choose a person of the company"),
        ({"who": "invite"}, "Enter the address of the person"),
        ({"who": "invite", "email": "zoe@acme.example"}, "belongs to the company already"),
        ({"who": "999"}, "no longer belongs"),
    ],
)
def test_a_bdm_is_told_what_is_missing(acme: Partner, marie: User, typed: dict[str, str], said: str) -> None:
    in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    marie.is_active = False
    marie.save()
    ownerless.find(NOW)

    bdm = make_bdm("FR").user
    bdm.language = "en-gb"
    bdm.save()

    answer = signed_in(bdm).post(f"/partners/without-owner/{acme.pk}/", typed)

    assert answer.status_code == 422
    assert said in answer.content.decode()


@pytest.mark.parametrize("who", ["foreign", "owner", "member"])
def test_nobody_else_names_an_owner(acme: Partner, marie: User, who: str) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    if who != "owner":
        marie.is_active = False
        marie.save()
        ownerless.find(NOW)
    user = {"foreign": make_bdm("DE").user, "owner": make_bdm("FR").user, "member": zoe.user}[who]

    answer = signed_in(user).post(f"/partners/without-owner/{acme.pk}/", {"who": str(zoe.pk)})

    assert answer.status_code == 404
    assert Membership.objects.get(pk=zoe.pk).role == Role.CONTRIBUTOR


# --- the yearly review -----------------------------------------------------------------------------------------------

A_YEAR_ON = NOW + dt.timedelta(days=366)


def test_owners_are_asked_once_a_year_and_reminded_once(acme: Partner, marie: User) -> None:
    in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    company(person("alone@other.example"), "Alone")

    asked = [reviews.ask_due(now) for now in (NOW, A_YEAR_ON, A_YEAR_ON)]
    for days in (29, 31, 60):
        reviews.ask_due(A_YEAR_ON + dt.timedelta(days=days))

    assert asked == [0, 1, 0]
    assert list(Mail.objects.filter(code="members_review").order_by("pk").values_list("to", "subject")) == [
        ("marie@acme.example", "Who belongs to Acme?"),
        ("marie@acme.example", "Reminder: who belongs to Acme?"),
    ]


def test_a_review_keeps_what_the_owner_decides(acme: Partner, marie: User) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    yves = in_company(acme, "yves@acme.example", Role.VIEWER)
    reviews.ask_due(A_YEAR_ON)
    mine = acme.memberships.get(user=marie)
    client = signed_in(marie)
    form = {f"member-{mine.pk}": "owner", f"member-{zoe.pk}": "owner", f"member-{yves.pk}": "gone"}
    assert "Look through the people" in client.get(f"/partners/{acme.pk}/").content.decode()

    answers = [client.post(f"/partners/{acme.pk}/review/", form).status_code for _time in range(2)]

    assert answers == [302, 302]
    assert dict(acme.memberships.values_list("user__email", "role")) == {
        "marie@acme.example": "owner", "zoe@acme.example": "owner",
    }  # fmt: skip
    assert [(row.done_by, bool(row.done_at)) for row in MembersReview.objects.all()] == [(marie, True)]
    assert acme.events.filter(deed=Deed.REVIEWED).count() == 1
    assert reviews.ask_due(NOW + dt.timedelta(days=364)) == 0


@pytest.mark.parametrize("roles", [("viewer", "viewer"), ("gone", "gone"), ("contributor", "gone")])
def test_a_review_keeps_an_owner_and_what_was_typed(acme: Partner, marie: User, roles: tuple[str, str]) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    mine = acme.memberships.get(user=marie)
    form = {f"member-{mine.pk}": roles[0], f"member-{zoe.pk}": roles[1]}

    answer = signed_in(marie).post(f"/partners/{acme.pk}/review/", form)

    assert answer.status_code == 422
    assert "A company keeps at least one owner" in answer.content.decode()
    chosen = [o.attrs["value"] for o in page(answer).all("option") if "selected" in o.attrs]
    assert sorted(chosen[-2:]) == sorted(roles)
    assert acme.memberships.count() == 2


# --- the admin -------------------------------------------------------------------------------------------------------


def rows(*members: dict[str, Any], initial: int) -> dict[str, Any]:
    form = {"memberships-TOTAL_FORMS": len(members), "memberships-INITIAL_FORMS": initial}
    for number, fields in enumerate(members):
        form |= {f"memberships-{number}-{name}": value for name, value in fields.items()}
    return form


def test_the_admin_writes_history_and_mails_as_the_company_page_does(admin: Client, acme: Partner, marie: User) -> None:
    zoe = in_company(acme, "zoe@acme.example", Role.CONTRIBUTOR)
    mine, new = acme.memberships.get(user=marie), person("new@acme.example")
    form = {"name": "Acme"} | rows(
        {"id": mine.pk, "partner": acme.pk, "user": marie.email, "role": "viewer"},
        {"id": zoe.pk, "partner": acme.pk, "user": zoe.user.email, "role": "contributor", "DELETE": "on"},
        {"id": "", "partner": acme.pk, "user": new.email, "role": "owner"},
        initial=2,
    )

    answer = admin.post(f"/admin/partners/partner/{acme.pk}/change/", form)

    assert answer.status_code == 302
    assert dict(acme.memberships.values_list("user__email", "role")) == {
        "marie@acme.example": "viewer", "new@acme.example": "owner",
    }  # fmt: skip
    told = [event.deed for event in acme.events.order_by("pk")]
    assert told == [Deed.REGISTERED, Deed.JOINED, Deed.ROLE_CHANGED, Deed.REMOVED]
    assert set(mails("own_role_changed")) == {"marie@acme.example", "zoe@acme.example"}


def test_a_company_made_in_the_admin_begins_its_history(admin: Client, marie: User, acme: Partner) -> None:
    form = {"name": "Neuve", "country": "FR"} | rows({"id": "", "user": marie.email, "role": "owner"}, initial=0)

    answer = admin.post("/admin/partners/partner/add/", form)

    assert answer.status_code == 302
    made = Partner.objects.get(name="Neuve")
    assert [event.deed for event in made.events.all()] == [Deed.REGISTERED]
    assert made.memberships.get().role == Role.OWNER
