"""Companies, their people, invitations: the deeds and the pages."""

import datetime as dt

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners import domain, people
from portal.partners.models import Invitation, Membership, Partner, Role
from tests.portal.people import PASSWORD, company, country, invite, member, page, path_in, person

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def roles(partner: Partner) -> dict[str, str]:
    return dict(partner.memberships.values_list("user__email", "role"))


# --- deeds


def test_register_makes_its_founder_the_owner():
    marie = person("marie@acme.example")

    acme = company(marie)

    assert roles(acme) == {"marie@acme.example": Role.OWNER}


def test_invite_keeps_no_token_and_writes_one_secret_mail():
    marie = person("marie@acme.example")
    acme = company(marie)

    link = invite(acme, "Zoe@Acme.example", marie)

    [mail] = Mail.objects.filter(to="zoe@acme.example")
    token = link.split("/")[3]
    assert mail.secret
    assert "Acme" in mail.text
    assert not Invitation.objects.filter(token_hash=token).exists()


def test_invite_again_replaces_the_open_invitation():
    marie, zoe = person("marie@acme.example"), person("zoe@acme.example")
    acme = company(marie)
    first = invite(acme, zoe.email, marie)
    Invitation.objects.update(expires_at=F("expires_at") - dt.timedelta(minutes=2))
    second = invite(acme, zoe.email, marie)

    client = signed_in(zoe)

    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)


def test_invite_refuses_a_member():
    marie = person("marie@acme.example")
    acme = company(marie)

    with pytest.raises(domain.AlreadyMemberError):
        domain.invite(partner=acme, email="MARIE@acme.example", role=Role.VIEWER, by=marie, now=NOW)


def test_accept_twice_joins_once():
    marie, zoe = person("marie@acme.example"), person("zoe@acme.example")
    acme = company(marie)
    token = invite(acme, zoe.email, marie).split("/")[3]

    for _time in range(2):
        domain.accept(token=token, user=zoe, now=timezone.now())

    assert roles(acme) == {"marie@acme.example": Role.OWNER, "zoe@acme.example": Role.CONTRIBUTOR}


def test_the_last_owner_stays_owner():
    marie = person("marie@acme.example")
    acme = company(marie)
    only = acme.memberships.get()
    member(acme, person("zoe@acme.example"), Role.VIEWER)

    with pytest.raises(people.LastOwnerError):
        people.change_role(membership=only, role=Role.VIEWER, by=only.user, now=NOW)
    with pytest.raises(people.LastOwnerError):
        people.remove(membership=only, by=only.user, now=NOW)

    assert Membership.objects.get(pk=only.pk).role == Role.OWNER


def test_an_owner_may_hand_over():
    marie, paul = person("marie@acme.example"), person("paul@acme.example")
    acme = company(marie)
    member(acme, paul, Role.OWNER)

    people.remove(membership=acme.memberships.get(user=marie), by=marie, now=NOW)

    assert roles(acme) == {"paul@acme.example": Role.OWNER}


# --- pages


def test_register_page_founds_a_company_once_however_often_it_is_sent():
    country()
    client = signed_in(person("marie@acme.example"))

    answers = [client.post("/partners/new/", {"name": "Acme", "country": "FR"}).status_code for _time in range(2)]

    assert answers == [302, 302]
    assert list(Partner.objects.values_list("name", "country")) == [("Acme", "FR")]


def test_register_page_chooses_france_unless_told_otherwise():
    country()
    shown = page(signed_in(person("marie@acme.example")).get("/partners/new/"))

    [chosen] = [e for e in shown.all("option") if "selected" in e.attrs]
    assert chosen.attrs["value"] == "FR"


def test_a_company_does_not_exist_for_others():
    acme = company(person("marie@acme.example"))
    other = person("eve@other.example")
    company(other, "Other")

    client = signed_in(other)

    theirs = acme.memberships.get()
    assert client.get(f"/partners/{acme.pk}/").status_code == 404
    assert client.post(f"/partners/{acme.pk}/", {"email": "x@y.example", "role": "owner"}).status_code == 404
    assert client.post(f"/partners/{acme.pk}/people/{theirs.pk}/remove/").status_code == 404
    assert Invitation.objects.count() == 0


