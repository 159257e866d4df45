"""Texts by audience: every state has a sentence for every reader, and staff pages never speak to the partner."""

import re

import pytest
from django.test import Client
from django.utils import translation

from onboarding.domain import history
from onboarding.domain.questions.rules import RULES, Severity
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.domain.reasons.words import Reader, table, words_for
from onboarding.enums import CHECKS, DocumentKind, StepStatus, Turn
from onboarding.forms.sentences import sentence
from onboarding.forms.steps import FORMS
from onboarding.models import Check, Enrollment
from onboarding.phases import PHASES, Phase
from onboarding.views.evidence import label_of
from onboarding.views.presenters import next_steps
from tests import printed_tables
from tests.builders import NOW, check_of, make_bdm, make_enrollment, make_submitted, make_user

LANGUAGES = ("fr", "en-gb")
STAFF = [audience for audience in Reader if audience.is_staff]
SECOND_PERSON = re.compile(r"\b(you|your|yours|vous|votre|vos|vôtres?)\b|\b(?!chez\b|assez\b)\w+ez\b", re.I)
VALUES = {
    "mail": "a.example",
    "web": "b.example",
    "country": "X",
    "csp": "X",
    "location": "Y",
    "local": "info",
    "domain": "c.example",
}


def to_staff(audience: Reader) -> list[str]:
    """Every sentence that a page for this audience can print about a file."""
    words = words_for(audience)
    hints = [rule.code for rule in RULES if rule.severity not in (Severity.BLOCKS, Severity.ASKS)]
    return [
        str(text)
        for text in (
            *(words.turn(turn) for turn in Turn),
            *(words.step_status(status) for status in StepStatus),
            *(words.reason(code) for code in SHIPPED),
            *(words.phase(phase) for phase in Phase),
            *(words.not_started(kind, authority) for kind, authority in CHECKS),
            *(words.event(kind) for kind in history.TITLES),
            *(words.page(slug) for slug in PAGES),
            *(words.deed(slug) for slug in PAGES),
            *(words.hint(code, VALUES) or sentence(code, VALUES) for code in hints),
            *(label_of(slug, name, audience) for slug, form in FORMS.items() for name in form.base_fields
              if name not in ("basis", "seen", "sure")),
            *DocumentKind.labels,
            *Turn.labels,
        )
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("audience", STAFF)
def test_staff_are_never_spoken_to_as_the_partner(audience: Reader, language: str) -> None:
    with translation.override(language):
        wrong = [text for text in to_staff(audience) if SECOND_PERSON.search(text)]

    assert "\n".join(wrong) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phase_has_a_sentence_of_its_own_for_every_reader(language: str) -> None:
    with translation.override(language):
        rows = {phase: [str(text) for text in texts] for phase, texts in table()}

    assert set(rows) == set(Phase)
    for phase, texts in rows.items():
        assert len(texts) == len(Reader)
        assert all(text.strip().endswith(".") for text in texts), phase
        # Whose turn it is changes what each of Ingram Micro's people does about it.
        assert len(set(texts)) >= 4 or phase == Phase.PARKED, (phase, texts)
    for number, audience in enumerate(Reader):
        own = [texts[number] for phase, texts in rows.items()]
        assert len(set(own)) == len(PHASES) or audience is Reader.CONTACT, audience


def test_french_is_not_english() -> None:
    def told(language: str) -> list[str]:
        with translation.override(language):
            return [str(text) for _phase, texts in table() for text in texts]

    assert [one for one, other in zip(told("fr"), told("en-gb"), strict=True) if one == other] == []


# --- on the pages -----------------------------------------------------------------------------------------------------


def put(check: Check, phase: Phase) -> None:
    row = PHASES[phase]
    Check.objects.filter(pk=check.pk).update(
        phase=phase, state=row.state, turn=row.turn, turn_since=NOW, note="n", source=next(iter(row.by), ""),
        reason=next(iter(row.reasons), "marketplace_on_hold") if row.state in ("in_progress", "action_needed") else "",
        settled_at=NOW if row.state in ("passed", "refused", "waived") else None,
    )  # fmt: skip


def spoken(client: Client, path: str) -> list[str]:
    """What the page says about the file in the second person; what addresses the BDM themselves is left out."""
    text = client.get(path).content.decode()
    found = [" ".join(e.text.split()) for e in page_of(text) if SECOND_PERSON.search(e.text)]
    return [one for one in found if one]


def page_of(text: str):  # type: ignore[no-untyped-def]
    from tests.portal.people import Page  # noqa: PLC0415

    parsed = Page(text)
    wanted = {"line-headline", "line-title", "desk-why", "line-todo", "timeline-title"}
    return [
        e
        for e in parsed.elements
        if wanted & set((e.attrs.get("class") or "").split()) or e.attrs.get("id") == "now-title" or e.tag == "summary"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lead", [False, True])
@pytest.mark.parametrize("stage", ["draft", "complete", "submitted", "asked", "parked", "contact"])
def test_desk_pages_speak_about_the_partner(language: str, lead: bool, stage: str) -> None:
    file = make_enrollment(owner=make_user(language=language)) if stage == "draft" else make_submitted()
    kind, authority = ("marketplace", "ingram")
    if stage == "asked":
        put(check_of(file, kind, authority), Phase.PARTNER_ACTS)  # type: ignore[arg-type]
    if stage == "parked":
        put(check_of(file, "domain", "portal"), Phase.PARKED)  # type: ignore[arg-type]
    if stage == "contact":
        put(check_of(file, "email", "portal"), Phase.CONFIRM_MAILBOX)  # type: ignore[arg-type]
    bdm = make_bdm("FR", lead=lead).user
    bdm.language = language
    bdm.save()
    client = Client()
    client.force_login(bdm, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert spoken(client, "/desk/") == []
    assert spoken(client, f"/desk/{file.pk}/") == []


@pytest.mark.django_db
def test_partner_and_staff_read_two_sentences_about_one_state() -> None:
    file = make_submitted()
    put(check_of(file, "marketplace", "ingram"), Phase.PARTNER_ACTS)  # type: ignore[arg-type]
    file = Enrollment.objects.select_related("partner", "country").get(pk=file.pk)
    from onboarding.domain.checks import routing  # noqa: PLC0415

    checks = routing.checks_of(file)
    with translation.override("en-gb"):
        own, staff = next_steps.next_action(file, checks), next_steps.staff_action(file, checks)

        assert (str(own.turn_label), str(staff.turn_label)) == ("Your turn", "The partner's turn")
        assert str(own.title) == "Your marketplace account is on hold"
        assert str(staff.title) == "The marketplace account is on hold"


# --- the table in the documentation -----------------------------------------------------------------------------------


def printed() -> str:
    lines = ["| phase | partner | contact | BDM | lead | administrator |", "|---|---|---|---|---|---|"]
    with translation.override("en-gb"):
        lines += [f"| `{phase}` | {' | '.join(str(text) for text in texts)} |" for phase, texts in table()]
    return "\n".join(lines)


def test_readme_prints_the_table() -> None:
    printed_tables.check("onboarding/README.md", "words", printed())
