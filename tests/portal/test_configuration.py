"""Environment variables: read from one table, refused when they make no sense."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import configuration, variables


@pytest.mark.parametrize("name", ["prod", "Production", "production ", "staging", ""])
def test_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PORTAL_ENV", name)

    with pytest.raises(ImproperlyConfigured, match=f'PORTAL_ENV is "{name}". It must be "demo" or "production".'):
        configuration.environment()


@pytest.mark.parametrize(
    ("environment", "level", "key"), [("demo", "WARNING", variables.DEMO_SECRET_KEY), ("production", "INFO", "")]
)
def test_default_is_the_one_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: str, level: str, key: str
) -> None:
    monkeypatch.setenv("PORTAL_ENV", environment)
    for name in ("LOG_LEVEL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert (configuration.text("LOG_LEVEL"), configuration.text("SECRET_KEY")) == (level, key)


def test_variable_that_is_set_to_nothing_is_not_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLEIF_URL", "")

    assert configuration.text("GLEIF_URL") == ""


@pytest.mark.parametrize(
    ("read", "name", "sentence"),
    [
        (configuration.whole, "SMTP_PORT", 'SMTP_PORT is "25.5". It must be a whole number from 1 to 65535.'),
        (configuration.number, "WORK_LEASE_SECONDS", 'WORK_LEASE_SECONDS is "a minute". It must be a number above 0.'),
    ],
)
def test_what_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, read, name: str, sentence: str) -> None:
    monkeypatch.setenv(name, sentence.split('"')[1])

    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(name)


@pytest.mark.parametrize(
    "given",
    ["proxy.example", "proxy.example:3128", "socks5://proxy.example:1080", "http://proxy.example", "http://:3128",
     "http://proxy.example:many", "http://proxy.example:3128/path"],
)  # fmt: skip
def test_what_is_no_proxy_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("OUTBOUND_PROXY", given.replace("proxy.example", "a:password@proxy.example"))

    with pytest.raises(ImproperlyConfigured, match=r"^OUTBOUND_PROXY must be the address of a proxy") as refused:
        configuration.text("OUTBOUND_PROXY")

    assert "password" not in str(refused.value)


@pytest.mark.parametrize("given", ["", "http://proxy.example:3128", "https://a:b%2F@10.0.0.1:8080", "http://[::1]:1"])
def test_address_of_a_proxy_is_accepted(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("OUTBOUND_PROXY", given)

    assert configuration.text("OUTBOUND_PROXY") == given


@pytest.mark.parametrize("given", ["https://a.example", "*", "*.com:x", "a.example/path", "*.*.example", "a b.com"])
def test_what_is_no_host_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("OUTBOUND_HOSTS", f"learn.microsoft.com, {given}")

    with pytest.raises(ImproperlyConfigured, match="OUTBOUND_HOSTS has"):
        configuration.items("OUTBOUND_HOSTS")


def test_hosts_of_configured_systems_keep_their_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables.ADDRESSES_OF_SYSTEMS:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api")
    monkeypatch.setenv("CMP_URL_EU", "https://cmp.example:8443/eu")

    assert configuration.hosts_of_systems() == ["ec.europa.eu:443", "cmp.example:8443"]


def test_every_address_of_a_system_is_among_those_a_proxy_may_be_asked_for() -> None:
    systems = (variables.ENTRA, variables.PARTNER_CENTER, variables.OTHER_SYSTEMS)
    addresses = {each.name for section in systems for each in section if "_URL" in each.name}

    assert addresses == {*variables.ADDRESSES_OF_SYSTEMS}


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), (b"", "no certificate"), (b"\x30\x82DER", "no cert")]
)
def test_file_of_authorities_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("OUTBOUND_CA", str(path))

    with pytest.raises(ImproperlyConfigured, match=f'OUTBOUND_CA is "{path}".*{said}'):
        configuration.text("OUTBOUND_CA")


ID = "6C9FF054-4ABE-4D16-AFDF-278129CA7C94"


@pytest.mark.parametrize("given", ["contoso.onmicrosoft.com", "common", "6c9ff054", ID + "0", ID.replace("-", "")])
def test_tenant_is_an_id(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("ENTRA_STAFF_TENANT", given)

    with pytest.raises(ImproperlyConfigured, match=f'ENTRA_STAFF_TENANT is "{given}"'):
        configuration.text("ENTRA_STAFF_TENANT")


@pytest.mark.parametrize("given", ["lead", "lead=", f"={ID}", "lead=Leads", f"lead:{ID}", f"lead={ID},bdm={ID}"])
def test_groups_are_pairs_of_a_role_and_an_id(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("ENTRA_STAFF_GROUPS", given)

    with pytest.raises(ImproperlyConfigured, match="ENTRA_STAFF_GROUPS has"):
        configuration.groups("ENTRA_STAFF_GROUPS")


def test_a_role_may_have_two_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRA_STAFF_GROUPS", f" lead = {ID} ;; lead={ID.lower()}; bdm={ID} ")

    assert configuration.groups("ENTRA_STAFF_GROUPS") == [(role, ID.lower()) for role in ("lead", "lead", "bdm")]


@pytest.mark.parametrize("missing", ["ENTRA_STAFF_TENANT", "ENTRA_STAFF_CLIENT_ID", "ENTRA_STAFF_CLIENT_SECRET"])
def test_half_a_way_to_sign_in_is_said(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    names = ("ENTRA_STAFF_TENANT", "ENTRA_STAFF_CLIENT_ID", "ENTRA_STAFF_CLIENT_SECRET")
    for name in names:
        monkeypatch.setenv(name, " " if name == missing else ID)

    with pytest.raises(ImproperlyConfigured, match=f"^{missing} must be set too"):
        configuration.complete(*names)


def test_reading_a_variable_that_the_table_does_not_have_fails() -> None:
    with pytest.raises(KeyError):
        configuration.text("NO_SUCH_VARIABLE")


def test_table_names_each_variable_once() -> None:
    names = [variable.name for _title, section in variables.SECTIONS for variable in section]

    assert len(names) == len(set(names)) == len(variables.VARIABLES)


def test_printed_defaults_show_no_key() -> None:
    printed = configuration.as_markdown()

    for key in (variables.DEMO_SECRET_KEY, variables.DEMO_SECRETS_KEY, variables.DEMO_WEBHOOK_SECRET):
        assert key not in printed


CLIENT = {
    "MAIL_TENANT": "11111111-2222-4333-8444-555555555555",
    "MAIL_CLIENT_ID": "11111111-2222-4333-8444-666666666666",
    "MAIL_CLIENT_SECRET": "a-secret",
    "SMTP_USER": "portal@company.example",
}


@pytest.mark.parametrize(
    ("given", "transport"),
    [
        ({}, "django.core.mail.backends.smtp.EmailBackend"),
        ({"SMTP_USER": "portal", "SMTP_PASSWORD": "x"}, "django.core.mail.backends.smtp.EmailBackend"),
        (CLIENT, "portal.notices.exchange_online.SmtpWithToken"),
        ({**CLIENT, "MAIL_THROUGH": "graph"}, "portal.notices.exchange_online.GraphBackend"),
        ({**CLIENT, "PORTAL_ENV": "production", "SMTP_SSL": "true"}, "portal.notices.exchange_online.SmtpWithToken"),
    ],
)
def test_mail_leaves_through_what_is_configured(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], transport: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert configuration.mail_transport() == transport


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"MAIL_THROUGH": "exchange"}, 'MAIL_THROUGH is "exchange". It must be "smtp" or "graph".'),
        ({"MAIL_THROUGH": ""}, 'MAIL_THROUGH is "". It must be "smtp" or "graph".'),
        ({"MAIL_THROUGH": "graph"}, "MAIL_THROUGH=graph needs MAIL_TENANT"),
        ({**CLIENT, "SMTP_USER": "portal"}, "SMTP_USER must be the address of the mailbox"),
        ({**CLIENT, "SMTP_PASSWORD": "x"}, "SMTP_PASSWORD and MAIL_CLIENT_ID exclude each other"),
        ({**CLIENT, "PORTAL_ENV": "production"}, "MAIL_CLIENT_ID needs SMTP_TLS or SMTP_SSL"),
    ],
)
def test_contradictions_about_mail_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        configuration.mail_transport()
