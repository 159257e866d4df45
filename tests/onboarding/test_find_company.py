"""Finding a company in the registers: the search, the pages, and what a second company with one number is told."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from onboarding.connectors import company_search
from onboarding.connectors.company_search import SearchState
from onboarding.domain.enrollment import lifecycle
from onboarding.models import Enrollment
from onboarding.sandbox.records import Company, Fault
from onboarding.sandbox.servers import Sandbox
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Deed, Membership, Partner, Role
from tests.builders import NOW, make_enrollment, make_partner, make_user
from tests.onboarding.connectors.conftest import sandbox, servers_running  # noqa: F401
from tests.portal.people import page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]


@pytest.fixture(autouse=True)
def _registers_and_fresh_limits(settings: Any) -> None:
    settings.REGISTERS = {"FR": ("recherche_entreprises",), "EU": ("vies", "gleif"), "*": ("gleif",)}
    cache.clear()


def search(asked: str, country: str = "FR", **more: Any) -> company_search.SearchResult:
    return company_search.search(asked, country=country, now=NOW, **more)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


# --- the search


@pytest.mark.parametrize(
    ("asked", "country", "name"),
    [
        ("fictif syst", "FR", "FICTIF SYSTEMS"),
        ("999 000 011", "FR", "FICTIF SYSTEMS"),
        ("RCS Lyon 999000011", "FR", "FICTIF SYSTEMS"),
        ("FR12999000011", "FR", "FICTIF SYSTEMS"),
        ("zone modèle", "FR", "ZONE MODELE SARL"),
        ("BE 0999.000.030", "BE", "WOLKEN VOORBEELD"),
        ("wolken", "BE", "WOLKEN VOORBEELD"),
        ("dimma modell", "SE", "DIMMA MODELL AKTIEBOLAG"),
    ],
)
def test_a_company_is_found_by_name_or_by_any_of_its_numbers(asked: str, country: str, name: str) -> None:
    result = search(asked, country)

    assert (result.state, [company.name for company in result.companies]) == (SearchState.FOUND, [name])


def test_a_duns_number_is_looked_up_for_people_with_an_account_only() -> None:
    known = search("999000130", "BE", with_duns=True)
    visitor = search("999000130", "BE")

    assert [company.duns for company in known.companies] == ["999000130"]
    assert visitor.state == SearchState.NOTHING


def test_two_companies_of_one_name_are_both_listed_with_their_towns() -> None:
    result = search("homonyme exemple")

    assert [(c.name, c.street) for c in result.companies] == [
        ("HOMONYME EXEMPLE", "1 RUE DU DOUBLE"),
        ("HOMONYME EXEMPLE", "2 RUE DU DOUBLE"),
    ]


def test_a_ceased_and_a_withheld_one_are_marked() -> None:
    [ceased], [withheld] = search("atelier fini").companies, search("999000151").companies

    assert (ceased.is_ceased, withheld.is_withheld, withheld.number) == (True, True, "999000151")


def test_of_five_hundred_ten_are_shown_and_the_rest_counted(sandbox: Sandbox) -> None:  # noqa: F811
    for number in range(500):
        sandbox.world.add_company(Company(f"99{number:07d}", f"MULTITUDE {number}", "1 RUE", "75001", "PARIS"))

    result = search("multitude")

    assert (len(result.companies), result.total, result.more) == (10, 500, 490)


@pytest.mark.parametrize(
    ("asked", "country", "state"),
    [
        ("xy", "FR", SearchState.TOO_SHORT),
        ("nulle part au monde", "FR", SearchState.NOTHING),
        ("  ", "BE", SearchState.TOO_SHORT),
    ],
)
def test_what_finds_nothing_says_why(asked: str, country: str, state: SearchState) -> None:
    assert search(asked, country).state == state


def test_a_country_without_a_register_says_so(settings: Any) -> None:
    settings.REGISTERS = {"*": ()}

    assert search("anything", "JP").state == SearchState.NO_REGISTER


@pytest.mark.parametrize("trouble", ["503", "429", "html", "redirect", "broken"])
def test_a_register_in_trouble_is_left_alone_for_a_while(sandbox: Sandbox, trouble: str) -> None:  # noqa: F811
    sandbox.world.add_fault(Fault("register", trouble, 1))

    states = [search(asked).state for asked in ("fictif", "nuages")]

    assert states == [SearchState.NO_ANSWER, SearchState.NO_ANSWER]
    assert sum(call.service == "register" for call in sandbox.world.calls()) == 1


def test_an_answer_is_asked_for_once(sandbox: Sandbox) -> None:  # noqa: F811
    for asked in ("Fictif Systems", "fictif  systems", "FICTIF SYSTEMS"):
        search(asked)

    assert sum(call.service == "register" for call in sandbox.world.calls()) == 1


def test_an_address_overseas_is_another_country_for_microsoft(sandbox: Sandbox) -> None:  # noqa: F811
    sandbox.world.add_company(Company("999000169", "VOLCAN MODELE", "1 RUE DU PITON", "97400", "ST DENIS"))

    assert [company.country for company in search("volcan modele").companies] == ["RE"]


def test_suggestions_take_less_than_400_ms_against_the_twin(client: Client) -> None:
    words = [f"{start}{end}" for start in ("nua", "fic", "zon", "hom", "reg") for end in ("", " e", " x", " mod")]
    times = []
    for word in words:
        began = time.perf_counter()
        client.get("/companies/", {"q": word, "country": "FR"}, headers={"X-Part": "hits"})
        times.append(time.perf_counter() - began)

    assert sorted(times)[-2] < 0.4


# --- pages


def test_a_visitor_chooses_for_the_preflight_and_types_no_address(client: Client) -> None:
    found = page(client.get("/companies/", {"q": "nuages exemple", "country": "FR"}))
    [choice] = [e.attrs["href"] for e in found.all("a") if "/preflight/?found=" in (e.attrs.get("href") or "")]

    form = page(client.get(choice))

    values = {e.attrs.get("name"): e.attrs.get("value") for e in form.all("input")}
    assert values["legal_name"] == "NUAGES D'EXEMPLE"
    assert (values["registration_number"], values["postal_code"], values["city"]) == ("999000003", "75002", "PARIS")


def test_suggestions_are_the_same_list_without_the_page(client: Client) -> None:
    part = client.get("/companies/", {"q": "fictif", "country": "FR"}, headers={"X-Part": "hits"}).content.decode()

    assert "FICTIF SYSTEMS" in part and "<html" not in part


@pytest.mark.parametrize(
    ("query", "said", "status"),
    [
        ({"q": "", "country": "FR"}, "Saisissez le nom ou un numéro", 422),
        ({"q": "acme", "country": "XX"}, "Choisissez un pays", 422),
        ({"q": "nulle part au monde", "country": "FR"}, "ne connaît pas cette entreprise", 200),
        ({"q": "atelier fini", "country": "FR"}, "Microsoft la refuserait", 200),
        ({"q": "999000151", "country": "FR"}, "opposé à la publication", 200),
    ],
)
def test_the_page_says_what_to_do_and_always_offers_typing(
    client: Client, query: dict[str, str], said: str, status: int
) -> None:
    answer = client.get("/companies/", query)

    text = answer.content.decode()
    assert (answer.status_code, said in text, "Saisir à la main" in text) == (status, True, True)
    assert "found=" not in text


def test_with_the_register_down_the_page_leads_to_typing(client: Client, sandbox: Sandbox) -> None:  # noqa: F811
    sandbox.world.add_fault(Fault("register", "503", 1))

    text = client.get("/companies/", {"q": "nuages", "country": "FR"}).content.decode()

    assert "ne répond pas" in text and 'href="/preflight/"' in text


def choice_of(client: Client, asked: str) -> str:
    found = page(client.get("/companies/", {"q": asked, "country": "FR"}))
    return str(found.all("button", name="found")[0].attrs["value"])


def test_choosing_registers_the_company_with_everything_the_register_told() -> None:
    me = make_user()
    client = signed_in(me)
    token = choice_of(client, "fictif systems")

    answers = [client.post("/companies/register/", {"found": token}) for _time in range(2)]

    partner = Partner.objects.get(memberships__user=me)
    enrollment = Enrollment.objects.get(partner=partner)
    file = f"/enrollments/{enrollment.pk}/"
    assert [answer.url for answer in answers] == [f"{file}steps/mpn-id/", file]
    assert (partner.legal_name, partner.registration_number, partner.city) == ("FICTIF SYSTEMS", "999000011", "LYON")


@pytest.mark.parametrize("token", ["", "made-up", "eyJhIjoxfQ:1abc:xyz"])
def test_a_forged_choice_registers_nothing(token: str) -> None:
    me = make_user()

    answer = signed_in(me).post("/companies/register/", {"found": token}, follow=True)

    assert "n’est plus valable" in answer.content.decode()
    assert not Partner.objects.filter(memberships__user=me).exists()


def test_in_step_3_the_choice_fills_the_page_and_saves_nothing(as_reseller: Client, enrollment: Enrollment) -> None:
    found = page(as_reseller.get(f"/enrollments/{enrollment.pk}/company/", {"q": "fictif", "country": "FR"}))
    [choice] = [e.attrs["href"] for e in found.all("a") if "?found=" in (e.attrs.get("href") or "")]
    fill_steps(enrollment)

    shown = page(as_reseller.get(choice))

    values = {e.attrs.get("name"): e.attrs.get("value") for e in shown.all("input")}
    enrollment.partner.refresh_from_db()
    assert (values["legal_name"], values["street"]) == ("FICTIF SYSTEMS", "3 PLACE DES MODELES")
    assert enrollment.partner.legal_name == ""


def fill_steps(enrollment: Enrollment) -> None:
    pages = {
        "mpn-id": {"has_mpn_account": True, "mpn_id": "4391888"},
        "location": {
            "country": "FR", "location_mpn_id": "43918881", "location_country": "FR", "location_type": "location",
        },
    }  # fmt: skip
    for slug, answers in pages.items():
        fresh = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
        lifecycle.fill_page(
            enrollment=fresh, slug=slug, answers=answers, basis_seen=lifecycle.basis(fresh, slug),
            by=enrollment.created_by, now=NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("email", "domain"),
    [("lou@nuages.example", "nuages.example"), ("lou@gmail.com", ""), ("lou@fictif.onmicrosoft.com", "")],
)
def test_step_3_begins_with_the_domain_of_the_readers_own_address(email: str, domain: str) -> None:
    me = make_user(email)
    enrollment = make_enrollment(owner=me)
    fill_steps(enrollment)

    shown = page(signed_in(me).get(f"/enrollments/{enrollment.pk}/steps/company/"))

    assert (shown.all("input", name="mail_domain")[0].attrs.get("value") or "") == domain


# --- a second company with the same number


@pytest.mark.parametrize("stored", ["999000011", "99900001100012"])
def test_who_registers_a_known_company_is_told_to_ask_and_not_whom(stored: str) -> None:
    owner = make_user("olga.secret@fictif.example", name="Olga Secret")
    there = make_partner(owner=owner, name="Fictif", registration_number=stored)
    client = signed_in(make_user("new@fictif.example"))
    token = choice_of(client, "fictif systems")

    told = client.post("/companies/register/", {"found": token}).content.decode()
    for _time in range(2):
        client.post("/companies/register/", {"found": token, "ask": ""})

    mails = Mail.objects.filter(code="join_request")
    assert "déjà sur le portail" in told and "Olga" not in told and "olga" not in told
    assert [mail.to for mail in mails] == [owner.email]
    assert there.events.filter(deed=Deed.ASKED_TO_JOIN).count() == 1


def test_the_owner_follows_the_mail_and_finds_the_address_filled_in() -> None:
    owner = make_user("olga@fictif.example")
    there = make_partner(owner=owner, registration_number="999000011")
    client = signed_in(make_user("new@fictif.example"))
    client.post("/companies/register/", {"found": choice_of(client, "fictif systems"), "ask": ""})
    event = there.events.get(deed=Deed.ASKED_TO_JOIN)

    asked = page(signed_in(owner).get(f"/partners/{there.pk}/?asked={event.pk}"))
    forged = page(signed_in(owner).get(f"/partners/{there.pk}/?asked=abc"))

    assert [e.attrs.get("value") for e in asked.all("input", name="email")] == ["new@fictif.example"]
    assert [e.attrs.get("value") for e in forged.all("input", name="email")] == [None]


def test_it_may_be_registered_all_the_same() -> None:
    make_partner(owner=make_user(), registration_number="999000011")
    me = make_user()
    client = signed_in(me)

    client.post("/companies/register/", {"found": choice_of(client, "fictif systems"), "anyway": ""})

    assert Partner.objects.filter(memberships__user=me, registration_number="999000011").count() == 1


@pytest.mark.parametrize("field", ["registration_number", "mail_domain"])
def test_step_3_remarks_that_another_company_has_the_number_or_domain(
    as_reseller: Client, enrollment: Enrollment, field: str
) -> None:
    given = {"registration_number": "999000011", "mail_domain": "fictif.example"}
    make_partner(owner=make_user(), **{field: given[field]})
    fill_steps(enrollment)
    fresh = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    form = {
        "legal_name": "FICTIF",
        "street": "1 rue",
        "postal_code": "69002",
        "city": "Lyon",
        "duns": "",
        "website": "",
    }

    answer = as_reseller.post(
        f"/enrollments/{enrollment.pk}/steps/company/",
        {**form, **given, "basis": lifecycle.basis(fresh, "company")},
        follow=True,
    )

    assert "Une autre entreprise du portail" in answer.content.decode()


def test_an_empty_company_is_nobody_to_ask() -> None:
    deserted = make_partner(registration_number="999000011")
    Membership.objects.filter(partner=deserted, role=Role.OWNER).delete()
    client = signed_in(make_user())

    answer = client.post("/companies/register/", {"found": choice_of(client, "fictif systems")})

    assert answer.status_code == 302
