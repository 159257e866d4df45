"""What an administrator types wrong is refused or asked about, and no list grows with the channel."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.models import LogEntry
from django.db.models import CheckConstraint, UniqueConstraint
from django.test import Client, RequestFactory
from django.utils import timezone

from onboarding.domain.clocks import escalation
from onboarding.domain.reasons import catalogue
from onboarding.enums import Kind
from onboarding.models import Clock, ClockRule, Escalation, Reason
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo import load
from portal.geo.models import (
    Country,
    CspRegion,
    Marketplace,
    ProviderLink,
    RegionCountry,
    is_microsofts,
    provider_link,
)
from portal.notices import outbox
from portal.partners.models import Partner
from portal.web.guard_rails import ReferenceAdmin
from portal.work.admin import MOST_LISTED, PortalAdmin, ReadOnly, Task
from portal.work.models import Queue
from tests.builders import NOW, make_bdm, make_enrollment, make_user

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
OURS = ("accounts", "partners", "places", "notices", "portal", "onboarding", "licensing", "api")
PAGES = {model: page for model, page in admin.site._registry.items() if model._meta.app_label in OURS}


def signed_in(name: str) -> Client:
    client = Client()
    user = make_user(f"{name}@ingram.example", name=name, language="en-gb", is_staff=True, is_superuser=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def administrator() -> Client:
    return signed_in("first")


@pytest.fixture
def places() -> None:
    load.load()


def errors(answer: Any) -> dict[str, Any]:
    return dict(answer.context["adminform"].form.errors)


def form_of(client: Client, address: str, **changed: Any) -> dict[str, Any]:
    """Return what the form of a page would send, with some of it changed."""
    page: Any = client.get(address)
    form = page.context["adminform"].form
    typed = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    rows = [formset.formset for formset in page.context["inline_admin_formsets"]]
    for row in rows:
        typed |= {f"{row.prefix}-TOTAL_FORMS": row.initial_form_count(), f"{row.prefix}-INITIAL_FORMS": 0}
    return {**typed, **changed}


# --- every page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.opts.label)
def test_no_list_counts_or_scans_a_big_table(page: Any) -> None:
    assert isinstance(page, PortalAdmin)
    request = RequestFactory().get("/")
    request.user = make_user("a@b.example", is_superuser=True)  # type: ignore[assignment]
    changes: Any = page.get_changelist_instance(request)
    assert not [spec for spec in changes.filter_specs if isinstance(spec, AllValuesFieldListFilter)]
    assert changes.paginator.count <= MOST_LISTED


@pytest.mark.parametrize("page", [p for p in PAGES.values() if not isinstance(p, ReadOnly)], ids=lambda p: p.opts.label)
def test_no_constraint_is_shown_by_its_name(page: Any) -> None:
    for rule in page.model._meta.constraints:
        speaks = isinstance(rule, UniqueConstraint) and not rule.expressions and rule.condition is None
        if isinstance(rule, CheckConstraint) or not speaks:
            assert rule.violation_error_message != rule.default_violation_error_message, rule.name


@pytest.mark.parametrize(
    "page", [p for p in PAGES.values() if isinstance(p, ReferenceAdmin)], ids=lambda p: p.opts.label
)
def test_key_of_reference_data_is_fixed(page: Any) -> None:
    shown = set(page.get_readonly_fields(RequestFactory().get("/"), page.model(pk=None)))
    key = page.model._meta.pk
    assert key.name in shown or key.auto_created or not key.editable


@pytest.mark.parametrize("language", ["fr", "en-gb"])
def test_first_page_is_grouped_by_what_people_come_to_do(administrator: Client, language: str) -> None:
    User.objects.filter(name="first").update(language=language)
    groups = administrator.get("/admin/").context["app_list"]

    assert [group["name"] for group in groups] == [task.label for task in Task if task.label in
                                                   {group["name"] for group in groups}]  # fmt: skip
    placed = [row["object_name"] for group in groups for row in group["models"]]
    assert len(placed) == len({*placed}) == len(admin.site._registry) - placed.count("Group") * 0
    assert {"Country", "ProviderLink"} <= {row["object_name"] for row in groups[3]["models"]}


# --- keys and what depends on them -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "key", "model"),
    [
        ("/admin/places/country/BE/change/", {"code": "BX"}, Country),
        ("/admin/places/cspregion/europe/change/", {"code": "europa"}, CspRegion),
        ("/admin/places/marketplace/FR/change/", {"code": "F2"}, Marketplace),
        ("/admin/onboarding/partnercentercode/900154/change/", {"code": "1"}, None),
    ],
)
def test_typed_key_changes_nothing(administrator: Client, places: None, address: str, key: Any, model: Any) -> None:
    before = {m: m.objects.count() for m in (Country, CspRegion, Marketplace)}

    administrator.post(address, form_of(administrator, address, **key))

    assert {m: m.objects.count() for m in before} == before
    assert administrator.get(address).status_code == 200


def refused_to_delete(client: Client, model: Any, pk: Any) -> bool:
    place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    client.post(f"{place}{pk}/delete/", {"post": "yes"})
    client.post(place, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    return bool(model.objects.filter(pk=pk).exists())


def test_what_others_depend_on_is_not_deleted(administrator: Client, places: None) -> None:
    make_enrollment(country="BE")
    only = make_bdm("LU")
    rule = ClockRule.objects.get(code="microsoft-10")
    kept = {
        Country: "BE", CspRegion: "europe", Bdm: only.pk, ClockRule: rule.pk,
        RegionCountry: RegionCountry.objects.get(country="FR").pk,
        ProviderLink: ProviderLink.objects.get(region="europe").pk,
    }  # fmt: skip

    assert [model.__name__ for model, pk in kept.items() if not refused_to_delete(administrator, model, pk)] == []

    second = make_bdm("LU")
    assert not refused_to_delete(administrator, Bdm, second.pk)


def test_deleting_says_what_depends_on_it(administrator: Client, places: None) -> None:
    make_enrollment(country="BE")

    page = administrator.get("/admin/places/country/BE/delete/").content.decode()

    assert "1 row of “enrollments” depends on it." in page


# --- provider links --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "is_good"),
    [
        ("https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=x", True),
        ("https://partner.microsoft.com/dashboard", True),
        ("http://admin.microsoft.com/x", False),
        ("https://microsoft.com.evil.example/x", False),
        ("https://evilmicrosoft.com/x", False),
        ("https://admin.microsoft.com@evil.example/x", False),
        ("https://admin.microsoft.com:8443/x", False),
        ("ftp://admin.microsoft.com/x", False),
    ],
)
def test_link_is_secure_and_microsofts(administrator: Client, places: None, address: str, is_good: bool) -> None:
    typed = {"region": "japan", "url": address, "valid_from": "2026-11-02", "source": "Partner Center"}

    administrator.post("/admin/places/providerlink/add/", typed)

    assert is_microsofts(address) is is_good
    assert ProviderLink.objects.filter(region="japan").count() == 1 + is_good


def test_partners_see_a_link_once_a_second_person_confirmed_it(administrator: Client, places: None) -> None:
    typed = {"region": "japan", "url": "https://admin.microsoft.com/j", "valid_from": "2026-11-02", "source": "s"}
    administrator.post("/admin/places/providerlink/add/", typed)
    region, link = CspRegion.objects.get(pk="japan"), ProviderLink.objects.get(url=typed["url"])
    confirm = {"action": "confirm", "_selected_action": [link.pk]}

    administrator.post("/admin/places/providerlink/", confirm)
    alone = provider_link(region, on=TODAY)
    second = signed_in("second")
    second.post("/admin/places/providerlink/", confirm)
    second.post("/admin/places/providerlink/", confirm)

    assert alone is not None and alone.pk != link.pk
    assert provider_link(region, on=TODAY) == link
    assert LogEntry.objects.filter(change_message="confirmed").count() == 1
    changed = form_of(
        administrator, f"/admin/places/providerlink/{link.pk}/change/", url="https://admin.microsoft.com/k"
    )
    administrator.post(f"/admin/places/providerlink/{link.pk}/change/", changed)
    assert ProviderLink.objects.get(pk=link.pk).url == typed["url"]


def test_placeholder_is_no_link_in_production(places: None, settings: Any) -> None:
    region = CspRegion.objects.get(pk="korea")
    assert provider_link(region, on=TODAY)
    settings.PRODUCTION = True
    assert provider_link(region, on=TODAY) is None


# --- numbers with consequences ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "burst", "wrong"),
    [("0", "4", ["rate"]), ("-3", "4", ["rate"]), ("nan", "4", ["rate"]), ("inf", "4", ["rate"]), ("5", "0", ["burst"]),
     ("1e12", "1e12", ["rate", "burst"])],
)  # fmt: skip
def test_queue_never_stops_by_a_number(administrator: Client, rate: str, burst: str, wrong: list[str]) -> None:
    answer = administrator.post("/admin/portal/queue/mail/change/", {"rate": rate, "burst": burst})

    assert sorted(errors(answer)) == sorted(wrong)
    assert Queue.objects.get(pk="mail").rate > 0


def test_slow_queue_is_asked_about_with_how_long_the_due_rows_wait(administrator: Client) -> None:
    for number in range(90):
        outbox.put(to=f"a{number}@b.example", subject="s", text="t", now=NOW)
    typed = {"rate": "0.01", "burst": "1"}

    asked = administrator.post("/admin/portal/queue/mail/change/", typed)
    before = Queue.objects.get(pk="mail").rate
    administrator.post("/admin/portal/queue/mail/change/", {**typed, "sure": "on"})

    said = " ".join(errors(asked)["sure"])
    assert "at most 36 calls an hour" in said and "90 rows are due now; the last would wait 2 hours." in said
    assert 'type="checkbox" name="sure"' in asked.content.decode()
    assert (before > 0.01, Queue.objects.get(pk="mail").rate) == (True, 0.01)


@pytest.mark.parametrize("after", ["0", "-1", "731", "99999", ""])
def test_rule_needs_a_day(administrator: Client, after: str) -> None:
    rule = ClockRule.objects.get(code="microsoft-10")
    place = f"/admin/onboarding/clockrule/{rule.pk}/change/"

    answer = administrator.post(place, form_of(administrator, place, after=after))

    assert list(errors(answer)) == ["after"]


def test_rule_is_rehearsed_before_it_is_saved(administrator: Client) -> None:
    make_enrollment()
    for _ in range(3):
        make_enrollment(country="BE")
    rule = ClockRule.objects.get(code="draft-60")
    place = f"/admin/onboarding/clockrule/{rule.pk}/change/"
    typed = form_of(administrator, place, after="2")

    asked = administrator.post(place, typed)
    unsaved = ClockRule.objects.get(pk=rule.pk).after
    administrator.post(place, {**typed, "sure": "on"})

    said = " ".join(errors(asked)["sure"])
    assert "4 files are past this day already" in said and "draft-3" in said
    assert (unsaved, ClockRule.objects.get(pk=rule.pk).after) == (60, 2)
    assert not Escalation.objects.exists()


def test_saving_a_rule_touches_one_portion_and_the_job_the_others(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "PORTION", 2)
    for _ in range(5):
        make_enrollment()
    Clock.objects.update(next_check_at=None)
    rule = ClockRule.objects.get(code="draft-60")
    place = f"/admin/onboarding/clockrule/{rule.pk}/change/"

    administrator.post(place, form_of(administrator, place, after="70", sure="on"))
    at_once = Clock.objects.exclude(next_check_at=None).count()
    escalation.read_on(NOW)

    assert (at_once, Clock.objects.exclude(next_check_at=None).count()) == (2, 5)
    assert not ClockRule.objects.exclude(reread_after=None).exists()


def test_deleted_rule_of_a_country_lets_the_general_one_count_again(administrator: Client, places: None) -> None:
    own = ClockRule.objects.create(
        code="draft-3", country_id="BE", clock="draft", after=9, unit="days", audience="reseller"
    )
    make_enrollment(country="BE")
    Clock.objects.update(next_check_at=None)

    administrator.post(f"/admin/onboarding/clockrule/{own.pk}/delete/", {"post": "yes"})

    assert not ClockRule.objects.filter(pk=own.pk).exists()
    assert Clock.objects.get().next_check_at is not None


# --- people ----------------------------------------------------------------------------------------------------------


def test_bdm_has_a_country_or_is_a_lead(administrator: Client) -> None:
    user = make_user("new@ingram.example")

    answer = administrator.post("/admin/places/bdm/add/", {"user": user.email, "phone": ""})

    assert list(errors(answer)) == ["countries"]


def test_country_that_loses_its_only_bdm_is_named(administrator: Client, places: None) -> None:
    bdm = make_bdm("MT", "IT")
    make_bdm("IT")
    place = f"/admin/places/bdm/{bdm.pk}/change/"
    typed = {"user": bdm.user.email, "countries": ["FR"], "phone": ""}

    asked = administrator.post(place, typed)
    administrator.post(place, {**typed, "sure": "on"})

    assert "Malta" in errors(asked)["sure"][0] and "Italy" not in errors(asked)["sure"][0]
    assert [country.pk for country in bdm.countries.all()] == ["FR"]


@pytest.mark.parametrize(("code", "kinds", "wrong"), [("ours", [], ["kinds"]), ("ours", [Kind.DOMAIN], [])])
def test_own_reason_fits_a_check(administrator: Client, code: str, kinds: list[str], wrong: list[str]) -> None:
    words = dict.fromkeys(("title_en", "title_fr", "todo_en", "todo_fr"), "text")

    answer = administrator.post("/admin/onboarding/reason/add/", {"code": code, "kinds": kinds, **words})

    assert (errors(answer) if wrong else {}).keys() == {*wrong}
    assert Reason.objects.filter(code=code).exists() is not bool(wrong)


@pytest.mark.parametrize("code", ["confirm_mail", "mail_refuses_all", "parked"])
def test_reason_that_the_portal_raises_is_not_retired(administrator: Client, code: str) -> None:
    catalogue.write_shipped()
    place = f"/admin/onboarding/reason/{code}/change/"

    answer = administrator.post(place, form_of(administrator, place, retired_at_0="2026-11-02", retired_at_1="10:00"))

    assert list(errors(answer)) == ["retired_at"]


# --- finding things --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["event", "check", "clock", "enrollment", "partnerrequest", "domainchallenge"])
def test_rows_of_a_file_are_found_by_its_company_and_lead_to_it(administrator: Client, page: str) -> None:
    enrollment = make_enrollment()
    make_enrollment()
    Partner.objects.filter(pk=enrollment.partner_id).update(name="Zéphyr Négoce")

    found: Any = administrator.get(f"/admin/onboarding/{page}/?q=zephyr")
    none: Any = administrator.get(f"/admin/onboarding/{page}/?q=nobodyknows")

    assert none.context["cl"].result_count == 0
    if page in ("event", "check", "clock", "enrollment"):
        assert found.context["cl"].result_count > 0
        place, desk = f"/admin/onboarding/enrollment/{enrollment.pk}/change/", f"/desk/{enrollment.pk}/"
        assert place in found.content.decode() and desk not in found.content.decode()
        Bdm.objects.create(user=User.objects.get(name="first"), is_lead=True)
        assert desk in administrator.get(f"/admin/onboarding/{page}/?q=zephyr").content.decode()
