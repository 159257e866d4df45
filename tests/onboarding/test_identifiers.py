"""The identifiers of the trade: whatever is typed gives a normal form that stays as it is, or a refusal with a code."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding import identifiers
from onboarding.forms.sentences import SENTENCES

RULES: list[Callable[[str], str]] = [
    identifiers.mpn_id,
    identifiers.duns,
    identifiers.domain,
    identifiers.mail_address,
    identifiers.tenant,
    identifiers.customer_number,
    lambda text: identifiers.registration_number(text, "FR"),
    lambda text: identifiers.registration_number(text, "DE"),
]
TYPED = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789 .-\u00a0", max_size=40),
    st.from_regex(r"[a-zé0-9.@-]{1,30}\.(fr|example|co\.uk|test|onmicrosoft\.com)", fullmatch=True),
)


@pytest.mark.parametrize("rule", RULES)
@given(text=TYPED)
def test_normal_form_or_a_refusal_the_forms_have_words_for(rule: Callable[[str], str], text: str) -> None:
    try:
        normal = rule(text)
    except ValueError as refused:
        assert str(refused) in SENTENCES
    else:
        assert rule(normal) == normal


@pytest.mark.parametrize(
    ("rule", "typed", "normal"),
    [
        (identifiers.mpn_id, " 4 391\u00a0507 ", "4391507"),
        (identifiers.duns, "15-048-3782", "150483782"),
        (identifiers.duns, "15.048.3782", "150483782"),
        (identifiers.duns, "D-U-N-S\u00ae: 15-048-3782", "150483782"),
        (identifiers.duns, "000 000 001", "000000001"),
        (identifiers.domain, "https://www.Exämple.de/contact", "www.xn--exmple-cua.de"),
        (identifiers.domain, "lou@company.example", "company.example"),
        (identifiers.domain, "Lou Exemple <lou@company.example>", "company.example"),
        (identifiers.domain, "https://company.example?utm_source=mail", "company.example"),
        (identifiers.domain, "http://company.example:8080#top", "company.example"),
        (identifiers.tenant, "Contoso", "contoso.onmicrosoft.com"),
        (identifiers.tenant, "Nuages-Test.onmicrosoft.com", "nuages-test.onmicrosoft.com"),
        (identifiers.tenant, "{8D3B2A10-0000-4000-8000-00000000ABCD}", "8d3b2a10-0000-4000-8000-00000000abcd"),
        (identifiers.tenant, "admin@Nuages.onmicrosoft.com", "nuages.onmicrosoft.com"),
        (identifiers.tenant, "https://nuages.onmicrosoft.com/", "nuages.onmicrosoft.com"),
        (identifiers.mail_address, "Lou Exemple <lou@company.example>", "lou@company.example"),
        (identifiers.mail_address, "Lou@Exämple.de", "Lou@xn--exmple-cua.de"),
        (identifiers.customer_number, "20-222222 ", "20-222222"),
    ],
)
def test_normal_forms(rule: Callable[[str], str], typed: str, normal: str) -> None:
    assert rule(typed) == normal


@pytest.mark.parametrize(
    ("host", "registered"),
    [
        ("mail.exemple.co.uk", "exemple.co.uk"),
        ("www.exemple.fr", "exemple.fr"),
        ("www.foo.github.io", "foo.github.io"),
        ("mail.brumes.uk.com", "brumes.uk.com"),
        ("brumes.co.com", "brumes.co.com"),
        ("a.b.gb.net", "b.gb.net"),
    ],
)
def test_registrable(host: str, registered: str) -> None:
    assert identifiers.registrable(host) == registered


@pytest.mark.parametrize(
    "name",
    [
        "gmail.com", "hotmail.be", "hotmail.fr", "hotmail.co.uk", "live.be", "outlook.fr", "yahoo.co.uk", "yahoo.fr",
        "gmx.net", "skynet.be", "telenet.be", "pt.lu", "neuf.fr", "orange.fr", "t-online.de", "mail.hotmail.be",
    ],
)  # fmt: skip
def test_public_mail_is_known_in_every_country(name: str) -> None:
    assert identifiers.is_webmail(f"lou@{name}")
    assert identifiers.is_webmail(f"lou@{name.upper()}")
    with pytest.raises(ValueError, match="webmail"):
        identifiers.domain(name)


@pytest.mark.parametrize(
    "name", ["my-hotmail.be", "gmail.company.example", "hotmail-conseil.fr", "alive.be", "pt.example", "exemple.co.uk"]
)
def test_company_s_domain_is_no_public_mail(name: str) -> None:
    assert not identifiers.is_webmail(f"lou@{name}")


@pytest.mark.parametrize(
    ("name", "is_one"), [("contoso.onmicrosoft.com", True), ("onmicrosoft.com", True), ("notonmicrosoft.com", False)]
)
def test_tenant_s_first_domain_is_told_by_its_dot(name: str, is_one: bool) -> None:
    assert identifiers.is_onmicrosoft(name) is is_one


def test_what_is_unusual_is_only_unusual() -> None:
    assert [identifiers.mpn_id_is_unusual(number) for number in ("1234", "4391507", "123456789")] == [True, False, True]
    assert [identifiers.is_role(a) for a in ("info@company.example", "lou@company.example")] == [True, False]
    assert identifiers.is_webmail("lou@gmail.com")


@pytest.mark.parametrize("rule", [identifiers.mpn_id, identifiers.duns, identifiers.customer_number])
@pytest.mark.parametrize("typed", ["123456789.0", "4712345,00", "5,21E+06", "271828.", "1.5"])
def test_no_decimal_part_makes_another_number(rule: Callable[[str], str], typed: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        rule(typed)


@pytest.mark.parametrize("country", ["FR", "BE", "PL", "US"])
def test_no_decimal_part_makes_another_registration_number(country: str) -> None:
    for typed in ("999000003.0", "99900000.3", "9,99E+08"):
        with pytest.raises(ValueError, match="decimal"):
            identifiers.registration_number(typed, country)


@pytest.mark.parametrize(
    ("typed", "country", "number", "taken_from"),
    [
        ("999 000 003", "FR", "999000003", ""),
        ("999.000.003", "FR", "999000003", ""),
        ("FR 42 999 000 003", "FR", "999000003", "vat"),
        ("999 000 003 R.C.S. Lyon", "FR", "999000003", "rcs"),
        ("RCS Le Mans B 999000003", "RE", "999000003", "rcs"),
        ("SIREN n° 999 000 003", "FR", "999000003", "rcs"),
        ("SIRET : 999 000 003 00015", "FR", "99900000300015", "siret"),
        ("Amtsgericht München HRB 23456", "DE", "HRB23456", "court"),
        ("HRA 777 B", "DE", "HRA777B", ""),
        ("BTW BE 0999.000.030", "BE", "BE0999000030", "label"),
        ("CHE-123.456.788 MWST", "CH", "CHE-123456788", "label"),
        ("KRS 0000123456", "PL", "0000123456", "label"),
        ("Company No. 01234567", "GB", "01234567", "label"),
    ],
)
def test_neighbouring_kinds_of_number_are_recognised(typed: str, country: str, number: str, taken_from: str) -> None:
    assert identifiers.find_registration_number(typed, country) == identifiers.FoundNumber(number, taken_from)


@pytest.mark.parametrize("typed", ["RCS Paris", "999 000 004", "FR 42 999 000 004", "999 000 003 et 999 000 029"])
def test_what_holds_no_siren_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="bad_siren"):
        identifiers.registration_number(typed, "FR")


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("XI 123456782", "GB", ("XI", "123456782")),
        ("123456782", "GB", None),
        ("01234567", "GB", None),
        ("FR 11 000 055 807", "MC", ("FR", "11000055807")),
        ("12S34567", "MC", None),
    ],
)
def test_numbers_that_vies_knows_outside_the_union(typed: str, country: str, number: tuple[str, str] | None) -> None:
    assert identifiers.vat_number(typed, country) == number


@pytest.mark.parametrize(
    ("name", "is_refused", "is_warned"),
    [
        ("outlook.example", False, True),
        ("live.nc", False, True),
        ("yahoo.paris", False, True),
        ("gmx.fr", True, False),
        ("mail.yahoo.co.uk", True, False),
        ("brise-gmail.example", False, False),
    ],
)
def test_only_a_provider_s_own_domains_are_refused(name: str, is_refused: bool, is_warned: bool) -> None:
    assert (identifiers.is_webmail(f"lou@{name}"), identifiers.is_like_webmail(name)) == (is_refused, is_warned)


@pytest.mark.parametrize("number", ["0000", "11111", "04391507"])
def test_placeholders_are_hinted(number: str) -> None:
    assert identifiers.mpn_id_is_a_placeholder(identifiers.mpn_id(number))


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("+33 (0)1 99 00 00 00", True),
        ("01.99.00.00.00 poste 12", True),
        ("0199/000000", True),
        ("non", False),
        ("12", False),
        ("lou@company.example", False),
    ],
)
def test_telephone_has_digits(typed: str, is_one: bool) -> None:
    assert identifiers.is_telephone(typed) is is_one


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+33 (0)1 99 00 00 00", "+33 1 99 00 00 00"),
        ("0033 (0) 199000000", "0033 199000000"),
        ("+44(0)1632 960000", "+44 1632 960000"),
        ("01 99 00 00 00", "01 99 00 00 00"),
        ("(0)1 99 00 00 00", "(0)1 99 00 00 00"),
        ("+1 (212) 555-0100", "+1 (212) 555-0100"),
    ],
)
def test_zero_that_is_not_dialled_is_left_out(typed: str, kept: str) -> None:
    """Microsoft's form refuses it."""
    assert identifiers.telephone(typed) == kept
