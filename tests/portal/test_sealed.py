"""Everything that is encrypted in the database is sealed again with the newest key, so that an older one may go."""

import ast
import datetime as dt
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from api.domain.webhooks import subscriptions
from api.enums import ApiScope, WebhookStyle
from api.models import WebhookSubscription
from onboarding.models import PartnerCenterAccount
from portal import encryption, sealed
from portal.work import periodic
from tests.api.conftest import make_caller
from tests.builders import make_user

ROOT = Path(__file__).parents[2]
APPS = ("api", "licensing", "onboarding", "portal")
BEGINS = "gAAAA"  # how every Fernet token begins
ADDRESS = "https://hooks.example/take"


class Place(NamedTuple):
    """Where a text is encrypted: the module, its function, and the field that the text is given to."""

    module: str
    function: str
    field: str


def places(module: str, tree: ast.AST) -> Iterator[Place]:
    """Yield each call of ``encryption.encrypt`` under any name that the module gives it."""
    modules, functions = names_of(tree)
    yield from walk(tree, Place(module, module, ""), modules, functions)


def names_of(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names that the module ``portal.encryption`` has here, and those of its ``encrypt``."""
    modules, functions = {"encryption"}, set()
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.ImportFrom | ast.Import) else ():
            origin = f"{getattr(node, 'module', '')}.{alias.name}".removeprefix(".")
            if origin == "portal.encryption":
                modules.add((alias.asname or alias.name).rpartition(".")[2])
            if origin == "portal.encryption.encrypt":
                functions.add(alias.asname or alias.name)
    return modules, functions


def walk(node: ast.AST, place: Place, modules: set[str], functions: set[str]) -> Iterator[Place]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        place = place._replace(function=f"{place.function}.{node.name}", field="")
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        place = place._replace(field=node.targets[0].attr)
    elif isinstance(node, ast.keyword):
        place = place._replace(field=node.arg or "")
    elif isinstance(node, ast.Call) and is_encrypt(node.func, modules, functions):
        yield place
    for child in ast.iter_child_nodes(node):
        yield from walk(child, place, modules, functions)


def is_encrypt(called: ast.expr, modules: set[str], functions: set[str]) -> bool:
    if isinstance(called, ast.Name):
        return called.id in functions
    owner = getattr(called, "value", None)
    return getattr(called, "attr", "") == "encrypt" and getattr(owner, "attr", getattr(owner, "id", "")) in modules


def is_told(place: Place) -> bool:
    columns = {(each.written_in, field) for each in sealed.SEALED.values() for field in each.fields}
    functions = {each.written_in for each in sealed.SEALED.values()} | set(sealed.PASSING)
    return (place.module, place.field) in columns or place.function in functions


def all_places() -> list[Place]:
    found = []
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module not in ("portal.sealed", "portal.encryption"):
            found += places(module, ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_everything_that_is_encrypted_is_sealed_again() -> None:
    found = all_places()

    assert [place for place in found if not is_told(place)] == []
    written = {place.module for place in found} | {place.function for place in found}
    assert {each.written_in for each in sealed.SEALED.values()} | set(sealed.PASSING) <= written


def test_what_is_told_exists() -> None:
    for each in sealed.SEALED.values():
        names = {field.name for field in apps.get_model(each.model)._meta.get_fields()}
        assert set(each.fields) <= names, each.what


@pytest.mark.parametrize(
    "code",
    [
        "from portal import encryption\nrow.pin = encryption.encrypt(text)",
        "from portal import encryption as box\nrow.pin = box.encrypt(text) if text else ''",
        "from portal.encryption import encrypt as hide\nModel(pin=hide(text))",
        "import portal.encryption\ndef keep(row):\n  Model.objects.update(pin=portal.encryption.encrypt(text))",
        "from portal import encryption\ndef keep():\n  return encryption.encrypt(text)",
    ],
)
def test_the_search_finds_a_secret_that_nobody_told(code: str) -> None:
    [place] = places("some.module", ast.parse(code))

    assert not is_told(place)
    assert place.field == "pin" or place.function == "some.module.keep"


def test_readme_names_everything_that_is_sealed_again() -> None:
    lines = (ROOT / "portal/README.md").read_text(encoding="utf-8").splitlines()
    [row] = [line for line in lines if line.startswith("| `SECRETS_KEYS` |") and "seal_again" in line]

    assert [what for what in sealed.SEALED if what not in row] == []


# --- the job ----------------------------------------------------------------------------------------------------------


def make_webhook() -> tuple[WebhookSubscription, str, str]:
    """Return a webhook in the overlap of its rotation, with its newest and its former secret."""
    client, now = make_caller(ApiScope.WEBHOOKS).client, timezone.now()
    wish = subscriptions.Wish(name="crm", address=ADDRESS, kinds=subscriptions.ALL_KINDS, everywhere=True)
    row, former = subscriptions.make(style=WebhookStyle.STANDARD, client=client, wish=wish, by=client.made_by, now=now)
    newest = subscriptions.rotate(subscription=row, by=client.made_by, now=now)
    return row, newest, former


def make_all() -> dict[str, int]:
    """Write a row of everything that is sealed. Return how many rows of each are to be sealed again."""
    user = make_user()
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    make_webhook()
    account = PartnerCenterAccount.objects.create(tenant="t", client_id="c", consented_at=timezone.now())
    PartnerCenterAccount.objects.filter(pk=account.pk).update(sealed_token=encryption.encrypt("token"))
    return {"second factors": 2, "webhooks": 1, "Partner Center tokens": 1}


def tokens() -> list[str]:
    """Return every encrypted text of every table."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.data_type IN ('text', 'character varying', 'jsonb', 'json')"
        )
        for table, column in cursor.fetchall():
            # A token ends where base64 for addresses does, also inside of JSON.
            cursor.execute(
                f'SELECT (regexp_matches("{column}"::text, %s, \'g\'))[1] FROM "{table}"', [f"({BEGINS}[\\w=-]{{60,}})"]
            )
            found += [token for (token,) in cursor.fetchall()]
    return found


