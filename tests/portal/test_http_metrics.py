"""Requests are counted by route, over all processes; the shipped alerts and dashboard name what /metrics prints."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from portal import servers
from portal.backup import drill, programs

pytestmark = pytest.mark.django_db
OPS = Path(settings.ROOT) / "ops"


def requests_of(text: str) -> dict[tuple[str, str, str], float]:
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "portal_http_requests_total"
    }


def page(client: Client) -> str:
    return client.get("/metrics").content.decode()


def test_requests_are_counted_by_name_method_and_kind_of_answer(client: Client) -> None:
    before = requests_of(page(client))

    client.get("/accounts/login/")
    client.get("/accounts/login/?next=/a")
    client.get("/no/such/page-0123456789abcdef0123456789/")
    client.generic("BREW", "/accounts/login/")
    client.get("/livez")
    text = page(client)

    grown = {key: value - before.get(key, 0) for key, value in requests_of(text).items()}
    grown = {key: value for key, value in grown.items() if value}
    assert grown.pop(("account_login", "GET", "2xx")) == 2
    assert grown.pop(("(no address)", "GET", "4xx"), 0) + grown.pop(("(no address)", "GET", "3xx"), 0) == 1
    [((route, method, _status), times)] = grown.items()
    assert (route, method, times) == ("account_login", "other", 1)
    assert "0123456789abcdef" not in text
    assert 'portal_http_request_seconds_bucket{le="10.0",route="account_login"}' in text


def test_names_in_alerts_dashboard_and_readme_are_printed(client: Client) -> None:
    printed = set()
    for family in text_string_to_metric_families(page(client)):
        ends = {"counter": ["_total"], "histogram": ["", "_bucket", "_count", "_sum"]}.get(family.type, [""])
        printed |= {family.name + end for end in ends}
    board = json.loads((OPS / "dashboard.json").read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    alerts = re.findall(r"^        expr: '(.*)'$", (OPS / "alerts.yml").read_text(), re.M)
    readme = re.findall(r"^\| `(portal_\w+)` \|", (Path(settings.ROOT) / "portal/README.md").read_text(), re.M)
    texts = [*shown, *alerts, *readme]

    named = {name for text in texts for name in re.findall(r"\bportal_\w+", text)}

    assert named - printed == set()
    assert (len(shown) >= 12, len(alerts) >= 10, len(readme) >= 10) == (True, True, True)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


SCALES = {" %": 0.01, " days": 86_400.0, " GB": 1e9}


def told_in_readme() -> dict[str, float | None]:
    """Return the bound that README says of each figure of its table; None where it says no number."""
    text = (Path(settings.ROOT) / "portal/README.md").read_text()
    told: dict[str, float | None] = {}
    for names, when in re.findall(r"^\| ((?:`portal_\w+`(?:, )?)+) \| (.+) \|$", text, re.M):
        found = re.search(r"(?:above|below) ([\d.]+)( %| days| GB)?|^(1):", when)
        bound = float(found[1] or found[3]) * SCALES.get(found[2], 1.0) if found else None
        told |= dict.fromkeys(re.findall(r"portal_\w+", names), bound)
    return told


def test_every_figure_of_the_readme_s_table_has_a_rule_with_its_number() -> None:
    alerts = re.findall(r"^        expr: '(.*)'$", (OPS / "alerts.yml").read_text(), re.M)
    told = told_in_readme()

    rules = {name: [rule for rule in alerts if re.search(rf"\b{name}(_bucket)?\b", rule)] for name in told}
    bounds = {name: {float(each) for rule in found for each in re.findall(r"[<>=] ([\de.]+)", rule)}
              for name, found in rules.items()}  # fmt: skip

    assert [name for name, found in rules.items() if not found] == []
    assert {name: bound for name, bound in told.items() if bound is not None and bound not in bounds[name]} == {}
    assert len(told) >= 19
    assert [name for name, bound in told.items() if bound is None] == ["portal_queue_fenced_total"]


def test_every_rule_is_in_the_readme_s_table_and_says_who_looks() -> None:
    [group] = yaml.safe_load((OPS / "alerts.yml").read_text())["groups"]
    named = {
        name.removesuffix("_bucket") for rule in group["rules"] for name in re.findall(r"portal_\w+", rule["expr"])
    }

    excuses = {"portal_webhook_off"}  # says when another one is no trouble
    assert named - excuses == set(told_in_readme())
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    assert {rule["labels"]["severity"] for rule in group["rules"]} == {"page", "ticket"}
    assert [rule["alert"] for rule in group["rules"] if not (rule["for"] and rule["annotations"]["summary"])] == []


@pytest.mark.long
def test_processes_of_one_web_server_add_up(tmp_path: Path) -> None:
    """Two processes answer in turn; whichever is asked for the metrics tells of both."""
    port = servers.free_port()
    command = [str(Path(sys.executable).parent / "gunicorn"), "portal.wsgi", "--bind", f"127.0.0.1:{port}",
               "--workers", "2", "--threads", "1", "--no-control-socket", "--chdir", str(settings.ROOT)]  # fmt: skip
    database = programs.url(drill.source())  # the tests', which has tables
    environment = {**os.environ, "TMPDIR": str(tmp_path), "LOG_LEVEL": "ERROR", "DATABASE_URL": database}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            servers.wait_for_port(port, seconds=90)
            for _ in range(20):
                fetch(port, "/.well-known/security.txt")
            folders = list(tmp_path.glob("portal-metrics-*"))
            counters = [*folders[0].glob("counter_*.db")]
            told = [sum(requests_of(fetch(port, "/metrics")).values()) for _ in range(6)]
        finally:
            server.terminate()
            server.wait(30)

    assert told == [20] * 6
    assert 1 <= len(counters) <= 2
    assert list(tmp_path.glob("portal-metrics-*")) == []


def fetch(port: int, path: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            body: Any = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    return str(body.decode("utf-8", "replace"))
