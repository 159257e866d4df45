"""Links, codes and records as people meet them; a BDM's decisions; what is said about the wrong link."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from onboarding.domain.checks import requeueing
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.desk import decisions
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Check, Enrollment, MailboxChallenge
from onboarding.phases import Phase
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Role
from portal.work.claims import claim_due
from tests import sample_documents
from tests.builders import MARKETPLACE, NOW, check_of, fill, fill_steps_1_to_3, make_bdm, make_user
from tests.onboarding.domain.test_validation import answer

pytestmark = pytest.mark.django_db

EMAIL = (Kind.EMAIL, Authority.PORTAL)
SHOP = (Kind.MARKETPLACE, Authority.INGRAM)


@pytest.fixture
def submitted(enrollment: Enrollment) -> Enrollment:
    fill_steps_1_to_3(enrollment)
    return lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=timezone.now())


@pytest.fixture
def mailed(submitted: Enrollment) -> None:
    """The message to the primary contact is written."""
    answer(check_of(submitted, *EMAIL), Finding(Outcome.GOOD, NOW), now=timezone.now())


def state(enrollment: Enrollment, pair: tuple[Kind, Authority]) -> str:
    return check_of(enrollment, *pair).state


def test_code_confirms_too(as_reseller: Client, submitted: Enrollment, mailed: None) -> None:
    code = re.findall(r"\b\d{4} \d{4}\b", Mail.objects.get(to="dominique@exemple-informatique.example").text)[0]
    path = f"/enrollments/{submitted.pk}/checks/{check_of(submitted, *EMAIL).pk}/code/"

    wrong = as_reseller.post(path, {"code": "00000000"})
    right = as_reseller.post(path, {"code": code})
    again = as_reseller.post(path, {"code": code})

    assert (wrong.status_code, right.status_code, again.status_code) == (422, 302, 302)
    assert state(submitted, EMAIL) == CheckState.PASSED


def test_a_record_that_is_too_old_is_not_offered_for_publishing(as_reseller: Client, submitted: Enrollment) -> None:
    check = check_of(submitted, Kind.DOMAIN, Authority.PORTAL)
    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="txt_not_found"))

    def offered() -> bool:
        return b'id="record-value"' in as_reseller.get(submitted.get_absolute_url()).content

    before = offered()
    check.domain_challenges.update(expires_at=NOW)
    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="txt_not_found"))
    expired = offered()
    as_reseller.post(f"{submitted.get_absolute_url()}checks/{check.pk}/look/")

    check.refresh_from_db()
    assert (before, expired, offered(), check.reason) == (True, False, True, "looking")


def test_new_message_is_not_sent_twice_within_a_minute(
    as_reseller: Client, submitted: Enrollment, mailed: None
) -> None:
    path = f"/enrollments/{submitted.pk}/checks/{check_of(submitted, *EMAIL).pk}/look/"

    as_reseller.post(path)

    assert MailboxChallenge.objects.count() == 1
    assert state(submitted, EMAIL) == CheckState.ACTION_NEEDED


def decide(client: Client, check: Check, **form: str) -> Any:
    seen = decisions.basis(Check.objects.get(pk=check.pk))
    return client.post(f"/desk/{check.enrollment_id}/checks/{check.pk}/", {"basis": seen, **form})


@pytest.fixture
def marketplace(submitted: Enrollment) -> Check:
    fill(submitted, "marketplace", MARKETPLACE)
    return check_of(submitted, *SHOP)


def test_bdm_confirms_and_twice_is_once(as_bdm: Client, bdm: User, marketplace: Check) -> None:
    first, second = decide(as_bdm, marketplace, decision="confirm"), decide(as_bdm, marketplace, decision="confirm")

    marketplace.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 302)
    assert (marketplace.state, marketplace.source, marketplace.confirmed_by) == (CheckState.PASSED, "bdm", bdm)
    assert marketplace.enrollment.events.filter(kind="check_passed").count() == 1


@pytest.mark.parametrize("decision", ["ask", "waive"])
def test_bdm_must_say_why(as_bdm: Client, marketplace: Check, decision: str) -> None:
    response = decide(as_bdm, marketplace, decision=decision, note="  ")

    marketplace.refresh_from_db()
    assert (response.status_code, marketplace.state) == (422, CheckState.IN_PROGRESS)
    assert list(response.context["form"].errors) == ["note"]


@pytest.mark.parametrize(
    ("decision", "state", "reason"),
    [
        ("ask", CheckState.ACTION_NEEDED, "marketplace_not_activated"),
        ("waive", CheckState.WAIVED, ""),
    ],
)
def test_bdm_decides_with_a_reason_the_partner_reads(
    as_bdm: Client, as_reseller: Client, marketplace: Check, decision: str, state: str, reason: str
) -> None:
    decide(
        as_bdm, marketplace, decision=decision, note="Le compte n'est pas actif.", reason="marketplace_not_activated"
    )

    marketplace.refresh_from_db()
    assert (marketplace.state, marketplace.reason) == (state, reason)
    page = as_reseller.get(f"/enrollments/{marketplace.enrollment_id}/").content.decode()
    assert "Le compte n&#x27;est pas actif." in page


def test_refused_by_microsoft_is_final_and_said(as_bdm: Client, as_reseller: Client, submitted: Enrollment) -> None:
    fill(submitted, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(submitted, Kind.DOMAIN, Authority.MICROSOFT)
    decide(as_bdm, check, decision="refuse", note="Trop d'essais.", sure="on")

    response = decide(as_bdm, check, decision="confirm")
    shown = as_reseller.get(f"/enrollments/{submitted.pk}/").context["next"]

    check.refresh_from_db()
    assert (response.status_code, check.state) == (422, CheckState.REFUSED)
    assert (shown.turn, shown.text) == ("refused", "Trop d'essais.")


@pytest.mark.parametrize("decision", ["waive", "refuse", "requeue"])
def test_bdm_is_offered_only_what_fits_the_check(as_bdm: Client, submitted: Enrollment, decision: str) -> None:
    pairs = {
        "waive": (Kind.AGREEMENT, Authority.MICROSOFT),
        "refuse": (Kind.LEGAL_ENTITY, Authority.PORTAL),
        "requeue": (Kind.DOMAIN, Authority.PORTAL),
    }
    fill(submitted, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(submitted, *pairs[decision])

    response = decide(as_bdm, check, decision=decision, note="Pour essayer.")

    check.refresh_from_db()
    assert (response.status_code, check.state) == (422, CheckState.IN_PROGRESS)


def test_asked_again_with_another_note_is_told_again(as_bdm: Client, marketplace: Check) -> None:
    for note in ("Activez le compte.", "Activez le compte.", "Le compte est toujours inactif."):
        decide(as_bdm, marketplace, decision="ask", note=note)

    asked = marketplace.enrollment.events.filter(kind="check_action_needed", check_kind=Kind.MARKETPLACE)
    assert asked.count() == 2


def test_reseller_says_that_it_is_done(as_bdm: Client, as_reseller: Client, marketplace: Check) -> None:
    decide(as_bdm, marketplace, decision="ask", note="Activez le compte.", reason="marketplace_not_activated")

    as_reseller.post(f"/enrollments/{marketplace.enrollment_id}/checks/{marketplace.pk}/look/")

    marketplace.refresh_from_db()
    assert (marketplace.state, marketplace.turn) == (CheckState.IN_PROGRESS, "ingram")


def test_parked_check_is_taken_up_again_with_a_reason(as_bdm: Client, submitted: Enrollment) -> None:
    check = check_of(submitted, Kind.DOMAIN, Authority.PORTAL)
    [claim] = claim_due(Check, queue="dns", limit=1, now=timezone.now())
    requeueing.park(claim=claim, why="ValueError", now=NOW)
    parked = as_bdm.get(f"/desk/{submitted.pk}/").context["next"]

    decide(as_bdm, check, decision="requeue", note="Le résolveur est réparé.")

    check.refresh_from_db()
    assert (parked.turn, check.parked_at, check.attempt, check.reason) == ("ingram", None, 0, "looking")


def test_bdm_of_another_country_cannot_decide(client: Client, marketplace: Check) -> None:
    client.force_login(make_bdm("DE").user, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert decide(client, marketplace, decision="confirm").status_code == 404


def test_reseller_reports_what_partner_center_shows(as_reseller: Client, submitted: Enrollment) -> None:
    fill(submitted, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(submitted, Kind.DOMAIN, Authority.MICROSOFT)
    path = f"/enrollments/{submitted.pk}/checks/{check.pk}/report/"

    refused = as_reseller.post(path, {"says": "rejected", "on": "2999-01-01"})
    told = as_reseller.post(path, {"says": "rejected", "on": "2026-11-15"})

    check.refresh_from_db()
    assert (refused.status_code, told.status_code) == (422, 302)
    assert (check.state, check.reason, check.source) == (
        CheckState.ACTION_NEEDED,
        "microsoft_refused_domain",
        "reseller",
    )


def test_microsofts_check_cannot_be_reported_before_it_started(as_reseller: Client, submitted: Enrollment) -> None:
    check = check_of(submitted, Kind.DOMAIN, Authority.MICROSOFT)

    response = as_reseller.post(
        f"/enrollments/{submitted.pk}/checks/{check.pk}/report/", {"says": "authorized", "on": "2026-11-15"}
    )

    check.refresh_from_db()
    assert (response.status_code, check.state) == (422, CheckState.NOT_STARTED)


SPELLING = {
    "legal_name": "EXEMPLE INFORMATIQUES",
    "registration_number": "999000003",
    "street": "1 RUE DES ESSAIS",
    "postal_code": "75001",
    "city": "PARIS",
}


@pytest.fixture
def spelled(submitted: Enrollment) -> Enrollment:
    check = check_of(submitted, Kind.LEGAL_ENTITY, Authority.PORTAL)
    facts = {"fields": [], "take_over": SPELLING}
    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="name_similar", evidence=facts), now=timezone.now())
    return submitted


def answer_basis(page: Any) -> str:
    [basis] = re.findall(r'name="basis"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="basis"', page.content.decode())[
        :1
    ]
    return str(basis[0] or basis[1])


def company_of(enrollment: Enrollment) -> dict[str, str]:
    partner = Enrollment.objects.get(pk=enrollment.pk).partner
    return {name: getattr(partner, name) for name in SPELLING}


def test_register_s_spelling_is_shown_then_taken_over_and_taken_back_once(
    as_reseller: Client, spelled: Enrollment
) -> None:
    url, before = f"/enrollments/{spelled.pk}/take-over/", company_of(spelled)

    page = as_reseller.get(url)
    shown = {(row.typed, row.seen) for row in page.context["rows"]}
    assert ("EXEMPLE INFORMATIQUE SAS", "EXEMPLE INFORMATIQUES") in shown
    assert company_of(spelled) == before

    taken = as_reseller.post(url, {"basis": page.context["basis"]})
    check = check_of(spelled, Kind.LEGAL_ENTITY, Authority.PORTAL)
    assert (taken.status_code, company_of(spelled)) == (302, SPELLING)
    assert (check.state, check.reason) == (CheckState.IN_PROGRESS, "looking")
    assert 'id="take-back"' in as_reseller.get(f"/enrollments/{spelled.pk}/").content.decode()

    assert as_reseller.post(url, {"basis": page.context["basis"]}).status_code == 302
    assert company_of(spelled) == SPELLING

    # A colleague sees it at another computer: the undo is the enrollment's, not a browser's.
    colleague = make_user("colleague@company.example")
    spelled.partner.memberships.create(user=colleague, role=Role.CONTRIBUTOR)
    elsewhere = Client()
    elsewhere.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert 'id="take-back"' in elsewhere.get(f"/enrollments/{spelled.pk}/").content.decode()

    back = f"/enrollments/{spelled.pk}/take-back/"
    assert (as_reseller.post(back).status_code, company_of(spelled)) == (302, before)
    assert (as_reseller.post(back).status_code, company_of(spelled)) == (302, before)
    assert 'id="take-back"' not in as_reseller.get(f"/enrollments/{spelled.pk}/").content.decode()


@pytest.mark.parametrize("changed", [{"city": "Lyon"}, {"legal_name": "Brumes SAS"}, {"street": "2 rue des Essais"}])
def test_nothing_is_taken_over_that_was_not_shown(
    as_reseller: Client, spelled: Enrollment, changed: dict[str, str]
) -> None:
    url = f"/enrollments/{spelled.pk}/take-over/"
    basis = as_reseller.get(url).context["basis"]
    type(spelled.partner).objects.update(**changed)
    before = company_of(spelled)

    stale, blind = as_reseller.post(url, {"basis": basis}), as_reseller.post(url)

    assert (stale.status_code, blind.status_code, company_of(spelled)) == (409, 409, before)


def test_taking_back_leaves_what_was_changed_since(as_reseller: Client, spelled: Enrollment) -> None:
    url = f"/enrollments/{spelled.pk}/take-over/"
    as_reseller.post(url, {"basis": as_reseller.get(url).context["basis"]})
    type(spelled.partner).objects.update(city="Lille")

    as_reseller.post(f"/enrollments/{spelled.pk}/take-back/")

    assert company_of(spelled) == {**SPELLING, "city": "Lille"}


def test_where_name_and_address_differ_the_number_is_asked_for(as_reseller: Client, submitted: Enrollment) -> None:
    check = check_of(submitted, Kind.LEGAL_ENTITY, Authority.PORTAL)
    field = {"field": "name", "typed": "a", "seen": "b", "zone": "different"}
    facts = {"fields": [field], "take_over": {}, "number_in_doubt": True}
    answer(check, Finding(Outcome.BAD, NOW, reason="name_differs", evidence=facts), now=timezone.now())

    page = as_reseller.get(f"/enrollments/{submitted.pk}/").content.decode()

    assert "#id_registration_number" in page
    assert 'id="take-over"' not in page


def test_nothing_to_take_over_changes_nothing(as_reseller: Client, submitted: Enrollment) -> None:
    before = Enrollment.objects.get(pk=submitted.pk).partner.legal_name

    as_reseller.post(f"/enrollments/{submitted.pk}/take-over/")

    assert Enrollment.objects.get(pk=submitted.pk).partner.legal_name == before


@pytest.mark.parametrize("why", ["C'est notre nom commercial.", "Compte du groupe.", "Notre ancien nom."])
def test_partner_says_why_an_id_of_another_name_is_theirs_and_the_bdm_decides(
    as_reseller: Client, enrollment: Enrollment, why: str
) -> None:
    fill_steps_1_to_3(enrollment)
    check = check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT)
    facts = {"partner_name": "VOISIN D'EXEMPLE", "name_zone": "different", "company_name": "EXEMPLE"}
    answer(check, Finding(Outcome.BAD, NOW, reason="mpn_of_another", evidence=facts), now=timezone.now())
    check.refresh_from_db()
    assert (check.phase, check.reason) == (Phase.PARTNER_ACTS, "mpn_of_another")
    url = f"/enrollments/{enrollment.pk}/checks/{check.pk}/answer/"

    page = as_reseller.get(url)
    number = Enrollment.objects.get(pk=enrollment.pk).mpn_id
    typed = {"mpn_id": number, "has_mpn_account": "True", "basis": answer_basis(page)}
    silent = as_reseller.post(url, {**typed, "text": ""})
    check.refresh_from_db()
    assert (silent.status_code, check.phase) == (422, Phase.PARTNER_ACTS)

    assert as_reseller.post(url, {**typed, "text": why}).status_code == 302
    check.refresh_from_db()
    assert check.phase == Phase.BDM_REVIEWS_ANSWER
    assert "confirm" in decisions.decisions_for(check)


def test_a_dated_document_proves_the_domain_once_a_bdm_confirms_it(as_reseller: Client, submitted: Enrollment) -> None:
    check = check_of(submitted, Kind.DOMAIN, Authority.PORTAL)
    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="txt_not_found"), now=timezone.now())
    url, bdm = f"/enrollments/{submitted.pk}/checks/{check.pk}/domain-proof/", make_bdm("FR").user
    assert 'id="by-document"' in as_reseller.get(f"/enrollments/{submitted.pk}/").content.decode()

    first, second = as_reseller.post(url, {"by": "document"}), as_reseller.post(url, {"by": "document"})
    check.refresh_from_db()
    assert (first.url, second.url) == (f"/enrollments/{submitted.pk}/checks/{check.pk}/answer/",) * 2
    assert (check.phase, check.reason) == (Phase.PARTNER_ACTS, "domain_by_document")
    assert 'id="by-record"' in as_reseller.get(f"/enrollments/{submitted.pk}/").content.decode()

    page = as_reseller.get(first.url)
    file = SimpleUploadedFile("facture.pdf", sample_documents.pdf(), "application/pdf")
    facts = {"kind": "domain_invoice", "issued_on": "2026-10-01", "names_company": "yes", "names_domain": "yes"}
    basis = {"basis": answer_basis(page)}
    as_reseller.post(first.url, {**basis, **facts, "file": file, "text": "", "add": "1"})
    as_reseller.post(first.url, {**basis, "text": "La facture de notre hébergeur."})
    check.refresh_from_db()
    assert check.phase == Phase.BDM_REVIEWS_ANSWER

    decisions.confirm(check=check, by=bdm, now=timezone.now())
    check.refresh_from_db()
    assert (check.state, check.source) == (CheckState.PASSED, "bdm")


def test_the_record_may_be_published_after_all(as_reseller: Client, submitted: Enrollment) -> None:
    check = check_of(submitted, Kind.DOMAIN, Authority.PORTAL)
    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="txt_not_found"), now=timezone.now())
    url = f"/enrollments/{submitted.pk}/checks/{check.pk}/domain-proof/"
    as_reseller.post(url, {"by": "document"})

    for _twice in range(2):
        as_reseller.post(url, {"by": "record"})

    check.refresh_from_db()
    assert check.phase == Phase.QUEUED
