"""What the READMEs say can be followed: paths, links and commands exist, and the table of settings is true."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command, get_commands

from portal import configuration, variables

ROOT: Path = settings.ROOT
READMES = sorted(
    path
    for path in ROOT.rglob("README.md")
    if not any(part.startswith(".") or part == "staticfiles" for part in path.relative_to(ROOT).parts[:-1])
)
APPS = ("portal", "onboarding", "licensing", "api")
MOST_WORDS = 1000  # of the first page: what somebody reads before they begin

# A path has a slash, or is a file of the project's root. Addresses of pages begin with a slash and are none.
_PATH = re.compile(r"[\w.*-]+(/[\w.*-]*)+|[\w-]+\.(py|toml|md|yml|lock)|Procfile|Makefile|Dockerfile|LICENSE")
_MADE = (".run/",)  # what the programs make
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]+\]\(([^)\s]+)\)")
_SYMBOL = re.compile(r"`(\w+)` (?:in|of) `([\w/]+\.py)`")
_MAKE = re.compile(r"(?:^|\s)make ([a-z]+)")
_MANAGE = re.compile(r"manage\.py ([a-z_]+)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_of(text: str) -> list[str]:
    """Return what is code: spans in backticks and indented blocks, a line each."""
    return [*_SPAN.findall(text), *re.findall(r"^ {4,}(\S.*)$", text, re.M)]


def paths_of(text: str) -> list[str]:
    return [span for span in _SPAN.findall(text) if _PATH.fullmatch(span) and not span.startswith(_MADE)]


def exists(path: str) -> bool:
    return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()


def slug(heading: str) -> str:
    """Return the anchor that a heading gets on a code host."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors_of(path: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text_of(path), re.M)}


def broken_links(path: Path, text: str) -> list[str]:
    broken = []
    for link in _LINK.findall(text):
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        if link.startswith(("http://", "https://")):
            continue
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            broken.append(link)
    return broken


def unknown_commands(text: str) -> list[str]:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.M))
    code = "\n".join(code_of(text))
    made = [f"make {name}" for name in _MAKE.findall(code) if name not in targets]
    return made + [f"manage.py {name}" for name in _MANAGE.findall(code) if name not in get_commands()]


def missing_symbols(text: str) -> list[str]:
    """Return the functions, classes and constants that are not in the file that the text names for them."""
    return [
        f"{name} in {path}"
        for name, path in _SYMBOL.findall(text)
        if exists(path) and not re.search(rf"^(?:def|class) {name}\b|^{name}\b", text_of(ROOT / path), re.M)
    ]


def test_every_app_and_suite_has_its_page() -> None:
    assert [name_of(path) for path in READMES] == [
        "README.md",
        "api/README.md",
        "licensing/README.md",
        "onboarding/README.md",
        "portal/README.md",
        "tests/README.md",
        "tests/bench/README.md",
        "tests/faults/README.md",
        "tests/grade/README.md",
    ]


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_every_path_exists(path: Path) -> None:
    named = paths_of(text_of(path))

    assert [each for each in named if not exists(each)] == []
    assert len(named) >= 3


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert broken_links(path, text_of(path)) == []


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_every_command_exists(path: Path) -> None:
    assert unknown_commands(text_of(path)) == []
    assert _MAKE.search("\n".join(code_of(text_of(path)))) or _MANAGE.search(text_of(path))


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_every_name_is_in_its_file(path: Path) -> None:
    assert missing_symbols(text_of(path)) == []


def test_every_page_is_linked_from_the_first() -> None:
    text = text_of(ROOT / "README.md")
    linked = {link.partition("#")[0] for link in _LINK.findall(text)}

    assert {name_of(path) for path in READMES} - {"README.md"} <= linked


def test_first_page_is_one_page() -> None:
    text = text_of(ROOT / "README.md")

    assert len(text.split()) <= MOST_WORDS
    assert all(each in text for each in ("make run", "make test", "(static/img/portal.png)"))


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text_of(ROOT / "README.md"), re.M | re.S)
    assert found is not None, heading
    return found[1]


def test_where_is_names_a_file_in_every_row() -> None:
    rows = [row for row in section("Where is …").splitlines() if row.startswith("| ")][1:]

    assert len(rows) >= 12
    assert [row for row in rows if not paths_of(row)] == []


def test_how_to_add_names_a_file_in_every_recipe() -> None:
    recipes = re.split(r"^- \*\*", section("How do I add …"), flags=re.M)[1:]

    assert len(recipes) >= 6
    assert [recipe for recipe in recipes if not paths_of(recipe)] == []


def test_sign_ins_are_the_demo_s() -> None:
    seeded = text_of(ROOT / "onboarding/management/commands/seed_demo.py")
    named = re.findall(r"`(\w+@demo\.example)`", section("First walk"))

    assert settings.DEMO_PASSWORD in section("First walk")
    assert len(named) >= 5
    assert [address for address in named if re.sub(r"\d@", "{number}@", address) not in seeded] == []


# --- what finds them, held against what it must find ------------------------------------------------------------------


