"""Find the country that a cell names: a code of two or three letters, or a name in French, English or its own language.

Pure. The names are those of the Unicode CLDR that the portal's own list of countries is made of; beside them stand the
names that people write instead.
"""

import re
import tomllib
from functools import cache
from importlib import resources

from portal.tables.headers import plain

# Codes of three letters (ISO 3166-1 alpha-3) and usual names beside CLDR's, by the code of two letters.
_ALSO = {
    "AD": "and", "AE": "are; emirats; emirats arabes; uae; eau", "AR": "arg", "AT": "aut; osterreich",
    "AU": "aus", "BE": "bel; belgie; belgien; belgium luxembourg", "BG": "bgr", "BR": "bra; brasil", "CA": "can",
    "CD": "cod; rdc; congo kinshasa; republique democratique du congo; drc",
    "CG": "cog; congo brazzaville; republique du congo",
    "CH": "che; schweiz; svizzera; confederation suisse", "CI": "civ; ivory coast; cote d ivoire",
    "CN": "chn; republique populaire de chine; people s republic of china; prc", "CY": "cyp",
    "CZ": "cze; czech republic; republique tcheque; czechia; tchequie; ceska republika",
    "DE": "deu; ger; deutschland; allemagne rfa; rfa", "DK": "dnk; danmark", "DZ": "dza", "EE": "est", "EG": "egy",
    "ES": "esp; espana", "FI": "fin; suomi", "FR": "fra; france metropolitaine; metropolitan france; f; frankreich; "
    "republique francaise",
    "GB": "gbr; uk; great britain; grande bretagne; angleterre; england; ecosse; scotland; wales; pays de galles; "
    "united kingdom of great britain and northern ireland; royaume uni de grande bretagne et d irlande du nord; "
    "northern ireland; irlande du nord",
    "GF": "guf; guyane", "GP": "glp", "GR": "grc; hellas; el", "HK": "hkg; hong kong; hong kong sar",
    "HR": "hrv; hrvatska",
    "HU": "hun; magyarorszag", "IE": "irl; eire; republic of ireland; republique d irlande", "IL": "isr", "IN": "ind",
    "IS": "isl", "IT": "ita; italia", "JP": "jpn", "KR": "kor; south korea; coree du sud; republic of korea; coree",
    "LI": "lie", "LT": "ltu", "LU": "lux; luxemburg; grand duche de luxembourg; grand duchy of luxembourg",
    "LV": "lva", "MA": "mar; morocco", "MC": "mco; principaute de monaco", "MD": "mda; moldavie; moldova",
    "MQ": "mtq", "MT": "mlt", "MX": "mex", "NC": "ncl", "NL": "nld; nederland; hollande; holland; the netherlands",
    "NO": "nor; norge", "NZ": "nzl", "PF": "pyf; tahiti", "PL": "pol; polska", "PT": "prt", "RE": "reu; reunion",
    "RO": "rou; rom", "RS": "srb", "RU": "rus; federation de russie; russian federation", "SE": "swe; sverige",
    "SG": "sgp", "SI": "svn; slovenija", "SK": "svk; slovensko; republique slovaque; slovak republic", "SN": "sen",
    "TN": "tun", "TR": "tur; turquie; turkey; turkiye", "TW": "twn", "UA": "ukr",
    "US": "usa; us; etats unis d amerique; united states of america; u s a; u s; etats unis; usa us",
    "YT": "myt", "ZA": "zaf; rsa",
}  # fmt: skip
_ARTICLES = {"le", "la", "les", "l", "the", "republique", "republic", "of", "du", "de"}


@cache
def _names() -> dict[str, str]:
    listed = tomllib.loads((resources.files("portal.geo") / "data" / "countries.toml").read_text("utf-8"))
    found: dict[str, str] = {}
    for code, row in listed.items():
        if isinstance(row, dict) and "name_fr" in row:
            also = [name for name in _ALSO.get(code, "").split(";") if name.strip()]
            for name in (code, row["name_fr"], row["name_en"], *also):
                found.setdefault(_key(name), code)
    return found


def _key(name: str) -> str:
    words = plain(name.replace("&", " and ")).replace(" and ", " ").replace(" et ", " ").split()
    words = ["saint" if word == "st" else "sainte" if word == "ste" else word for word in words]
    return " ".join([word for word in words if word not in _ARTICLES] or words)


def country_code(words: str) -> str:
    """Return the ISO 3166-1 code of the country named, '' when none is known.

    "Paris, France", "Belgium (BE)" and "FR - France" name one country; "France / Belgique" names none.
    """
    names = _names()
    if whole := names.get(_key(words)):
        return whole
    parts = [part for part in re.split(r"[,;/()|]| [-–—] ", words) if part.strip()]
    codes = {code for part in parts if (code := names.get(_key(part)))}
    return codes.pop() if len(codes) == 1 else ""
