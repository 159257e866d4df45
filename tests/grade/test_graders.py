"""What graders conclude from what was seen, on small examples; `make grade` lets each look at its planted defect."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.grade.browsing import first_requests
from tests.grade.graders import axe, console, cookies, dependencies, weight
from tests.grade.run import Answer, Run, Stop, Visit, grouped

HERE = Path(__file__).parent
HOME = Stop("home", "/", "visitor")
GOOD = "__Host-sessionid=abc; Path=/; Secure; HttpOnly; SameSite=Lax"


def run_of(*visits: Visit, answers: list[Answer] | None = None) -> Run:
    here = Path()
    return Run(
        "https://localhost:1", here, here, here, [HOME], answers or [], [*visits], [], [], lambda _person: ""
    )  # fmt: skip


def visit(**given: Any) -> Visit:
    return Visit(HOME, "fr", 390, "light", **{"status": 200, **given})


# --- cookies ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        (GOOD, []),
        (GOOD.replace("Lax", "Strict"), []),
        ("__Host-sessionid=; Path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT", []),
        ('__Host-messages=""; Path=/; Max-Age=0', []),
        (GOOD.replace("__Host-", ""), ["sessionid: no __Host- prefix"]),
        (GOOD.replace("; Secure", ""), ["__Host-sessionid: no Secure"]),
        (GOOD.replace("; HttpOnly", ""), ["__Host-sessionid: no HttpOnly"]),
        (GOOD.replace("Lax", "None"), ["__Host-sessionid: no SameSite"]),
        (f"{GOOD}; Domain=localhost", ["__Host-sessionid: for more or less than this host"]),
        (GOOD.replace("Path=/", "Path=/admin"), ["__Host-sessionid: for more or less than this host"]),
    ],
)
def test_faults_of_a_cookie(header: str, wrong: list[str]) -> None:
    assert cookies.faults(header, [header.partition("=")[0]]) == wrong


def test_cookie_that_the_page_about_cookies_does_not_name() -> None:
    page = Answer(Stop("cookies", "/cookies/", "visitor"), "fr", 200, "/cookies/", [], "<td>__Host-sessionid</td>")
    other = Answer(HOME, "fr", 200, "/", [("set-cookie", GOOD.replace("sessionid", "tracker"))], "")

    found = cookies.grade(run_of(answers=[page, other]))

    assert (found.is_met, found.findings) == (
        False, ["__Host-tracker: not on the page about cookies [1x: visitor /]"],
    )  # fmt: skip


# --- weight and third parties -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sizes", "is_met"),
    [([50_000], True), ([50_001], False), ([1] * 6, True), ([1] * 7, False), ([20_000, 20_000, 10_001], False)],
)
def test_weight_of_a_page(sizes: list[float], is_met: bool) -> None:
    seen = visit(requests=[("https://localhost:1/a", size) for size in sizes])

    assert weight.grade_weight(run_of(seen)).is_met is is_met


def test_image_inside_the_style_sheet_is_no_request() -> None:
    seen = visit(requests=[("https://localhost:1/", 1), *[("data:image/svg+xml,x", 0)] * 9])

    assert weight.grade_weight(run_of(seen)).reached == "at most 0.0 kB, 1 requests"
    assert weight.grade_third_parties(run_of(seen)).is_met


def test_what_a_page_asks_again_while_axe_looks_is_not_the_visit_s() -> None:
    asked = {"1": ("/", 10.0), "2": ("/page.js", 10.4), "3": ("/gone.svg", 12.4), "4": ("/live/", 13.5)}

    found = first_requests(asked, {"1": 900, "2": 50, "4": 700}, 10.5)

    assert found == [("/", 900), ("/page.js", 50), ("/gone.svg", 0.0)]
    assert len(first_requests(asked, {}, None)) == 4


@pytest.mark.parametrize("url", ["https://cdn.example/a.js", "http://localhost:1/", "https://localhost:2/"])
def test_another_host_scheme_or_port_is_a_third_party(url: str) -> None:
    found = weight.grade_third_parties(run_of(visit(requests=[(url, 1)])))

    assert found.is_met is url.startswith("http://localhost:1")


# --- what the browser says --------------------------------------------------------------------------------------------
def test_page_s_own_status_is_no_error_of_its_scripts() -> None:
    own = "error: Failed to load resource: the server responded with a status of 404 ()"

    assert console.grade_console(run_of(visit(status=404, console=[own]))).is_met
    assert not console.grade_console(run_of(visit(status=200, console=[own]))).is_met
    assert not console.grade_console(run_of(visit(status=404, console=[own, own]))).is_met


def test_server_error_and_blocked_script_are_found() -> None:
    assert not console.grade_console(run_of(visit(status=500))).is_met
    assert not console.grade_policy(run_of(visit(blocked=["script-src inline"]))).is_met
    refused = "error: Refused to run: Content Security Policy directive"
    assert not console.grade_policy(run_of(visit(console=[refused]))).is_met
    assert console.grade_console(run_of(visit(console=[refused]))).is_met


# --- axe --------------------------------------------------------------------------------------------------------------
def test_what_axe_leaves_open_counts_until_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    node = {"target": "p", "html": "<p>", "why": "Background could not be determined"}
    seen = run_of(visit(unjudged=[{"id": "color-contrast", "nodes": [node]}]))

    assert axe.grade(seen).reached == "0 of any impact, 1 unjudged"
    monkeypatch.setattr(axe, "JUDGED", (("color-contrast", "could not be determined", "measured by hand"),))
    assert axe.grade(seen).is_met


def test_page_on_which_axe_did_not_run_is_not_without_fault() -> None:
    found = axe.grade(run_of(visit(console=["browser: Page.evaluate: SyntaxError"])))

    assert not found.is_met


# --- locks ------------------------------------------------------------------------------------------------------------
def test_pins_are_read_from_a_lock_with_hashes() -> None:
    lock = "# a\nasgiref==3.13.0 \\\n    --hash=sha256:00\n    # via django\nredis[x]==6.4 \\\n"

    assert dependencies.pins(lock) == ["asgiref==3.13.0", "redis[x]==6.4"]


def test_lock_of_node_s_tools_has_exact_versions_and_names_no_registry() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    packages = {name.removeprefix("node_modules/"): one for name, one in lock["packages"].items() if name}

    assert {name: packages[name]["version"] for name in wanted} == wanted
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())


def test_lock_of_python_s_tools_has_hashes_and_no_address() -> None:
    lock = (HERE / "requirements.lock").read_text()

    assert {"wapiti3", "bandit", "pip-audit"} <= {pin.partition("==")[0] for pin in dependencies.pins(lock)}
    assert "--hash=sha256:" in lock and "://" not in lock


def test_findings_of_a_kind_are_one_line_with_the_first_places() -> None:
    found = grouped([("a", "/1/"), ("b", "/1/"), ("a", "/2/"), ("a", "/3/"), ("a", "/4/")])

    assert found == ["a [4x: /1/; /2/; /3/]", "b [1x: /1/]"]
