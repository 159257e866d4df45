"""The identifiers of the trade: normalise what was typed, or raise ``ValueError`` whose text is a code for the form.

Pure: no Django, no network.
"""

import re
import uuid
from dataclasses import dataclass

import idna
from email_validator import EmailNotValidError, validate_email
from publicsuffixlist import PublicSuffixList
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from portal.text import as_keys, bare_address

# With the private part of the list, an owner's label below uk.com or github.io stays the owner's. Source: [psl].
_SUFFIXES = PublicSuffixList()
_REGISTRIES = PublicSuffixList(only_icann=True)
# Sirene covers France and these of its territories, each a country of its own in ISO 3166.
FRENCH_REGISTER = frozenset({"FR", "GF", "GP", "MQ", "RE", "YT", "BL", "MF", "PM"})
# The countries whose VAT numbers VIES knows, and the two letters that differ from ISO 3166.
EU_MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
_VAT_PREFIXES = {"GR": "EL"}
# Outside the Union, with numbers that VIES knows: Northern Ireland's of trade in goods, and Monaco's, which France
# issues. Source: [vies-faq].
SHARED_PREFIXES = {"GB": "XI", "MC": "FR"}
_SPACES = re.compile(r"\s+")
# What a spreadsheet makes of a number: "4391600.0", "4,3916E+06". Dropping the sign would make another number of it.
_DECIMAL = re.compile(r"\d[\d ]*[.,]\d*(?:E[+-]?\d+)?|\d+E[+-]\d+")
# The points of a number's own notation: 999.000.003, 0999.000.030, 12.345.678-9, CHE-123.456.789.
_GROUPED = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")

# Names under which providers offer mail in many countries. Below another suffix they may be a company's own name.
_WEBMAIL_NAMES = frozenset([
    "aol", "gmail", "gmx", "googlemail", "hotmail", "icloud", "live", "msn", "outlook", "protonmail", "rocketmail",
    "windowslive", "yahoo", "yandex", "ymail",
])  # fmt: skip
# The suffixes below which a name of these is its provider's.
_WEBMAIL_SUFFIXES = {
    "aol": "com fr de it es co.uk be nl at pl se ch",
    "gmail": "com",
    "gmx": "com net de at ch fr es it co.uk us org eu info",
    "googlemail": "com de co.uk",
    "hotmail": (
        "com fr de it es be nl ch at se no dk fi gr hu cz pt ca cl my ph sg lv lt rs sk com.ar com.br com.tr com.hk "
        "com.au com.tw co.uk co.jp co.kr co.th co.nz co.il co.id co.za"
    ),
    "icloud": "com",
    "live": (
        "com fr de it es be nl ch at se no dk fi ie ca cl cn hk in jp ru co.uk co.kr co.za com.ar com.au com.mx com.my "
        "com.ph com.pt com.sg"
    ),
    "msn": "com fr de it es nl",
    "outlook": (
        "com fr de it es be dk cl cz hu ie in jp kr lv my ph pt sa sg sk at co.id co.il co.th com.ar com.au com.br "
        "com.gr com.tr com.vn"
    ),
    "protonmail": "com ch",
    "rocketmail": "com",
    "windowslive": "com fr es",
    "yahoo": (
        "com fr de it es be nl ch at se no dk fi gr ie pl ro hu cz pt ca in co.uk co.jp co.in co.id co.kr co.nz co.th "
        "co.za co.il com.ar com.au com.br com.mx com.tr com.hk com.sg com.tw com.ph com.vn com.my com.co com.pe"
    ),
    "yandex": "com ru ua by kz com.tr",
    "ymail": "com",
}
_WEBMAIL = frozenset([
    "126.com", "163.com", "email.com", "fastmail.com", "fastmail.fm", "hey.com", "hushmail.com", "inbox.com", "mac.com",
    "mail.com", "mailbox.org", "me.com", "pm.me", "posteo.de", "proton.me", "qq.com", "rediffmail.com", "tuta.com",
    "tuta.io", "tutanota.com", "zoho.com", "zoho.eu", "zohomail.com", "zohomail.eu",
    # France, Monaco
    "9online.fr", "alice.fr", "aliceadsl.fr", "bbox.fr", "caramail.fr", "cegetel.net", "club-internet.fr",
    "dartybox.com", "free.fr", "freesbee.fr", "laposte.net", "libello.com", "libertysurf.fr", "monaco.mc", "neuf.fr",
    "noos.fr", "nordnet.fr", "numericable.fr", "orange.fr", "sfr.fr", "tele2.fr", "voila.fr", "wanadoo.fr",
    # Belgium, Luxembourg, Netherlands
    "belgacom.net", "brutele.be", "hetnet.nl", "home.nl", "internet.lu", "kpnmail.nl", "planet.nl", "pt.lu",
    "proximus.be", "scarlet.be", "skynet.be", "telenet.be", "versatel.nl", "vo.lu", "voo.be", "xs4all.nl", "ziggo.nl",
    # Germany, Austria, Switzerland
    "a1.net", "aon.at", "arcor.de", "bluewin.ch", "chello.at", "freenet.de", "hispeed.ch", "sunrise.ch", "t-online.de",
    "web.de",
    # Italy, Spain, Portugal
    "alice.it", "libero.it", "sapo.pt", "telefonica.net", "terra.es", "tin.it", "tiscali.it", "virgilio.it",
    # United Kingdom, Ireland, North America
    "att.net", "bellsouth.net", "btinternet.com", "comcast.net", "eircom.net", "ntlworld.com", "sbcglobal.net",
    "sky.com", "sympatico.ca", "talktalk.net", "tiscali.co.uk", "verizon.net", "videotron.ca", "virginmedia.com",
    # Central and eastern Europe
    "abv.bg", "bk.ru", "email.cz", "freemail.hu", "i.ua", "inbox.lv", "inbox.ru", "interia.pl", "list.ru", "mail.ru",
    "o2.pl", "onet.pl", "rambler.ru", "seznam.cz", "ukr.net", "wp.pl",
    # Brazil, Korea
    "bol.com.br", "daum.net", "hanmail.net", "naver.com", "terra.com.br", "uol.com.br",
])  # fmt: skip
# Names of RFC 2142, as in [email-validator], and others too general for Microsoft. Source: [ms-store-documents].
ROLE_NAMES = frozenset(
    [
        "info",
        "admin",
        "administrator",
        "administrateur",
        "contact",
        "marketing",
        "sales",
        "support",
        "abuse",
        "noc",
        "security",
        "postmaster",
        "hostmaster",
        "webmaster",
        "office",
        "accueil",
        "commercial",
        "compta",
        "comptabilite",
        "direction",
        "email",
        "mail",
    ]
)
MPN_ID_USUAL = range(5, 9)  # digits; no length is documented, [pc-validate-resellers] shows 5 to 7


