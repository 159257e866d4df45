"""One style sheet for every page: what our pages use of Bootstrap, then our tokens, then our own rules.

Most of Bootstrap is for classes that no template has. A page took 34 kB of style sheets in three requests, as a browser
gets them; this one has 17.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import bootstrap_wrapper
import crispy_bootstrap5
import tinycss2
from django.conf import settings
from tinycss2 import ast

BOOTSTRAP = Path(bootstrap_wrapper.get_bootstrap_css_dir()) / "bootstrap.min.css"
OWN = [settings.ROOT / "static/css" / name for name in ("tokens.css", "portal.css")]
# A word of these may be the name of a class: more words keep more rules, and lose none.
_SOURCES = (
    (settings.ROOT / "templates", "*.html"),
    *((settings.ROOT / app, "*.py") for app in ("api", "licensing", "onboarding", "portal")),
    (settings.ROOT / "static/js", "*.js"),
    (Path(crispy_bootstrap5.__file__).parent / "templates", "*.html"),
)
_WORD = re.compile(r"[a-zA-Z][\w-]*")


def page_style() -> str:
    """Return the whole style sheet. Bootstrap's notice stays at its head, as its licence asks."""
    bootstrap = BOOTSTRAP.read_text()
    notice = re.match(r'(?:@charset "UTF-8";)?(/\*!.*?\*/)', bootstrap, re.DOTALL)
    assert notice is not None
    own = "\n".join(small(file.read_text()) for file in OWN)
    return f'@charset "UTF-8";\n{notice[1]}\n{used_of(bootstrap, words(), beside=own)}\n{own}\n'


def words() -> set[str]:
    """Return every word of the templates, programs and scripts that make pages."""
    files = (file for folder, which in _SOURCES for file in folder.rglob(which))
    return {word for file in files for word in _WORD.findall(file.read_text())}


def used_of(css: str, named: set[str], *, beside: str = "") -> str:
    """Return the rules of a style sheet all of whose classes are ``named``, and the properties that something uses.

    ``beside`` is the style sheet that follows: it may use properties of this one.
    """
    kept = _kept(_rules(css), lambda selector: _names(selector) <= named)
    text = _text([rule for rule in kept if not _is_idle_animation(rule, kept)])
    while text != (fewer := _without_unused_properties(text, beside)):
        text = fewer
    return text


def small(css: str) -> str:
    """Return a style sheet without its comments and the white space at the lines' beginnings and ends."""
    without_comments = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return "\n".join(line for line in map(str.strip, without_comments.split("\n")) if line)


def _rules(css: str | list[Any]) -> list[Any]:
    return list(tinycss2.parse_rule_list(css, skip_comments=True, skip_whitespace=True))


def _kept(rules: list[Any], is_used: Callable[[list[Any]], bool]) -> list[tuple[str, Any]]:
    """Return (what stands before the brace, the block: text or a list like this one) of each rule that is used."""
    found: list[tuple[str, Any]] = []
    for rule in rules:
        if isinstance(rule, ast.QualifiedRule):
            used = [tinycss2.serialize(selector).strip() for selector in _selectors(rule.prelude) if is_used(selector)]
            if used:
                found.append((",".join(used), tinycss2.serialize(rule.content).strip()))
        elif isinstance(rule, ast.AtRule) and rule.content is not None:
            before = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}"
            if rule.lower_at_keyword == "keyframes":
                found.append((before, tinycss2.serialize(rule.content).strip()))
            elif within := _kept(_rules(rule.content), is_used):
                found.append((before, within))
    return found


def _selectors(prelude: list[Any]) -> Iterator[list[Any]]:
    one: list[Any] = []
    for token in [*prelude, ast.LiteralToken(0, 0, ",")]:
        if token.type == "literal" and token.value == ",":
            yield one
            one = []
        else:
            one.append(token)


def _names(selector: list[Any]) -> set[str]:
    """Return the classes and Bootstrap's attributes that an element must have. What ``:not(…)`` names is no matter."""
    after_dots = [then for dot, then in pairwise(selector) if dot.type == "literal" and dot.value == "."]
    classes = {token.value for token in after_dots if token.type == "ident"}
    attributes = {block.content[0].value for block in selector if block.type == "[] block"}
    return classes | {name for name in attributes if name.startswith("data-bs-")}


def _is_idle_animation(rule: tuple[str, Any], rules: list[tuple[str, Any]]) -> bool:
    kind, _space, name = rule[0].partition(" ")
    return kind.endswith("keyframes") and name not in _text([other for other in rules if other is not rule])


def _text(rules: list[tuple[str, Any]]) -> str:
    return "".join(f"{before}{{{block if isinstance(block, str) else _text(block)}}}" for before, block in rules)


def _without_unused_properties(css: str, beside: str) -> str:
    used = {name for text in (css, beside) for name in re.findall(r"var\(\s*(--[\w-]+)", text)}
    return re.sub(r"(--[\w-]+):[^;{}]*;?", lambda found: found[0] if found[1] in used else "", css)
