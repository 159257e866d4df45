"""A small site with one known defect for each grader, and the same pages without: a grader that sees nothing is blind.

gunicorn serves it with TLS, like the portal: ``tests.grade.planted:application``.
"""

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from tests.grade.run import Stop

Headers = list[tuple[str, str]]
StartResponse = Callable[[str, Headers], object]

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
POLICY += "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
SAFE: Headers = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", POLICY),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
PAGE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>A page</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="description" content="A page for the graders."><link rel="icon" href="/icon.svg">{head}</head>'
    "<body><main><h1>A page</h1><p>Nothing to see here.</p>{body}</main></body></html>\n"
)
ICON = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'
HEAVY = "<p>" + "".join(f"{number} {number * 7919 % 104729:x} " for number in range(12_000)) + "</p>"
# path -> (head, body, headers instead of the safe ones). Nobody but 127.0.0.1 is asked: a closed port is a host enough.
DEFECTS: dict[str, tuple[str, str, Headers | None]] = {
    "/fine/": ("", "", None),
    "/axe/": ("", '<img src="/icon.svg"><input type="text">', None),
    # A rule of level AA that axe leaves off unless it is asked for: two targets of 13 pixels, side by side.
    "/small/": ("", '<input type="checkbox" aria-label="One"><input type="checkbox" aria-label="Two">', None),
    "/nu/": ("", "<p><div>Not closed<table><tr><td></table><center>Old</center>", None),
    "/lighthouse/": ('<meta name="robots" content="noindex"><meta name="viewport" content="width=200">',
                     '<img src="/icon.svg" width="10" height="500"><a href="#">x</a>', None),
    "/": ("", "", [("Content-Type", "text/html; charset=utf-8"),
                   ("Set-Cookie", "sessionid=0123456789abcdef; Domain=localhost")]),
    "/policy/": ("", "", [*SAFE[:1], ("Content-Security-Policy", "script-src * 'unsafe-inline'"), *SAFE[2:]]),
    "/blocked/": ("", "<script>document.title = 'inline'</script>", None),
    "/console/": ('<script src="/broken.js"></script>', "", None),
    "/heavy/": ("", HEAVY, None),
    "/many/": ("", "".join(f'<img src="/icon.svg?{number}" alt="">' for number in range(9)), None),
    "/third/": ("", '<img src="https://127.0.0.1:60999/pixel.gif" alt="">',
                [*SAFE[:1], ("Content-Security-Policy", POLICY.replace("img-src 'self'", "img-src *")), *SAFE[2:]]),
    "/cookie/": ("", "", [*SAFE, ("Set-Cookie", "tracker=1")]),
}  # fmt: skip
# What a search page must never do, and wapiti must see.
ECHO = "/search/"


def application(environ: dict[str, str], start_response: StartResponse) -> Iterable[bytes]:
    path = environ.get("PATH_INFO", "/")
    if path == ECHO:
        term = parse_qs(environ.get("QUERY_STRING", "")).get("q", [""])[0]
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [PAGE.format(head="", body=f"<p>You searched {term}</p>").encode()]
    if path == "/icon.svg":
        start_response("200 OK", [("Content-Type", "image/svg+xml"), *SAFE[1:]])
        return [ICON]
    if path == "/broken.js":
        start_response("200 OK", [("Content-Type", "text/javascript"), *SAFE[1:]])
        return [b"nothing_has_this_name();\n"]
    if path not in DEFECTS and not path.startswith(("/accounts/", "/preflight/", "/licensing/")):
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [escape(path).encode()]
    head, body, headers = DEFECTS.get(path, DEFECTS["/"])
    if path == "/":
        body += f'<form action="{ECHO}"><label>Search <input name="q"></label><button>Go</button></form>'
    start_response("200 OK", headers or SAFE)
    return [PAGE.format(head=head, body=body).encode()]


STOPS = [Stop(path.strip("/") or "bare", path, "visitor") for path in DEFECTS]
# grader -> what its findings must say, all of it.
SEEN: dict[str, tuple[str, ...]] = {
    "axe": ("image-alt", "target-size"),
    "Nu HTML checker": ("center",),
    "Lighthouse": ("accessibility",),
    "MDN HTTP Observatory": ("content-security-policy",),
    "csp_evaluator": ("unsafe-inline",),
    "Policy violations": ("script-src",),
    "Console errors": ("nothing_has_this_name",),
    "Weight of a page": ("more than 6 requests",),
    "Third parties": ("127.0.0.1:60999",),
    "Cookies": ("tracker: no HttpOnly",),
    "wapiti": ("Reflected Cross Site Scripting",),
    "bandit": ("shell=True",),
}
CODE = 'import subprocess\n\n\ndef run(name):\n    subprocess.call("ls " + name, shell=True)\n'


def sources(folder: Path) -> list[Path]:
    """Return a folder with one file whose defect bandit knows."""
    made = folder / "planted"
    made.mkdir(exist_ok=True)
    (made / "defect.py").write_text(CODE)
    return [made]
