"""What administrators see of Partner Center: ages and states, never a token."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import timezone

from onboarding.domain.checks import challenges, reporting
from onboarding.domain.desk import external_ids
from onboarding.domain.enrollment import delegation, lifecycle, preparations
from onboarding.domain.partner_center import accounts
from onboarding.domain.reasons import catalogue
from onboarding.enums import Authority, Kind
from onboarding.models import (
    BulkDeed,
    BulkRow,
    Campaign,
    CampaignEvent,
    CampaignRow,
    ClockRule,
    CountryRules,
    DeskExport,
    Document,
    DutyKind,
    Escalation,
    FileLook,
    FileWork,
    Forecast,
    Inbound,
    InsightsFile,
    InsightsRow,
    InsightsShape,
    KeptForecast,
    Loan,
    Message,
    PartnerCenterAccount,
    PartnerCenterCode,
    PartnerCenterDuty,
    PipelineCount,
    Preflight,
    Reading,
    ReportCell,
    ReportMonth,
    ResellerAuthorization,
    ResellerLink,
    SavedView,
    Star,
    Vetting,
)
from portal import encryption
from tests.builders import NOW, check_of, fill, make_bdm, make_submitted, make_user

pytestmark = pytest.mark.django_db
TOKEN = "typed-token"
PLACE = "/admin/onboarding/partnercenteraccount/"


@pytest.fixture
def administrator(client: Client) -> Client:
    user = make_user("admin@ingram.example", is_staff=True, is_superuser=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(region: str = "", token: str = TOKEN, tenant: str = "Ingram.example") -> dict[str, str]:
    return {"region": region, "tenant": tenant, "client_id": "client", "new_token": token}


@pytest.mark.parametrize("language", ["fr", pytest.param("en-gb", marks=pytest.mark.long)])
def test_every_list_and_form_opens(administrator: Client, language: str) -> None:
    account = PartnerCenterAccount.objects.create(tenant="ingram.example", client_id="client")
    accounts.give_token(account, "typed-token", now=NOW)
    a_file_with_everything()
    administrator.cookies["django_language"] = language
    for model in admin.site._registry:
        if model._meta.app_label == "onboarding":
            place = f"/admin/onboarding/{model._meta.model_name}/"
            assert administrator.get(place).status_code == 200, place
            assert administrator.get(place + "add/").status_code in {200, 403}, place
            row = model._default_manager.first()
            assert row is not None or model in WITHOUT_ROWS, place
            if row is not None:
                assert administrator.get(f"{place}{quote(row.pk)}/change/").status_code == 200, place


# Their rows come of files and systems that have tests of their own.
WITHOUT_ROWS = {
    ReportCell,
    ReportMonth,
    BulkDeed,
    BulkRow,
    Campaign,
    CampaignEvent,
    CampaignRow,
    FileWork,
    Loan,
    PipelineCount,
    SavedView,
    ClockRule,
    CountryRules,
    Forecast,
    InsightsRow,
    InsightsShape,
    KeptForecast,
    Preflight,
    Escalation,
    Vetting,
}


def a_file_with_everything() -> None:
    """A row of nearly every model."""
    catalogue.write_shipped()
    bdm = make_bdm("FR").user
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    asker = enrollment.created_by
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=asker, now=NOW)
    preparations.begin(enrollment=enrollment, code="duns", by=asker, now=NOW)
    task = delegation.send(enrollment=enrollment, task="agreement", to="it@firm.example", note="", by=asker, now=NOW)
    delegation.ask(delegation=task, text="Which tenant?", now=NOW)
    mailbox = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    challenges.send_mailbox_challenge(check=mailbox, address=enrollment.contact_email, language="fr", now=NOW)
    lifecycle.keep_draft(enrollment=enrollment, slug="company", typed={}, now=NOW)
    Document.objects.create(
        enrollment=enrollment, kind="screen", name="a.png", kind_of_file="png", size=1, file="a", uploaded_at=NOW,
        uploaded_by=asker,
    )  # fmt: skip
    Message.objects.create(enrollment=enrollment, author=bdm, body="Bonjour", written_at=NOW, by_staff=True, key="k")
    external_ids.put(owner=enrollment, system="other", text="C-1", by=bdm, now=NOW)
    Reading.objects.create(enrollment=enrollment, user=asker, upto=1, read_at=NOW)
    FileWork.objects.create(enrollment=enrollment, owner=bdm, tags=["vip"])
    FileLook.objects.create(enrollment=enrollment, user=bdm, upto=1, seen_at=NOW)
    DeskExport.objects.create(user=bdm, at=NOW, file_format="csv")
    Star.objects.create(enrollment=enrollment, user=bdm)
    SavedView.objects.create(user=bdm, name="Mes relances", query="view=due")
    Inbound.objects.create(source="partner_center", external_id="1", kind="test", occurred_at=NOW, received_at=NOW)
    InsightsFile.objects.create(name="a.csv", uploaded_by=bdm, uploaded_at=NOW, as_of=NOW, content=b"")
    ResellerLink.objects.create(
        account=PartnerCenterAccount.objects.get(), mpn_id="1", first_seen_at=NOW, last_seen_at=NOW
    )
    ResellerAuthorization.objects.create(location_mpn_id="1", valid=True, since=NOW, seen_at=NOW)


def test_token_is_written_and_never_shown(administrator: Client) -> None:
    answer = administrator.post(f"{PLACE}add/", words())
    account = PartnerCenterAccount.objects.get()

    pages = [administrator.get(PLACE), administrator.get(f"{PLACE}{account.pk}/change/")]

    assert answer.status_code == 302
    assert (account.tenant, encryption.decrypt(account.sealed_token)) == ("ingram.example", "typed-token")
    shown = "".join(page.content.decode() for page in pages)
    assert TOKEN not in shown and account.sealed_token not in shown
    assert PartnerCenterDuty.objects.count() == len(DutyKind)


def test_empty_token_keeps_the_present_one(administrator: Client) -> None:
    administrator.post(f"{PLACE}add/", words())
    account = PartnerCenterAccount.objects.get()

    administrator.post(f"{PLACE}{account.pk}/change/", words(token="", tenant="other.example"))

    account.refresh_from_db()
    assert (account.tenant, encryption.decrypt(account.sealed_token)) == ("other.example", "typed-token")


@pytest.mark.parametrize(
    "typed", [words(region="NOWHERE"), words(tenant="x/../y"), words(tenant=""), words(token="x" * 9000)]
)
def test_what_makes_no_sense_is_told_at_the_field(administrator: Client, typed: dict[str, str]) -> None:
    answer: Any = administrator.post(f"{PLACE}add/", typed)

    assert (answer.status_code, len(answer.context["adminform"].form.errors)) == (200, 1)
    assert not PartnerCenterAccount.objects.exists()


def test_without_a_key_no_token_is_taken(administrator: Client, settings: Any) -> None:
    settings.SECRETS_KEYS = []

    answer: Any = administrator.post(f"{PLACE}add/", words())

    assert list(answer.context["adminform"].form.errors) == ["new_token"]


def test_renew_now_makes_the_duty_due(administrator: Client) -> None:
    administrator.post(f"{PLACE}add/", words())
    PartnerCenterDuty.objects.update(next_check_at=None)

    administrator.post(PLACE, {"action": "renew_now", "_selected_action": [PartnerCenterAccount.objects.get().pk]})

    due = PartnerCenterDuty.objects.exclude(next_check_at=None)
    assert [duty.kind for duty in due] == [DutyKind.RENEW]


def test_code_is_sure_only_with_a_reason(administrator: Client) -> None:
    known = list(PartnerCenterCode.objects.values_list("code", "sure"))
    typed = {"code": "1", "meaning_fr": "a", "meaning_en": "a", "source": "a", "sure": "on", "reason": ""}

    refused = administrator.post("/admin/onboarding/partnercentercode/add/", typed)
    taken = administrator.post("/admin/onboarding/partnercentercode/add/", {**typed, "reason": "enrolment_lost"})

    assert known == [("900154", False), ("900400", False)]
    assert (refused.status_code, taken.status_code) == (200, 302)


def test_figures_tell_the_age_of_each_token(client: Client) -> None:
    account = PartnerCenterAccount.objects.create(tenant="ingram.example", client_id="client")
    accounts.give_token(account, "typed-token", now=timezone.now())

    told = client.get("/metrics").content.decode()

    assert 'portal_partner_center_token_age_seconds{region=""}' in told
    assert 'portal_partner_center_refused{region=""} 0.0' in told
