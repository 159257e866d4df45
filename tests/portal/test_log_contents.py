"""What a working day leaves in the logs of production: no address, no name, no token, no password of anybody.

The day goes by the real pages: sign-up, sign-in, forgotten password, invitation, task by link, documents, messages,
mails that a relay refuses, rows that the database refuses, an export and an erasure.
"""

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding.domain.checks import challenges
from onboarding.domain.enrollment import delegation
from onboarding.enums import Authority, Kind
from onboarding.models import Campaign, CampaignRow, Enrollment, InsightsFile
from portal import logs
from portal.accounts.models import User
from portal.notices import relay
from portal.notices.models import Mail
from portal.partners.models import Partner
from portal.privacy import erasure, exports
from portal.work.loop import do_once
from tests import sample_documents
from tests.builders import NOW, check_of, make_bdm, make_submitted
from tests.portal.people import PASSWORD, invite, path_in, person

pytestmark = pytest.mark.django_db
NAMES = ("Marianne Quichaud", "Paulin Vandervelde", "Ysolde Kermarrec", "Quichaud", "Vandervelde", "Kermarrec")
ADDRESSES = ("marianne.quichaud@acme.example", "paulin+csp@acme.example", "y.kermarrec@helper.example")
SECRET_WORD = "plume-orage-cactus-77"
TOKEN = re.compile(r"/(?:task|invitation|confirm-email|confirm|reset|unknown|unsubscribe)[^\s\"]*?/([\w:.=-]{16,})")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    stream, level = io.StringIO(), root.level
    logging.config.dictConfig(logs.configuration(level="INFO", form="json"))
    root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def tokens() -> set[str]:
    """Every secret part of a link in a mail."""
    return {found for mail in Mail.objects.all() for found in TOKEN.findall(mail.text)}