def mpn_id(text: str) -> str:
    """Return digits only, without spaces. Raises: ValueError("decimal" | "not_digits" | "too_long" | "too_short")."""
    digits = _whole(text).replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("not_digits")
    if len(digits) > 12:
        raise ValueError("too_long")
    if len(digits) < 4:
        raise ValueError("too_short")
    return digits


def mpn_id_is_unusual(digits: str) -> bool:
    return len(digits) not in MPN_ID_USUAL


def mpn_id_is_a_placeholder(digits: str) -> bool:
    """Return True for a number that stands for none: one digit repeated, or one that begins with a zero."""
    return digits.startswith("0") or len(set(digits)) == 1


def duns(text: str) -> str:
    """Return nine digits; dashes, dots and spaces are display only. There is no check digit. Source: [dnb-duns].

    Raises: ValueError("decimal" | "not_nine" | "all_zero").
    """
    digits = re.sub(r"^\D*D-?U-?N-?S\D*|[ .-]", "", _whole(text), flags=re.I)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 9):
        raise ValueError("not_nine")
    if digits == "000000000":
        raise ValueError("all_zero")
    return digits


def _whole(text: str) -> str:
    """Return what was typed for a number. Raises: ValueError("decimal")."""
    typed = as_keys(text)
    if _DECIMAL.fullmatch(typed.upper()):
        raise ValueError("decimal")
    return typed


def domain(text: str) -> str:
    """Return a domain that a company can own, as A-labels, lower case: alone, or of a web or an e-mail address.

    Raises: ValueError("empty" | "bad_name" | "bare_suffix" | "onmicrosoft" | "webmail").
    """
    typed = re.sub(r"^[a-z][a-z0-9+.-]*://", "", bare_address(text).lower())
    host = re.split(r"[/?#]", typed)[0].split("@")[-1].split(":")[0].strip(". ")
    if not host:
        raise ValueError("empty")
    name = _to_ascii(host)
    if is_onmicrosoft(name):
        raise ValueError("onmicrosoft")
    if _is_public_mail(name):
        raise ValueError("webmail")
    if "." not in name or re.fullmatch(r"[\d.]+", name):
        raise ValueError("bad_name")
    if _SUFFIXES.privatesuffix(name) is None:
        raise ValueError("bare_suffix")
    return name


def registrable(name: str) -> str:
    """Return the part of ``name`` that has an owner: "mail.exemple.co.uk" -> "exemple.co.uk"."""
    return _SUFFIXES.privatesuffix(name) or name


