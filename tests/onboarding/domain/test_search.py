"""Every way in which people ask for one enrollment, and what must find nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.domain.desk.search import Group, search
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.partners.models import Membership, Partner
from tests.builders import make_enrollment, make_partner, make_user
from tests.plans import expect_many

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanted() -> Enrollment:
    owner = make_user("zoe.durand@nebuleuse-etoilee.example", name="Zoé Durand")
    partner = make_partner(
        owner=owner, name="Nébuleuse", legal_name="NÉBULEUSE ÉTOILÉE SAS", registration_number="999000623",
        duns="150483999", city="Besançon", mail_domain="nebuleuse-etoilee.example",
        website="www.nebuleuse-etoilee.example",
    )  # fmt: skip
    enrollment = make_enrollment(owner=owner, partner=partner)
    Enrollment.objects.filter(pk=enrollment.pk).update(
        mpn_id="6203458", location_mpn_id="6203471", tenant="nebuleuse.onmicrosoft.com", customer_number="20-777123",
        contact_email="lou@nebuleuse-etoilee.example", contact_first_name="Lou", contact_last_name="Exemple",
    )  # fmt: skip
    for number in range(3):
        other = make_partner(name=f"Autre {number}", legal_name=f"AUTRE MAISON {number} SARL", duns=f"15048300{number}")
        make_enrollment(partner=other)
    return enrollment


WAYS = [
    "NÉBULEUSE ÉTOILÉE SAS", "nébuleuse étoilée", "Nebuleuse Etoilee", "etoilee", "ETOILEE NEBULEUSE",
    "Étoilée  Nébuleuse", "nebuleuse etoilee s.a.s.", "nebuleuze etoilee", "nebulleuse", "étoillée",
    "Nébuleuse Étoilée, SAS",
    "besancon", "6203458", "6203471", "62034", "62 03 458", "150483999", "15-048-3999", "0483999", "999000623",
    "999 000 623", "999 000 623 00012", "SIRET 99900062300012", "RCS Besançon 999 000 623", "D-U-N-S: 15-048-3999",
    "MPN ID 6203458", "TVA FR12 999 000 623", "Lou Exemple <lou@nebuleuse-etoilee.example>",
    "FR12999000623", "20-777123", "nebuleuse-etoilee.example", "www.nebuleuse-etoilee.example",
    "https://www.nebuleuse-etoilee.example/contact", "lou@nebuleuse-etoilee.example",
    "zoe.durand@nebuleuse-etoilee.example",
    "zoe durand", "Lou Exemple", "nebuleuse.onmicrosoft.com",
]  # fmt: skip


@pytest.mark.parametrize("text", WAYS)
def test_every_way_of_asking_finds_it(wanted: Enrollment, text: str) -> None:
    assert [hit.enrollment for hit in search(text, ["FR"])] == [wanted.pk]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("6203458", "enrollment_mpn"),
        ("150483999", "search_duns"),
        ("999000623", "search_registration"),
        ("Nebuleuse-Etoilee.example", "search_mail_domain"),
        ("https://www.nebuleuse-etoilee.example/contact?from=mail", "search_website"),
        ("nebuleuse.onmicrosoft.com", "search_tenant"),
        ("Lou@nebuleuse-etoilee.example", "search_contact_email"),
        ("zoe.durand@nebuleuse-etoilee.example", "user_email_once"),
    ],
)
def test_what_names_one_is_found_by_its_own_index(wanted: Enrollment, text: str, index: str) -> None:
    """Parts of words are in a million rows: "example", "contact", "microsoft"."""
    with CaptureQueriesContext(connection) as captured:
        assert [hit.enrollment for hit in search(text, ["FR"])] == [wanted.pk]

    assert not any("portal_fold" in query["sql"] for query in captured)
    expect_many(Enrollment, Partner, Membership, User)
    with connection.cursor() as cursor:
        for query in captured:
            cursor.execute(f"EXPLAIN {query['sql']}")
            query["plan"] = str(cursor.fetchall())
    assert any(index in query["plan"] for query in captured), captured.captured_queries


def test_its_own_address_finds_it(wanted: Enrollment) -> None:
    [hit] = search(f"https://portal.example/desk/{wanted.pk}/?from=view", None)

    assert (hit.enrollment, hit.group) == (wanted.pk, Group.ADDRESS)


@pytest.mark.parametrize("text", WAYS)
def test_another_countrys_bdm_finds_nothing(wanted: Enrollment, text: str) -> None:
    assert search(text, ["BE", "LU"]) == []
    assert search(text, []) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "%",
        "_",
        "'",
        "\\",
        "\0",
        "%%%%",
        "' OR 1=1 --",
        "🙂",
        "🙂🙂🙂🙂",
        "a" * 10_000,
        "{scope}",
        "%(word0)s",
        "12",
    ],
)
def test_signs_and_nonsense_find_nothing_and_break_nothing(wanted: Enrollment, text: str) -> None:
    assert search(text, None) == []


def test_a_word_of_many_companies_finds_no_more_than_a_page_can_show() -> None:
    owner = make_user()
    for number in range(70):
        make_enrollment(owner=owner, partner=Partner.objects.create(name=f"Commun {number}", country="FR"))

    assert len(search("commun", ["FR"])) == 60


def test_a_word_of_many_is_not_looked_for_within_words() -> None:
    """Trigrams of a word that twenty thousand companies have are read to their end before the first is shown."""
    owner = make_user()
    for number in range(70):
        make_enrollment(owner=owner, partner=Partner.objects.create(name=f"Commun {number}", country="FR"))

    with CaptureQueriesContext(connection) as captured:
        search("commun", ["FR"])

    assert not any("LIKE" in query["sql"] for query in captured)


@pytest.mark.parametrize(
    ("text", "index"), [("etoilee nebul", "search_company_words"), ("nebuleuze etoillee", "search_company_words")]
)
def test_words_and_typos_go_by_the_index_of_words(wanted: Enrollment, text: str, index: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert [hit.enrollment for hit in search(text, ["FR"])] == [wanted.pk]

    expect_many(Enrollment, Partner, Membership, User)
    [last] = [query["sql"] for query in captured if "tsquery" in query["sql"] and "p.city" in query["sql"]][-1:]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {last}")
        assert index in str(cursor.fetchall())


@pytest.mark.parametrize("text", ["nebuleue", "nebuleusse", "nebuleuze", "enbuleuse", "nebuelues"])
def test_one_letter_may_be_left_out_put_in_wrong_or_swapped_and_no_two(wanted: Enrollment, text: str) -> None:
    is_one_typo = text != "nebuelues"

    assert bool(search(text, ["FR"])) == is_one_typo


def test_a_part_within_a_word_is_found_beside_words_that_begin_so(wanted: Enrollment) -> None:
    other = make_enrollment(
        partner=make_partner(name="Toile", legal_name="TOILE BLANCHE", registration_number="", duns="")
    )

    assert {hit.enrollment for hit in search("toile", ["FR"])} == {wanted.pk, other.pk}
