"""One JSON object a line, with ids and without people."""

import io
import json
import logging
import logging.config
import os
import random
import string
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from structlog.contextvars import bound_contextvars, clear_contextvars

from portal import logs
from tests.builders import make_user


@pytest.fixture
def written() -> Any:
    """Log as production does, into a text that the test reads."""
    clear_contextvars()  # a request before keeps its own until the next one
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    stream, level = io.StringIO(), root.level
    logging.config.dictConfig(logs.configuration(level="INFO", form="json"))
    root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_line_is_json_with_the_ids_of_what_was_done(written: io.StringIO) -> None:
    with bound_contextvars(check=7, claim=3, request_id="abcdefgh"):
        logging.getLogger("onboarding.tasks").warning("no answer now: %s", "429")

    [line] = written.getvalue().splitlines()
    facts = json.loads(line)
    assert facts.pop("timestamp").endswith("Z")
    assert facts == {
        "event": "no answer now: 429", "level": "warning", "logger": "onboarding.tasks",
        "check": 7, "claim": 3, "request_id": "abcdefgh",
    }  # fmt: skip


SET_UP = {
    "celery": """
import django
django.setup()
import logging
from portal.celery import app
app.log.setup(logging.WARNING)
""",
    "gunicorn": """
import django
django.setup()
import logging.config, runpy
made = runpy.run_path("gunicorn.conf.py")
made["on_exit"](None)
logging.config.dictConfig(made["logconfig_dict"])
""",
}
WRITE = """
import logging, sys, warnings
for name in sys.argv[1:]:
    logging.getLogger(name).error("told")
warnings.warn("told")
"""
PRINT = """
from billiard import util
util.error("told")
print("told")
print("told", file=sys.stderr)
"""
LOGGERS = ("celery", "celery.beat", "celery.task", "celery.worker.strategy", "kombu", "multiprocessing",
           "gunicorn.error", "django.request", "portal.work.claims")  # fmt: skip


@pytest.mark.parametrize(
    ("program", "more", "others"),
    [("celery", PRINT, ["multiprocessing", *["celery.redirected"] * 2]), ("gunicorn", "", [])],
    ids=["celery", "gunicorn"],
)
def test_every_logger_of_a_program_writes_json_with_the_release(program: str, more: str, others: list[str]) -> None:
    """Also those to which Celery, or billiard below it, would give a handler of its own."""
    build = {"RELEASE": "1.2.3", "COMMIT": "0123456789abcdef0123"}
    finished = subprocess.run(
        [sys.executable, "-c", SET_UP[program] + WRITE + more, *LOGGERS],
        cwd=settings.ROOT, env={**os.environ, **build, "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=60,
    )  # fmt: skip

    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [line["logger"] for line in lines] == [*LOGGERS, "py.warnings", *others]
    assert [line for line in lines if "told" not in line["event"]] == []
    assert {(line["release"], line["commit"]) for line in lines} == {("1.2.3", "0123456789ab")}


@pytest.mark.parametrize(
    ("level", "written_by"),
    [("INFO", ["portal.audit", "celery", "portal.audit"]), ("ERROR", []), ("WARNING", ["celery", "portal.audit"])],
)
def test_log_level_holds_in_a_worker_and_celery_s_own_for_celery(level: str, written_by: list[str]) -> None:
    asked = [(name, how) for how in ("info", "warning") for name in ("celery", "portal.audit")]
    write = "\n".join(f"logging.getLogger('{name}').{how}('told')" for name, how in asked)
    finished = subprocess.run(
        [sys.executable, "-c", SET_UP["celery"] + write],
        cwd=settings.ROOT, env={**os.environ, "LOG_FORMAT": "json", "LOG_LEVEL": level},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert [json.loads(line)["logger"] for line in finished.stdout.splitlines()] == written_by


def test_nobody_s_address_is_written(written: io.StringIO) -> None:
    try:
        raise ValueError("Key (email)=(dominique@exemple.example) exists")
    except ValueError:
        logging.getLogger("x").exception("failed for dominique@exemple.example")

    [line] = written.getvalue().splitlines()
    assert "dominique" not in line
    assert "…@exemple.example" in line
    assert "ValueError" in line


@pytest.mark.django_db
def test_answer_names_the_request(client: Client) -> None:
    made = client.get("/livez").headers["X-Request-Id"]
    given = client.get("/livez", headers={"x-request-id": "proxy-12345678"}).headers["X-Request-Id"]
    strange = client.get("/livez", headers={"x-request-id": "a b\tc<script>"}).headers["X-Request-Id"]

    assert (len(made), given, len(strange)) == (32, "proxy-12345678", 32)


def test_text_for_a_person_s_eyes_tells_no_values_either() -> None:
    secret = "the value of a local variable"
    made = logs.configuration(level="INFO", form="text")["formatters"]["out"]
    formatter = made["()"](**{name: value for name, value in made.items() if name != "()"})
    try:
        raise ValueError("for dominique@exemple.example")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())

    text = formatter.format(record)

    assert "ValueError" in text
    assert (secret in text, "dominique" in text) == (False, False)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Not Found: /task/Zm9v-YmFyMTIzNDU2Nzg5MA:1vQx/", "Not Found: /task/…/"),
        (
            "GET /accounts/confirm-email/MQ:1abcDE-f3:Zz0_9876543210abc/ refused",
            "GET /accounts/confirm-email/…/ refused",
        ),
        ("/enrollments/8d3b2a10-0000-4000-8000-00000000abcd/steps/contact/ is gone", None),
        ("GET /task/abcdefgh1234567890abcdefgh/", "GET /task/…/"),
        ("/licensing/plan.ics?token=abcdef123&x=1", "/licensing/plan.ics?token=…&x=1"),
        ("bad form: password=hunter22", "bad form: password=…"),
        ("/licensing/what-to-buy-for-a-customer/ is slow", None),
    ],
)
def test_no_line_holds_a_token_or_a_password(written: io.StringIO, said: str, kept: str | None) -> None:
    logging.getLogger("django.request").warning("%s", said)

    assert json.loads(written.getvalue())["event"] == (kept or said)


