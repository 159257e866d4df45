"""What a reader of the templates and style sheets may rely on. Each test names the file and line that breaks it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.ROOT
TEMPLATES = ROOT / "templates"
STYLES = ROOT / "static" / "css"
CODE = ("api", "licensing", "onboarding", "portal")

LONG = 140  # characters: about what fits beside a diff
# How many lines may be longer. Lower this when lines are broken; a new long line is broken, not counted.
LONG_LINES = 47
# Templates that may write a <select> themselves, each with its reason. The forms and {% select %} draw the others.
OWN_SELECTS: dict[str, str] = {}

# Templates that may compare a code with a text, each with its reason. Others print what a presenter chose.
OWN_COMPARISONS = {
    "templates/bootstrap5/layout/baseinput.html": "crispy's inputs tell a template nothing but their type",
    "templates/bootstrap5/layout/field_file.html": "crispy's attributes come as pairs of name and value",
}
COMPARISON = re.compile(r"""{%\s*(?:el)?if\b(?:(?!%}).)*?(?:[=!]=\s*["']|["']\s*[=!]=|\bin\s+["'])""")

CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
WORD = re.compile(r"[\w-]+")


def files(folder: Path, *endings: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in endings)


def lines(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield ``path:line`` and the text of each line."""
    for path in paths:
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            yield f"{path.relative_to(ROOT)}:{number}", text


def test_template_lines_are_short_enough_to_read():
    long = [place for place, text in lines(files(TEMPLATES, ".html", ".txt")) if len(text) > LONG]

    assert len(long) <= LONG_LINES, "\n".join(long)


def test_a_select_is_drawn_by_a_form():
    own = [place for place, text in lines(files(TEMPLATES, ".html")) if "<select" in text]

    assert [place for place in own if place.partition(":")[0] not in OWN_SELECTS] == []


def test_a_template_compares_no_code_with_a_text():
    found = [place for place, text in lines(files(TEMPLATES, ".html", ".txt")) if COMPARISON.search(text)]

    assert [place for place in found if place.partition(":")[0] not in OWN_COMPARISONS] == []
    assert set(OWN_COMPARISONS) == {place.partition(":")[0] for place in found}


@pytest.mark.parametrize(
    "text",
    [
        '{% if state == "open" %}',
        "{% elif a and b != 'open' %}",
        '{%if "open" == state%}',
        """{% if code in "open closed" %}""",
        '<b {% if number == 1 or state=="done" %}>',
    ],
)
def test_the_search_for_comparisons_finds_one(text: str):
    assert COMPARISON.search(text)


@pytest.mark.parametrize(
    "text",
    ['{% if is_open %}{% translate "a" %}', "{% if a == b %}", '{% if a %}<a rel="x">{% endif %}', '{% url "a" %}'],
)
def test_the_search_for_comparisons_finds_no_other_tag(text: str):
    assert not COMPARISON.search(text)


def test_every_class_of_the_style_sheets_is_used():
    sources = [
        *files(TEMPLATES, ".html"),
        *files(ROOT / "static" / "js", ".js"),
        *(path for folder in CODE for path in files(ROOT / folder, ".py")),
    ]
    used = {word for path in sources for word in WORD.findall(path.read_text(encoding="utf-8"))}

    dead = [
        f"{place} .{name}"
        for place, text in lines(files(STYLES, ".css"))
        for name in CLASS.findall(selectors(text))
        if name not in used and not is_put_together(name, used)
    ]

    assert dead == []


def selectors(line: str) -> str:
    """Return what a line selects, without comments, strings and declarations."""
    bare = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", line)
    begins = "{" in bare or bare.rstrip().endswith(",")
    return re.sub(r"\{[^{}]*\}", " ", bare) if begins else ""


def is_put_together(name: str, used: set[str]) -> bool:
    """Return whether templates write the class in two parts: ``is-{{ status }}``."""
    first, _, second = name.rpartition("-")
    return f"{first}-" in used and second in used


def test_the_search_for_dead_classes_finds_one():
    assert CLASS.findall(selectors(".gone, .here > p { margin: 0.5em }")) == ["gone", "here"]
    assert CLASS.findall(selectors("@media print { .gone { margin: 0.5em } }")) == ["gone"]
    assert not is_put_together("gone", {"gone-", "is-"})
    assert is_put_together("is-turn", {"is-", "turn"})


