"""The request loop: what is asked reopens just what is needed, the answer shows the difference, tries are counted."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from time_machine import travel

from onboarding.domain.checks import reporting, transitions
from onboarding.domain.desk import decisions, queries
from onboarding.domain.enrollment import answers, lifecycle
from onboarding.domain.reasons import troubleshooting
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.remediation import pages_of
from onboarding.domain.requests import tracking
from onboarding.enums import Authority, CheckState, Ending, Kind, Source, Turn
from onboarding.forms.steps import FORMS
from onboarding.models import Check, Document, Enrollment, PartnerRequest, Reason
from portal.accounts.models import User
from portal.notices.models import Mail
from tests import sample_documents
from tests.builders import COMPANY, NOW, check_of, fill, fill_steps_1_to_3, make_bdm, make_user
from tests.portal.people import Page

pytestmark = pytest.mark.django_db

DOMAIN = (Kind.DOMAIN, Authority.MICROSOFT)
COMPANY_CHECK = (Kind.LEGAL_ENTITY, Authority.MICROSOFT)


@pytest.fixture
def refused(enrollment: Enrollment) -> Enrollment:
    """Microsoft has refused the domain, and the reseller has told so."""
    fill_steps_1_to_3(enrollment)
    lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(enrollment, *DOMAIN)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=enrollment.created_by, now=NOW)
    return enrollment


def answer_url(enrollment: Enrollment, pair: Any = DOMAIN) -> str:
    return f"/enrollments/{enrollment.pk}/checks/{check_of(enrollment, *pair).pk}/answer/"


def invoice(**values: Any) -> dict[str, Any]:
    return {
        "file": SimpleUploadedFile("facture.pdf", sample_documents.pdf(), "application/pdf"),
        "kind": "domain_invoice",
        "issued_on": "2026-10-01",
        "names_company": "yes",
        "names_domain": "yes",
        **values,
    }


def filled(**values: Any) -> dict[str, Any]:
    return {
        "mail_domain": "exemple-informatique.example",
        "website": "exemple-informatique.example",
        "contact_email": "dominique@exemple-informatique.example",
        "text": "",
        **values,
    }


def answer_seen(enrollment: Enrollment, pair: Any = DOMAIN) -> str:
    """What the page of the answer carries, as it is shown now."""
    check = check_of(Enrollment.objects.select_related("partner").get(pk=enrollment.pk), *pair)
    partner_request = tracking.open_on(check)
    assert partner_request is not None
    return answers.basis(check, partner_request)


def send(client: Client, enrollment: Enrollment, values: dict[str, Any], *, basis: str = "") -> Any:
    return client.post(answer_url(enrollment), {"basis": basis or answer_seen(enrollment), **values})


def decide(
    client: Client, enrollment: Enrollment, values: dict[str, str], *, basis: str = "", pair: Any = DOMAIN
) -> Any:
    check = check_of(enrollment, *pair)
    path = f"/desk/{enrollment.pk}/checks/{check.pk}/"
    return client.post(path, {"basis": basis or decisions.basis(check), **values})


def test_an_answer_names_what_is_missing_on_its_page(as_reseller: Client, refused: Enrollment) -> None:
    """A person's erasure takes the contact's name away, which is no part of the request."""
    Enrollment.objects.filter(pk=refused.pk).update(contact_first_name="")

    answer = send(as_reseller, refused, filled(contact_email="lou@exemple-informatique.example", text="Voir."))

    assert answer.status_code == 422
    assert str(FORMS["contact"].base_fields["contact_first_name"].label) in answer.content.decode()


def test_a_document_that_the_file_had_already_goes_with_the_answer(as_reseller: Client, refused: Enrollment) -> None:
    as_reseller.post(f"/enrollments/{refused.pk}/documents/", invoice())

    send(as_reseller, refused, {**filled(), **invoice(), "add": "1"})

    document = Document.objects.get()
    assert document.partner_request == PartnerRequest.objects.get(check_row=check_of(refused, *DOMAIN))


def test_refusal_opens_an_action_with_the_answers_as_they_were(refused: Enrollment):
    partner_request = PartnerRequest.objects.get(check_row=check_of(refused, *DOMAIN))

    assert (partner_request.reason, partner_request.source, partner_request.closed_at) == (
        "microsoft_refused_domain",
        Source.RESELLER,
        None,
    )
    assert partner_request.before == {
        "website": "exemple-informatique.example",
        "mail_domain": "exemple-informatique.example",
        "contact_email": "dominique@exemple-informatique.example",
    }


def test_page_reopens_exactly_the_fields_of_the_reason(as_reseller: Client, refused: Enrollment):
    page = as_reseller.get(answer_url(refused)).content.decode()

    for name in ("mail_domain", "website", "contact_email", "file", "text"):
        assert f'name="{name}"' in page
    for name in ("legal_name", "tenant", "street", "duns"):
        assert f'name="{name}"' not in page


def test_answer_without_a_document_or_a_word_keeps_what_was_typed(as_reseller: Client, refused: Enrollment):
    response = send(as_reseller, refused, filled(website="autre.example"))

    assert response.status_code == 422
    assert "autre.example" in response.content.decode()
    assert check_of(refused, *DOMAIN).turn == Turn.RESELLER
    assert "autre.example" in as_reseller.get(answer_url(refused)).content.decode()


def test_answer_goes_to_the_bdm_with_the_difference_and_the_evidence(
    as_reseller: Client, as_bdm: Client, refused: Enrollment
):
    added = send(as_reseller, refused, {**filled(website="autre.example"), **invoice(), "add": "1"})
    sent = send(as_reseller, refused, filled(website="autre.example"))
    check = check_of(refused, *DOMAIN)
    page = as_bdm.get(f"/desk/{refused.pk}/checks/{check.pk}/").content.decode()

    assert (added.status_code, sent.status_code) == (302, 302)
    assert (check.state, check.reason, check.turn) == (CheckState.IN_PROGRESS, "answer_at_desk", Turn.INGRAM)
    assert "&lt;" not in page
    assert "<del>exemple-informatique.example</del>" in page
    assert "<ins>autre.example</ins>" in page
    assert "facture.pdf" in page
    assert 'value="send"' in page


def test_answer_sent_twice_counts_once(as_reseller: Client, refused: Enrollment):
    both = [send(as_reseller, refused, filled(text="Facture demandée à l'hébergeur.")) for _ in range(2)]

    assert [response.status_code for response in both] == [302, 302]
    assert refused.events.filter(kind="answered_action").count() == 1
    assert PartnerRequest.objects.get().answer == "Facture demandée à l'hébergeur."


def test_old_page_answers_nothing_but_what_it_was_asked(as_reseller: Client, bdm: User, refused: Enrollment):
    check = check_of(refused, *DOMAIN)
    old = answer_seen(refused)
    decisions.ask(check=check, note="Prenez le contact du siège.", by=bdm, now=NOW, reason="domain_held_by_other")

    # The old page's field "website" is not asked any more, "mail_domain" was not on it.
    typed = {"contact_email": "paul@exemple-informatique.example", "text": "Voici Paul."}
    response = send(as_reseller, refused, typed, basis=old)
    again = send(as_reseller, refused, {**typed, "mail_domain": "exemple-informatique.example"})

    page = response.content.decode()
    assert response.status_code == 409
    assert 'id="changed"' in page and "Prenez le contact du siège." in page
    assert "paul@exemple-informatique.example" in page and "Voici Paul." in page
    assert 'value="exemple-informatique.example"' in page
    assert again.status_code == 302
    refused.partner.refresh_from_db()
    refused.refresh_from_db()
    assert refused.partner.mail_domain == "exemple-informatique.example"
    assert refused.contact_email == "paul@exemple-informatique.example"
    assert sorted((a.reason, a.answer) for a in tracking.of_enrollment(refused)) == [
        ("domain_held_by_other", "Voici Paul."), ("microsoft_refused_domain", ""),
    ]  # fmt: skip


def test_field_that_was_not_on_the_page_is_not_emptied(as_reseller: Client, refused: Enrollment):
    values = filled(text="Pas de facture.")
    del values["website"]

    send(as_reseller, refused, values)

    refused.partner.refresh_from_db()
    assert refused.partner.website == "exemple-informatique.example"


def test_answers_that_a_colleague_changed_meanwhile_are_not_overwritten(as_reseller: Client, refused: Enrollment):
    old = answer_seen(refused)
    fill(refused, "company", {**COMPANY, "website": "collegue.example"})

    response = send(as_reseller, refused, filled(text="x"), basis=old)

    refused.partner.refresh_from_db()
    assert (response.status_code, refused.partner.website) == (409, "collegue.example")


def test_second_answer_of_another_tab_is_offered_as_a_message(as_reseller: Client, refused: Enrollment):
    old = answer_seen(refused)
    send(as_reseller, refused, filled(text="Première réponse."), basis=old)

    response = send(as_reseller, refused, filled(text="Seconde réponse.", website="autre.example"), basis=old)
    left = response.context["left"]
    sent = as_reseller.post(f"/enrollments/{refused.pk}/messages/", {"body": left})

    assert (response.status_code, sent.status_code) == (409, 302)
    assert left.splitlines()[0] == "Seconde réponse."
    assert left.splitlines()[1].endswith("autre.example")
    assert [message.body for message in refused.messages.all()] == [left]
    assert PartnerRequest.objects.get().answer == "Première réponse."


def test_draft_of_what_was_asked_before_is_not_shown_for_what_is_asked_now(
    as_reseller: Client, bdm: User, refused: Enrollment
):
    send(as_reseller, refused, filled(website="ancien.example"))
    decisions.ask(check=check_of(refused, *DOMAIN), note="Autre chose.", by=bdm, now=NOW)

    assert "ancien.example" not in as_reseller.get(answer_url(refused)).content.decode()


# --- a decision that comes late --------------------------------------------------------------------------------------


def test_decision_on_what_has_moved_meanwhile_is_shown_again(as_bdm: Client, reseller: User, refused: Enrollment):
    check = check_of(refused, *DOMAIN)
    old = decisions.basis(check)
    reporting.report(check=check, says="authorized", on=NOW.date(), by=reseller, now=NOW)

    refusal = {"decision": "refuse", "note": "Microsoft a refusé.", "sure": "on"}
    response = decide(as_bdm, refused, refusal, basis=old)

    page = response.content.decode()
    assert response.status_code == 409
    assert "Microsoft a refusé." in page and 'value="refuse"' in page
    assert "checked" not in page.partition('name="sure"')[2].partition(">")[0]
    assert check_of(refused, *DOMAIN).state == CheckState.PASSED


def test_decision_without_a_page_before_is_shown_again(as_bdm: Client, refused: Enrollment):
    check = check_of(refused, *DOMAIN)

    response = as_bdm.post(f"/desk/{refused.pk}/checks/{check.pk}/", {"decision": "confirm"})

    assert (response.status_code, check_of(refused, *DOMAIN).state) == (409, CheckState.ACTION_NEEDED)


def test_note_for_a_check_that_was_settled_meanwhile_is_not_lost(as_bdm: Client, bdm: User, refused: Enrollment):
    old = decisions.basis(check_of(refused, *DOMAIN))
    decisions.waive(check=check_of(refused, *DOMAIN), note="Vu.", by=bdm, now=NOW)

    response = decide(as_bdm, refused, {"decision": "ask", "note": "Votre facture ?"}, basis=old)

    assert response.status_code == 409
    assert "Votre facture ?" in response.content.decode()


def test_decision_is_compared_under_the_lock(bdm: User, reseller: User, refused: Enrollment):
    check = check_of(refused, *DOMAIN)
    old = decisions.basis(check)
    reporting.report(check=check, says="authorized", on=NOW.date(), by=reseller, now=NOW)

    with pytest.raises(decisions.MovedMeanwhileError):
        decisions.refuse(check=check, note="Non.", by=bdm, now=NOW, basis_seen=old)


@pytest.mark.parametrize(
    "decision",
    [
        {"decision": "ask", "reason": "domain_held_by_other", "note": "La lettre ?"},
        {"decision": "confirm", "note": ""},
        {"decision": "waive", "note": "Vu."},
        {"decision": "refuse", "note": "Fini.", "sure": "on"},
    ],
)
def test_decision_sent_twice_counts_once(as_bdm: Client, refused: Enrollment, decision: dict[str, str]):
    old = decisions.basis(check_of(refused, *DOMAIN))

    both = [decide(as_bdm, refused, decision, basis=old) for _ in range(2)]

    assert [response.status_code for response in both] == [302, 302]


def test_refusal_for_good_wants_its_tick(as_bdm: Client, as_reseller: Client, refused: Enrollment):
    refusal = {"decision": "refuse", "note": "Microsoft a refusé."}

    without = decide(as_bdm, refused, refusal)
    state = check_of(refused, *DOMAIN).state
    ticked = decide(as_bdm, refused, {**refusal, "sure": "on"})
    page = as_reseller.get(f"/enrollments/{refused.pk}/").content.decode()

    assert (without.status_code, state, ticked.status_code) == (422, CheckState.ACTION_NEEDED, 302)
    assert 'href="#id_sure"' in without.content.decode()
    assert f'href="/enrollments/{refused.pk}/messages/"' in page.partition('id="now"')[2]
    assert f'href="/partners/{refused.partner_id}/enroll/"' in page


def test_second_try_with_microsoft_needs_the_bdms_look_first(
    as_reseller: Client, as_bdm: Client, bdm: User, refused: Enrollment
):
    send(as_reseller, refused, {**filled(), **invoice()})
    check = check_of(refused, *DOMAIN)
    decide(as_bdm, refused, {"decision": "send", "note": ""})
    let_through = check_of(refused, *DOMAIN)
    as_reseller.post(f"/enrollments/{refused.pk}/checks/{check.pk}/look/")
    sent = check_of(refused, *DOMAIN)

    assert (let_through.state, let_through.reason) == (CheckState.ACTION_NEEDED, "send_again")
    assert (sent.state, sent.reason, sent.turn) == (CheckState.IN_PROGRESS, "with_microsoft", Turn.MICROSOFT)
    asked = list(tracking.of_enrollment(refused))
    assert [partner_request.outcome for partner_request in asked] == [Ending.ACCEPTED]
    assert tracking.tries(sent, queries.tries(refused)) == 2


def report(client: Client, enrollment: Enrollment, says: str) -> Any:
    path = f"/enrollments/{enrollment.pk}/checks/{check_of(enrollment, *DOMAIN).pk}/report/"
    return client.post(path, {"says": says, "on": NOW.date().isoformat()})


@pytest.mark.parametrize("is_answered", [False, True])
def test_what_went_to_microsoft_without_our_look_is_our_turn_and_a_try(
    as_reseller: Client, as_bdm: Client, refused: Enrollment, is_answered: bool
):
    if is_answered:
        send(as_reseller, refused, filled(text="La facture suit."))

    with travel(NOW):
        said = [report(as_reseller, refused, "pending") for _ in range(2)]
    check = check_of(refused, *DOMAIN)
    page = as_bdm.get(f"/desk/{refused.pk}/checks/{check.pk}/").content.decode()

    assert [response.status_code for response in said] == [302, 302]
    assert (check.state, check.reason, check.turn) == (CheckState.IN_PROGRESS, "sent_unseen", Turn.INGRAM)
    assert refused.events.filter(kind="sent_unseen").count() == 1
    assert tracking.tries(check, queries.tries(refused)) == 2
    assert 'value="leave"' in page and 'value="send"' not in page


def test_bdm_lets_it_run_and_it_stays_one_try(as_reseller: Client, as_bdm: Client, refused: Enrollment):
    with travel(NOW):
        report(as_reseller, refused, "pending")
    decide(as_bdm, refused, {"decision": "leave", "note": ""})

    check = check_of(refused, *DOMAIN)
    assert (check.reason, check.turn) == ("with_microsoft", Turn.MICROSOFT)
    assert PartnerRequest.objects.get().outcome == Ending.ACCEPTED
    assert tracking.tries(check, queries.tries(refused)) == 2


def test_report_of_pending_is_a_way_to_say_that_it_was_sent_again(
    as_reseller: Client, as_bdm: Client, refused: Enrollment
):
    send(as_reseller, refused, filled(text="La facture suit."))
    decide(as_bdm, refused, {"decision": "send", "note": ""})
    with travel(NOW):
        report(as_reseller, refused, "pending")

    check = check_of(refused, *DOMAIN)
    assert (check.reason, check.turn) == ("with_microsoft", Turn.MICROSOFT)
    assert tracking.tries(check, queries.tries(refused)) == 2


def test_microsofts_own_word_counts_as_a_way_back(refused: Enrollment):
    check = check_of(refused, *DOMAIN)
    told = {"source": Source.API, "reason": "with_microsoft", "state": CheckState.IN_PROGRESS}
    transitions.take_report(check, seen_at=NOW + dt.timedelta(days=1), now=NOW + dt.timedelta(days=1), **told)

    assert tracking.tries(check_of(refused, *DOMAIN), queries.tries(refused)) == 2


def test_authorised_is_taken_whatever_waits_for_our_look(as_reseller: Client, refused: Enrollment):
    with travel(NOW):
        report(as_reseller, refused, "pending")
        report(as_reseller, refused, "authorized")

    assert check_of(refused, *DOMAIN).state == CheckState.PASSED


def test_answers_changed_while_we_look_go_nowhere_else(reseller: User, refused: Enrollment):
    check = check_of(refused, *COMPANY_CHECK)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=reseller, now=NOW)

    for street in ("2 rue des Essais", "3 rue des Essais"):
        fill(refused, "company", {**COMPANY, "street": street})

    assert check_of(refused, *COMPANY_CHECK).reason == "answer_at_desk"


def test_bdm_asks_again_and_both_rounds_stay(as_reseller: Client, as_bdm: Client, refused: Enrollment):
    send(as_reseller, refused, filled(text="Pas de facture."))
    ask = {"decision": "ask", "reason": "domain_held_by_other", "note": "Demandez une lettre à votre agence."}
    decide(as_bdm, refused, ask)
    page = as_reseller.get(answer_url(refused)).content.decode()

    assert [partner_request.outcome for partner_request in tracking.of_enrollment(refused)] == ["", Ending.ASKED_AGAIN]
    assert "Demandez une lettre à votre agence." in page


def test_change_on_the_wizards_page_is_an_answer_too(reseller: User, refused: Enrollment):
    check = check_of(refused, *COMPANY_CHECK)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=reseller, now=NOW)

    fill(refused, "company", {**COMPANY, "street": "2 rue des Essais"})

    partner_request = PartnerRequest.objects.get(check_row=check)
    assert (partner_request.after["street"], partner_request.answered_by) == ("2 rue des Essais", reseller)
    assert check_of(refused, *COMPANY_CHECK).reason == "answer_at_desk"


def test_number_is_grouped_in_the_difference_as_on_other_pages(as_bdm: Client, reseller: User, refused: Enrollment):
    check = check_of(refused, *COMPANY_CHECK)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=reseller, now=NOW)
    fill(refused, "company", {**COMPANY, "duns": "060704780", "street": "2 rue des Essais"})

    page = as_bdm.get(f"/desk/{refused.pk}/").content.decode()

    number = '<span class="grouped"><span>{}</span><span>{}</span><span>{}</span></span>'
    assert f"<del>{number.format('15', '048', '3782')}</del>" in page
    assert f"<ins>{number.format('06', '070', '4780')}</ins>" in page


def test_what_depends_on_the_decision_is_not_called_optional(as_bdm: Client, refused: Enrollment):
    page = as_bdm.get(f"/desk/{refused.pk}/checks/{check_of(refused, *DOMAIN).pk}/").content.decode()

    form = page[page.index('id="decide-title"') : page.index("desk-evidence")]
    assert 'name="note"' in form
    assert 'class="optional"' not in form


def test_refused_check_offers_no_report(as_reseller: Client, bdm: User, refused: Enrollment):
    check = check_of(refused, *DOMAIN)
    decisions.refuse(check=check, note="Fini.", by=bdm, now=NOW)

    page = as_reseller.get(f"/enrollments/{refused.pk}/").content.decode()

    assert f'id="report-{check.pk}"' not in page
    assert f'id="report-{check_of(refused, *COMPANY_CHECK).pk}"' in page


def test_bdms_own_words_reopen_what_the_check_looks_at(as_reseller: Client, bdm: User, refused: Enrollment):
    check = check_of(refused, Kind.MPN_ID, Authority.MICROSOFT)
    decisions.ask(check=check, note="Quel numéro ?", by=bdm, now=NOW)

    page = as_reseller.get(answer_url(refused, (Kind.MPN_ID, Authority.MICROSOFT))).content.decode()

    assert 'name="mpn_id"' in page
    assert 'name="has_mpn_account"' not in page


def test_answers_on_locked_pages_are_not_asked(
    as_reseller: Client, bdm: User, refused: Enrollment, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(REASONS, "_changed", {})
    Reason.objects.create(
        code="both_wrong", kinds=["domain"], title_en="a", title_fr="a", todo_en="a", todo_fr="a",
        fields=["website", "authorized_on"], edited_at=NOW,
    )  # fmt: skip
    REASONS.read()
    decisions.ask(check=check_of(refused, *DOMAIN), note="Les deux.", by=bdm, now=NOW, reason="both_wrong")

    page = as_reseller.get(answer_url(refused)).content.decode()
    sent = send(as_reseller, refused, {"website": "autre.example", "authorized_on": "2026-11-01", "text": ""})

    refused.refresh_from_db()
    refused.partner.refresh_from_db()
    assert 'name="website"' in page and 'name="authorized_on"' not in page
    assert (sent.status_code, refused.partner.website, refused.authorized_on) == (302, "autre.example", None)


def test_passing_closes_what_was_asked(bdm: User, refused: Enrollment):
    decisions.confirm(check=check_of(refused, *DOMAIN), by=bdm, now=NOW)

    assert PartnerRequest.objects.get().outcome == Ending.HELD


def test_stranger_finds_neither_the_action_nor_the_documents(
    as_outsider: Client, as_reseller: Client, refused: Enrollment
):
    send(as_reseller, refused, {**filled(), **invoice(), "add": "1"})
    document = Document.objects.get()
    abroad = Client()
    abroad.force_login(make_bdm("DE").user, backend="allauth.account.auth_backends.AuthenticationBackend")
    own = f"/enrollments/{refused.pk}/documents/{document.pk}/"

    for client in (as_outsider, abroad):
        for path in (answer_url(refused), own, f"/enrollments/{refused.pk}/support/"):
            assert client.get(path).status_code == 404
        assert client.post(f"{own}take-back/").status_code == 404
    served = as_reseller.get(own)
    b"".join(served.streaming_content)
    assert served.status_code == 200


def test_answer_of_a_viewer_is_not_found(refused: Enrollment):
    viewer = make_user()
    refused.partner.memberships.create(user=viewer, role="viewer")
    client = Client()
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(answer_url(refused)).status_code == 404


def test_wrong_value_stands_at_its_field(as_reseller: Client, refused: Enrollment):
    response = send(as_reseller, refused, filled(contact_email="dominique@gmail.com", text="x"))

    assert response.status_code == 422
    assert 'href="#id_contact_email"' in response.content.decode()
    assert check_of(refused, *DOMAIN).turn == Turn.RESELLER


# --- three questions -------------------------------------------------------------------------------------------------


def test_three_questions_lead_to_an_action(as_reseller: Client, reseller: User, enrollment: Enrollment):
    fill_steps_1_to_3(enrollment)
    lifecycle.submit(enrollment=enrollment, by=reseller, now=NOW)
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    path = f"/enrollments/{enrollment.pk}/reason/?a=domain&a=rejected&a=other"

    shown, said = as_reseller.get(path), as_reseller.post(path)

    assert 'id="say-so"' in shown.content.decode()
    assert said.status_code == 302
    check = check_of(enrollment, *DOMAIN)
    assert (check.state, check.reason, check.source) == (
        CheckState.ACTION_NEEDED, "domain_held_by_other", Source.RESELLER,
    )  # fmt: skip


def test_bdm_is_led_to_the_decision(as_bdm: Client, refused: Enrollment):
    page = as_bdm.get(f"/enrollments/{refused.pk}/reason/?a=email&a=declined").content.decode()
    check = check_of(refused, Kind.EMAIL, Authority.MICROSOFT)

    url = f"/desk/{refused.pk}/checks/{check.pk}/?decision=ask&amp;reason=mail_declined"
    assert url in page
    assert 'value="mail_declined" selected' in as_bdm.get(url.replace("&amp;", "&")).content.decode()


def ways(here: Any = troubleshooting.TREE, *codes: str) -> Any:
    """Every way through the tree, as the address has it, with its end."""
    if isinstance(here, troubleshooting.Conclusion):
        return [("&".join(f"a={code}" for code in codes), here)]
    return [found for option in here.options for found in ways(option.then, *codes, option.code)]


def test_every_way_through_the_questions_ends_with_something_to_do(as_reseller: Client, refused: Enrollment):
    own = f"/enrollments/{refused.pk}"
    for query, leaf in ways():
        response = as_reseller.get(f"{own}/reason/?{query}")
        pages = {page["url"] for page in response.context["pages"]}
        fields = pages_of(REASONS[leaf.reason].remedy.fields)

        assert f'href="{own}/messages/"' in response.content.decode().partition("<main")[2], query
        assert {f"{own}/steps/{page.slug}/" for page, _names in fields if page.slug != "authorization"} <= pages, query


def test_page_that_is_locked_is_no_way_on(as_reseller: Client, refused: Enrollment):
    response = as_reseller.get(f"/enrollments/{refused.pk}/reason/?a=relationship&a=accepted&a=customer")

    assert response.context["pages"] == []


def test_bdm_is_led_to_the_messages_of_the_file(as_bdm: Client, refused: Enrollment):
    page = as_bdm.get(f"/enrollments/{refused.pk}/reason/?a=agreement&a=other").content.decode()

    assert f'href="/desk/{refused.pk}/messages/"' in page


def test_nonsense_answers_begin_again(as_reseller: Client, refused: Enrollment):
    for query in ("a=nonsense", "a=domain&a=nonsense", "a=email&a=declined&a=more"):
        assert as_reseller.get(f"/enrollments/{refused.pk}/reason/?{query}").status_code == 302


# --- support pack ----------------------------------------------------------------------------------------------------


def test_support_pack_has_the_facts_in_both_languages(as_reseller: Client, refused: Enrollment):
    page = as_reseller.get(f"/enrollments/{refused.pk}/support/").content.decode()

    for fact in ("EXEMPLE INFORMATIQUE SAS", refused.partner.duns, "exempleinfo.onmicrosoft.com"):
        assert page.count(fact) >= 2
    assert "We ask you to look at the verification" in page


def test_support_pack_tells_of_what_was_refused_while_we_look_at_the_answer(as_reseller: Client, refused: Enrollment):
    with travel(NOW):
        send(as_reseller, refused, filled(text="La facture suit."))
    agreement = check_of(refused, Kind.AGREEMENT, Authority.MICROSOFT)
    evidence = {"correlation_id": "c-1"}
    Check.objects.filter(pk=agreement.pk).update(seen_at=NOW.replace(microsecond=5), evidence=evidence)

    with travel(NOW + dt.timedelta(hours=1)):
        context = as_reseller.get(f"/enrollments/{refused.pk}/support/").context

    texts = {text["code"]: str(text["text"]).splitlines() for text in context["texts"]}
    refusal = "refusé par Microsoft\xa0; notre prochaine réponse se prépare"
    told = f"- Nom de domaine\xa0: {refusal}, depuis le 16 novembre 2026 (0 jour ouvré)"
    assert told in texts["fr"]
    assert "Entreprise\xa0: EXEMPLE INFORMATIQUE SAS" in texts["fr"]
    assert "Submitted in Partner Center on: 16 November 2026" in texts["en-gb"]
    assert "- Microsoft Partner Agreement, 16 November 2026, 11:00:00 CET: MS-CorrelationId c-1" in texts["en-gb"]
    assert context["pack"].is_due


def test_support_pack_says_when_it_is_too_early(as_reseller: Client, enrollment: Enrollment):
    fill_steps_1_to_3(enrollment)
    lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    path = f"/enrollments/{enrollment.pk}/support/"

    with travel(NOW + dt.timedelta(hours=3)):
        early = as_reseller.get(path).context["pack"].is_due
    with travel(NOW + dt.timedelta(hours=7 * 24)):
        late = as_reseller.get(path).context["pack"].is_due

    assert (early, late) == (False, True)


def test_mail_of_the_action_says_what_to_bring(refused: Enrollment):
    mail = Mail.objects.filter(key__startswith="action-").latest("pk")

    assert f"/enrollments/{refused.pk}/" in mail.text


@pytest.mark.parametrize("kind", [Kind.EMAIL, Kind.DOMAIN, Kind.LEGAL_ENTITY])
def test_enter_in_a_field_sends_the_answer_and_adds_no_document(
    as_reseller: Client, refused: Enrollment, kind: Kind
) -> None:
    check = check_of(refused, kind, Authority.MICROSOFT)
    if kind != Kind.DOMAIN:
        reporting.report(check=check, says="rejected", on=NOW.date(), by=refused.created_by, now=NOW)

    shown = Page(as_reseller.get(answer_url(refused, (kind, Authority.MICROSOFT))).content.decode())

    form = next(i for i, e in enumerate(shown.elements) if e.tag == "form" and "enctype" in e.attrs)
    first = next(e for e in shown.elements[form:] if e.tag == "button" and e.attrs.get("type") == "submit")
    assert (first.attrs.get("name"), first.attrs["id"]) == (None, "default-button")
