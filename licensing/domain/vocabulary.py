"""Tables of the words that files use: status, programme, kind of right, sector. Pure.

Each table reads a cell word by word, by the beginnings of words, in French and English; its rows are tried in their
order, so that "Open Value Subscription" is found before "Open Value". *Unknown* is an answer: a person is asked, and
nothing is assumed.

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

_STATUSES: Table = (
    (LineStatus.GONE, r"not? activ|non acti|pas acti|not? valid|non valid|inacti|desactiv|deactiv|invalid"),
    (LineStatus.ENDED, r"not? renew|non renouvel|pas renouvel|non reconduit"),
    (LineStatus.UNKNOWN, r"not? |non |pas |sans |suspen|pending|en attente|a valider|draft|brouillon"),
    (LineStatus.LIVE, r"expiring|expires|expire (bientot|dans|le|soon|in)|expirant|bientot|arrive a"),
    (LineStatus.GONE, r"annul|cancel|resil|rendu|retour|return|out ?of ?scope|hors (de )?(perimetre|scope)|"
        r"terminat|suppri|delet|revo|retir|withdr|transfer|migr|remplac|replac|archiv|disabled|deprovision|"
        r"rejet|reject|refus|void|cede"),
    (LineStatus.ENDED, r"expir|ended|echu|termin|clos|clotur|ferme|finish|fini|complet|lapsed|caduc|perime|ancien"),
    (LineStatus.LIVE, r"activ|actif|en (cours|vigueur|production|service|place)|current|courant|valid|ouvert|open\b|"
        r"renew|renouvel|live|in (use|force)|ok\b|utilis|used|en usage|signed|signe|enabled"),
)  # fmt: skip
_PROGRAMS: Table = (
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
    (Right.WITHOUT_SA, r"without|sans\b|hors (sa|software)|excl|no (sa|software)|non\b|no\b|none|aucun|not |pas de|"
        r"false|faux|(sa|assurance) (expir|echu|lapsed|ended|inact)|expir|echu|inacti|lic only|"
        r"licen[cs]es? (only|seule?s?)"),
    (Right.SUBSCRIPTION, r"subscription|abonnement|souscription|subs\b|sub\b|user sl|sl\b|sal\b|"
        r"licen[cs]es? (d )?abonnement"),
    (Right.WITH_SA, r"(licen[cs]es? |lic |l )?(and |et |avec |with |plus )?(sa\b|software assurance)|lsa\b|licsa|sapk|"
        r"oui\b|yes\b|true\b|vrai\b|avec\b|with\b|incl|compris|acti[fv]|active|en cours|valid"),
    (Right.WITHOUT_SA, r"licen[cs]es?\b|perpetu|standard licen"),
)  # fmt: skip
# Codes of one sign, which say nothing inside a longer text.
_RIGHT_CODES = {
    "l": Right.WITHOUT_SA, "n": Right.WITHOUT_SA, "0": Right.WITHOUT_SA, "lic": Right.WITHOUT_SA,
    "o": Right.WITH_SA, "y": Right.WITH_SA, "1": Right.WITH_SA, "x": Right.WITH_SA,
}  # fmt: skip
_SECTORS: Table = (
    ("", r"non (education|gouvernement\w* public|academi)|hors "),
    (Sector.NONPROFIT, r"non ?profit|non ?lucrati|no profit|npo\b|ngo\b|ong\b|charit|caritati|associa|chr\b|fondation|"
        r"foundation|non gouvernement|non government|humanitai|benevol|oeuvre|but non"),
    (Sector.EDUCATION, r"educat|edu\b|academ|enseign|univers|scola|school|studen|etudiant|lycee|college|ecole|campus|"
        r"faculty|formation|acad\b|acd\b"),
    (Sector.GOVERNMENT, r"gov|gouv|public|administra|collectivit|mairie|etat\b|ministe|municip|commune|territorial|"
        r"defense|hopital public|federal"),
    (Sector.COMMERCIAL, r"commerc|corporat|corp\b|com\b|entreprise|enterprise|prive|private|business|pme\b|tpe\b|smb\b|"
        r"eti\b|societe|company|industri"),
)  # fmt: skip


def _pattern(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=\s))(?:{alternatives})")


def _compiled(table: Table) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((value, _pattern(alternatives)) for value, alternatives in table)


_STATUS_PATTERNS, _PROGRAM_PATTERNS, _RIGHT_PATTERNS = map(_compiled, (_STATUSES, _PROGRAMS, _RIGHTS))
_PRODUCT_PATTERNS, _SECTOR_PATTERNS = map(_compiled, (_PROGRAMS_IN_PRODUCTS, _SECTORS))
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


@lru_cache(maxsize=4096)
def program_of(words: str) -> LineProgram:
    return LineProgram(_found(words, _PROGRAM_PATTERNS, LineProgram.UNKNOWN))


@lru_cache(maxsize=4096)
def program_in_product(words: str) -> LineProgram:
    """Return the programme that a product's name gives away ("Windows 11 Pro OEM"), NOT_SAID for most."""
    return LineProgram(_found(words, _PRODUCT_PATTERNS, LineProgram.NOT_SAID))


@lru_cache(maxsize=4096)
def right_of(words: str) -> Right:
    return _RIGHT_CODES.get(plain(words)) or Right(_found(words, _RIGHT_PATTERNS, Right.UNKNOWN))


@lru_cache(maxsize=4096)
def sector_of(words: str) -> str:
    """Return the sector that a cell of a sector column names, '' for none or an unknown one."""
    return _found(words, _SECTOR_PATTERNS, "")


@lru_cache(maxsize=4096)
def sector_of_program(words: str) -> str:
    """Return the sector in a programme's name ("Open Academic", "OLP GOV"), '' for none."""
    return _found(words, _SECTOR_OF_PROGRAM, "")