# French puts a space before a colon: where no translator sees the sentence, ``portal.wording.colon`` writes it.
GLUED = re.compile(r"(?:{{.*?}}|{%.*?%})(?:<[^>]*>|\s)*[:;?!](?!\w)", re.DOTALL)
GLUED_IN_CODE = re.compile(r"""f["'][^"']*\}: \{""")


def glued(text: str) -> list[str]:
    """Return each sign that French spaces behind a printed value, outside of what translators see."""
    unseen = r"{% blocktranslate.*?{% endblocktranslate %}|{#.*?#}|<(style|script)\b.*?</\1>"
    text = re.sub(unseen, "", text, flags=re.DOTALL)
    return GLUED.findall(re.sub(r"<(/?\w+)(?:[^<>{]|{{.*?}}|{%.*?%})*>", r"<\1>", text, flags=re.DOTALL))


def test_no_page_glues_a_label_to_its_value_with_an_english_colon():
    pages = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "templates").rglob("*.*")}
    del pages["templates/api/about.html"]  # the reference of the API, in English
    code = {
        str(path.relative_to(ROOT)): path.read_text()
        for where in ("onboarding/views", "onboarding/forms", "licensing/views", "portal/web", "portal/partners")
        for path in (ROOT / where).rglob("*.py")
    }

    assert len(pages) > 100
    assert {name: found for name, text in pages.items() if (found := glued(text))} == {}
    assert {name for name, text in code.items() if GLUED_IN_CODE.search(text)} <= OF_NO_PAGE


# Names of rows in the code's own lists, never on a page.
OF_NO_PAGE = {"portal/web/guard_rails.py"}


def test_the_search_for_glued_labels_finds_them():
    assert glued("<b>{{ label }}: {{ value }}</b>") and glued("{% translate 'Day' %}: {{ day }}")
    assert glued("{{ by }}:\n{{ note }}") and glued("{% if more %}{% endif %}; ")
    assert glued("{{ a }}<span>: {{ b }}</span>")
    assert not glued('<a href="{{ url }}?of={{ code }}" title="a: b">{{ name }}</a>')
    assert not glued("{% blocktranslate %}{{ a }}: {{ b }}{% endblocktranslate %}")
    assert GLUED_IN_CODE.search('f"{kind.label}: {turn}"')


# On a phone a table's titles are hidden: a number alone says nothing there.
ONLY_A_NUMBER = re.compile(r"<td[^>]*>\s*\{\{ [\w.]+\|counted \}\}\s*</td>")
CARDS = re.compile(r"<table[^>]*table-cards.*?</table>", re.DOTALL)


def test_the_title_of_a_page_says_once_that_something_is_wrong():
    """``base.html`` says it for every page."""
    found = [place for place, text in lines(files(TEMPLATES, ".html")) if "{% error_prefix %}" in text]

    assert found == ["templates/base.html:7"]


# ``written`` knows "1er décembre"; Django's formats of a day write "1 décembre", and shorten British months.
DJANGO_S_DAY = re.compile(r"\b(?:DATE_FORMAT|DATETIME_FORMAT)\b")


def test_days_are_written_by_our_own_filters():
    files = [*(ROOT / "templates").rglob("*.*")]
    files += [path for app in ("portal", "onboarding", "licensing", "api") for path in (ROOT / app).rglob("*.py")]

    found = {str(path.relative_to(ROOT)) for path in files if DJANGO_S_DAY.search(path.read_text(encoding="utf-8"))}

    assert found <= {"portal/web/templatetags/portal.py", "portal/privacy/archive.py"}  # the archive writes figures


def bare_numbers(text: str) -> list[str]:
    return [cell for table in CARDS.findall(text) for cell in ONLY_A_NUMBER.findall(table)]


def test_a_number_in_a_table_has_its_title_on_a_phone():
    found = {str(path.relative_to(ROOT)): bare_numbers(path.read_text()) for path in TEMPLATES.rglob("*.html")}

    assert {name: cells for name, cells in found.items() if cells} == {}
    assert bare_numbers('<table class="table table-cards"><td>{{ lines|counted }}</td></table>')
    assert not bare_numbers('<table class="table"><td>{{ lines|counted }}</td></table>')