def test_an_owner_cannot_reach_another_companys_people_through_his_own():
    acme = company(person("marie@acme.example"))
    eve = person("eve@other.example")
    other = company(eve, "Other")
    theirs = acme.memberships.get()

    answer = signed_in(eve).post(f"/partners/{other.pk}/people/{theirs.pk}/role/", {"role": "viewer"})

    assert (answer.status_code, roles(acme)) == (404, {"marie@acme.example": Role.OWNER})


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR])
def test_only_owners_do_an_owners_deeds(role: str):
    marie, paul = person("marie@acme.example"), person("paul@acme.example")
    acme = company(marie)
    his = member(acme, paul, role)
    invite(acme, "zoe@acme.example", marie)
    invitation = Invitation.objects.get()
    client = signed_in(paul)

    answers = [
        client.post(f"/partners/{acme.pk}/", {"email": "x@acme.example", "role": "owner"}).status_code,
        client.post(f"/partners/{acme.pk}/people/{his.pk}/role/", {"role": "owner"}).status_code,
        client.post(f"/partners/{acme.pk}/people/{his.pk}/remove/").status_code,
        client.post(f"/partners/{acme.pk}/invitations/{invitation.pk}/withdraw/", {"sure": "1"}).status_code,
    ]

    assert answers == [404, 404, 404, 404]
    assert roles(acme) == {"marie@acme.example": Role.OWNER, "paul@acme.example": role}
    shown = page(client.get(f"/partners/{acme.pk}/"))
    assert [e.attrs["action"] for e in shown.all("form") if str(acme.pk) in e.attrs.get("action", "")] == []


def test_the_company_page_tells_the_last_owner_kindly():
    marie = person("marie@acme.example")
    acme = company(marie)
    client = signed_in(marie)

    answer = client.post(f"/partners/{acme.pk}/people/{acme.memberships.get().pk}/remove/", follow=True)

    assert "Leave Acme?" in answer.content.decode()
    assert roles(acme) == {"marie@acme.example": Role.OWNER}


def test_the_company_page_shows_a_members_invitation_at_the_field():
    marie, paul = person("marie@acme.example"), person("paul@acme.example")
    acme = company(marie)
    member(acme, paul)

    shown = page(signed_in(marie).post(f"/partners/{acme.pk}/", {"email": "paul@acme.example", "role": "viewer"}))

    assert "belongs to the company already" in shown.by_id("id_email_error").text
    assert shown.by_id("id_email").attrs["value"] == "paul@acme.example"


def test_the_company_page_takes_an_address_as_a_mail_program_copies_it():
    marie = person("marie@acme.example")
    acme = company(marie)

    signed_in(marie).post(f"/partners/{acme.pk}/", {"email": "Zoe Zèle <zoe@acme.example>;", "role": "viewer"})

    assert Invitation.objects.get().email == "zoe@acme.example"


def test_the_company_page_asks_as_often_for_one_person_as_for_three(django_assert_num_queries):
    marie = person("marie@acme.example")
    acme = company(marie)
    client = signed_in(marie)

    # Session, person, membership, country, people, invitations, offers, review, history, looks, menu; the
    # form's choices are fixed.
    for n in range(2):
        with django_assert_num_queries(11):
            client.get(f"/partners/{acme.pk}/")
        member(acme, person(f"p{n}@acme.example"))
        member(acme, person(f"q{n}@acme.example"))


def test_opening_an_invitation_accepts_nothing_and_its_button_does():
    marie, zoe = person("marie@acme.example"), person("zoe@acme.example")
    acme = company(marie)
    link = invite(acme, zoe.email, marie)
    client = signed_in(zoe)

    shown = page(client.get(link))
    before = roles(acme)
    answers = [client.post(link).status_code for _time in range(2)]

    assert shown.heading() == "Join Acme"
    assert "zoe@acme.example" not in before
    assert answers == [302, 302]
    assert roles(acme)["zoe@acme.example"] == Role.CONTRIBUTOR


def test_every_invitation_that_does_not_work_says_why():
    marie, zoe, eve = person("marie@acme.example"), person("zoe@acme.example"), person("eve@other.example")
    acme = company(marie)
    links = {
        "expired": invite(acme, zoe.email, marie, now=NOW - dt.timedelta(days=8)),
        "other_address": invite(acme, eve.email, marie),
        "unknown": "/partners/invitation/unknown/",
    }
    links["withdrawn"] = invite(company(marie, "Zinc"), zoe.email, marie)
    Invitation.objects.filter(partner__name="Zinc").update(withdrawn_at=NOW)
    client = signed_in(zoe)

    answers = {state: client.get(link) for state, link in links.items()}
    posts = {client.post(link).status_code for link in links.values()}

    assert {a.status_code for a in answers.values()} == {404}
    assert {page(a).heading() for a in answers.values()} == {"This invitation does not work"}
    shown = {name: [e.text for e in page(a).all("p") if e.attrs.get("class") == "lede"] for name, a in answers.items()}
    assert len({" ".join(text[0].split()) for text in shown.values()}) == 4
    assert "signed in as zoe@acme.example" in " ".join(shown["other_address"][0].split())
    assert posts == {404}


