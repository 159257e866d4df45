"""Every environment variable refuses what is none of its kind: one sentence that begins with its name."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import configuration, values, variables
from portal import value_addresses as addresses
from portal.values import Kind

SETTINGS = str(Path(configuration.__file__).with_name("settings.py"))
KEY = "ZGVtby1vbmx5LWtleS1ub3QtZm9yLXByb2R1Y3Rpb24="
SECRET = "whsec_ZGVtby1vbmx5LXdlYmhvb2stc2VjcmV0LTAwMDE="

# What is none of its kind. A text that was typed wrongly, one of another kind, one out of bounds.
NONSENSE: dict[type[Kind], tuple[str, ...]] = {
    values.Flag: ("ture", "2", "true false", "True!"),
    values.Whole: ("x", "1.5", "1e3", "0x10", "9" * 5_000, "\xb2", "--1"),
    values.Number: ("x", "0", "-1", "nan", "inf", "-inf", "1e300", "1,5"),
    values.Words: ("no such word", "ONE"),
    values.OneLine: ("two\nlines", "a\x1bb", "ends\n"),
    values.Shape: ("no such thing!", "https:/x", "@"),
    addresses.Address: (
        "x", "system.example", "ftp://system.example", "https://", "https:///path", "https://system.example:x",
        "https://system.example:99999", "https://a:b@system.example", "https://system example", "http://[::1",
        "https://system.example?a=b",
    ),
    addresses.Dsn: ("x", "https://sentry.example/1", "https://key@sentry.example", "ftp://key@sentry.example/1"),
    addresses.Database: (
        "x", "mysql://a:b@db.example/portal", "postgresql://db.example", "postgresql://a:b/c@db.example/portal",
        "postgresql://a:1/c@db.example/portal", "postgresql://a:b@db.example:x/portal", "postgresql:///portal",
        "postgresql://a:b#c@db.example/portal",
    ),
    addresses.Redis: (
        "127.0.0.1:6379", "redis", "amqp://127.0.0.1", "redis://", "redis://a.example:x", "redis://a.example/x",
    ),
    addresses.Proxy: ("x", "proxy.example:3128", "http://proxy.example", "socks5://proxy.example:1"),
    addresses.Endpoint: (
        "clamav", "clamav:", ":3310", "clamav:0", "clamav:99999", "http://clamav:3310", "::1:3310", "a b:1",
    ),
    addresses.Machine: ("x", "resolver.example", "1.2.3", "1.2.3.4:53", "999.1.1.1"),
    addresses.Host: ("smtp://relay.example", "relay.example:25", "two hosts", "[relay]"),
    addresses.Sender: ("x", "Portal", "Portal <portal>", "a@b", "Portal <portal@"),
    values.FernetKey: ("x", KEY[:-2], KEY + "=", f"{KEY}x", "=" * 44),
    values.WebhookSecret: (
        SECRET, f"source:{SECRET[6:]}", "source:whsec_!", "source:whsec_c2hvcnQ=", "source:", f":{SECRET}",
        "source:whsec_A",
    ),
    values.Pair: ("x", "=", "a b=c", "x=no such thing", "lead:x"),
    values.Certificates: ("/no such file", "portal"),
}  # fmt: skip


def nonsense_of(kind: Kind) -> Iterator[str]:
    if isinstance(kind, values.Many):
        yield from nonsense_of(kind.each)
        return
    if isinstance(kind, values.Whole):
        yield from (str(kind.least - 1), str(kind.most + 1))
    for given in NONSENSE[type(kind)]:
        if "\n" not in given or not getattr(kind, "may_wrap", False):
            yield given


CASES = [
    pytest.param(name, given, id=f"{name}-{number}")
    for name, variable in variables.VARIABLES.items()
    for number, given in enumerate(nonsense_of(variable.kind))
]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables.VARIABLES:
        monkeypatch.delenv(name, raising=False)


def refused(name: str) -> str:
    """Return what the settings say instead of being read."""
    with pytest.raises(ImproperlyConfigured) as error:
        runpy.run_path(SETTINGS)
    told = str(error.value)
    assert told.startswith(f"{name} "), told
    assert re.search(r"^[A-Z0-9_]+ (is|has|must be) ", told)
    assert told.endswith(".")
    return told


@pytest.mark.parametrize(("name", "given"), CASES)
def test_nonsense_stops_the_start_with_a_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str
) -> None:
    monkeypatch.setenv(name, given)

    told = refused(name)

    assert told.replace(given, "").count("\n") == 0


@pytest.mark.parametrize("name", variables.VARIABLES)
@pytest.mark.parametrize("given", ["", "  "])
def test_variable_set_to_nothing_means_nothing_or_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str
) -> None:
    monkeypatch.setenv(name, given)
    try:
        found = configuration.value(name)
    except ImproperlyConfigured:
        refused(name)
    else:
        assert found in ("", [])
        runpy.run_path(SETTINGS)


@pytest.mark.parametrize("name", variables.VARIABLES)
@pytest.mark.parametrize("environment", ["demo", "production"])
def test_every_default_is_of_its_kind(monkeypatch: pytest.MonkeyPatch, environment: str, name: str) -> None:
    monkeypatch.setenv("PORTAL_ENV", environment)

    configuration.value(name)


def test_list_refuses_one_wrong_part_among_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a bad secret that is named first hides no good one after it: neither is read."""
    monkeypatch.setenv("WEBHOOK_SECRETS", f"relay:whsec_short,relay:{SECRET}")
    monkeypatch.setenv("OUTBOUND_ALLOW", "a.example:443, b.example")

    with pytest.raises(ImproperlyConfigured, match=r"^WEBHOOK_SECRETS must be pairs such as source:whsec_…"):
        configuration.items("WEBHOOK_SECRETS")
    with pytest.raises(ImproperlyConfigured, match=r'^OUTBOUND_ALLOW has "b\.example"\. Each part must be a host and'):
        configuration.items("OUTBOUND_ALLOW")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("DATABASE_URL", "postgresql://portal:pass/word@db.example/portal"),
        ("REDIS_URL", ":password@redis.example:6379"),
        ("OUTBOUND_PROXY", "http://portal:password@proxy.example"),
        ("DNB_URL", "https://portal:password@dnb.example"),
        ("SECRETS_KEYS", f"{KEY}password"),
        ("WEBHOOK_SECRETS", "relay:password"),
        ("SENTRY_DSN", "password"),
        ("SMTP_PASSWORD", "pass\nword"),
    ],
)
def test_no_sentence_shows_a_secret(monkeypatch: pytest.MonkeyPatch, name: str, given: str) -> None:
    monkeypatch.setenv(name, given)

    told = refused(name)

    assert given not in told and KEY not in told
    assert "password" not in told.replace("name:password@host", "").replace("in which a password", "")


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("SEND_NOTHING", "true ", True),
        ("SEND_NOTHING", "ON", True),
        ("STAFF_SECOND_FACTOR", " False", False),
        ("DIGEST_HOUR", " 23 ", 23),
        ("WORK_LEASE_SECONDS", "0.5", 0.5),
        ("OUTBOUND_ALLOW", "Minio.Example:9000,[FD00::1]:443", ["minio.example:9000", "[fd00::1]:443"]),
        ("DATABASE_URL", "postgresql://postgres@%2Ftmp%2Fpg/bench", "postgresql://postgres@%2Ftmp%2Fpg/bench"),
        ("DATABASE_URL", "postgres://a:b%2Fc@[::1]:5432/portal", "postgres://a:b%2Fc@[::1]:5432/portal"),
        ("REDIS_URL", "rediss://:a%2Fb@redis.example:6380/2", "rediss://:a%2Fb@redis.example:6380/2"),
        ("VIES_URL", "https://ec.europa.eu/vies/", "https://ec.europa.eu/vies"),
        ("ALLOWED_HOSTS", "portal.example, .a.example,[::1],*", ["portal.example", ".a.example", "[::1]", "*"]),
        ("CSRF_TRUSTED_ORIGINS", "https://*.portal.example", ["https://*.portal.example"]),
        ("WEBHOOK_SECRETS", f"a:{SECRET},a:{SECRET}", [("a", [SECRET]), ("a", [SECRET])]),
        ("WEBHOOK_KINDS", "a=validation, provider;b=email", [("a", ["validation", "provider"]), ("b", ["email"])]),
        ("REGISTERS", "EU=vies,gleif; *=gleif;FR=", [("EU", ["vies", "gleif"]), ("*", ["gleif"]), ("FR", [])]),
        ("DATABASE_OPTIONS", "-c lock_timeout=5s -cjit=off --a=b\\ c", "-c lock_timeout=5s -cjit=off --a=b\\ c"),
        ("PRIVACY_CONTROLLER", "Ingram Micro\n1 rue", "Ingram Micro\n1 rue"),
        ("SECURITY_CONTACT", "https://company.example/report", "https://company.example/report"),
        ("SMTP_HOST", "mail", "mail"),
    ],
)  # fmt: skip
def test_what_makes_sense_is_read(monkeypatch: pytest.MonkeyPatch, name: str, given: str, found: Any) -> None:
    monkeypatch.setenv(name, given)

    assert configuration.value(name) == found


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"DNB_URL": "https://plus.dnb.com"}, "DNB_KEY, DNB_SECRET must be set too, or none of DNB_URL, DNB_KEY"),
        ({"CMP_USER": "a", "CMP_PASSWORD": "b"}, "CMP_KEY must be set too, or none of CMP_USER, CMP_PASSWORD"),
        ({"CMP_URL_EU": "https://api.cloud.im/eu"}, "CMP_URL_EU is set, and needs CMP_KEY."),
        (
            {"CMP_USER": "a", "CMP_PASSWORD": "b", "CMP_KEY": "c"},
            "CMP_KEY is set, and needs one of CMP_URL_NA, CMP_URL_EU, CMP_URL_AP.",
        ),
        (
            {"PARTNER_CENTER_URL": "https://api.partnercenter.microsoft.com"},
            "PARTNER_CENTER_CLIENT_SECRET must be set too, or none of PARTNER_CENTER_URL",
        ),
        (
            {"PARTNER_CENTER_TENANT": "a"},
            "PARTNER_CENTER_CLIENT_ID must be set too, or none of PARTNER_CENTER_TENANT, PARTNER_CENTER_CLIENT_ID.",
        ),
        (
            {"PARTNER_CENTER_REFRESH_TOKEN": "a"},
            "PARTNER_CENTER_REFRESH_TOKEN is set, and needs PARTNER_CENTER_URL and PARTNER_CENTER_TENANT.",
        ),
        ({"MAIL_TENANT": "11111111-2222-4333-8444-555555555555"}, "MAIL_CLIENT_ID, MAIL_CLIENT_SECRET must be set"),
        ({"WAITING_PACE": "0.5", "PORTAL_ENV": "production"}, "WAITING_PACE is below 1"),
        ({"SECRETS_KEYS": KEY, "PORTAL_ENV": "production"}, "SECRETS_KEYS holds the demonstration's key"),
    ],
)  # fmt: skip
def test_half_a_system_stops_the_start(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str) -> None:
    monkeypatch.setenv("SECRET_KEY", "a" * 60)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured) as error:
        runpy.run_path(SETTINGS)

    assert str(error.value).startswith(sentence)


def test_variable_that_is_read_as_another_kind_is_a_fault_of_the_code() -> None:
    with pytest.raises(TypeError, match="SEND_NOTHING is"):
        configuration.text("SEND_NOTHING")
