"""Every mail is for somebody who can act on it: each of its links is opened by the one who got it.

The mails are those that the portal writes about real rows, not examples.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from licensing.domain import reviews
from licensing.models import Source
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.desk import digests
from onboarding.domain.enrollment import delegation, known_companies, preparations
from onboarding.domain.mail import messages, notifications
from onboarding.domain.partner_center import accounts
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import Audience, Authority, ClockOf, Kind, Turn
from onboarding.models import Enrollment, Escalation
from portal.accounts.models import User
from portal.notices import letters, registry
from portal.notices.models import DigestLine, Mail
from portal.partners import domain as partners
from portal.partners import hand_over, ownerless, people, strangers
from portal.partners import reviews as member_reviews
from portal.partners.models import Role
from tests.builders import NOW, check_of, make_bdm, make_partner, make_submitted, make_user
from tests.onboarding.connectors.test_accounts import make_account
from tests.onboarding.domain.test_validation import answer
from tests.portal.people import PASSWORD, member, page, path_in, person

pytestmark = pytest.mark.django_db

LINK = re.compile(r"https?://[^\s\"<>]+")
FOOTER = ("/account/notifications/", "/help/notifications/")
EMAIL = (Kind.EMAIL, Authority.PORTAL)

# What is on the page that a mail's first link opens: an element's id, or the name of a form's field.
DEEDS = {
    "action_needed": "id:now-button",
    "reminder": "id:now-button",
    "ready": "id:main",
    "no_longer_ready": "id:main",
    "withdrawn": "id:main",
    "preparing": "id:got",
    "delegated": "id:done",
    "delegate_answered": "id:main",
    "hand_over": "id:main",
    "hand_over_answered": "id:main",
    "join_request": "name:email",
    "confirm_mailbox": "id:confirm",
    "message": "name:body",
    "mentioned": "id:main",
    "alert": "id:main",
    "digest": "id:main",
    "summary": "id:main",
    "partner_center": "id:content",
    "licences_due": "id:main",
    "sources_due": "id:content",
    "invitation": "id:main",
    "people_changed": "id:people-title",
    "own_role_changed": "id:main",
    "members_review": "id:main",
    "without_owner": "id:main",
    "company_unknown": "id:main",
}
OF_ALLAUTH = {
    "email-confirmation-signup": "/accounts/confirm-email/",
    "password-reset-key": "/accounts/password/reset/key/",
    "account-already-exists": "/accounts/",
    "unknown-account": "/accounts/signup/",
}


@pytest.fixture
def file(db: None) -> Enrollment:
    owner = make_user(name="Ariane Lemoine", language="en-gb")
    enrollment = make_submitted(owner=owner)
    for role in (Role.CONTRIBUTOR, Role.VIEWER):
        member(enrollment.partner, make_user(f"{role}@company.example"), role)
    return enrollment


def escalated(enrollment: Enrollment, audience: str, clock: str, code: str) -> None:
    row = Escalation(
        enrollment=enrollment, code=code, clock=clock, after=20, unit="days", audience=audience, effect="tell",
        since=NOW, due_at=NOW, escalated_at=NOW,
    )  # fmt: skip
    notifications.escalated(row, [check_of(enrollment, *EMAIL)], now=NOW)


def write_all(file: Enrollment, staff: dict[str, User]) -> None:
    """Let the portal write every kind of mail about onboarding."""
    answer(check_of(file, *EMAIL), Finding(Outcome.GOOD, NOW), now=timezone.now())
    file.refresh_from_db()
    escalated(file, Audience.RESELLER, ClockOf.RESELLER, "reseller-5")
    escalated(file, Audience.BDM, ClockOf.MICROSOFT, "microsoft-5")
    escalated(file, Audience.LEAD, ClockOf.INGRAM, "ingram-10")
    notifications.ready(file, now=NOW)
    notifications.no_longer_ready(file, [check_of(file, *EMAIL)], now=NOW, number=1)
    notifications.withdrawn(file, by=file.created_by, until=NOW, now=NOW, number=1)
    everybody = list(User.objects.values_list("pk", flat=True))
    for by_staff, author in ((False, file.created_by), (True, staff["bdm"])):
        messages.write(
            enrollment=file, author=author, body="x", key="k", now=NOW, by_staff=by_staff, mentions=everybody
        )
    messages.write(
        enrollment=file, author=staff["lead"], body="y", key="k", now=NOW, by_staff=True, internal=True,
        mentions=[staff["bdm"].pk],
    )  # fmt: skip
    accounts.alert(make_account(), "old", now=NOW, key="k")
    partners.invite(
        partner=file.partner, email="new@company.example", role=Role.VIEWER, by=file.created_by, now=timezone.now()
    )
    for colleague in (make_user("a@company.example"), make_user("b@company.example")):
        file.partner.memberships.create(user=colleague, role=Role.VIEWER)
        offered = hand_over.offer(
            partner=file.partner, to=colleague, afterwards=Role.VIEWER, by=file.created_by, now=timezone.now()
        )
        hand_over.decline(offered=offered, now=timezone.now())
    about_people(file)
    known_companies.ask_to_join(partner=file.partner, by=make_user("c@company.example"), now=timezone.now())
    task = delegation.send(
        enrollment=file, task="agreement", to="it@firm.example", note="", by=file.created_by, now=timezone.now()
    )
    delegation.ask(delegation=task, text="Which tenant?", now=timezone.now())
    getting = preparations.begin(enrollment=file, code="duns", by=file.created_by, now=NOW)
    notifications.preparing(getting, now=NOW)
    last = max(Source.objects.values_list("read_on", flat=True))
    reviews.remind(dt.datetime.combine(last, dt.time(12, tzinfo=dt.UTC)) + dt.timedelta(days=400))
    for reader in (file.created_by, staff["bdm"]):
        line = DigestLine(
            user=reader, code="ready", key=f"k{reader.pk}", title="t", at=NOW - dt.timedelta(days=1),
            link=settings.SITE_URL + file.get_absolute_url(),
        )  # fmt: skip
        if reader == staff["bdm"]:
            line.link = f"{settings.SITE_URL}/desk/{file.pk}/"
        line.save()
    digests.send(NOW)


def about_people(file: Enrollment) -> None:
    """Let the portal write every kind of mail about the people of a company."""
    second = member(file.partner, make_user("second@company.example"), Role.OWNER)
    people.change_role(membership=second, role=Role.VIEWER, by=file.created_by, now=timezone.now())
    people.change_role(membership=second, role=Role.OWNER, by=file.created_by, now=timezone.now())
    people.join(partner=file.partner, user=make_user(), role=Role.VIEWER, by=file.created_by, now=timezone.now())
    member_reviews.ask_due(timezone.now() + dt.timedelta(days=366))
    orphan = make_partner(owner=make_user(is_active=False))
    ownerless.look_at(orphan, now=timezone.now())
    strangers.disown(partner=file.partner, address="nobody@firm.example", now=timezone.now())


@pytest.fixture
def staff(db: None) -> dict[str, User]:
    return {
        "bdm": make_bdm("FR").user,
        "lead": make_bdm(lead=True).user,
        "admin": make_user("admin@ingram.example", is_staff=True, is_superuser=True),
    }


def reader(mail: Mail) -> Client:
    client = Client()
    if user := User.objects.filter(email=mail.to).first():
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def links(mail: Mail) -> Iterator[str]:
    for link in LINK.findall(mail.text):
        assert link.startswith(settings.SITE_URL), link
        yield link.removeprefix(settings.SITE_URL)


def troubles(mail: Mail, deed: str) -> list[str]:
    """What the reader of this mail cannot do."""
    found, client = [], reader(mail)
    for number, link in enumerate(links(mail)):
        parts = urlsplit(link)
        response = client.get(f"{parts.path}?{parts.query}")
        if response.status_code != 200:
            found.append(f"{mail.code} to {mail.to}: {link}: {response.status_code}")
            continue
        elements = page(response).elements
        wanted = [f"id:{parts.fragment}"] if parts.fragment else []
        if number == 0:
            wanted.append(deed)
        has = {f"{name}:{e.attrs.get(name)}" for e in elements for name in ("id", "name")}
        found += [f"{mail.code} to {mail.to}: {link} has no {name}" for name in wanted if name not in has]
    return found


def test_every_mail_lands_where_its_reader_can_act(file: Enrollment, staff: dict[str, User]) -> None:
    write_all(file, staff)

    mails = list(Mail.objects.all())

    told: dict[str, set[str]] = defaultdict(set)
    for mail in mails:
        told[mail.code].add(mail.to)
    assert set(told) == set(DEEDS) - {"licences_due"}  # a BDM's messages come in the digest
    assert [trouble for mail in mails for trouble in troubles(mail, DEEDS[mail.code])] == []


def test_the_mails_of_an_account_land_where_their_reader_can_act(client: Client) -> None:
    person("known@a.example")
    form = {"password1": PASSWORD}
    for email in ("fresh@b.example", "known@a.example"):
        client.post("/accounts/signup/", {"email": email, **form})
    for email in ("known@a.example", "stranger@c.example"):
        client.post("/accounts/password/reset/", {"email": email})

    for mail in Mail.objects.all():
        for link in links(mail):
            if link in FOOTER:
                continue
            response = Client().get(link, follow=True)
            assert response.status_code == 200, (mail.subject, link)
    everything = " ".join(Mail.objects.values_list("text", flat=True))
    assert [start for start in OF_ALLAUTH.values() if start not in everything] == []
    assert path_in(everything, "/accounts/confirm-email/")


# --- what a mail says -------------------------------------------------------------------------------------------------

ON_A_PAGE = re.compile(
    r"\b(here|below|above|this page|beside yours)\b|\bici\b|ci-dess(ous|us)|cette page|à côté d", re.I
)


@pytest.mark.parametrize("language", ["fr", "en-gb"])
def test_what_the_partner_has_to_do_is_said_without_pointing_at_a_page(language: str) -> None:
    with translation.override(language):
        wrong = {
            code: f"{reason.title}: {reason.todo}"
            for code, reason in SHIPPED.items()
            if reason.turn == Turn.RESELLER and ON_A_PAGE.search(f"{reason.title} {reason.todo}")
        }

    assert wrong == {}


def turn_to_partner(enrollment: Enrollment, kind: Kind, authority: Authority, reason: str) -> Mail:
    row = check_of(enrollment, kind, authority)
    row.reason, row.turn, row.turn_since = reason, Turn.RESELLER, NOW
    row.refused_at = NOW if reason.startswith("microsoft_refused") else None
    notifications.action_needed(row, [row], now=NOW, number=1)
    return Mail.objects.filter(code="action_needed", to=enrollment.created_by.email).latest("pk")


@pytest.mark.parametrize(
    ("kind", "authority", "reason", "who", "until"),
    [
        (Kind.EMAIL, Authority.MICROSOFT, "microsoft_refused_email", "Dominique Exemple", "16 December 2026"),
        (Kind.AGREEMENT, Authority.MICROSOFT, "agreement_unsigned", "exempleinfo.onmicrosoft.com", ""),
        (Kind.MPN_ID, Authority.MICROSOFT, "mpn_unknown", "Ariane Lemoine", ""),
        (Kind.DOMAIN, Authority.MICROSOFT, "microsoft_refused_domain", "Ariane Lemoine", "16 December 2026"),
        (Kind.RELATIONSHIP, Authority.MICROSOFT, "not_accepted_yet", "a Global admin", ""),
    ],
)
def test_your_turn_names_the_person_the_deadline_and_the_bdm(
    file: Enrollment, kind: Kind, authority: Authority, reason: str, who: str, until: str
) -> None:
    User.objects.filter(pk=make_bdm("FR").user_id).update(name="Noor Haddad")

    mail = turn_to_partner(file, kind, authority, reason)

    for part in (mail.text, mail.html):
        assert "Who does it: " in part
        assert who in part
        assert "Noor Haddad" in part
        assert ("At the latest on" in part, until in part) == (bool(until), True)


# --- the reader's language --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", registry.everything(), ids=lambda kind: kind.code)
def test_a_mail_does_not_depend_on_the_language_of_the_process(kind: registry.Notification) -> None:
    def written(language: str, process: str) -> registry.Letter:
        with translation.override(language):
            context = kind.example()
        with translation.override(process):
            return letters.render(kind, language=language, context=context)

    for language in ("fr", "en-gb"):
        assert written(language, "fr") == written(language, "en-gb") == written(language, "de")


@pytest.mark.parametrize(("process", "language"), [("fr", "en-gb"), ("en-gb", "fr"), ("de", "en-gb"), ("es", "fr")])
def test_a_worker_writes_in_the_reader_s_language(file: Enrollment, process: str, language: str) -> None:
    User.objects.update(language=language)
    footer = {"fr": "Quels e-mails", "en-gb": "Which e-mails"}

    with translation.override(process):
        answer(check_of(file, *EMAIL), Finding(Outcome.GOOD, NOW), now=timezone.now())

    mail = Mail.objects.get(code="confirm_mailbox")
    assert mail.text.rstrip().splitlines()[-1].startswith(footer[language])
    others = set(footer) - {language}
    assert not any(footer[other] in mail.text for other in others)
