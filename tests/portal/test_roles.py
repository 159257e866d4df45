"""Each role of administrators sees and changes its pages of the admin, and no other."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client

from portal import roles
from portal.accounts.models import User
from portal.coverage.models import Bdm
from tests.builders import make_bdm, make_submitted, make_user

pytestmark = pytest.mark.django_db

# Held against the table of roles: (pages a role sees, pages on which it adds rows).
OPENS: dict[str, tuple[str, str]] = {
    "operator": (
        """
        portal.queue portal.periodicjob portal.filedeletion portal.warehousenight notices.mail notices.suppression
        onboarding.campaign onboarding.bulkdeed onboarding.enrollment onboarding.check onboarding.document
        onboarding.clock
        onboarding.preflight onboarding.inbound onboarding.insightsfile onboarding.partnercenteraccount
        onboarding.partnercenterduty licensing.estatefile licensing.planfile privacy.dataexport
        api.webhookdelivery api.webhooksubscription
        onboarding.clockrule onboarding.partnercentercode onboarding.reason onboarding.officialpage
        places.country places.cspregion places.marketplace places.providerlink places.regioncountry
        """,
        "onboarding.partnercenteraccount",
    ),
    "editor": (
        """
        licensing.asset licensing.assetversion licensing.edition licensing.example licensing.fact licensing.source
        licensing.transferlink onboarding.clockrule onboarding.officialpage onboarding.partnercentercode
        onboarding.reason places.country places.cspregion places.marketplace places.providerlink places.regioncountry
        """,
        """
        licensing.asset licensing.edition licensing.fact licensing.source licensing.transferlink licensing.example
        onboarding.clockrule onboarding.reason onboarding.partnercentercode places.country places.cspregion
        places.marketplace places.providerlink places.regioncountry
        """,
    ),
    "people": (
        """
        accounts.user account.emailaddress partners.partner partners.companyevent partners.handover
        partners.invitation partners.membership partners.membersreview partners.withoutowner places.bdm places.absence
        socialaccount.socialaccount
        """,
        "accounts.user partners.partner places.bdm",
    ),
    "auditor": ("", ""),  # every page, none to change
    "nobody": ("", ""),
}


def person(role: str) -> User:
    user = make_user(is_staff=True, language="en-gb")
    user.groups.set(Group.objects.filter(name=role))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def places() -> dict[str, str]:
    return {
        model._meta.label_lower: f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model in admin.site._registry
    }


@pytest.mark.parametrize(
    "role",
    ["operator", "nobody", *(pytest.param(role, marks=pytest.mark.long) for role in ("editor", "people", "auditor"))],
)
def test_role_opens_its_pages_and_no_other(role: str) -> None:
    client = signed_in(person(role))
    sees, adds = (set(names.split()) for names in OPENS[role])
    if role == "auditor":
        sees = set(places())

    opened = {label for label, place in places().items() if client.get(place).status_code == 200}
    # Who may not send the page to add a row may not open it: one right decides both.
    added = {label for label, place in places().items() if client.post(f"{place}add/", {}).status_code in (200, 302)}

    assert (opened, added) == (sees, adds)
    assert (client.get("/admin/audit/").status_code == 200) is (role == "auditor")
    assert (client.post("/admin/audit/export/", {}).status_code == 200) is (role == "auditor")


@pytest.mark.parametrize("role", OPENS)
def test_first_page_shows_only_what_the_role_opens(role: str) -> None:
    groups = signed_in(person(role)).get("/admin/").context["app_list"]

    shown = {row["model"]._meta.label_lower for group in groups for row in group["models"]}
    assert shown == (set(places()) if role == "auditor" else set(OPENS[role][0].split()))


def test_groups_follow_the_table_and_others_are_left_alone() -> None:
    own = Group.objects.create(name="our own")
    own.permissions.set(Permission.objects.filter(codename="view_queue"))
    operator = Group.objects.get(name="operator")
    operator.permissions.set(Permission.objects.filter(codename="change_user"))

    for _twice in range(2):
        roles.write()

    assert set(Group.objects.values_list("name", flat=True)) == {"our own", *(role.name for role in roles.ROLES)}
    assert own.permissions.count() == 1
    found = {f"{p.content_type.app_label}.{p.codename}" for p in operator.permissions.select_related("content_type")}
    assert found == roles.codes(roles.ROLES[0])


@pytest.mark.parametrize("what", ["administrator", "superuser", "bdm", "lead", "themselves"])
def test_people_role_changes_no_account_of_ingram_micro(what: str) -> None:
    me = person("people")
    others = {
        "administrator": lambda: make_user(is_staff=True),
        "superuser": lambda: make_user(is_superuser=True),
        "bdm": lambda: make_bdm("FR").user,
        "lead": lambda: make_bdm(lead=True).user,
        "themselves": lambda: me,
    }
    other = others[what]()
    client = signed_in(me)
    before = User.objects.values().get(pk=other.pk)
    typed = {"email": "mine@evil.example", "name": "x", "language": "fr", "is_active": "", "is_superuser": "on"}

    answer = client.post(f"/admin/accounts/user/{other.pk}/change/", typed)

    assert answer.status_code == 403
    assert User.objects.values().get(pk=other.pk) == before


def test_people_role_gives_no_rights_by_extra_fields() -> None:
    me, partner = person("people"), make_submitted().created_by
    typed = {
        "email": partner.email, "name": "New", "language": "fr", "is_active": "on", "is_staff": "on",
        "is_superuser": "on", "groups": [Group.objects.get(name="auditor").pk],
        "user_permissions": [Permission.objects.first().pk],  # type: ignore[union-attr]
    }  # fmt: skip

    signed_in(me).post(f"/admin/accounts/user/{partner.pk}/change/", typed)

    partner.refresh_from_db()
    assert (partner.name, partner.is_staff, partner.is_superuser) == ("New", False, False)
    assert (partner.groups.count(), partner.user_permissions.count()) == (0, 0)


def test_people_role_makes_others_bdm_but_not_themselves() -> None:
    me, other = person("people"), make_user()
    client = signed_in(me)

    refused = client.post("/admin/places/bdm/add/", {"user": me.email, "is_lead": "on", "sure": "on"})
    client.post("/admin/places/bdm/add/", {"user": other.email, "is_lead": "on", "sure": "on"})

    assert "Nobody gives themselves these rights." in refused.content.decode()
    assert [bdm.user_id for bdm in Bdm.objects.all()] == [other.pk]