def accounts(client: Client) -> User:
    """Sign up, sign in wrong and right, forget the password and follow the links."""
    marianne = person(ADDRESSES[0], name=NAMES[0])
    client.post("/accounts/signup/", {"email": ADDRESSES[1], "password1": SECRET_WORD})
    client.post("/accounts/login/", {"login": ADDRESSES[0], "password": SECRET_WORD})
    client.post("/accounts/password/reset/", {"email": ADDRESSES[0]})
    client.post("/accounts/password/reset/", {"email": "nobody.kermarrec@helper.example"})
    for mail in Mail.objects.all():
        for link in re.findall(r"http\S+", mail.text):
            client.get("/" + link.split("/", 3)[3])
            client.post("/" + link.split("/", 3)[3])
    client.post("/accounts/login/", {"login": ADDRESSES[0], "password": PASSWORD})
    client.force_login(marianne, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/account/", {"name": NAMES[0], "language": "fr"})
    client.get(f"/accounts/confirm-email/{'A1b2' * 8}:x9/")
    client.get(f"/nowhere/{'Z9y8' * 8}/?token={'k7' * 12}&email={ADDRESSES[0]}")
    return marianne


def company(client: Client, marianne: User) -> Enrollment:
    """Invite, send a task by link, prove a mailbox, upload, write."""
    enrollment = make_submitted(owner=marianne)
    Enrollment.objects.filter(pk=enrollment.pk).update(contact_last_name="Kermarrec", contact_email=ADDRESSES[2])
    stranger = Client()
    stranger.get(invite(enrollment.partner, ADDRESSES[1], marianne))
    sent = delegation.send(
        enrollment=enrollment,
        task="agreement",
        to=ADDRESSES[2],
        note=f"Pour {NAMES[2]}",
        by=marianne,
        now=timezone.now(),
    )
    link = path_in(Mail.objects.get(key=f"delegated-{sent.pk}").text, "/task/")
    stranger.get(link)
    stranger.post(link, {"answer": "question", "text": f"{NAMES[2]} demande"})
    challenges.send_mailbox_challenge(
        check=check_of(enrollment, Kind.EMAIL, Authority.PORTAL),
        address=ADDRESSES[2],
        language="fr",
        now=timezone.now(),
    )
    for found in tokens():
        stranger.get(f"/confirm/{found}/")
    file = SimpleUploadedFile(f"Kbis {NAMES[0]}.pdf", sample_documents.pdf())
    client.post(reverse("onboarding:documents", args=[enrollment.pk]), {"file": file, "kind": "register"})
    broken = SimpleUploadedFile(f"{NAMES[1]}.pdf", b"%PDF-1.7 " + NAMES[1].encode())
    client.post(reverse("onboarding:documents", args=[enrollment.pk]), {"file": broken, "kind": "register"})
    client.post(reverse("onboarding:messages", args=[enrollment.pk]), {"body": f"Bonjour, {NAMES[1]}", "key": "k"})
    client.post("/preflight/", {"name": NAMES[0], "contact_email": ADDRESSES[2], "country": "FR"})
    return enrollment


def machines(marianne: User, settings: Any) -> None:
    """A relay that is away, rows that the database refuses, a broken file, an export, an erasure."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    Mail.objects.filter(sent_at=None).update(next_check_at=NOW)
    relay.send_due(limit=50, now=timezone.now)
    log = logging.getLogger("portal.work")
    for write in (
        lambda: User.objects.create(email=ADDRESSES[0], name=NAMES[0]),
        lambda: Partner.objects.create(name=NAMES[1], country="france"[:2]),
        lambda: Partner.objects.create(name=NAMES[2], country="FR", duns="x", street="1 rue (bis), Lille"),
        lambda: CampaignRow.objects.create(campaign_id=Campaign().pk, row_no=1, verdict="?", contact_name=NAMES[2]),
    ):
        try:
            with transaction.atomic():
                write()
        except IntegrityError:
            log.exception("a row was refused")
    bdm = make_bdm("FR").user
    InsightsFile.objects.create(
        name=f"{NAMES[1]}.xlsx", uploaded_by=bdm, uploaded_at=NOW, as_of=NOW, content=NAMES[1].encode(),
        queue="insights", next_check_at=NOW,
    )  # fmt: skip
    from portal.work import kinds  # noqa: PLC0415  (every kind, once all apps are ready)

    exports.ask(by=marianne, partner=None, language="fr", now=NOW)
    for kind in kinds.KINDS.values():
        do_once(kind)
    erasure.ask(user=person("leaving.vandervelde@acme.example", name=NAMES[1]), now=NOW)
    erasure.carry_out_due(timezone.now())


def test_a_working_day_leaves_nobody_in_the_logs(written: io.StringIO, client: Client, settings: Any) -> None:
    marianne = accounts(client)
    secrets = tokens()
    company(client, marianne)
    secrets |= tokens()
    machines(marianne, settings)

    text = written.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) > 40
    # Something there to hide: errors with whole rows, and a mail that did not go.
    assert sum("a row was refused" in line["event"] for line in lines) == 4
    assert len(secrets) >= 5
    found = {leak for leak in (*NAMES, SECRET_WORD, PASSWORD, *secrets) if leak.lower() in text.lower()}
    assert found == set(), [line for line in text.splitlines() if any(leak in line for leak in found)][:3]
    addresses = {address for address in re.findall(r"[\w.+-]+@[\w-]+\.\w+", text) if not address.startswith("…")}
    assert addresses == set()
    keys = {cookie.value for name, cookie in client.cookies.items() if "session" in name}
    assert not any(key and key in text for key in keys)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "DETAIL:  Failing row contains (7, Marianne Quichaud, 1 rue (bis), Lille, null).\n",
            "DETAIL:  Failing row contains (…).\n",
        ),
        ("Failing row contains (1, O'Brien).", "Failing row contains (…)."),
        (
            "Key (partner_id, key)=(8d3b2a10, dupont (sarl)) already exists.",
            "Key (partner_id, key)=(…) already exists.",
        ),
        ("Key (user_id)=(7) is still referenced from table x.", "Key (user_id)=(…) is still referenced from table x."),
        ("Key (turned) in the lock.", "Key (turned) in the lock."),
    ],
)
def test_what_the_database_says_of_a_row_names_nobody(said: str, kept: str) -> None:
    assert logs.masked(said) == kept