def test_what_is_wrong_is_found() -> None:
    text = (
        "`portal/nothing.py` `onboarding/domain/` `nothing.md` `/desk/mails/` `licensing/data/*.none`\n"
        "[page](portal/README.md#nowhere) [gone](docs/gone.md) [good](portal/README.md#configure)\n"
        "`make coffee`, `manage.py no_such_command`, `no_such_function` in `portal/health.py`\n\n"
        "    make run tea\n"
    )

    assert [each for each in paths_of(text) if not exists(each)] == [
        "portal/nothing.py",
        "nothing.md",
        "licensing/data/*.none",
    ]
    assert broken_links(ROOT / "README.md", text) == ["portal/README.md#nowhere", "docs/gone.md"]
    assert unknown_commands(text) == ["make coffee", "manage.py no_such_command"]
    assert missing_symbols(text) == ["no_such_function in portal/health.py"]


# --- the table of settings --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Read:
    """One place that reads an environment variable. ``default`` is None where the code gives none."""

    place: str
    name: str
    default: str | None = None


_READERS = {"text", "flag", "items", "whole", "number", "groups", "signing_key", "signing_keys"}


def reads_of(place: str, source: str) -> Iterator[Read]:
    """Every read of ``os.environ``, directly or by ``portal.configuration``. A name that is computed is '?'."""
    tree = ast.parse(source)
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "portal.configuration"
        for alias in node.names
    } & _READERS
    if place == "portal/configuration.py":
        ours = _READERS
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get" | "setdefault")):
                yield Read(place, _literal(node.args[0]) or "?", _literal(node.args[1]) if node.args[1:] else None)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="getenv")):
                yield Read(place, _literal(node.args[0]) or "?", _literal(node.args[1]) if node.args[1:] else None)
            case ast.Subscript(value=ast.Attribute(attr="environ")):
                yield Read(place, _literal(node.slice) or "?")
            case ast.Compare(left=left, comparators=[ast.Attribute(attr="environ")]):
                yield Read(place, _literal(left) or "?")
            case ast.Call(func=ast.Name(id=name)) if name in ours:
                yield Read(place, _literal(node.args[0]) or "?")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="configuration"), attr=name)) if name in _READERS:
                yield Read(place, _literal(node.args[0]) or "?")


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def every_read() -> list[Read]:
    found = [
        read
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        for read in reads_of(name_of(path), text_of(path))
        # The one module that may compute a name: it looks each up in the table.
        if (read.place, read.name) != ("portal/configuration.py", "?")
    ]
    procfile = re.findall(r"\$\{(\w+):-([^}]*)\}", text_of(ROOT / "Procfile"))
    return found + [Read("Procfile", name, default) for name, default in procfile]


def test_every_variable_that_is_read_is_in_the_table_and_no_other() -> None:
    reads = every_read()

    assert {read.name for read in reads} == set(variables.VARIABLES)
    assert len(reads) > 60


def test_defaults_in_the_code_are_the_table_s() -> None:
    given = [read for read in every_read() if read.default is not None]

    assert [read for read in given if read.default != variables.VARIABLES[read.name].default] == []
    assert {read.place for read in given} >= {"Procfile", "portal/celery.py"}


def test_compose_passes_on_variables_of_the_table() -> None:
    compose = yaml.safe_load(text_of(ROOT / "docker-compose.yml"))

    # PGPASSWORD is libpq's own; every other setting comes from .env, which starts as the example.
    assert set(compose["x-app"]["environment"]) - set(variables.VARIABLES) == {"PGPASSWORD"}
    assert compose["x-app"]["env_file"] == ".env"


def test_example_of_the_environment_has_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("settings", "--env")
    shown = text_of(ROOT / ".env.example")

    assert shown == capsys.readouterr().out
    named = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", shown, re.M))
    tools = {variable.name for variable in variables.TOOLS}
    assert set(variables.VARIABLES) - named - tools == set(configuration.OF_COMPOSE)


def test_page_shows_the_table_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"<!-- settings -->\n(.*?)<!-- end of settings -->", text_of(ROOT / "portal/README.md"), re.S)

    call_command("settings")

    assert found is not None
    assert found[1] == capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ('import os\nos.environ.get("A", "1")\n', [Read("a.py", "A", "1")]),
        ('import os\nos.environ["A"] if "B" in os.environ else os.getenv("C")\n', ["B", "A", "C"]),
        ('from portal.configuration import text\ntext("A")\n', [Read("a.py", "A")]),
        ('from portal import configuration\nconfiguration.whole("A")\n', [Read("a.py", "A")]),
        ('from elsewhere import text\ntext("A")\n', []),
        ('import os\nos.environ.get(f"A_{1}", "")\n', [Read("a.py", "?", "")]),
    ],
)
def test_finds_what_is_read(source: str, reads: list[Read | str]) -> None:
    found = list(reads_of("a.py", source))

    if reads and isinstance(reads[0], str):
        assert {read.name for read in found} == set(reads)
    else:
        assert found == reads


def test_every_experiment_of_the_table_is_there_and_no_other() -> None:
    """A commit that wrote a new experiment over two others took them away, and nothing else noticed."""
    table = set(re.findall(r"^\| (F\d\d[A-Z]?) \|", (ROOT / "tests/faults/README.md").read_text("utf-8"), re.M))
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "tests/faults").glob("test_*.py")))
    there = {name.upper() for name in re.findall(r"^def test_(f\d\d[a-z]?)_", code, re.M)}

    assert there == table
    assert len(there) > 30
