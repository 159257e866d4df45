"""What the import contracts cannot see: clocks, requests, addresses and settings in ``domain``, and strings upward."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from radon.metrics import mi_visit

ROOT = Path(settings.ROOT)
APPS = ("portal", "onboarding", "licensing", "api")
# Called without an argument, these read the clock; ``timezone.localdate(now)`` only converts.
CLOCKS = {
    ("timezone", "now"), ("timezone", "localdate"), ("timezone", "localtime"), ("datetime", "now"),
    ("datetime", "utcnow"), ("date", "today"), ("time", "monotonic"), ("time", "time"),
}  # fmt: skip

# Modules of ``domain`` that still read what their caller should tell them. A name may leave a list, none may join one.
READ_THE_CLOCK = {
    "onboarding/domain/partner_center/accounts.py",
    "onboarding/domain/questions/official_pages.py",
    "onboarding/domain/reasons/catalogue.py",
}
KNOW_ADDRESSES = {
    "api/domain/webhooks/cards.py",
    "api/domain/webhooks/mail_kinds.py",
    "api/domain/webhooks/messages.py",
    "api/domain/webhooks/subscriptions.py",
    "licensing/domain/mail_kinds.py",
    "licensing/domain/reminders.py",
    "licensing/domain/reviews.py",
    "onboarding/domain/desk/digests.py",
    "onboarding/domain/desk/weekly.py",
    "onboarding/domain/mail/kinds.py",
    "onboarding/domain/mail/notifications.py",
    "onboarding/domain/partner_center/accounts.py",
    "onboarding/domain/checks/challenges.py",
}


def domain_modules() -> Iterator[Path]:
    for app in APPS:
        yield from sorted((ROOT / app).glob("domain/**/*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(tree: ast.AST, *, without_arguments: bool = False) -> Iterator[tuple[str, str]]:
    """Yield owner and name of every call: ("timezone", "now"), or ("", "reverse") for a plain function."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or (without_arguments and (node.args or node.keywords)):
            continue
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield getattr(owner, "attr", getattr(owner, "id", "")), node.func.attr
        elif isinstance(node.func, ast.Name):
            yield "", node.func.id


def reads_the_clock(tree: ast.AST) -> bool:
    return any(call in CLOCKS for call in calls(tree, without_arguments=True))


def knows_addresses(tree: ast.AST) -> bool:
    return any(name in ("reverse", "reverse_lazy") for _owner, name in calls(tree))


def test_the_finders_find() -> None:
    assert reads_the_clock(ast.parse("def f(): return timezone.now()"))
    assert reads_the_clock(ast.parse("x = time.monotonic()"))
    assert not reads_the_clock(ast.parse("def f(now): return now.date()"))
    assert knows_addresses(ast.parse("reverse('a:b')"))


def test_domain_reads_no_clock() -> None:
    found = {name_of(path) for path in domain_modules() if reads_the_clock(ast.parse(path.read_text()))}

    assert found == READ_THE_CLOCK


def test_domain_knows_no_addresses() -> None:
    found = {name_of(path) for path in domain_modules() if knows_addresses(ast.parse(path.read_text()))}

    assert found == KNOW_ADDRESSES


def test_domain_knows_no_request() -> None:
    for path in domain_modules():
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.http")
            for alias in node.names
        }

        assert imported == set(), name_of(path)


@pytest.mark.parametrize(("app", "above"), [("portal", "onboarding|licensing"), ("onboarding", "licensing")])
def test_no_string_names_what_stands_above(app: str, above: str) -> None:
    """Task names, dotted paths and addresses of the apps above: a lower app is told them, it does not know them."""
    upward = re.compile(rf"^(?:{above})[.:][a-z_.]+$")
    found = {
        f"{name_of(path)}: {node.value}"
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and upward.match(node.value)
    }

    assert found <= ALLOWED


# Mount points, and where the menu and the home page lead: ``portal`` is the project as well as the ground.
ALLOWED = {
    "portal/pages.py: onboarding:home",
    "portal/web/context.py: licensing:advice",
    "portal/web/context.py: licensing:calendar",
    "portal/web/context.py: licensing:estate",
    "portal/web/context.py: onboarding:home",
    "portal/web/context.py: onboarding:preflight",
    "portal/urls.py: licensing.urls",
    "portal/urls.py: onboarding.urls",
}


def test_no_class_name_stands_twice_in_an_app() -> None:
    """``Command`` is Django's word for every management command, ``Meta`` for every model's."""
    for app in APPS:
        where: dict[str, list[str]] = {}
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and node.name not in ("Meta", "Media", "Command"):
                    where.setdefault(node.name, []).append(name_of(path))

        assert {name: places for name, places in where.items() if len(places) > 1} == {}


def test_no_module_is_longer_than_a_reader_holds() -> None:
    tables = {"onboarding/domain/reasons/shipped.py", "portal/variables.py"}
    longer = {
        name_of(path): lines
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text().splitlines())) > 450
        and name_of(path) not in tables
    }

    assert longer == {}


def product_modules() -> list[Path]:
    return [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def test_no_function_is_longer_than_a_screen() -> None:
    longer = {
        f"{name_of(path)}: {node.name}": lines
        for path in product_modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > 50
    }

    assert longer == {}


@pytest.mark.long
def test_every_module_is_maintainable() -> None:
    """Radon's rank A: an index over 19, of volume, branches and length."""
    ranked = {name_of(path): mi_visit(path.read_text(encoding="utf-8"), multi=True) for path in product_modules()}

    assert {name: round(index) for name, index in ranked.items() if index <= 19} == {}


# Who writes who belongs to a company: one module, so that history, mails and what a person gave out follow each change.
WRITE_MEMBERSHIPS = {"portal/partners/people.py", "onboarding/management/commands/seed_demo.py"}
_WRITES_MEMBERSHIP = re.compile(
    r"(?:Membership\.objects|\bmember(?:ship)?s?\b)[^\n]*\.(?:create|get_or_create|update_or_create|bulk_create|update|delete|save)\("
)


def test_one_module_writes_who_belongs_to_a_company() -> None:
    written = {
        name_of(path)
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and _WRITES_MEMBERSHIP.search(path.read_text(encoding="utf-8"))
    }

    assert written <= WRITE_MEMBERSHIPS
    assert _WRITES_MEMBERSHIP.search("partner.memberships.filter(user=user).delete()")
    assert _WRITES_MEMBERSHIP.search('Membership.objects.create(role="owner")')


@pytest.mark.parametrize(("mark", "folder"), [("e2e", "tests/e2e"), ("faults", "tests/faults")])
def test_marked_tests_stand_where_make_test_looks(mark: str, folder: str) -> None:
    """``manage.py verify`` names the folder, because collecting all tests once more takes as long as a journey."""
    elsewhere = [
        name_of(path)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if not name_of(path).startswith(folder)
        and re.search(rf"mark\.{mark}\b(?!\n@pytest\.mark\.long)", path.read_text())
    ]
    assert elsewhere == []