@pytest.mark.parametrize("where", ["GET /task/{}/", "/accounts/login/?next=%2Fpartners%2Finvitation%2F{}%2F&x=1"])
def test_every_token_is_masked_also_one_without_a_digit(where: str) -> None:
    chosen = random.Random(7)
    letters = string.ascii_letters + string.digits + "-_"
    tokens = ["A" * 43, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"]
    tokens += ["".join(chosen.choices(letters, k=43)) for _ in range(5000)]

    assert [token for token in tokens if token in logs.masked(where.format(token))] == []


def test_every_request_is_one_line_with_the_name_of_its_address(written: io.StringIO, client: Client) -> None:
    client.get("/accounts/confirm-email/MQ:1abcDEf3:Zz0_9876543210abc/")
    client.get("/livez")

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    [told] = [line for line in lines if line["logger"] == "portal.access"]
    assert told["event"].startswith("GET account_confirm_email ")
    assert len(told["request_id"]) >= 8


@pytest.mark.django_db
def test_a_line_of_a_request_names_the_account_that_asked(written: io.StringIO, client: Client) -> None:
    user = make_user()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    client.get("/account/")
    Client().get("/help/")

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = {line["event"].split()[1]: line.get("account") for line in lines if line["logger"] == "portal.access"}
    assert told == {"account:profile": user.pk, "help": None}


@pytest.mark.django_db
def test_a_refusal_is_a_line_with_who_was_refused(written: io.StringIO, client: Client) -> None:
    user = make_user()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    status = client.get("/desk/").status_code

    assert status in (403, 404)
    told = {line["logger"]: line for line in map(json.loads, written.getvalue().splitlines())}
    asked, refused = told["portal.access"], told["django.request"]
    assert asked["event"].startswith(f"GET onboarding:desk {status} ")
    assert (refused["event"].endswith(": /desk/"), refused["level"]) == (True, "warning")
    assert (asked["account"], asked["request_id"]) == (user.pk, refused["request_id"])


@pytest.mark.parametrize(
    "nasty", ["one\ntwo", 'one\r\n{"level": "info"}', "\u2028two", "\x1b[2Jgone", '"}, {"event": "two']
)
def test_what_somebody_typed_begins_no_line_of_its_own(written: io.StringIO, nasty: str) -> None:
    logging.getLogger("x").warning("refused: %s", nasty)

    assert written.getvalue().count("\n") == 1
    assert json.loads(written.getvalue())["event"] == f"refused: {nasty}"
