"""A reader of any language reads nothing but that language: what the code and the data say passes the catalogue.

A made-up language marks every text that comes from a catalogue. What stays unmarked on a page or in a mail of visitors
and resellers is data, a name, or a sentence that no translation can reach.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polib
import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from licensing.domain import editions
from onboarding.domain.checks import reporting
from onboarding.domain.questions.steps import PAGES
from onboarding.enums import Authority, EnrollmentState, Kind
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.notices import letters, registry
from tests.builders import NOW, check_of, fill, make_enrollment, make_submitted
from tests.test_matrix import MEMBERS, TABLE, people
from tests.test_matrix import addresses as keyed
from tests.test_urls import PUBLIC, walk

pytestmark = pytest.mark.django_db

GERMAN = "de"
OPEN, CLOSE = "⟦", "⟧"
PLACE = re.compile(r"(%\(\w+\)[a-z]|%%|\{\w*\})")
CATALOGUES = [settings.ROOT / where / GERMAN / "LC_MESSAGES" / "django.po" for where in ("locale", "locale/data")]


def marked(english: str) -> str:
    """Return the text between marks. Values that are filled in stand outside them, so that they are looked at too."""
    parts = PLACE.split(english)
    return "".join(part if PLACE.fullmatch(part) else f"{OPEN}{part}{CLOSE}" if part else "" for part in parts)


@pytest.fixture(scope="session")
def pseudo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue whose translation of each sentence is the sentence itself, between marks."""
    folder = tmp_path_factory.mktemp("locale")
    made = polib.POFile()
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    known = set()
    for path in CATALOGUES:
        for entry in polib.pofile(str(path)):
            if (entry.msgctxt, entry.msgid) in known:
                continue
            known.add((entry.msgctxt, entry.msgid))
            if "letters" in (entry.msgctxt or ""):  # a format of dates, which is no text
                continue
            if entry.msgid_plural:
                forms = {0: marked(entry.msgid), 1: marked(entry.msgid_plural)}
                made.append(polib.POEntry(msgid=entry.msgid, msgid_plural=entry.msgid_plural, msgstr_plural=forms))
            else:
                made.append(polib.POEntry(msgctxt=entry.msgctxt, msgid=entry.msgid, msgstr=marked(entry.msgid)))
    target = folder / GERMAN / "LC_MESSAGES"
    target.mkdir(parents=True)
    made.save_as_mofile(str(target / "django.mo"))
    return folder


@pytest.fixture
def pseudo(settings: Any, pseudo_folder: Path) -> Iterator[None]:
    settings.LOCALE_PATHS = [pseudo_folder]
    yield
    translation.deactivate()


def unmarked(text: str) -> str:
    """Return a page or a mail without what stands between marks, at any depth."""
    depth, kept = 0, []
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE and depth > 0)
        if depth == 0:
            kept.append(" " if sign == CLOSE else sign)
    return "".join(kept)


class Texts(HTMLParser):
    """What a reader sees or hears of a page."""

    SILENT = frozenset({"script", "style", "code", "kbd", "samp", "textarea"})
    HEARD = ("title", "alt", "aria-label", "placeholder", "data-confirm", "data-label")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.stack: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self._is_silent((tag, given)):
            self.found += [str(given[name]) for name in self.HEARD if given.get(name)]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.found.append(str(given.get("value") or ""))
        if tag == "meta" and given.get("name") == "description":
            self.found.append(str(given["content"]))
        if tag not in ("input", "meta", "link", "br", "hr", "img", "path", "rect", "circle", "col", "wbr"):
            self.stack.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_silent():
            self.found.append(" ".join(data.split()))

    def _is_silent(self, *more: tuple[str, dict[str, str | None]]) -> bool:
        """Return whether the reader does not see this, or reads it in another language."""
        return any(
            tag in self.SILENT or given.get("lang", GERMAN) not in (None, GERMAN) for tag, given in [*self.stack, *more]
        )


def texts_of(html: str) -> list[str]:
    reader = Texts()
    reader.feed(html)
    return reader.found


# Names, and what the tests put into the database: no catalogue has them.
DATA = set(
    re.findall(
        r"\w+",
        """
        Ingram Micro Microsoft CSP MPN Open Cloud Marketplace Online Partner Center BDM PDF XLSX CSV ICS ID PartnerID
        PartnerGlobal IMOnline CMP Office English Français Deutsch DE to EXEMPLE INFORMATIQUE SAS Exemple Informatique
        Otto Nord Claude Camille Dominique rue des Essais Paris png exempleinfo France FR Boulangerie Modèle Garage
        Fictif
        Windows Server Standard Business Premium cancellations NCEC MicrosoftDocs eu eea CRM Lille flow hooks
        """,
    )
)
# Django's own German: months, units of time, its forms' and validators' sentences.
OF_DJANGO = re.compile(
    r"\b(Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Wochen?|Tagen?|Stunden?|"
    r"Minuten?|Monaten?|Jahren?|Uhr)\b|\b(Das|Ihr) Passwort [^.]*\.|Passwort \(Wiederholung\)|Dieses Feld [^.]*\."
)
# Labels of Microsoft's and Ingram Micro's own forms, which are drawn or told as they stand there.
OF_OTHERS = re.compile(
    r"Location name|Country/region|Address line \d|^City$|ZIP/Postal code|Log in with IMOnline|Log in CMP account|"
    r"Activate Reseller Account Now|devicepartner\.microsoft\.com, blog|ingrammicro-assist \d+"
)
NO_TEXT = re.compile(
    r"https?://\S+|\S+@\S+|[\w.-]+\.(example|com|cloud|im|de|md|png)\b|[\w.-]*/[\w./-]+|\b[0-9a-f-]{8,}\b"
)
WORD = re.compile(r"[^\W\d_]{2,}")


