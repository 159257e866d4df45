"""Every kind of mail: announced in the registry, in both languages, as text and HTML; chosen, catalogued, previewed."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.notices import letters, outbox, registry, relay
from portal.notices.models import DigestLine, Mail, Preference
from portal.notices.registry import Choice, Notification
from portal.partners.models import Membership, Role
from tests.builders import NOW, make_bdm, make_user
from tests.portal.people import page

pytestmark = pytest.mark.django_db

KINDS = registry.everything()
LANGUAGES = [code for code, _name in settings.LANGUAGES]
TEMPLATES: Path = settings.ROOT / "templates"
LEFTOVER = re.compile(r"\{[{%#]|%\([a-z]+\)s|None\b|&amp;amp;")
LINK = re.compile(r"https?://[^\s\"<>]+")

# Who gets which mail: the one place where it is written down by hand.
MATRIX = {
    "action_needed": {"owner", "contributor"},
    "reminder": {"owner", "contributor"},
    "ready": {"owner", "contributor"},
    "no_longer_ready": {"owner", "contributor", "bdm", "lead"},
    "withdrawn": {"owner", "contributor", "bdm", "lead"},
    "preparing": {"owner", "contributor"},
    "delegated": {"delegate"},
    "delegate_answered": {"owner", "contributor"},
    "channel_invitation": {"invited"},
    "hand_over": {"contributor", "viewer"},
    "hand_over_answered": {"owner"},
    "join_request": {"owner"},
    "people_changed": {"owner"},
    "own_role_changed": {"account"},
    "members_review": {"owner"},
    "without_owner": {"bdm", "lead"},
    "company_unknown": {"bdm", "lead"},
    "confirm_mailbox": {"contact"},
    "message": {"owner", "contributor"},
    "partner_message": {"bdm", "lead"},
    "mentioned": {"owner", "contributor", "viewer", "bdm", "lead"},
    "alert": {"bdm", "lead"},
    "file_lent": {"bdm", "lead"},
    "digest": {"bdm", "lead"},
    "weekly_report": {"lead"},
    "summary": {"owner", "contributor"},
    "partner_center": {"admin"},
    "licences_due": {"owner", "contributor"},
    "sources_due": {"admin"},
    "edition_held": {"admin"},
    "webhook_off": {"admin"},
    "invitation": {"invited"},
    "unknown-account": {"stranger"},
    "microsoft_code": {"stranger"},
    "microsoft_connected": {"account"},
    "microsoft_disconnected": {"account"},
    "account_made": {"account"},
} | {
    code: {"account"}
    for code in (
        "email-confirmation-signup", "email-confirmation", "account-already-exists", "password-reset-key",
        "password-changed", "password-reset", "password-set", "email-changed", "email-confirm", "email-deleted",
        "erasure_asked", "erasure_idle", "erasure_withdrawn", "erasure_held", "erasure_done",
        "totp-activated", "totp-deactivated", "webauthn-added", "webauthn-removed", "recovery-codes-generated",
    )
}  # fmt: skip


def rendered(kind: Notification, language: str) -> registry.Letter:
    with translation.override(language):
        context = kind.example()
    return letters.render(kind, language=language, context=context)


def write(code: str, to: User, **context: Any) -> int:
    example = registry.get(code).example()
    return outbox.tell(code, people=[to], context={**example, **context}, key="key", now=NOW)


# --- the registry ----------------------------------------------------------------------------------------------------


def test_morning_s_summary_comes_each_morning_or_never(as_bdm: Client) -> None:
    form = as_bdm.get("/account/notifications/").context["form"]

    with translation.override("en-gb"):
        assert [(code, str(label)) for code, label in form.fields["digest"].choices] == [
            ("now", "Each morning"), ("off", "Never"),
        ]  # fmt: skip


def test_matrix_of_roles_and_events_is_the_catalogue_page(client: Client) -> None:
    assert {kind.code: {str(reader) for reader in kind.readers} for kind in KINDS} == MATRIX

    with translation.override("en-gb"):
        labels = {str(reader.value): str(reader.label) for reader in registry.Reader}
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-gb"
    shown = page(client.get("/help/notifications/"))
    rows = {e.attrs["id"]: " ".join(e.text.split()) for e in shown.all("tr") if e.attrs.get("id")}
    told = {f"mail-{code}": {labels[r] for r in readers} for code, readers in MATRIX.items()}
    assert {code: {label for label in labels.values() if label in text} for code, text in rows.items()} == told


def test_every_template_of_a_mail_is_in_the_registry() -> None:
    ours = {path.name.removesuffix(".subject.txt") for path in (TEMPLATES / "emails").glob("*.subject.txt")}
    places = ((place, TEMPLATES / place / "email") for place in ("account", "mfa"))
    allauths = {
        f"{place}/email/{path.name.removesuffix('_subject.txt')}"
        for place, folder in places
        for path in folder.glob("*_subject.txt")
    }

    assert {kind.name for kind in KINDS} == ours | allauths


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_who_cannot_switch_a_mail_off_is_told_why(kind: Notification) -> None:
    assert bool(kind.why) != kind.may_opt_out
    assert kind.default in kind.choices


def test_every_written_mail_names_its_kind() -> None:
    with pytest.raises(KeyError):
        outbox.write("nobody_announced_it", to="a@b.example", language="fr", context={}, key="k", now=NOW)


# --- each mail -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_mail_is_whole_in_text_and_html(kind: Notification, language: str) -> None:
    letter = rendered(kind, language)

    assert letter.subject == " ".join(letter.subject.split()) != ""
    assert [part for part in (letter.subject, letter.text, letter.html) if LEFTOVER.search(part)] == []
    in_html = {link.rstrip(".,") for link in LINK.findall(letter.html.replace("&amp;", "&"))}
    assert in_html
    assert {link for link in in_html if not link.startswith(settings.SITE_URL + "/")} == set()
    # Who reads the text only gets as far.
    assert in_html <= set(LINK.findall(letter.text))
    assert letter.html.count("<html") == 1
    assert f'lang="{language}"' in letter.html


CASES = [(kind, case) for kind in KINDS if kind.cases for case in sorted(kind.cases.names)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "case"), CASES, ids=lambda given: getattr(given, "code", given))
def test_mail_says_why_it_is_written(kind: Notification, case: str, language: str) -> None:
    """Each case has a sentence of its own, in the text, in the HTML and, where they differ, in the subject."""
    letters_of = {}
    for other in sorted(kind.cases.names if kind.cases else ()):
        with translation.override(language):
            context = {**kind.example(), kind.case: other}
        letters_of[other] = letters.render(kind, language=language, context=context)

    letter = letters_of.pop(case)
    assert [part for part in (letter.subject, letter.text, letter.html) if LEFTOVER.search(part)] == []
    assert letters_of
    assert letter.text not in {other.text for other in letters_of.values()}
    assert letter.html not in {other.html for other in letters_of.values()}


def test_case_that_no_mail_tells_is_refused() -> None:
    kind = registry.get("people_changed")

    with pytest.raises(KeyError):
        letters.render(kind, language="fr", context={**kind.example(), "deed": "corrected"})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_mail_speaks_its_readers_language(kind: Notification) -> None:
    french, english = (rendered(kind, language) for language in ("fr", "en-gb"))

    assert french.subject != english.subject
    assert "Hello" not in french.text
    assert "Bonjour" not in english.text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_mail_ends_with_the_way_to_fewer_mails(kind: Notification) -> None:
    outside = kind.code in (
        "confirm_mailbox",
        "delegated",
        "invitation",
        "channel_invitation",
        "unknown-account",
        "microsoft_code",
    )
    way = settings.SITE_URL + ("/help/notifications/" if outside else "/account/notifications/")

    letter = rendered(kind, "fr")

    assert letter.text.rstrip().endswith(way)
    assert f'href="{way}"' in letter.html


def test_headers_thread_the_mail_and_offer_the_way_out() -> None:
    user = make_user(language="en-gb")
    for code in ("ready", "action_needed"):
        outbox.tell(code, people=[user], context=registry.get(code).example(), key=code, now=NOW, thread="enrollment-7")

    headers = {mail.code: relay._message(mail, None).message() for mail in Mail.objects.all()}  # type: ignore[arg-type]

    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    for message in headers.values():
        assert message["In-Reply-To"] == message["References"] == f"<enrollment-7@{domain}>"
    assert headers["ready"]["List-Unsubscribe"].startswith(f"<{settings.SITE_URL}/help/notifications/off/")
    assert headers["ready"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["action_needed"]["List-Unsubscribe"] is None
    assert len({message["Message-ID"] for message in headers.values()}) == 2


def test_allauths_mail_has_html_and_is_in_the_outbox(client: Client) -> None:
    user = make_user(language="fr")

    client.post("/accounts/password/reset/", {"email": user.email})

    [mail] = Mail.objects.filter(to=user.email)
    assert "<html" in mail.html
    assert "/account/notifications/" in mail.text


# --- preferences -----------------------------------------------------------------------------------------------------


def test_page_offers_what_the_roles_get(as_reseller: Client, as_bdm: Client, enrollment: Enrollment) -> None:
    viewer = make_user()
    Membership.objects.create(partner=enrollment.partner, user=viewer, role=Role.VIEWER)
    as_viewer = Client()
    as_viewer.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")

    def offered(client: Client) -> set[str | None]:
        return {select.attrs["name"] for select in page(client.get("/account/notifications/")).all("select")}

    assert offered(as_reseller) == {"reminder", "ready", "message", "licences_due"}
    assert offered(as_bdm) == {"partner_message", "alert", "digest"}
    assert offered(as_viewer) == set()


def test_choices_saved_twice_are_saved_once(as_reseller: Client, reseller: User) -> None:
    chosen = {"reminder": "digest", "ready": "off", "message": "now", "licences_due": "off"}

    answers = [as_reseller.post("/account/notifications/", chosen).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert dict(Preference.objects.filter(user=reseller).values_list("code", "choice")) == chosen


def test_what_cannot_be_switched_off_is_refused(as_reseller: Client) -> None:
    chosen = {"reminder": "off", "ready": "off", "message": "now", "licences_due": "off", "action_needed": "off"}

    assert as_reseller.post("/account/notifications/", chosen).status_code == 422
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    ("choice", "mails", "lines", "told"), [("now", 1, 0, 1), ("digest", 0, 1, 1), ("off", 0, 0, 0)]
)
def test_choice_decides(choice: str, mails: int, lines: int, told: int) -> None:
    user = make_user()
    Preference.objects.create(user=user, code="ready", choice=choice)

    counted = [write("ready", user) for _ in range(2)]

    assert counted == [told, told]
    assert (Mail.objects.count(), DigestLine.objects.count()) == (mails, lines)


def test_choice_that_is_no_longer_offered_does_not_count() -> None:
    user = make_user()
    Preference.objects.create(user=user, code="action_needed", choice=Choice.OFF)
    Preference.objects.create(user=user, code="alert", choice=Choice.OFF)

    assert (write("action_needed", user), write("alert", user)) == (1, 1)


def test_telling_many_asks_for_their_choices_once() -> None:
    def cost(count: int) -> int:
        people = [make_user() for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            outbox.tell("ready", people=people, context=registry.get("ready").example(), key=f"k{count}", now=NOW)
        return len(captured) - count

    assert cost(1) == cost(5)


# --- preview ---------------------------------------------------------------------------------------------------------


def test_staff_see_every_mail_and_nothing_is_sent(as_bdm: Client) -> None:
    listed = page(as_bdm.get("/desk/mails/"))
    assert {f"/desk/mails/{kind.code}/" for kind in KINDS} <= {link.attrs.get("href") for link in listed.all("a")}

    for kind in KINDS:
        shown = page(as_bdm.get(f"/desk/mails/{kind.code}/"))
        frames = [frame.attrs["src"] for frame in shown.all("iframe")]
        assert frames == [f"/desk/mails/{kind.code}/{language}/" for language in LANGUAGES]
        for frame in frames:
            response = as_bdm.get(str(frame))
            assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert response["X-Frame-Options"] == "SAMEORIGIN"

    assert not Mail.objects.exists()


def test_partner_sees_no_preview(as_reseller: Client) -> None:
    paths = ("/desk/mails/", "/desk/mails/ready/", "/desk/mails/ready/fr/")

    assert {as_reseller.get(path).status_code for path in paths} == {404}


def test_administrator_sees_the_preview_and_unknown_mails_are_404(client: Client) -> None:
    client.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    paths = ("/desk/mails/", "/desk/mails/none/", "/desk/mails/ready/it/")
    assert [client.get(path).status_code for path in paths] == [200, 404, 404]


# --- the domain keeps to the matrix ----------------------------------------------------------------------------------


def test_events_reach_exactly_the_readers_of_the_registry(enrollment: Enrollment) -> None:
    from onboarding.domain.mail import messages, notifications  # noqa: PLC0415

    people: dict[str, User] = {"owner": enrollment.created_by}
    for role in (Role.CONTRIBUTOR, Role.VIEWER):
        people[role] = make_user()
        Membership.objects.create(partner=enrollment.partner, user=people[role], role=role)
    people |= {"bdm": make_bdm("FR").user, "lead": make_bdm(lead=True).user}
    make_bdm("DE")
    make_user()

    notifications.ready(enrollment, now=NOW)
    notifications.no_longer_ready(enrollment, [], now=NOW, number=1)
    notifications.withdrawn(enrollment, by=people["owner"], until=NOW, now=NOW, number=1)
    everybody = [user.pk for user in people.values()]
    for by_staff, author in ((False, people["owner"]), (True, people["bdm"])):
        messages.write(
            enrollment=enrollment, author=author, body="x", key="k", now=NOW, by_staff=by_staff, mentions=everybody
        )

    names = {user.email: role for role, user in people.items()}
    reached: dict[str, set[str]] = {}
    for code, email in [
        *Mail.objects.values_list("code", "to"),
        *DigestLine.objects.values_list("code", "user__email"),
    ]:
        reached.setdefault(code, set()).add(names[email])
    assert reached == {
        "ready": {"owner", "contributor"},
        # The leads only where nobody covers the country.
        "no_longer_ready": {"owner", "contributor", "bdm"},
        "withdrawn": {"owner", "contributor", "bdm"},
        "partner_message": {"bdm"},
        "message": {"owner", "contributor"},
        # Nobody mentions themselves.
        "mentioned": {"contributor", "viewer", "lead"},
    }
    for code, readers in reached.items():
        assert readers <= MATRIX[code]
