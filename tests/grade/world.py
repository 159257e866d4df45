"""The data that the graders look at: the demo's, the matrix's rows, and what fills, empties or lengthens a page.

Everything is made by the product's own functions, in a process that is no production; the server that is graded then
reads the same database as production.
"""

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from onboarding.domain.campaigns import links, planning
from onboarding.domain.checks import challenges, recording
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.enrollment import delegation, lifecycle
from onboarding.domain.mail import messages
from onboarding.enums import Authority, CampaignState, Kind
from onboarding.models import Campaign, Check, Enrollment
from onboarding.work import campaigns as campaign_work
from portal.accounts.models import User
from portal.notices import unsubscribe
from portal.notices.models import Mail
from portal.partners import domain as partners
from portal.partners import hand_over
from portal.partners.models import Membership, Partner, Role
from portal.privacy import exports
from portal.work import claims
from portal.work.loop import do_once
from tests.builders import check_of, fill, fill_steps_1_to_3, make_bdm, make_partner, make_user, submit
from tests.portal.people import path_in
from tests.test_matrix import addresses, people

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LONG_NAME = f"Société d'exploitation des établissements {LONG_WORD} et fils, successeurs réunis de père en fille"[:190]
LONG_TEXT = "\n\n".join(
    f"{number}. Nous avons reçu l'extrait du registre, mais l'adresse y est encore celle d'avant le déménagement ; "
    f"{LONG_WORD} https://exemple-informatique.example/{'a' * 90}"
    for number in range(1, 12)
)
GOOD = Outcome.GOOD


@dataclass
class World:
    """``accounts`` by the name of a person in stops; ``paths`` by the name of an address, for the matrix's file."""

    accounts: dict[str, User]
    paths: dict[str, str]
    tokens: dict[str, str]
    enrollments: dict[str, Enrollment]
    partner: Partner
    extra: dict[str, tuple[str, str]]


def prepare() -> World:
    call_command("demo", prepare=True)
    user_logged_in.connect(_proved, weak=False)
    enrollment = submit()
    of = people(enrollment)
    paths = addresses(enrollment, of)
    demo = {name: User.objects.get(email=f"{name}@demo.example") for name in ("reseller", *_companies())}
    accounts: dict[str, User] = {
        **{f"reseller:{name}": user for name, user in demo.items()},
        **{name: user for name in ("bdm", "lead", "admin") if (user := of[name])},
        "reseller": enrollment.created_by,
        "reseller:viewer": _of(of["viewer"]),
        "reseller:newcomer": make_user("newcomer@company.example", name="Nouvelle personne"),
        "bdm:new": make_bdm("IS").user,
    }
    enrollments = {
        name: Enrollment.objects.filter(created_by=user).latest("created_at")
        for name, user in demo.items()
        if Enrollment.objects.filter(created_by=user).exists()
    }
    enrollments |= {"submitted": enrollment, "done": _done(), "long": _long(of)}
    accounts |= {
        "reseller:done": enrollments["done"].created_by,
        "reseller:long": enrollments["long"].created_by,
    }
    for name, user in accounts.items():
        if not name.startswith("reseller") and not name.startswith("bdm:new"):
            TOTP.activate(user, generate_totp_secret())
            RecoveryCodes.activate(user)
    TOTP.activate(accounts["bdm:new"], generate_totp_secret())
    tokens = _tokens(enrollment, _of(of["bdm"]))
    accounts["reseller:second"] = make_user("second@company.example", name="Deuxième personne")
    extra = _extra(enrollment, accounts["reseller:second"])
    return World(accounts, paths, tokens, enrollments, enrollment.partner, extra)