def mail_address(text: str) -> str:
    """Return an address that plain SMTP can deliver to, with its domain as A-label; a name beside it is left out.

    Raises: ValueError("bad_address" | "onmicrosoft" | "special_domain").
    """
    try:
        found = validate_email(bare_address(text), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        special = "special-use" in str(error) or "not valid. It should have a period" in str(error)
        raise ValueError("special_domain" if special else "bad_address") from error
    if is_onmicrosoft(found.ascii_domain):
        raise ValueError("onmicrosoft")
    address = found.ascii_email
    if address is None:  # allow_smtputf8=False guarantees one
        raise ValueError("bad_address")
    return address


def is_webmail(address: str) -> bool:
    return _is_public_mail(address.rpartition("@")[2].lower())


def is_onmicrosoft(name: str) -> bool:
    """Return whether the domain is a tenant's first one, which no company registers.

    One page of Microsoft allows such a contact, another advises against it; such addresses often have no mailbox. We
    refuse them.
    """
    return name == "onmicrosoft.com" or name.endswith(".onmicrosoft.com")


def own_domain(address: str) -> str:
    """Return the domain that an address shows to be the company's; '' for a mail provider's or a tenant's name.

    The wizard refuses both as the company's domain, so nothing is compared with them elsewhere either.
    """
    domain = address.partition("@")[2]
    if not domain or is_webmail(address) or is_onmicrosoft(domain):
        return ""
    return registrable(domain)


def is_like_webmail(name: str) -> bool:
    """Return True for a domain that bears a mail provider's name, and is none that is known to be the provider's."""
    registered = _REGISTRIES.privatesuffix(name) or name
    return registered.partition(".")[0] in _WEBMAIL_NAMES and not _is_public_mail(name)


def _is_public_mail(name: str) -> bool:
    registered = _REGISTRIES.privatesuffix(name) or name
    label, _dot, suffix = registered.partition(".")
    return registered in _WEBMAIL or suffix in _WEBMAIL_SUFFIXES.get(label, "").split()


def is_western(text: str) -> bool:
    """Return True when the text has only Western European letters and punctuation, typographic signs included."""
    return all(ord(sign) <= 0x24F or sign in "\u2026\u2022€™" for sign in as_keys(text))


def telephone(text: str) -> str:
    """Return a number without the "(0)" that is not dialled after a country code; Microsoft's form refuses it."""
    return re.sub(r"^((?:\+|00) ?\d{1,3}) ?\(0\) ?", r"\1 ", text)


def is_telephone(text: str) -> bool:
    """Return True for six to fifteen digits (E.164) with the usual signs and an extension."""
    number = re.sub(r"(?i)[ ,;]*(?:ext|extension|poste|p|x|dw)[. ]*\d{1,6}$", "", as_keys(text))
    return bool(re.fullmatch(r"\+?[\d ()./-]+", number)) and 6 <= len(re.sub(r"\D", "", number)) <= 15


def is_role(address: str) -> bool:
    return address.partition("@")[0].lower() in ROLE_NAMES


def tenant(text: str) -> str:
    """Return ``name.onmicrosoft.com`` or a GUID, lower case. A bare name gets the suffix; a user's name loses its user.

    Microsoft decides which names there are: any label that DNS allows is asked for.

    Raises: ValueError("bad_tenant").
    """
    name = as_keys(text).lower()
    try:
        return str(uuid.UUID(name))
    except ValueError:
        pass
    host = re.sub(r"^(?:https?://|[^@\s]+@)(?=[^@]+\.onmicrosoft\.com/?$)", "", name).rstrip("/")
    label = re.fullmatch(r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.onmicrosoft\.com)?", host)
    if not label:
        raise ValueError("bad_tenant")
    return f"{label[1]}.onmicrosoft.com"


def customer_number(text: str) -> str:
    """Return three to twelve letters, digits and dashes; only the length is public. Source: [xvantage-api].

    Raises: ValueError("decimal" | "bad_customer_number").
    """
    number = _SPACES.sub("", as_keys(text)).upper()
    if _DECIMAL.fullmatch(number):
        raise ValueError("decimal")
    if not re.fullmatch(r"[A-Z0-9-]{3,12}", number):
        raise ValueError("bad_customer_number")
    return number


def customer_number_is_unusual(number: str) -> bool:
    return not re.fullmatch(r"\d{2}-\d{6}", number)


@dataclass(frozen=True)
class FoundNumber:
    """A registration number in its normal form. ``taken_from`` says in what it was found; '' if it stood alone."""

    number: str
    taken_from: str = ""


# What stands beside a number on papers and letterheads, and is no part of it. Two letters of a country stay: with them
# a number is a VAT number.
_LABELS = re.compile(
    r"\b(?:COMPANY|REGISTRATION|REGISTERED|REG|ORG|VAT|TVA|BTW|IVA|P\.? ?IVA|PARTITA IVA|MWST|UST[- ]?ID(?:[- ]?NR)?|"
    r"UID|NIF|CIF|NIP|REGON|KRS|KBO|BCE|KVK|CVR|ICO|DIC|OIB|RCS|SIREN|SIRET|NUMBER|NUMERO|NUMMER|NO|NR)\b[ .:°º#]*|"
    r"N[°º] ?"
)
# "HRB 12345" with the court that keeps it. Source: [stdnum].
_GERMAN = re.compile(r"\b(HRA|HRB|GNR|PR|VR|GSR)[ .:-]*(\d{1,6} ?[A-Z]{0,2})\b")


def registration_number(text: str, country: str) -> str:
    """Return the number without spaces; a French one must be a SIREN or SIRET.

    Raises: ValueError("decimal" | "bad_siren" | "bad_registration_number").
    """
    return find_registration_number(text, country).number


def find_registration_number(text: str, country: str) -> FoundNumber:
    """Return the number of this country's register in what was typed: alone, or in a VAT number, with a court, a label.

    Raises: ValueError("decimal" | "bad_siren" | "bad_registration_number").
    """
    typed = as_keys(text).upper()
    if _DECIMAL.fullmatch(typed) and not _GROUPED.search(typed):
        raise ValueError("decimal")
    plain = _GROUPED.sub("", typed)
    if country in FRENCH_REGISTER:
        return _french(plain)
    alone = _LABELS.sub("", plain).strip(" .:,-")
    if country in ("DE", "AT") and (court := _GERMAN.search(alone)):
        number, taken_from = re.sub(r" ", "", court[1] + court[2]), "court" if court[0] != alone else ""
    else:
        number, taken_from = _SPACES.sub("", alone), "label" if alone != plain.strip(" .:,-") else ""
    if not re.fullmatch(r"[A-Z0-9/-]{2,40}", number):
        raise ValueError("bad_registration_number")
    return FoundNumber(number, taken_from)


def vat_number(registration: str, country: str) -> tuple[str, str] | None:
    """Return the VAT number of a registration number, as VIES' prefix and the rest; None if there is none.

    A French SIREN makes a VAT number; elsewhere the typed number must be one ("BE 0999.000.030", "0999000030").
    """
    number = re.sub(r"[\W_]", "", registration).upper()
    if not number.isascii():
        return None
    if country in SHARED_PREFIXES:
        # The letters must have been typed: without them it is a number of the country's own register.
        prefix = SHARED_PREFIXES[country]
        return _valid_vat(prefix, number[2:]) if number.startswith(prefix) else None
    if country not in EU_MEMBERS:
        return None
    prefix = _VAT_PREFIXES.get(country, country)
    bare = next((number[2:] for letters in (prefix, country) if number.startswith(letters)), number)
    try:
        if country == "FR" and bare.isdigit() and len(bare) in {9, 14}:
            return prefix, str(siren.to_tva(bare[:9])).replace(" ", "")
    except (ValidationError, ValueError):
        return None
    return _valid_vat(prefix, bare)


def _valid_vat(prefix: str, bare: str) -> tuple[str, str] | None:
    try:
        return prefix, str(vat.validate(prefix + bare))[2:]
    except (ValidationError, ValueError):
        return None


def is_vat_number(registration: str, country: str) -> bool:
    """Return True when it was typed as a VAT number, with the letters of its country."""
    letters = {country, _VAT_PREFIXES.get(country, country), SHARED_PREFIXES.get(country, country)}
    return vat_number(registration, country) is not None and registration.strip()[:2].upper() in letters


def _french(typed: str) -> FoundNumber:
    """Return the SIREN or SIRET: typed alone, in a French VAT number, or beside words ("RCS Paris 999 000 003")."""
    number = _SPACES.sub("", typed)
    if number.isdigit():
        return FoundNumber(_siren_or_siret(number))
    if vat_of := re.fullmatch(r"FR[0-9A-Z]{2}(\d{9})", number):
        # The SIREN has a check digit of its own, so that a wrong key of the VAT number loses nothing.
        return FoundNumber(_siren_or_siret(vat_of[1]), "vat")
    numbers = [_SPACES.sub("", found) for found in re.findall(r"\d(?:[ ]?\d)*", typed)]
    whole = [found for found in numbers if len(found) in (9, 14)]
    if len(whole) != 1:
        raise ValueError("bad_siren")
    return FoundNumber(_siren_or_siret(whole[0]), "siret" if len(whole[0]) == 14 else "rcs")


def _siren_or_siret(digits: str) -> str:
    try:
        return str(siret.validate(digits) if len(digits) > 9 else siren.validate(digits))
    except ValidationError as error:
        raise ValueError("bad_siren") from error


def _to_ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError("bad_name") from error
