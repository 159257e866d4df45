"""The identifiers of the trade: normalise what was typed, or raise ``ValueError`` whose text is a code for the form.

Pure: no Django, no network.
"""

import re
import uuid

import idna
from email_validator import EmailNotValidError, validate_email
from publicsuffixlist import PublicSuffixList
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from portal.text import as_keys

_SUFFIXES = PublicSuffixList(only_icann=True)
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
_SPACES = re.compile(r"[\s\u00a0\u202f.]+")

# Public mail: names that their owner registers in many countries, and providers with one or two domains of their own.
_WEBMAIL_NAMES = frozenset([
    "aol", "gmail", "gmx", "googlemail", "hotmail", "icloud", "live", "msn", "outlook", "protonmail", "rocketmail",
    "windowslive", "yahoo", "yandex", "ymail",
])  # fmt: skip
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
    """Return digits only, without spaces. Raises: ValueError("not_digits" | "too_long" | "too_short")."""
    digits = _SPACES.sub("", text)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("not_digits")
    if len(digits) > 12:
        raise ValueError("too_long")
    if len(digits) < 4:
        raise ValueError("too_short")
    return digits


def mpn_id_is_unusual(digits: str) -> bool:
    return len(digits) not in MPN_ID_USUAL


def duns(text: str) -> str:
    """Return nine digits; dashes and spaces are display only. There is no check digit. Source: [dnb-duns].

    Raises: ValueError("not_digits" | "not_nine" | "all_zero").
    """
    digits = re.sub(r"[\s\u00a0\u202f-]+", "", text)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("not_digits")
    if len(digits) != 9:
        raise ValueError("not_nine")
    if digits == "000000000":
        raise ValueError("all_zero")
    return digits


def domain(text: str) -> str:
    """Return a domain that a company can own, as A-labels, lower case. A pasted web address is reduced to its host.

    Raises: ValueError("empty" | "bad_name" | "bare_suffix" | "onmicrosoft" | "webmail").
    """
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower()).split("/")[0].split("@")[-1].strip(".")
    host = host.split(":")[0]
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
    """Return the part of ``name`` that is registered: "mail.exemple.co.uk" -> "exemple.co.uk"."""
    return _SUFFIXES.privatesuffix(name) or name


def mail_address(text: str) -> str:
    """Return an address that plain SMTP can deliver to, with its domain as A-label.

    Raises: ValueError("bad_address" | "onmicrosoft" | "special_domain").
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
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


def _is_public_mail(name: str) -> bool:
    registered = registrable(name)
    return registered in _WEBMAIL or registered.partition(".")[0] in _WEBMAIL_NAMES


def is_western(text: str) -> bool:
    """Return True when the text has only Western European letters and punctuation, typographic signs included."""
    return all(ord(sign) <= 0x24F or sign in "\u2026\u2022€™" for sign in as_keys(text))


def is_role(address: str) -> bool:
    return address.partition("@")[0].lower() in ROLE_NAMES


def tenant(text: str) -> str:
    """Return ``name.onmicrosoft.com`` or a GUID, lower case. A bare name gets the suffix.

    Raises: ValueError("bad_tenant").
    """
    name = text.strip().lower()
    try:
        return str(uuid.UUID(name))
    except ValueError:
        pass
    if re.fullmatch(r"[a-z0-9]{1,27}", name):
        name += ".onmicrosoft.com"
    if not re.fullmatch(r"[a-z0-9]{1,27}\.onmicrosoft\.com", name):
        raise ValueError("bad_tenant")
    return name


def customer_number(text: str) -> str:
    """Return three to twelve letters, digits and dashes; only the length is public. Source: [xvantage-api].

    Raises: ValueError("bad_customer_number").
    """
    number = _SPACES.sub("", text).upper()
    if not re.fullmatch(r"[A-Z0-9-]{3,12}", number):
        raise ValueError("bad_customer_number")
    return number


def customer_number_is_unusual(number: str) -> bool:
    return not re.fullmatch(r"\d{2}-\d{6}", number)


def registration_number(text: str, country: str) -> str:
    """Return the number without spaces; a French one must be a SIREN or SIRET.

    Raises: ValueError("bad_siren" | "bad_registration_number").
    """
    number = _SPACES.sub("", text).upper()
    if country in FRENCH_REGISTER:
        return _french(number)
    if not re.fullmatch(r"[A-Z0-9/-]{2,40}", number):
        raise ValueError("bad_registration_number")
    return number


def vat_number(registration: str, country: str) -> tuple[str, str] | None:
    """Return the VAT number of a registration number, as VIES' prefix and the rest; None if there is none.

    A French SIREN makes a VAT number; elsewhere the typed number must be one ("BE 0999.000.030", "0999000030").
    """
    prefix = _VAT_PREFIXES.get(country, country)
    number = re.sub(r"[\W_]", "", registration).upper()
    if country not in EU_MEMBERS or not number.isascii():
        return None
    bare = next((number[2:] for letters in (prefix, country) if number.startswith(letters)), number)
    try:
        if country == "FR" and bare.isdigit() and len(bare) in {9, 14}:
            return prefix, str(siren.to_tva(bare[:9])).replace(" ", "")
        return prefix, str(vat.validate(prefix + bare))[2:]
    except (ValidationError, ValueError):
        return None


def is_vat_number(registration: str, country: str) -> bool:
    """Return True when it was typed as a VAT number, with the letters of its country."""
    letters = {country, _VAT_PREFIXES.get(country, country)}
    return vat_number(registration, country) is not None and registration.strip()[:2].upper() in letters


def _french(number: str) -> str:
    try:
        return str(siret.validate(number) if len(number) > 9 else siren.validate(number))
    except ValidationError as error:
        raise ValueError("bad_siren") from error


def _to_ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError("bad_name") from error
