"""While a former ``SECRET_KEY`` is among the fallbacks, what it signed holds; afterwards nothing of it does."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.utils import timezone

from api.domain import cursors
from onboarding.connectors.company_search import FoundCompany
from onboarding.domain.campaigns import links
from onboarding.domain.checks import challenges
from onboarding.enums import Authority, Kind
from onboarding.views import find_company
from portal import configuration, keyed_hash, variables
from portal.entra import linking
from portal.limits import LIMITS, LimitReachedError
from portal.notices import unsubscribe
from portal.notices.models import Mail
from portal.work import usage
from tests.builders import check_of, make_bdm, make_submitted, make_user
from tests.onboarding.test_campaigns import line, uploaded
from tests.portal.people import PASSWORD, path_in, person

ROOT = Path(__file__).parents[2]
OLD, NEW = "a" * 60, "b" * 60
Holds = Callable[[], bool]


def session() -> Holds:
    client = Client()
    person("marie@acme.example")
    client.post("/accounts/login/", {"login": "marie@acme.example", "password": PASSWORD})
    return lambda: client.get("/account/").status_code == 200


def reset_link() -> Holds:
    person("marie@acme.example")
    Client().post("/accounts/password/reset/", {"email": "marie@acme.example"})
    path = path_in(Mail.objects.latest("pk").text, "/accounts/password/reset/key/")
    return lambda: Client().get(path).status_code == 302


def confirmation_link() -> Holds:
    Client().post("/accounts/signup/", {"email": "lou@acme.example", "password1": PASSWORD})
    path = path_in(Mail.objects.latest("pk").text, "/accounts/confirm-email/")

    def holds() -> bool:
        Client().post(path)
        return EmailAddress.objects.get(email="lou@acme.example").verified

    return holds


def unsubscribe_link() -> Holds:
    user = make_user("lou@acme.example")
    mail = Mail(to=user.email, code="ready")
    path = path_in(unsubscribe.headers(mail)["List-Unsubscribe"].strip("<>"), "/help/notifications/off/")
    return lambda: Client().get(path).status_code == 200


def invitation_link() -> Holds:
    lead, now = make_bdm("FR"), timezone.now()
    [row] = uploaded(lead.user, line(1)).rows.all()
    token = links.token_of(row, now=now)
    return lambda: links.read(token=token, user=None, now=now).row == row


def cursor() -> Holds:
    text = cursors.write([5], of="list", client=1, filters={})

    def holds() -> bool:
        try:
            return cursors.read(text, [int], of="list", client=1, filters={}) == (5,)
        except cursors.BadCursorError:
            return False

    return holds


def mailbox_code() -> Holds:
    check, now = check_of(make_submitted(), Kind.EMAIL, Authority.PORTAL), timezone.now()
    challenges.send_mailbox_challenge(check=check, address="lou@acme.example", language="en-gb", now=now)
    [code] = re.findall(r"\b\d{4} \d{4}\b", Mail.objects.get(code="confirm_mailbox").text)

    def holds() -> bool:
        try:
            challenges.check_code(check=check, code=code, now=now)
        except challenges.WrongCodeError:
            return False
        return True

    return holds


def code_of_microsoft_sign_in() -> Holds:
    """The digest in the browser's session, as ``linking.confirm`` compares it."""
    kept = keyed_hash.digest(linking._CODES, "lou@acme.example 12345678")
    return lambda: keyed_hash.is_of(kept, linking._CODES, "lou@acme.example 12345678")


def found_company() -> Holds:
    company = FoundCompany("gleif", "Acme", "1", "1 rue X", "75001", "Paris", "FR")
    token = signing.dumps(asdict(company), salt=find_company.SALT, compress=True)
    return lambda: find_company.chosen(RequestFactory().get("/", {"found": token})) == company


def limit() -> Holds:
    """A limit that was reached stays reached: a new key must not let everybody begin again."""
    first, now = LIMITS[0], timezone.now()
    who = {first.scope: "somebody"}
    for _time in range(first.most):
        usage.use(first.deed, who, now=now)

    def holds() -> bool:
        try:
            usage.use(first.deed, who, now=now)
        except LimitReachedError:
            return True
        return False

    return holds


SIGNED = (
    session, reset_link, confirmation_link, unsubscribe_link, invitation_link, cursor, mailbox_code,
    code_of_microsoft_sign_in, found_company, limit,
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("make", SIGNED, ids=lambda make: make.__name__)
def test_what_a_former_key_signed_holds_while_it_is_a_fallback(make: Callable[[], Holds], settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    holds = make()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]

    assert holds()


@pytest.mark.django_db
@pytest.mark.parametrize("make", SIGNED, ids=lambda make: make.__name__)
def test_what_a_former_key_signed_ends_with_it(make: Callable[[], Holds], settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    holds = make()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []

    assert not holds()


@pytest.mark.django_db
def test_a_session_that_went_on_outlives_its_former_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    is_signed_in = session()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    is_signed_in()
    settings.SECRET_KEY_FALLBACKS = []

    assert is_signed_in()


# --- the rule ---------------------------------------------------------------------------------------------------------

# Whose digests try each key themselves; User's is asked by Django with each of them.
MAY_KNOW_THE_KEY = {"portal/keyed_hash.py", "portal/accounts/models.py", "portal/settings.py"}


def own_ways(tree: ast.Module) -> Iterator[str]:
    """Yield what would forget the fallbacks: digests by the present key, and signers that are made at the import."""
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))
        if name in ("salted_hmac", "SECRET_KEY"):
            yield name
    for statement in tree.body:
        for node in ast.walk(statement) if isinstance(statement, ast.Assign | ast.AnnAssign) else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Signer"):
                yield "Signer"


def test_nothing_signs_by_a_way_of_its_own() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for app in ("api", "licensing", "onboarding", "portal")
        for path in (ROOT / app).rglob("*.py")
        if any(own_ways(ast.parse(path.read_text(encoding="utf-8"))))
    }

    assert found == MAY_KNOW_THE_KEY


@pytest.mark.parametrize(
    "code",
    [
        "from django.utils.crypto import salted_hmac",
        "key = settings.SECRET_KEY",
        "_SIGNER = signing.TimestampSigner(salt='x')",
    ],
)
def test_the_search_finds_one(code: str) -> None:
    assert [*own_ways(ast.parse(code))]


# --- the settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weak", ["short", variables.DEMO_SECRET_KEY])
def test_production_refuses_a_weak_former_key_and_does_not_print_it(weak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ENV", "production")
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", f"{OLD}, {weak}")

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FALLBACKS") as refused:
        configuration.signing_keys("SECRET_KEY_FALLBACKS")

    assert weak not in str(refused.value)


def test_former_keys_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ENV", "production")
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", f"{OLD} , {NEW}")

    assert configuration.signing_keys("SECRET_KEY_FALLBACKS") == [OLD, NEW]