def leaks(texts: Iterable[str]) -> list[str]:
    """Return the texts with a word that no catalogue gave and that is no data."""
    found = []
    for text in texts:
        rest = text
        for known in (OF_OTHERS, OF_DJANGO, NO_TEXT):
            rest = known.sub(" ", rest)
        if set(WORD.findall(rest)) - DATA:
            found.append(text)
    return found


def of_answer(answer: HttpResponse) -> list[str]:
    """Return what a page or a spreadsheet says outside the marks."""
    kind = answer.headers.get("Content-Type", "")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if "text/html" in kind:
        return texts_of(unmarked(content.decode()))
    return unmarked(content.decode()).splitlines() if "text/csv" in kind else []


def client_of(user: User | None) -> Client:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = GERMAN
    if user is not None:
        User.objects.filter(pk=user.pk).update(language=GERMAN, name="Otto")
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def leaks_of(client: Client, paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the leaks of each page, and of what it answers to a form that is sent empty, which changes nothing."""
    found: dict[str, list[str]] = {}
    for path in paths:
        said = of_answer(client.get(path))
        with transaction.atomic():
            said += of_answer(client.post(path, {"email": "no address", "name": ""}))
            transaction.set_rollback(True)
        if leaked := leaks(said):
            found[path] = sorted(set(leaked))
    return found


def public_paths() -> list[str]:
    found = ["/accounts/confirm-email/made-up/", "/nothing-here/", "/delegated/made-up/"]
    for name, path in walk(get_resolver().url_patterns):
        plain = "<" not in path and "(?P" not in path
        if name in PUBLIC and plain and not name.startswith(("api:", "admin:")) and name not in PROGRAMS:
            found.append("/" + path.replace("^", "").replace("\\Z", "").replace("$", ""))
    return found


PROGRAMS = {"metrics", "readyz", "livez", "healthz_work", "onboarding:sandbox"}


def examples() -> list[str]:
    """Return the address of the decision aid with each question that editors watch."""
    told = tomllib.loads((settings.ROOT / "licensing/data/examples.toml").read_text("utf-8"))["examples"]
    return [f"{reverse('licensing:advice')}?{urlencode(question)}" for question in told.values()]


@pytest.fixture
def facts() -> None:
    editions.load(now=NOW)


def test_planted_defects_are_seen(pseudo: None):
    with translation.override(GERMAN):
        good = f"<p>{_('Save')} <b>Otto</b></p><img alt='{_('Save')}'>{_('Hello %(name)s,') % {'name': 'Claude'}}"

        assert leaks(texts_of(unmarked(good))) == []
        for planted in (
            f"<p>{_('Save')} and go</p>",
            "<img alt='Picture of it'>",
            "<button aria-label='Close'></button>",
            "<input type=submit value='Send'>",
            _("Hello %(name)s,") % {"name": "dear partner"},
        ):
            assert leaks(texts_of(unmarked(planted))), planted


def test_visitor_reads_nothing_past_the_catalogue(pseudo: None, facts: None):
    assert leaks_of(client_of(None), [*public_paths(), *examples()]) == {}


@pytest.mark.parametrize("state", ["draft", "submitted", "refused", "ready"])
def test_reseller_reads_nothing_past_the_catalogue(pseudo: None, facts: None, state: str):
    enrollment = make_enrollment() if state == "draft" else make_submitted()
    of = people(enrollment)
    keys = keyed(enrollment, of) if state == "submitted" else {}
    told = {name for (read, _written), names in TABLE.items() if set(MEMBERS) & set(read) for name in names.split()}
    if state == "refused":
        fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
        check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
        reporting.report(check=check, says="rejected", on=NOW.date(), by=enrollment.created_by, now=NOW)
        keys["onboarding:answer"] = f"/enrollments/{enrollment.pk}/checks/{check.pk}/answer/"
    if state == "ready":
        Enrollment.objects.filter(pk=enrollment.pk).update(state=EnrollmentState.READY, ready_at=NOW)
    pages = [f"/enrollments/{enrollment.pk}/", *(f"/enrollments/{enrollment.pk}/steps/{slug}/" for slug in PAGES)]

    found = leaks_of(client_of(of["owner"]), [*pages, *(keys[name] for name in sorted(told) if name in keys)])

    assert found == {}


@pytest.mark.parametrize("kind", registry.everything(), ids=lambda kind: kind.code)
def test_mail_says_nothing_past_the_catalogue(pseudo: None, kind: registry.Notification):
    with translation.override(GERMAN):
        context = kind.example()
    letter = letters.render(kind, language=GERMAN, context=context)

    said = [letter.subject, *unmarked(letter.text).splitlines(), *texts_of(unmarked(letter.html))]

    assert leaks([unmarked(text) for text in said]) == []


@pytest.mark.parametrize("who", ["visitor", "reseller"])
def test_german_pages_have_no_english_sentence(who: str):
    """With the real catalogue: no text of a page is an English sentence of it."""
    editions.load(now=NOW)
    english = {" ".join(e.msgid.split()) for path in CATALOGUES for e in polib.pofile(str(path)) if e.msgid != e.msgstr}
    german = {" ".join(e.msgstr.split()) for path in CATALOGUES for e in polib.pofile(str(path))}
    enrollment = make_submitted()
    client = client_of(None if who == "visitor" else enrollment.created_by)
    steps = [f"/enrollments/{enrollment.pk}/steps/{slug}/" for slug in PAGES]
    paths = [*public_paths(), *([f"/enrollments/{enrollment.pk}/", *steps] if who == "reseller" else [])]

    found = {
        path: sorted(shown)
        for path in paths
        if (shown := set(texts_of(client.get(path).content.decode())) & (english - german))
    }

    assert found == {}