@pytest.mark.parametrize(("name", "email"), [("Ferme du Lac", "a@lac.example"), ("Übung GmbH", "b.c@ü.example"),
                                             ("O'Neil & Söhne", "d+e@oneil.example")])  # fmt: skip
def test_who_is_not_signed_in_reads_who_invites_to_what(name: str, email: str):
    marie = person("marie@acme.example", name="Marie Curie")
    link = invite(company(marie, name), email, marie)

    shown = Client().get(link)
    pressed = Client().post(link)

    told = " ".join(page(shown).all("main")[0].text.split())
    assert shown.status_code == 200
    assert all(fact in told for fact in ("Marie Curie", name, email, "Contributor"))
    assert (pressed.status_code, pressed["Location"].startswith("/accounts/login/")) == (302, True)
    assert not User.objects.filter(email=email).exists()


def test_an_invited_newcomer_reaches_the_invitation_by_confirming():
    marie = person("marie@acme.example")
    acme = company(marie)
    link = invite(acme, "zoe@acme.example", marie)
    client = Client()

    [sign_up] = [e.attrs["href"] for e in page(client.get(link)).all("a", **{"class": "btn btn-primary"})]
    form = page(client.get(sign_up))
    hidden = {e.attrs["name"]: e.attrs["value"] for e in form.all("input", type="hidden")}
    [typed] = [e.attrs.get("value") for e in form.all("input", name="email")]
    client.post("/accounts/signup/", {"email": typed, "password1": PASSWORD, "next": hidden["next"]})
    confirm = path_in(Mail.objects.filter(to="zoe@acme.example").latest("pk").text, "/accounts/confirm-email/")
    arrived = client.post(confirm)

    assert (hidden["next"], typed) == (link, "zoe@acme.example")
    assert (arrived.status_code, arrived["Location"]) == (302, link)
    assert client.post(link).status_code == 302
    assert roles(acme)["zoe@acme.example"] == Role.CONTRIBUTOR


@pytest.mark.parametrize("path", ["/partners/00000000-0000-0000-0000-000000000001/", "/enrollments/x/", "/nowhere/"])
def test_page_not_found_says_as_whom_one_is_signed_in(path: str):
    zoe = person("zoe@acme.example")

    assert "zoe@acme.example" in page(signed_in(zoe).get(path)).all("main")[0].text
    assert "zoe@acme.example" not in Client().get("/nowhere/").content.decode()


def test_a_used_link_is_no_way_back_for_whom_was_removed():
    marie, zoe = person("marie@acme.example"), person("zoe@acme.example")
    acme = company(marie)
    client = signed_in(zoe)
    link = invite(acme, zoe.email, marie)
    client.post(link)
    people.remove(membership=acme.memberships.get(user=zoe), by=marie, now=NOW)

    response = client.post(link)

    assert (response.status_code, acme.memberships.filter(user=zoe).exists()) == (404, False)


def test_invite_twice_in_a_minute_sends_one_mail():
    marie = person("marie@acme.example")
    acme = company(marie)

    for _ in range(2):
        domain.invite(partner=acme, email="zoe@acme.example", role=Role.VIEWER, by=marie, now=NOW)

    assert Mail.objects.filter(to="zoe@acme.example").count() == 1


@pytest.mark.parametrize("name", ["Zoé Lefèvre", "", "Jean-Baptiste de la Tour d'Auvergne"])
def test_a_removal_asks_first(name: str):
    marie, zoe = person("marie@acme.example"), person("zoe.with.a.very.long.address@acme.example", name=name)
    acme = company(marie)
    theirs = member(acme, zoe)
    client = signed_in(marie)

    listed = page(client.get(f"/partners/{acme.pk}/"))
    [way] = [e.attrs["href"] for e in listed.all("a") if f"/{theirs.pk}/remove/" in (e.attrs.get("href") or "")]
    asked = page(client.get(way))
    still = acme.memberships.filter(user=zoe).exists()
    client.post(way)

    assert (name or zoe.email) in asked.heading()
    assert (still, acme.memberships.filter(user=zoe).exists()) == (True, False)