def sign_in(user: User) -> str:
    """Return the session's cookie of a person who has just signed in, as production names it."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"__Host-sessionid={client.cookies['sessionid'].value}"


def speak(language: str) -> None:
    """Set the language of every account."""
    User.objects.update(language=language)


def _proved(request: Any, user: User, **_more: Any) -> None:
    record_authentication(request, user, "password")
    record_authentication(request, user, "mfa", type="totp")


def _companies() -> tuple[str, ...]:
    return tuple(f"company{number}" for number in range(1, 8))


def _of(user: User | None) -> User:
    assert user is not None
    return user


def _answer_all(enrollment: Enrollment, now: dt.datetime) -> None:
    """Answer every check that has started well, until none is open: each answer may start others."""
    for _ in range(20):
        open_ = Check.objects.filter(enrollment=enrollment, settled_at=None).exclude(subject_key="")
        if not open_:
            return
        for check in open_:
            Check.objects.filter(pk=check.pk).update(next_check_at=now)
            claimed = {c.pk: c for c in claims.claim_due(Check, queue=check.queue, limit=100, now=now)}
            if check.pk in claimed:
                recording.record(claim=claimed[check.pk], finding=Finding(GOOD, now), now=now)


def _done() -> Enrollment:
    """Return an enrollment as far as answers alone bring it, with every check passed."""
    now = timezone.now()
    user = make_user("done@company.example", name="Camille Prête")
    enrollment = submit(owner=user)
    fill(
        enrollment, "partner-center", {"sent_to_microsoft_on": timezone.localdate(now) - dt.timedelta(days=3)}, now=now
    )
    _answer_all(enrollment, now)
    with contextlib.suppress(Exception):
        fill(
            enrollment,
            "marketplace",
            {
                "marketplace_login": "imonline",
                "marketplace": "FR",
                "customer_number": "20-222222",
                "marketplace_email": "shop@exemple-informatique.example",
                "marketplace_activated_on": timezone.localdate(now),
            },
            now=now,
        )
        _answer_all(enrollment, now)
    return enrollment


def _long(of: dict[str, User | None]) -> Enrollment:
    """Return an enrollment whose names and texts are as long as the forms allow."""
    now = timezone.now()
    user = make_user(f"{'long' * 14}@{'exemple-' * 6}informatique.example", name=f"{LONG_WORD[:60]} de la Tour"[:100])
    partner = make_partner(owner=user, name=LONG_NAME)
    enrollment = lifecycle.start(partner=partner, country="FR", by=user, now=now)
    fill_steps_1_to_3(enrollment, now=now)
    Partner.objects.filter(pk=partner.pk).update(legal_name=LONG_NAME, street=LONG_NAME[:150])
    lifecycle.submit(enrollment=enrollment, by=user, now=now)
    for number in range(30):
        messages.write(
            enrollment=enrollment, author=user if number % 2 else _of(of["bdm"]), by_staff=not number % 2,
            body=LONG_TEXT, key=f"long-{number}", now=now + dt.timedelta(seconds=number),
        )  # fmt: skip
    return enrollment


def _tokens(enrollment: Enrollment, bdm: User) -> dict[str, str]:
    """Return the addresses of links that people without an account get."""
    now = timezone.now()
    owner = enrollment.created_by
    sent = delegation.send(
        enrollment=enrollment, task="agreement", to="it@firm.example", note="Merci de le faire avant vendredi.",
        by=owner, now=now,
    )  # fmt: skip
    invitation = partners.invite(
        partner=enrollment.partner, email="stranger@firm.example", role=Role.CONTRIBUTOR, by=owner, now=now
    )
    link = path_in(_text(f"invitation-{invitation.pk}"), "/partners/invitation/").partition("?")[0]
    found = {
        "onboarding:delegate": path_in(_text(f"delegated-{sent.pk}"), "/task/").partition("?")[0],
        "partners:invitation": link,
        "partners:unknown": f"{link}unknown/",
    }
    sheet = "IMOnline;Société;Pays;MPN ID;Courriel;Contact\n" + "\n".join(
        f"20-{number:06};Cliente {number};FR;{5000000 + number};lou@cliente{number}.example;Lou Exemple"
        for number in range(1, 4)
    )
    campaign = planning.upload(name="Printemps", note="", file_name="a.csv", content=sheet.encode(), by=bdm, now=now)
    [claim] = claims.claim_due(Campaign, queue="campaigns", limit=50, now=timezone.now())
    campaign_work.do(claim, Campaign.objects.select_related("created_by", "scope_of").get(pk=claim.pk))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PREVIEW, campaign.state
    found["campaign"] = f"/desk/campaigns/{campaign.pk}/"
    planning.start(campaign=campaign, by=bdm, now=now)
    row = campaign.rows.order_by("row_no").first()
    found["onboarding:invited"] = f"/invited/{links.token_of(row, now=now)}/"
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    challenges.send_mailbox_challenge(check=check, address=enrollment.contact_email, language="fr", now=now)
    text = Mail.objects.filter(text__contains="/confirm/").latest("pk").text
    found["onboarding:confirm_mailbox"] = path_in(text, "/confirm/").partition("?")[0]
    mail = Mail(to=owner.email, code="message")
    link = unsubscribe.headers(mail)["List-Unsubscribe"].strip("<>")
    found["notices:unsubscribe"] = path_in(link, "/help/notifications/off/")
    return found


def _text(key: str) -> str:
    return Mail.objects.get(key=key).text


def _extra(enrollment: Enrollment, second: User) -> dict[str, tuple[str, str]]:
    """Return person and address of rows that only a deed makes."""
    now, partner, owner = timezone.now(), enrollment.partner, enrollment.created_by
    Membership.objects.create(partner=partner, user=second, role=Role.CONTRIBUTOR)
    found = {}
    offer = hand_over.offer(partner=partner, to=second, afterwards="contributor", by=owner, now=now)
    found["partners:hand_over"] = "reseller:second", f"/partners/{partner.pk}/hand-over/{offer.pk}/"
    export = exports.ask(by=owner, partner=None, language="fr", now=now)
    do_once(exports.KIND)
    found["privacy:export"] = "reseller", f"/account/data/exports/{export.pk}/"
    return found
