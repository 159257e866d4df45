"""A person's address is changed in one deed, whichever way; new staff can choose a password; nobody is locked out."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms import Field, ModelChoiceField, ModelMultipleChoiceField
from django.test import Client, RequestFactory
from django.utils import timezone

from licensing.models import Edition, Example
from portal.accounts import addresses
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Membership, Partner, Role
from tests.portal.people import PASSWORD, company, member, page, path_in, person

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def administrator() -> Client:
    return signed_in(person("admin@ingram.example", is_staff=True, is_superuser=True))


def may_sign_in(email: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return "_auth_user_id" in client.session


def edit(administrator: Client, user: User, **changed: Any) -> Any:
    form = {"email": user.email, "name": user.name, "language": user.language, "is_active": "on", **changed}
    return administrator.post(f"/admin/accounts/user/{user.pk}/change/", {k: v for k, v in form.items() if v != ""})


# --- one deed ---------------------------------------------------------------------------------------------------------


def by_admin(user: User, to: str) -> None:
    edit(signed_in(person("admin@ingram.example", is_staff=True, is_superuser=True)), user, email=to)


def by_themselves(user: User, to: str) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": to})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": to})
    sent = Mail.objects.filter(to=addresses.clean(to)).latest("pk").text
    client.post(path_in(sent, "/accounts/confirm-email/"))


def by_function(user: User, to: str) -> None:
    addresses.change(user=user, to=to, now=NOW)


@pytest.mark.parametrize("way", [by_admin, by_themselves, by_function])
@pytest.mark.parametrize("to", ["neu@firma.example", "Zoe.Martin@Exemple.example", "  NEW.ONE@Company.Example "])
def test_a_change_of_address_is_one_deed(way: Any, to: str) -> None:
    user = person("old@company.example")
    before = signed_in(user)

    way(user, to)

    user.refresh_from_db()
    new = to.strip().lower()
    assert user.email == new
    own = EmailAddress.objects.filter(user=user)
    assert list(own.values_list("email", "verified", "primary")) == [(new, True, True)]
    assert (may_sign_in("old@company.example"), may_sign_in(new)) == (False, True)
    assert before.get("/account/").status_code == 302  # the session has ended
    told = Mail.objects.filter(code="email-changed").values_list("to", flat=True)
    assert set(told) == {"old@company.example", new}


def test_the_old_address_gets_no_link_for_a_new_password() -> None:
    user = person("old@company.example")
    addresses.change(user=user, to="new@company.example", now=NOW)

    Client().post("/accounts/password/reset/", {"email": "old@company.example"})

    assert "/accounts/password/reset/key/" not in Mail.objects.filter(to="old@company.example").latest("pk").text


@pytest.mark.parametrize("to", ["Taken@company.example", "TAKEN@COMPANY.EXAMPLE", " taken@company.example"])
def test_an_address_of_somebody_else_is_refused_with_a_sentence(administrator: Client, to: str) -> None:
    person("taken@company.example")
    user = person("old@company.example")

    response = edit(administrator, user, email=to)

    user.refresh_from_db()
    assert (response.status_code, user.email) == (200, "old@company.example")
    assert "email" in response.context["adminform"].form.errors
    with pytest.raises(addresses.AddressTakenError):
        addresses.change(user=user, to=to, now=NOW)


def test_a_change_of_the_name_ends_no_session_and_writes_nothing(administrator: Client) -> None:
    user = person("old@company.example")
    client = signed_in(user)

    edit(administrator, user, name="Léa")

    assert (client.get("/account/").status_code, Mail.objects.count()) == (200, 0)


def test_an_administrator_who_changes_their_own_address_stays_signed_in(administrator: Client) -> None:
    me = User.objects.get(email="admin@ingram.example")

    edit(administrator, me, email="chief@ingram.example", is_staff="on", is_superuser="on")

    assert administrator.get("/admin/").status_code == 200
    assert User.objects.get(pk=me.pk).email == "chief@ingram.example"


# --- new staff --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en-gb"])
@pytest.mark.parametrize("email", ["Nina@Ingram.example", "o.brien@ingram.example", "bdm-2@ingram.example"])
def test_a_new_colleague_chooses_a_password_by_the_mail_and_signs_in(
    administrator: Client, email: str, language: str
) -> None:
    administrator.post("/admin/accounts/user/add/", {"email": email, "language": language, "is_staff": "on"})
    mail = Mail.objects.get(to=email.lower())
    client = Client()

    form = client.get(path_in(mail.text, "/accounts/password/reset/key/"), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD})

    assert ("Bonjour" in mail.text) == (language == "fr")
    assert mail.secret
    assert may_sign_in(email.lower())


# --- nobody locks themselves out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["is_active", "is_staff", "is_superuser"])
def test_an_administrator_cannot_take_their_own_rights(administrator: Client, lost: str) -> None:
    me = User.objects.get(email="admin@ingram.example")
    rights = {"is_active": "on", "is_staff": "on", "is_superuser": "on", lost: ""}

    response = edit(administrator, me, **rights)

    me.refresh_from_db()
    assert (response.status_code, getattr(me, lost)) == (200, True)
    assert list(response.context["adminform"].form.errors) == [lost]


def test_another_administrator_may(administrator: Client) -> None:
    other = person("other@ingram.example", is_staff=True, is_superuser=True)

    edit(administrator, other, is_active="")

    other.refresh_from_db()
    assert not other.is_active


# --- a company keeps an owner -----------------------------------------------------------------------------------------


def members(partner: Partner, **changed: str) -> dict[str, str]:
    rows = list(partner.memberships.order_by("pk"))
    form = {
        "name": partner.name,
        "memberships-TOTAL_FORMS": str(len(rows)),
        "memberships-INITIAL_FORMS": str(len(rows)),
    }
    for number, row in enumerate(rows):
        form |= {
            f"memberships-{number}-id": str(row.pk),
            f"memberships-{number}-partner": str(partner.pk),
            f"memberships-{number}-user": row.user.email,
            f"memberships-{number}-role": row.role,
        }
    return form | changed


@pytest.mark.parametrize(
    "changed",
    [
        {"memberships-0-DELETE": "on"},
        {"memberships-0-role": "viewer"},
        {"memberships-0-role": "contributor", "memberships-1-role": "viewer"},
    ],
)
def test_a_company_keeps_an_owner_in_the_admin_too(administrator: Client, changed: dict[str, str]) -> None:
    acme = company(person("marie@acme.example"))
    member(acme, person("zoe@acme.example"))

    response = administrator.post(f"/admin/partners/partner/{acme.pk}/change/", members(acme, **changed))

    assert response.status_code == 200
    assert acme.memberships.filter(role=Role.OWNER).count() == 1


def test_the_owner_may_change_in_the_admin(administrator: Client) -> None:
    acme = company(person("marie@acme.example"))
    member(acme, person("zoe@acme.example"))

    swapped = members(acme, **{"memberships-0-role": "viewer", "memberships-1-role": "owner"})
    response = administrator.post(f"/admin/partners/partner/{acme.pk}/change/", swapped)

    assert response.status_code == 302
    assert Membership.objects.get(partner=acme, role=Role.OWNER).user.email == "zoe@acme.example"


# --- every page to add something can be filled in and saved -----------------------------------------------------------

DAY = dt.date(2031, 2, 3)
# What a field of this name wants, where its kind does not say it.
WANTED: dict[str, Any] = {
    "partners.partner.country": "FR",
    "partners.membership.role": "owner",
    "places.cspregion.code": "new-region",
    "places.country.code": "QX",
    "places.country.iso3": "QXX",
    "places.country.time_zone": "Europe/Paris",
    "places.marketplace.code": "ZZ",
    "places.providerlink.url": "https://partner.microsoft.com/x",
    "onboarding.partnercenteraccount.tenant": "ingram.example",
    "onboarding.partnercenteraccount.new_token": "token",
    "onboarding.partnercentercode.code": "9876",
    "onboarding.reason.code": "own_reason",
    "onboarding.reason.kinds": ["domain"],
    "places.bdm.is_lead": "on",
    "licensing.fact.rank": "0",
    "licensing.fact.kind": "sentence",
    "licensing.fact.key": "made-up",
    "licensing.fact.value": "{}",
    "licensing.fact.text_fr": "Une phrase.",
    "licensing.fact.text_en": "A sentence.",
    "licensing.transferlink.url": "https://admin.microsoft.com/x",
    "accounts.user.email": "somebody.new@ingram.example",
    "api.apiclient.everywhere": "on",
    "api.webhooksubscription.style": "teams",
    "api.webhooksubscription.new_address": "https://teams.example/workflows/x",
    "api.webhooksubscription.kinds": ["enrollment.needs_bdm"],
    "api.webhooksubscription.everywhere": "on",
    # Nobody has read a source on a day to come.
    "licensing.source.read_on": "2026-11-02",
    "licensing.source.published_on": "2026-11-01",
}


def answer(label: str, name: str, field: Field) -> Any:
    if f"{label}.{name}" in WANTED:
        return WANTED[f"{label}.{name}"]
    if isinstance(field, ModelMultipleChoiceField):
        return []
    if isinstance(field, ModelChoiceField):
        return str(field.queryset.values_list(field.to_field_name or "pk", flat=True).first() or "")
    if choices := getattr(field, "choices", None):
        return next((str(value) for value, _label in choices if value), "")
    for typed in (DAY.isoformat(), "10:00", "3", "https://example.org/", "made-up", "{}"):
        try:
            field.clean(typed)
        except (ValidationError, TypeError, AttributeError):
            continue
        return typed
    return ""


ADDABLE = [model for model in admin.site._registry if model._meta.app_label != "auth"]


def offered(model: type) -> bool:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    return admin.site._registry[model].has_add_permission(request)


@pytest.mark.parametrize("model", [*ADDABLE, Group], ids=lambda model: model._meta.label_lower)
@pytest.mark.long
def test_every_page_to_add_something_can_be_saved_or_is_not_offered(administrator: Client, model: type) -> None:
    label = model._meta.label_lower
    place = f"/admin/{label.replace('.', '/')}/add/"
    if not offered(model):
        assert administrator.get(place).status_code == 403
        return
    if label == "licensing.fact":
        administrator.post("/admin/licensing/edition/add/", {"note": "for a fact"})
    shown = administrator.get(place)
    form = shown.context["adminform"].form
    data: dict[str, Any] = {}
    for name, field in form.fields.items():
        if field.required or f"{label}.{name}" in WANTED:
            data[name] = answer(label, name, field)
    for inline in shown.context["inline_admin_formsets"]:
        formset = inline.formset
        data |= {f"{formset.prefix}-TOTAL_FORMS": "0", f"{formset.prefix}-INITIAL_FORMS": "0"}
        if label == "partners.partner":
            data |= {
                f"{formset.prefix}-TOTAL_FORMS": "1",
                f"{formset.prefix}-0-user": person("owner@x.example").email,
                f"{formset.prefix}-0-role": "owner",
            }
    if label == "licensing.example":
        data["case"] = json.dumps(Example.objects.values_list("case", flat=True).first())
    if label == "licensing.fact":
        data["edition"] = str(Edition.objects.get(state="draft").pk)
    count = model._default_manager.count()

    response = administrator.post(place, data)

    errors = response.context["adminform"].form.errors if response.status_code == 200 else {}
    assert (response.status_code, dict(errors)) == (302, {})
    assert model._default_manager.count() == count + 1


@pytest.mark.parametrize("value", ["[]", "3", '"text"', "null", "true", "[1, 2]"])
@pytest.mark.parametrize("kind", ["number", "event", "sentence", "programme"])
def test_a_value_of_another_shape_is_refused_with_a_sentence(administrator: Client, value: str, kind: str) -> None:
    administrator.post("/admin/licensing/edition/add/", {"note": "for a fact"})
    form = administrator.get("/admin/licensing/fact/add/").context["adminform"].form
    data = {n: answer("licensing.fact", n, f) for n, f in form.fields.items() if f.required}
    data |= {"edition": str(Edition.objects.get(state="draft").pk), "kind": kind, "value": value, "key": "k"}

    response = administrator.post("/admin/licensing/fact/add/", data)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors


@pytest.mark.parametrize("case", ["[]", "3", '"text"', '{"need": 4}', '{"order_on": "soon"}'])
def test_a_question_that_the_aid_cannot_read_is_refused(administrator: Client, case: str) -> None:
    response = administrator.post("/admin/licensing/example/add/", {"title": "t", "case": case})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["case"]


# --- what was typed survives a lost session ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/partners/new/", {"name": "Ferme du Lac", "country": "BE"}),
        ("/partners/{partner}/", {"email": "zoe@acme.example", "role": "viewer"}),
        ("/account/", {"name": "Léa Ünal", "language": "en-gb"}),
        ("/partners/{partner}/enroll/", {"country": "DE"}),
    ],
)
def test_what_was_typed_is_on_the_form_after_signing_in_again(path: str, data: dict[str, str]) -> None:
    marie = person("marie@acme.example")
    path = path.format(partner=company(marie).pk)
    client = Client()

    to_sign_in = client.post(path, data)
    arrived = client.post(to_sign_in["Location"], {"login": marie.email, "password": PASSWORD}, follow=True)

    assert arrived.request["PATH_INFO"] == path
    shown = page(arrived)
    for value in data.values():
        fields = [e for e in shown.elements if e.tag in ("input", "option") and e.attrs.get("value") == value]
        assert any(e.tag == "input" and e.attrs.get("type") != "radio" for e in fields) or any(
            "selected" in e.attrs or "checked" in e.attrs for e in fields
        ), (path, value)


def test_no_password_is_kept() -> None:
    client = Client()
    client.post("/partners/new/", {"name": "X", "password1": PASSWORD, "old_password": PASSWORD})

    assert re.search(PASSWORD, str(client.session.items())) is None
