"""Environment variables: read from one table, refused when they make no sense."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import configuration


@pytest.mark.parametrize("name", ["prod", "Production", "production ", "staging", ""])
def test_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PORTAL_ENV", name)

    with pytest.raises(ImproperlyConfigured, match=f'PORTAL_ENV is "{name}". It must be "demo" or "production".'):
        configuration.environment()


@pytest.mark.parametrize(
    ("environment", "level", "key"), [("demo", "WARNING", configuration.DEMO_SECRET_KEY), ("production", "INFO", "")]
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

    assert configuration.address("GLEIF_URL") == ""


@pytest.mark.parametrize(
    ("read", "name", "sentence"),
    [
        (configuration.whole, "SMTP_PORT", 'SMTP_PORT is "25.5". It must be a whole number.'),
        (configuration.number, "WORK_LEASE_SECONDS", 'WORK_LEASE_SECONDS is "a minute". It must be a number.'),
    ],
)
def test_what_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, read, name: str, sentence: str) -> None:
    monkeypatch.setenv(name, sentence.split('"')[1])

    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(name)


def test_reading_a_variable_that_the_table_does_not_have_fails() -> None:
    with pytest.raises(KeyError):
        configuration.text("NO_SUCH_VARIABLE")


def test_table_names_each_variable_once() -> None:
    names = [variable.name for _title, variables in configuration.SECTIONS for variable in variables]

    assert len(names) == len(set(names)) == len(configuration.VARIABLES)


def test_printed_defaults_show_no_key() -> None:
    printed = configuration.as_markdown()

    for key in (configuration.DEMO_SECRET_KEY, configuration.DEMO_SECRETS_KEY, configuration.DEMO_WEBHOOK_SECRET):
        assert key not in printed
