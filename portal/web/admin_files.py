"""The admin's pages ask for one style sheet and one script of Django's, where they asked for up to thirty files.

Django names each of its files in a template or a widget, so their tags are replaced once a page is made. jQuery, which
is heavier than all others together, is left out with what needs it: pop-ups for related rows, choices that are fetched
(select2), slugs, more empty forms of an inline. ``tests/portal/test_admin_files.py`` fails when an admin uses those.
"""

import re
from pathlib import Path
from urllib.parse import quote

import django.contrib.admin
from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext

SOURCE = Path(django.contrib.admin.__file__).parent / "static/admin"
NAMES = settings.ROOT / "static/js/admin/names.js"
STYLES = tuple(
    f"css/{name}.css"
    for name in ("base", "dark_mode", "nav_sidebar", "dashboard", "changelists", "widgets", "forms", "responsive")
)
_EVERYWHERE = ("js/nav_sidebar.js", "js/filters.js", "js/actions.js", "js/cancel.js")
# Widgets of forms. Their words are in Django's catalogue for scripts, which only pages with forms load.
_OF_FORMS = ("js/core.js", "js/calendar.js", "js/admin/DateTimeShortcuts.js", "js/SelectBox.js", "js/SelectFilter2.js")
SCRIPTS = {"admin/page.js": _EVERYWHERE, "admin/form.js": (*_EVERYWHERE, *_OF_FORMS)}
LEFT_OUT = (
    "js/jquery.init.js", "js/vendor/jquery/jquery.js", "js/vendor/jquery/jquery.min.js", "js/inlines.js",
    "js/admin/RelatedObjectLookups.js", "js/urlify.js", "js/prepopulate.js", "js/prepopulate_init.js",
    "js/vendor/xregexp/xregexp.js", "js/vendor/xregexp/xregexp.min.js", "js/change_form.js",
)  # fmt: skip
_REPLACED = {*STYLES, *_EVERYWHERE, *_OF_FORMS, *LEFT_OUT}
# Ours, after Django's: pictures stand before a link's words and not behind them, where nobody can tell the contrast;
# links in a text have a line; long words break, and a table wider than a phone moves in its frame. A yes or no in a
# list was a picture with an English name. A page is as long as what is on it, not
# as its window. What is pressed is 24 pixels high and wide.
_OURS = """
.icon-yes, .icon-no, .icon-unknown { display: inline-block; width: 14px; height: 14px; background-repeat: no-repeat; }
.icon-yes { background-image: url(../img/icon-yes.svg); }
.icon-no { background-image: url(../img/icon-no.svg); }
.icon-unknown { background-image: url(../img/icon-unknown.svg); }
.viewlink, .inlineviewlink, .hidelink, .addlink, .changelink, .inlinechangelink, .deletelink {
  padding-left: 0; background-image: none; }
.object-tools a.addlink, .object-tools a.viewsitelink { padding-right: 12px; background-image: none; }
.selector-chooseall, .selector-clearall { padding: 0; background: none; }
.viewlink::before, .inlineviewlink::before, .hidelink::before, .addlink::before, .changelink::before,
.inlinechangelink::before, .deletelink::before { content: ""; display: inline-block; width: 13px; height: 13px;
  margin-right: 3px; vertical-align: -2px; background-size: contain; background-repeat: no-repeat; }
.viewlink::before, .inlineviewlink::before { background-image: url(../img/icon-viewlink.svg); }
.hidelink::before { background-image: url(../img/icon-hidelink.svg); }
.addlink::before { background-image: url(../img/icon-addlink.svg); }
.changelink::before, .inlinechangelink::before { background-image: url(../img/icon-changelink.svg); }
.deletelink::before { background-image: url(../img/icon-deletelink.svg); }
.object-tools a.addlink::before, .object-tools a.viewsitelink::before, .submit-row .deletelink::before {
  display: none; }
.breadcrumbs a, #deleted-objects a, #content > ul a, .errornote a, .messagelist a, .help a {
  text-decoration: underline; }
.breadcrumbs, .readonly, #content h1, #content h2, #content td, #deleted-objects { overflow-wrap: anywhere; }
.module:has(> table) { overflow-x: auto; }
#content .module > table td { overflow-wrap: break-word; }
.object-tools, #content-related { position: relative; z-index: 1; }
#changelist-filter a, .related-widget-wrapper a, .help a, .datetimeshortcuts a { display: inline-block;
  min-width: 24px; min-height: 24px; line-height: 24px; }
#changelist-filter li { margin: 0; }
html, body, #container { height: auto; }
#container { min-height: 100vh; }
"""
_FILE = re.compile(
    rf'\s*<(?:link|script)\b[^>]*?(?:href|src)="{re.escape(settings.STATIC_URL)}admin/([^"]+)"[^>]*>(?:\s*</script>)?'
)
_HASH = re.compile(r"\.[0-9a-f]{12}(?=\.\w+$)")
_ICON = re.compile(rf'<img src="{re.escape(settings.STATIC_URL)}admin/img/icon-(yes|no|unknown)\.[^"]*" alt="\w+">')


def style() -> str:
    """Return Django's style sheets in one, with their pictures inside."""
    sheets = "\n".join((SOURCE / name).read_text() for name in STYLES) + _OURS
    without = re.sub(r"/\*.*?\*/|@import[^;]*;", "", sheets, flags=re.DOTALL)
    lines = "\n".join(line for line in map(str.strip, without.split("\n")) if line)
    return re.sub(r"url\(\.\./img/([\w-]+\.svg)\)", lambda found: f'url("{_picture(found[1])}")', lines)


def script(name: str) -> str:
    """Return Django's scripts in one, and ours, which names what they leave nameless."""
    return "\n".join(part.read_text() for part in (*(SOURCE / name for name in SCRIPTS[name]), NAMES))


def sources() -> list[Path]:
    return [NAMES, *(SOURCE / name for name in (*STYLES, *_EVERYWHERE, *_OF_FORMS))]


def _picture(name: str) -> str:
    text = " ".join((SOURCE / "img" / name).read_text().split()).replace('"', "'")
    return "data:image/svg+xml," + quote(text, safe=" '=:/;,()+-._")


def merge(answer: HttpResponse) -> HttpResponse:
    """Replace the tags of a page of the admin by those of the merged files."""
    if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
        answer.content = merged(answer.content.decode()).encode()
    return answer


def merged(page: str) -> str:
    asked = {_plain(name) for name in _FILE.findall(page)}
    if not asked & _REPLACED:
        return page
    page = _FILE.sub(lambda found: "" if _plain(found[1]) in _REPLACED else found[0], page)
    words = {"yes": gettext("Yes"), "no": gettext("No"), "unknown": gettext("not known")}
    page = _ICON.sub(
        lambda found: format_html(
            '<span class="icon-{}" role="img" aria-label="{}"></span>', found[1], words[found[1]]
        ),
        page,
    )
    # A heading of nothing is none.
    page = re.sub(r"<th( class=\"original\")?></th>", r"<td\1></td>", page)
    name = "admin/form.js" if asked & {*_OF_FORMS[1:]} else "admin/page.js"
    tags = format_html(
        '<link rel="stylesheet" href="{}">\n<script src="{}" defer></script>\n</head>',
        static("admin/page.css"),
        static(name),
    )
    return page.replace("</head>", tags, 1)


def _plain(name: str) -> str:
    return _HASH.sub("", name)