@pytest.mark.django_db
def test_after_one_night_no_table_needs_a_former_key(settings: Any) -> None:
    settings.SECRETS_KEYS = [former := Fernet.generate_key().decode()]
    expected = make_all()
    before = tokens()
    settings.SECRETS_KEYS = [Fernet.generate_key().decode(), former]

    first, second = (
        {count.what: count.sealed for count in periodic.JOBS["sealed again"].do(timezone.now())}  # type: ignore[attr-defined]
        for _time in range(2)
    )

    assert (first, second) == (expected, dict.fromkeys(expected, 0))
    assert set(expected) == set(sealed.SEALED)
    settings.SECRETS_KEYS = settings.SECRETS_KEYS[:1]
    after = tokens()
    assert len(after) == len(before) >= 6
    assert all(encryption.is_current(token) for token in after)


@pytest.mark.django_db
def test_a_webhook_signs_after_its_former_key_is_gone(settings: Any) -> None:
    settings.SECRETS_KEYS = [former := Fernet.generate_key().decode()]
    row, newest, old = make_webhook()
    settings.SECRETS_KEYS = [Fernet.generate_key().decode(), former]

    sealed.seal_all(timezone.now())
    settings.SECRETS_KEYS = settings.SECRETS_KEYS[:1]

    row.refresh_from_db()
    assert [encryption.decrypt(each) for each in (row.address, row.secret, row.old_secret)] == [ADDRESS, newest, old]


@pytest.mark.django_db
def test_more_rows_than_a_batch_are_all_sealed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "BATCH", 2)
    settings.SECRETS_KEYS = [former := Fernet.generate_key().decode()]
    for number in range(5):
        PartnerCenterAccount.objects.create(region=f"R{number}", sealed_token=encryption.encrypt("token"))
    settings.SECRETS_KEYS = [Fernet.generate_key().decode(), former]

    counts = {count.what: count.sealed for count in sealed.seal_all(timezone.now())}

    assert counts["Partner Center tokens"] == 5


@pytest.mark.django_db
def test_a_row_whose_key_is_lost_stops_no_other_and_is_named(settings: Any) -> None:
    settings.SECRETS_KEYS = [lost := Fernet.generate_key().decode()]
    PartnerCenterAccount.objects.create(region="A", sealed_token=encryption.encrypt("token"))
    settings.SECRETS_KEYS = [former := Fernet.generate_key().decode()]
    PartnerCenterAccount.objects.create(region="B", sealed_token=encryption.encrypt("token"))
    settings.SECRETS_KEYS = [Fernet.generate_key().decode(), former]
    out = StringIO()

    with pytest.raises(CommandError, match="put that key back"):
        call_command("seal_again", stdout=out)

    assert "Partner Center tokens: 1 sealed again, 1 unreadable" in out.getvalue()
    settings.SECRETS_KEYS = [*settings.SECRETS_KEYS, lost]
    call_command("seal_again", stdout=out)
    assert "Partner Center tokens: 1 sealed again, 0 unreadable" in out.getvalue()


@pytest.mark.django_db
def test_without_keys_nothing_is_sealed(settings: Any) -> None:
    settings.SECRETS_KEYS = []

    assert sealed.seal_all(timezone.now()) == []
    with pytest.raises(CommandError, match="SECRETS_KEYS is empty"):
        call_command("seal_again")


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_used_meanwhile_stays_used(settings: Any) -> None:
    """The job waits for a writer and keeps what was written: a used code must not work a second time."""
    settings.SECRETS_KEYS = [former := Fernet.generate_key().decode()]
    RecoveryCodes.activate(make_user())
    settings.SECRETS_KEYS = [Fernet.generate_key().decode(), former]
    job = threading.Thread(target=seal_elsewhere)

    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(type="recovery_codes")
        job.start()
        wait_for_a_waiter()
        row.data["used_mask"] = 1
        row.save()
    job.join()

    row = Authenticator.objects.get(pk=row.pk)
    assert row.data["used_mask"] == 1
    assert encryption.is_current(row.data["seed"])


def seal_elsewhere() -> None:
    try:
        sealed.seal_all(dt.datetime.now(dt.UTC))
    finally:
        connection.close()


def wait_for_a_waiter() -> None:
    """Return once another session waits for a lock of this one."""
    waiting = 0
    while not waiting:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot(), count(*) FROM pg_locks WHERE NOT granted")
            [(_void, waiting)] = cursor.fetchall()
