"""What no program of ours does: run a text, ask a shell, parse what can call home, or trust what anybody can write.

ruff's rules of safety (``S`` in ``pyproject.toml``) look at each line; here are those that no remark may switch off.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APPS = ("api", "licensing", "onboarding", "portal")

# Packages that run, parse or look up what a stranger wrote, by the line of the standard that speaks of them.
PACKAGES = {
    "pickle", "marshal", "shelve", "dill", "jsonpickle",  # objects out of bytes
    "xml", "lxml", "defusedxml", "xmltodict",  # XML: nothing of ours reads any
    "ldap", "ldap3", "memcache", "pymemcache", "pylibmc", "graphene", "strawberry", "channels", "websockets",
    "jinja2", "mako", "markdown", "bleach", "latex", "pylatex",
}  # fmt: skip
HARMLESS = {"xml.sax.saxutils"}  # escapes a text, parses none
CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnv", "subprocess.getoutput",
    "subprocess.getstatusoutput", "yaml.load", "yaml.unsafe_load", "hashlib.md5", "hashlib.sha1", "hashlib.new",
    "uuid.uuid1", "tempfile.mktemp", "Template", "django.template.Template", "engine.from_string", "from_string",
    "ssl._create_unverified_context",
}  # fmt: skip
KEYWORDS = {"shell": True, "verify": False, "check_hostname": False}
# Where a text becomes markup, or random bytes are fewer than 16: neither protects anything.
MARKUP = {"portal/web/templatetags/portal.py"}
NAMES_ONLY = {"portal/accounts/addresses.py", "portal/entra/linking.py", "portal/backup/drill.py"}
# What stands in these statements are names of views and columns, constants of the module.
OF_CONSTANTS = {
    "onboarding/domain/desk/pipeline.py",
    "onboarding/domain/desk/reports.py",
    "portal/audit/detaching.py",
}
STATEMENTS = {"execute", "executemany", "raw", "extra", "RawSQL"}


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
    return ""


def faults(path: str, text: str) -> Iterator[str]:
    """Yield what must not be there, each as "file:line: …"."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names) if bad := {name.name.split(".")[0] for name in names} & PACKAGES:
                yield f"{path}:{node.lineno}: imports {', '.join(bad)}"
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in PACKAGES and module not in HARMLESS:
                yield f"{path}:{node.lineno}: imports {module}"
            case ast.Call():
                yield from (f"{path}:{node.lineno}: {fault}" for fault in _of_call(path, node))


def _of_call(path: str, call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    last = name.rpartition(".")[2]
    if name in CALLS:
        yield name
    for keyword in call.keywords:
        if isinstance(keyword.value, ast.Constant) and (keyword.arg, keyword.value.value) in KEYWORDS.items():
            yield f"{keyword.arg}={keyword.value.value}"
    if last == "mark_safe" and path not in MARKUP:
        yield "mark_safe"
    is_markup = any(isinstance(each, ast.Constant) for each in call.args[:2])
    if last in ("format_html", "format_html_join") and not is_markup:
        yield "markup that is no constant"
    if last in STATEMENTS and call.args and _holds_values(call.args[0]) and path not in OF_CONSTANTS:
        yield "a statement with values in it"
    if name in ("secrets.token_urlsafe", "secrets.token_hex", "secrets.token_bytes") and path not in NAMES_ONLY:
        size = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if not isinstance(size, int) or size < 16:
            yield "fewer than 128 random bits"


def _holds_values(statement: ast.expr) -> bool:
    return isinstance(statement, ast.JoinedStr) or (
        isinstance(statement, ast.BinOp) and isinstance(statement.op, ast.Mod)
    )


def product_code() -> dict[str, str]:
    """Path -> text of what runs in production: neither migrations nor the sandbox that plays other companies."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if not {"migrations", "sandbox"} & set(path.relative_to(ROOT).parts)
    }


def test_product_code_calls_nothing_dangerous() -> None:
    code = product_code()

    assert [fault for path, text in code.items() for fault in faults(path, text)] == []
    assert len(code) > 250


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("import pickle\nfrom xml.etree import ElementTree\n", 2),
        ("eval(x)\nos.system(x)\nhashlib.md5(x)\n", 3),
        ("subprocess.run(x, shell=True)\nhttpx.get(x, verify=False)\n", 2),
        ("mark_safe(x)\nformat_html(x, y)\n", 2),
        ('cursor.execute(f"SELECT {x}")\nA.objects.raw("SELECT %s" % x)\n', 2),
        ("secrets.token_hex(8)\nsecrets.token_urlsafe()\n", 2),
        (
            "subprocess.run([x])\nhttpx.get(x, verify=True)\nformat_html('{}', x)\nformat_html_join('', '{}', x)\n"
            "cursor.execute('SELECT %s', [x])\nsecrets.token_urlsafe(32)\nhashlib.sha256(x)\n",
            0,
        ),
    ],
)
def test_dangerous_calls_are_found(text: str, number: int) -> None:
    assert len(list(faults("a.py", text))) == number


# --- in the browser ---------------------------------------------------------------------------------------------------

SCRIPT = re.compile(
    r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML\s*=|innerHTML\s*=|postMessage|"
    r"addEventListener\(\"message\"|localStorage|sessionStorage|indexedDB|document\.cookie|__proto__|Object\.assign|"
    r"for \((?:const|let|var) \w+ in |javascript:"
)
# The list of companies is markup of our own page, escaped there.
OWN_MARKUP = {("static/js/find.js", "innerHTML =")}
TEMPLATE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|\|\s*safe\b|\bautoescape off|"
    r"<(?:object|embed|applet|iframe)\b|\bsrc=[\"']https?:|<link[^>]+href=[\"']https?:|javascript:"
)
# A mail as its reader sees it: a page of its own, sandboxed and without scripts.
FRAMES = {("templates/onboarding/mail.html", "<iframe")}


def found_in(folder: str, ending: str, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    paths = sorted((ROOT / folder).rglob(f"*{ending}"))
    assert len(paths) >= 5
    return [
        (path.relative_to(ROOT).as_posix(), match)
        for path in paths
        for match in pattern.findall(path.read_text(encoding="utf-8"))
    ]


def test_scripts_store_nothing_and_make_no_markup_of_texts() -> None:
    assert set(found_in("static/js", ".js", SCRIPT)) == OWN_MARKUP


def test_templates_write_no_script_and_load_nothing_from_elsewhere() -> None:
    assert set(found_in("templates", ".html", TEMPLATE)) == FRAMES


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (SCRIPT, "a.innerHTML = b"),
        (SCRIPT, 'window.addEventListener("message", f)'),
        (SCRIPT, "localStorage.a = 1"),
        (TEMPLATE, "<script>let a = '{{ a }}'</script>"),
        (TEMPLATE, "{{ a|safe }}"),
        (TEMPLATE, '<link rel="stylesheet" href="https://a.example/a.css">'),
    ],
)
def test_what_browsers_must_not_get_is_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
