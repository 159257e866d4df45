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
        (identifiers.duns, "000 000 001", "000000001"),
        (identifiers.domain, "https://www.Exämple.de/contact", "www.xn--exmple-cua.de"),
        (identifiers.domain, "lou@company.example", "company.example"),
        (identifiers.tenant, "Contoso", "contoso.onmicrosoft.com"),
        (identifiers.tenant, "{8D3B2A10-0000-4000-8000-00000000ABCD}", "8d3b2a10-0000-4000-8000-00000000abcd"),
        (identifiers.mail_address, "Lou@Exämple.de", "Lou@xn--exmple-cua.de"),
        (identifiers.customer_number, "20-222222 ", "20-222222"),
    ],
)
def test_normal_forms(rule: Callable[[str], str], typed: str, normal: str) -> None:
    assert rule(typed) == normal


@pytest.mark.parametrize(
    ("host", "registered"),
    [("mail.exemple.co.uk", "exemple.co.uk"), ("www.exemple.fr", "exemple.fr"), ("foo.github.io", "github.io")],
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
