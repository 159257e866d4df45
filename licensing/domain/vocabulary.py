"""Tables of the words that files use: status, programme, kind of right, sector. Pure.

Each table reads a cell word by word, by the beginnings of words, in French, English and German; its rows are tried in
their order, so that "Open Value Subscription" is found before "Open Value". *Unknown* is an answer: a person is asked,
and nothing is assumed.

Source: [MSIAM] (row types), [SAM360] (states of an agreement), [VL1] and [VL2] (types of licence in Microsoft's
summary).
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from licensing.enums import Sector
from portal.tables.headers import plain


class LineStatus(StrEnum):
    NOT_SAID = ""
    LIVE = "live"
    ENDED = "ended"  # a perpetual licence stays; a subscription is gone
    GONE = "gone"
    UNKNOWN = "unknown"


class LineProgram(StrEnum):
    NOT_SAID = ""
    OPEN = "open"
    OPEN_VALUE = "open_value"
    CSP = "csp"
    OPEN_VALUE_SUBSCRIPTION = "open_value_subscription"
    ENTERPRISE = "enterprise_agreement"
    SELECT = "select_plus"
    MPSA = "mpsa"
    CAMPUS = "campus"
    SPLA = "spla"
    OEM = "oem"
    RETAIL = "fpp"
    PARTNER_BENEFIT = "partner_benefit"
    DIRECT = "direct"
    UNKNOWN = "unknown"


PLANNED = (LineProgram.NOT_SAID, LineProgram.OPEN, LineProgram.OPEN_VALUE)  # programmes whose lines are planned


class Right(StrEnum):
    """What a line gives: a licence, with Software Assurance or only that, a subscription, or a grant."""

    NOT_SAID = ""
    WITHOUT_SA = "without_sa"
    WITH_SA = "with_sa"
    SUBSCRIPTION = "subscription"
    GRANT = "grant"
    UNKNOWN = "unknown"


Table = tuple[tuple[str, str], ...]  # value, alternatives: regular expressions over a cell's plain words

_NOT = r"(?:not?|non|pas|plus|nicht|kein\w*|won t|isn t|don t|doesn t)"
_OVER = r"expir|ended|echu|perim|lapsed|termin|abgelauf|caduc"
_STATUSES: Table = (
    (LineStatus.ENDED, rf"{_NOT} (\w+ ){{0,2}}(renew|renouvel|reconduit|verlanger)"),
    (LineStatus.GONE, rf"{_NOT} (longer |mehr |est |be )?(acti[vf]|aktiv|valid|gultig|enabled)|non acti|inacti|inaktiv|"
        r"desactiv|deactiv|deaktiv|invalid|ungultig"),
    (LineStatus.LIVE, rf"(never|jamais|nie|ne|n|{_NOT}) (\w+ )?({_OVER})"),
    (LineStatus.UNKNOWN, rf"{_NOT} |never|jamais|nie\b|sans |without|ohne |suspen|gesperrt|pending|en attente|awaiting|"
        r"ausstehend|a valider|(a|to be|zu) activ|draft|brouillon|entwurf"),
    (LineStatus.LIVE, r"expiring|expires|expire (bientot|dans|le|soon|in)|expirant|bientot|arrive a|lauft .*ab\b"),
    (LineStatus.GONE, r"annul|cancel|resil|rendu|retour|return|out ?of ?scope|hors (de )?(perimetre|scope)|"
        r"terminat|suppri|delet|revo|retir|withdr|transfer|migr|remplac|replac|archiv|disabled|deprovision|"
        r"rejet|reject|refus|void|cede|gekundigt|kundig|stornier|zuruck|geloscht|widerruf|ersetzt|ubertrag"),
    (LineStatus.ENDED, r"expir|ended|echu|termin|clos|clotur|ferme|finish|fini|complet|lapsed|caduc|perime|ancien|"
        r"abgelauf|beendet|erlosch|geschlossen"),
    (LineStatus.LIVE, r"activ|actif|en (cours|vigueur|production|service|place)|current|courant|valid|ouvert|open\b|"
        r"renew|renouvel|live|in (use|force)|ok\b|utilis|used|en usage|signed|signe|enabled|"
        r"aktiv|gultig|laufend|in kraft|offen|verlanger"),
)  # fmt: skip
_PROGRAMS: Table = (
    (LineProgram.UNKNOWN, r"(not|non|pas|hors|sauf|except|nicht|kein) "),
    (LineProgram.CSP, r"csp\b|cloud solution|new commerce|nce\b|fournisseur de solutions cloud|microsoft online csp"),
    (LineProgram.OPEN_VALUE_SUBSCRIPTION, r"open value (\w+ )*(subscription|abonnement|sub\b)|ovs\b|ovs es|ovses|"
        r"(subscription|abonnement) open value|open value.*abonnement"),
    (LineProgram.OPEN_VALUE, r"open value|openvalue|ov\b|ovl\b"),
    (LineProgram.CAMPUS, r"campus|school agreement|enrollment for education|ees\b|oves\b"),
    (LineProgram.MPSA, r"mpsa\b|(microsoft )?products? (and|et|&)? ?services? agreement|produits et services"),
    (LineProgram.SELECT, r"select\b|selectplus"),
    (LineProgram.SPLA, r"spla\b|services? provider licen|fournisseurs? de services? d hebergement|hosting agreement"),
    (LineProgram.ENTERPRISE, r"enterprise (agreement|enrol|subscription|contract)|entreprise agreement|"
        r"contrat (d )?entreprise|contrat enterprise|accord (d )?entreprise|accord enterprise|"
        r"(inscription|souscription|abonnement) (d )?ent(er|re)prise|ea\b|eas\b|eap\b|sce\b|server and cloud enrol|"
        r"microsoft enterprise"),
    (LineProgram.OEM, r"oem\b|coem\b|rok\b|coa\b|preinstal|pre instal|reseller option kit|system builder|assembleur|"
        r"livre avec|original equipment"),
    (LineProgram.RETAIL, r"fpp\b|full pack|retail\b|boite|version boite|esd\b|pkc\b|detail\b|grand public|"
        r"electronic software"),
    (LineProgram.PARTNER_BENEFIT, r"mpn\b|maps\b|mcpp\b|action pack|internal use|iur\b|partner (network|benefit)|"
        r"avantages? partenaire|usage interne|isv\b|msdn\b|not for resale|nfr\b"),
    (LineProgram.DIRECT, r"(microsoft )?online subscription|mosp\b|mosa\b|web ?direct|microsoft direct|direct\b|"
        r"microsoft customer agreement|contrat client microsoft|mca\b|mca e\b|pay as you go|payg\b"),
    (LineProgram.OPEN, r"(microsoft )?open\b|olp\b|molp\b|openlicen[sc]e|licen[cs]e open|open ?licen[sc]e"),
)  # fmt: skip
# Words of programmes that are safe to look for in a product's name, where "Open" and "Direct" mean other things too.
_PROGRAMS_IN_PRODUCTS: Table = (
    (LineProgram.CSP, r"csp\b|nce\b"),
    (LineProgram.OPEN_VALUE_SUBSCRIPTION, r"open value subscription|ovs\b"),
    (LineProgram.OEM, r"oem\b|coem\b|oei\b|rok\b|reseller option kit"),
    (LineProgram.RETAIL, r"fpp\b|full packaged"),
    (LineProgram.SPLA, r"spla\b|sal spla"),
    (LineProgram.PARTNER_BENEFIT, r"action pack|not for resale|nfr\b"),
)
_RIGHTS: Table = (
    (Right.GRANT, r"grant|octroi|octroy|droit accord|accorde|offert|bonus|gratuit|free\b"),
    (Right.WITHOUT_SA, r"without|w o\b|sans\b|ohne\b|hors (sa|software)|excl|no (sa|software)|non\b|no\b|nein\b|none|"
        r"kein|nicht|aucun|not |pas de|false|faux|(sa|assurance) (expir|echu|lapsed|ended|inact|abgelauf)|expir|echu|"
        r"abgelauf|inacti|inaktiv|lic only|(licen[cs]es?|lizenz) (only|seule?s?)|nur lizenz"),
    (Right.SUBSCRIPTION, r"subscription|abonnement|souscription|subs\b|sub\b|user sl|sl\b|sal\b|"
        r"licen[cs]es? (d )?abonnement"),
    (Right.WITH_SA, r"(licen[cs]es? |lizenz |lic |l )?(and |et |avec |with |plus |und |mit )?(sa\b|software assurance)|"
        r"lsa\b|licsa|sapk|oui\b|yes\b|ja\b|true\b|vrai\b|wahr\b|avec\b|with\b|mit\b|incl|compris|enthalten|"
        r"inklusive|acti[fv]|aktiv|en cours|valid"),
    (Right.WITHOUT_SA, r"licen[cs]es?\b|lizenz|perpetu|unbefristet|standard licen"),
)  # fmt: skip
# What a product's name says of the right: "Office Std SA OLP NL", "Visio Pro sans SA", "SQL Server subscription".
_RIGHTS_IN_PRODUCTS: Table = (
    (Right.WITHOUT_SA, r"(without|w o|sans|ohne|hors|no|non|not|excl\w*|pas de) (\w+ )?(sa\b|(software )?assurance)|"
        r"(sa|assurance) (expir|echu|lapsed|ended|inact|abgelauf|not? |non |excl|terminee)|"
        r"(licen[cs]es?|lic) (only|seule?s?)\b"),
    (Right.WITH_SA, r"sa\b|software assurance|lsa\b|licsa|sapk"),
    (Right.NOT_SAID, r"visual studio|vs\b|msdn"),  # its licences with assurance are called subscriptions
    (Right.SUBSCRIPTION, r"subs(vl)?\b|subscription(?! edition)s?\b|abonnement|souscription"),
)  # fmt: skip
# Codes of one sign, which say nothing inside a longer text.
_RIGHT_CODES = {
    "l": Right.WITHOUT_SA, "n": Right.WITHOUT_SA, "0": Right.WITHOUT_SA, "lic": Right.WITHOUT_SA,
    "o": Right.WITH_SA, "j": Right.WITH_SA, "y": Right.WITH_SA, "1": Right.WITH_SA, "x": Right.WITH_SA,
}  # fmt: skip
_SECTORS: Table = (
    ("", r"non (education|gouvernement\w* public|academi)|hors |(not|pas|sauf|except|nicht) (?!for profit|lucrati)"),
    (Sector.NONPROFIT, r"non ?profit|not? for profit|"
        r"non ?lucrati|no profit|npo\b|ngo\b|ong\b|charit|caritati|associa|chr\b|fondation|"
        r"foundation|non gouvernement|non government|humanitai|benevol|oeuvre|but non|gemeinnutzig|verein\b|stiftung"),
    (Sector.EDUCATION, r"educat|edu\b|academ|enseign|univers|scola|school|studen|etudiant|lycee|college|ecole|campus|"
        r"faculty|formation|acad\b|acd\b|bildung|schul|hochschul|lehr"),
    (Sector.GOVERNMENT, r"gov|gouv|public|administra|collectivit|mairie|etat\b|ministe|municip|commune|territorial|"
        r"defense|hopital public|federal|behord|offentlich|verwaltung|kommunal"),
    (Sector.COMMERCIAL, r"commerc|corporat|corp\b|com\b|entreprise|enterprise|prive|private|business|pme\b|tpe\b|smb\b|"
        r"eti\b|societe|company|industri|gewerb|unternehm|privatwirt"),
)  # fmt: skip


def _pattern(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=\s))(?:{alternatives})")


def _compiled(table: Table) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, _pattern(alternatives)) for value, alternatives in table)


_STATUS_PATTERNS, _PROGRAM_PATTERNS, _RIGHT_PATTERNS = map(_compiled, (_STATUSES, _PROGRAMS, _RIGHTS))
_PRODUCT_PATTERNS, _SECTOR_PATTERNS = map(_compiled, (_PROGRAMS_IN_PRODUCTS, _SECTORS))
_PRODUCT_RIGHT_PATTERNS = _compiled(_RIGHTS_IN_PRODUCTS)
# A sector in a programme's name: "Public", "Corporate" or "Association" mean other things there.
_SECTOR_OF_PROGRAM = _compiled(
    (
        (Sector.NONPROFIT, r"non ?profit|charit|npo\b|chr\b|non lucrati|caritati"),
        (Sector.EDUCATION, r"educat|edu\b|academ|enseign|school|student|acad\b"),
        (Sector.GOVERNMENT, r"gov|gouv|secteur public|public sector"),
        (Sector.COMMERCIAL, r"commercial"),
    )
)


def _found(words: str, table: Iterable[tuple[str, re.Pattern[str]]], unknown: str) -> str:
    """Return the value of the first row whose words occur, '' for no words at all, else ``unknown``."""
    said = plain(words)
    if not said:
        return ""
    return next((value for value, pattern in table if pattern.search(said)), unknown)


@lru_cache(maxsize=4096)
def status_of(words: str) -> LineStatus:
    return LineStatus(_found(words, _STATUS_PATTERNS, LineStatus.UNKNOWN))


# Between two programmes of one cell: "Open Value / Open License", "OEM ou Open", "OV (ex-Open)".
_BETWEEN = re.compile(r"[/|;,+&()\[\]>→]|\b(?:ou|or|oder|et|and|und|puis|then|ex)\b", re.I)


@lru_cache(maxsize=4096)
def program_of(words: str) -> LineProgram:
    """Return the programme that a cell names; UNKNOWN too for one that names a planned programme and another."""
    parts = {_found(part, _PROGRAM_PATTERNS, LineProgram.UNKNOWN) for part in _BETWEEN.split(words)}
    named = parts - {LineProgram.NOT_SAID, LineProgram.UNKNOWN}
    if len(named) > 1 and named & set(PLANNED):
        return LineProgram.UNKNOWN
    return LineProgram(_found(words, _PROGRAM_PATTERNS, LineProgram.UNKNOWN))


@lru_cache(maxsize=4096)
def program_in_product(words: str) -> LineProgram:
    """Return the programme that a product's name gives away ("Windows 11 Pro OEM"), NOT_SAID for most."""
    return LineProgram(_found(words, _PRODUCT_PATTERNS, LineProgram.NOT_SAID))


@lru_cache(maxsize=4096)
def right_of(words: str) -> Right:
    return _RIGHT_CODES.get(plain(words)) or Right(_found(words, _RIGHT_PATTERNS, Right.UNKNOWN))


@lru_cache(maxsize=4096)
def right_in_product(words: str) -> Right:
    """Return what a product's name says of Software Assurance and of subscriptions, NOT_SAID for most."""
    return Right(_found(words, _PRODUCT_RIGHT_PATTERNS, Right.NOT_SAID))


@lru_cache(maxsize=4096)
def sector_of(words: str) -> str:
    """Return the sector that a cell of a sector column names, '' for none, an unknown one, or two of them."""
    named = {_found(part, _SECTOR_PATTERNS, "") for part in _BETWEEN.split(words)} - {""}
    if len(named) > 1:
        return ""
    return _found(words, _SECTOR_PATTERNS, "")


@lru_cache(maxsize=4096)
def sector_of_program(words: str) -> str:
    """Return the sector in a programme's name ("Open Academic", "OLP GOV"), '' for none."""
    return _found(words, _SECTOR_OF_PROGRAM, "")
