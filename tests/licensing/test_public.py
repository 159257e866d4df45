"""The pages for everybody, as a visitor reads them."""

import datetime as dt
import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import travel

from licensing.models import TransferLink
from portal.accounts.models import User
from tests.builders import make_bdm, make_enrollment, make_submitted
from tests.portal.people import Page, page

pytestmark = pytest.mark.django_db

PAGES = ("/licensing/calendar/", "/licensing/compare/", "/licensing/advice/", "/licensing/transfer/")


@pytest.fixture
def visitor(client: Client) -> Client:
    client.cookies["django_language"] = "en-gb"
    return client


def asked(visitor: Client, **answers: object) -> Page:
    return page(visitor.get("/licensing/advice/?" + urlencode(answers)))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["fr", "en-gb"])
def test_public_pages_open_in_both_languages(client: Client, path: str, language: str) -> None:
    client.cookies["django_language"] = language

    shown = page(client.get(path))

    assert len(shown.all("h1")) == 1
    assert shown.all("html")[0].attrs["lang"] == language


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("query", ["on=31/02/2026", "on=x&sector=nobody&p=1&row=2&quantity=-1&order_on=1899-01-01"])
def test_nonsense_in_the_address_is_no_error(visitor: Client, path: str, query: str) -> None:
    assert visitor.get(f"{path}?{query}&expires_on=9999-99-99&country=%3Cb").status_code == 200


# --- calendar
def test_calendar_keeps_the_precision_of_its_sources(visitor: Client) -> None:
    times = [element.text for element in page(visitor.get("/licensing/calendar/")).all("time")]

    assert "19 January 2021" in times  # Microsoft's day
    assert "July 2021" in times  # the guide's month stays a month
    assert "2025" in times
    assert len(times) == 24


def test_calendar_of_a_sector_leaves_the_others_out(visitor: Client) -> None:
    html = visitor.get("/licensing/calendar/?sector=education").content.decode()

    assert "Education and non-profit offers in Open Value" in html
    assert "Perpetual licences available to every CSP partner" not in html


def test_calendar_as_of_a_day_marks_what_lay_ahead(visitor: Client) -> None:
    shown = page(visitor.get("/licensing/calendar/?on=2021-06-30"))

    ahead = [element for element in shown.all("li") if element.attrs.get("class") == "is-ahead"]
    names = [str(circle.attrs.get("class")) for circle in shown.all("circle")]
    dots = [name for name in names if "years" in name]
    assert len(ahead) == 18
    assert sum("years-past" in dot for dot in dots) == 6


def test_each_dot_of_the_calendar_leads_to_its_change(visitor: Client) -> None:
    shown = page(visitor.get("/licensing/calendar/"))

    dots = [one for one in shown.all("a") if str(one.attrs.get("href")).startswith("#change-")]
    changes = [f"#{one.attrs['id']}" for one in shown.all("li") if str(one.attrs.get("id")).startswith("change-")]
    assert [one.attrs["href"] for one in dots] == changes
    assert "19 January 2021, " in " ".join(str(one.attrs["aria-label"]) for one in dots)


# --- comparison
def test_comparison_has_fifteen_rows_in_three_groups_and_three_footnotes(visitor: Client) -> None:
    shown = page(visitor.get("/licensing/compare/"))

    assert len(shown.all("th", scope="row")) == 15
    assert len(shown.all("th", scope="rowgroup")) == 3
    assert len(shown.all("th", scope="col")) == 5
    assert len([e for e in shown.elements if str(e.attrs.get("id")).startswith("footnote-")]) == 3
    assert len(shown.all("td", role="cell")) == 60


def test_comparison_of_two_programmes_and_two_rows(visitor: Client) -> None:
    shown = page(visitor.get("/licensing/compare/?p=open_value&p=csp_perpetual&row=sa&row=term"))

    assert [" ".join(e.text.split()) for e in shown.all("th", scope="col")] == [
        "Subject", "Perpetual software in CSP", "Open Value",
    ]  # fmt: skip
    assert [e.text.strip() for e in shown.all("th", scope="row")] == ["Term of agreement", "Software Assurance (SA)"]


def test_only_what_differs_leaves_out_what_is_the_same(visitor: Client) -> None:
    html = visitor.get("/licensing/compare/?p=csp_online&p=csp_perpetual&differences=1&row=channel&row=sa&row=term")

    shown = page(html)
    assert [e.text.strip() for e in shown.all("th", scope="row")] == ["Term of agreement"]
    assert "2 rows that are the same everywhere are left out." in shown.html


def cell_of(visitor: Client, row: str, programme: str, on: str) -> str:
    shown = page(visitor.get(f"/licensing/compare/?p={programme}&row={row}&on={on}"))
    return " ".join(shown.all("td", role="cell")[0].text.split())


@pytest.mark.parametrize(
    ("row", "programme", "on", "text"),
    [
        ("cancellation", "csp_online", "2021-09-01", "Can be cancelled at any time for pro-rated credit"),
        ("cancellation", "csp_online", "2022-01-10", "Within 72 hours"),
        ("cancellation", "csp_online", "2022-03-17", "Within 7 calendar days"),
        ("cancellation", "csp_perpetual", "2021-05-31", "Within 60 days"),
        ("cancellation", "csp_perpetual", "2021-06-01", "Within 30 days"),
        ("method", "open_value", "2023-01-01", "Volume Licensing Service Center"),
        ("method", "open_value", "2026-01-01", "Microsoft 365 admin center"),
        ("sectors", "csp_perpetual", "2021-03-01", "Commercial"),
    ],
)
def test_a_cell_says_what_held_on_the_day(visitor: Client, row: str, programme: str, on: str, text: str) -> None:
    said = cell_of(visitor, row, programme, on)

    assert text in said.split("At other times")[0]


def test_where_sources_differ_both_are_shown_the_safer_first(visitor: Client) -> None:
    said = cell_of(visitor, "sectors", "csp_perpetual", "2026-01-01").split("Sources differ")

    assert said[0].endswith("Commercial, education, non-profit ")
    first, second = said[1].index("Commercial, education, non-profit –"), said[1].index("non-profit and government")
    assert first < second


# --- decision aid
def test_the_aid_asks_one_question_at_a_time(visitor: Client) -> None:
    first = asked(visitor)
    second = asked(visitor, need="online_service", asked="need")

    assert [e.text.strip() for e in first.all("legend")] == ["What does your customer need?"]
    assert [e.text.strip() for e in second.all("legend")] == ["Who is the customer?"]
    assert [e.attrs["value"] for e in second.all("input", type="hidden", name="need")] != []


def test_an_expiry_gives_the_days_and_a_country_without_anybody_a_condition(visitor: Client) -> None:
    answers = {"need": "online_service", "sector": "commercial", "expires_on": "2031-03-31", "country": "LU"}

    facts = {next(filter(None, map(str.strip, e.text.split("\n"))), "") for e in asked(visitor, **answers).all("dd")}
    alone = visitor.get("/licensing/advice/?" + urlencode(answers)).content.decode()
    make_bdm("LU")
    covered = visitor.get("/licensing/advice/?" + urlencode(answers)).content.decode()

    assert "26 March 2031 to 29 March 2031" in facts
    assert any(text.startswith("30 March 2031; not a working day") for text in facts)
    assert ("covers the customer" in alone, "covers the customer" in covered) == (True, False)


@pytest.mark.parametrize("country", ["\0", "ZZZ", "<b>", "%00", "é", "1e", " "])
def test_a_country_that_is_none_is_not_asked_about(visitor: Client, country: str) -> None:
    shown = asked(visitor, need="online_service", sector="government", country=country)

    assert shown.by_id("verdict-title").text


def test_continue_without_an_answer_is_told_at_the_question(visitor: Client) -> None:
    shown = asked(visitor, asked="need")

    assert "Choose an answer, or enter a value." in shown.by_id("question-error").text
    assert [e.attrs["href"] for e in shown.all("a") if "Choose an answer" in e.text] == ["#id_need"]
    assert shown.by_id("id_need").attrs["type"] == "radio"


def test_who_does_not_know_the_need_is_helped(visitor: Client) -> None:
    cloud = asked(visitor, need="unknown")
    versions = asked(visitor, need="unknown", cloud="no")
    found = asked(visitor, need="unknown", cloud="yes", sector="commercial")

    assert "over the internet" in cloud.all("legend")[0].text
    assert "every new version" in versions.all("legend")[0].text
    assert found.by_id("verdict-title").text == "Microsoft Online CSP"


@pytest.mark.parametrize("language", ["fr", "en-gb"])
def test_the_answer_says_why_why_not_and_where_from(client: Client, language: str) -> None:
    client.cookies["django_language"] = language
    answers = {"need": "perpetual_no_sa", "transaction": "new", "product": "system_center", "sector": "commercial"}
    html = client.get("/licensing/advice/?" + urlencode({**answers, "quantity": 10})).content.decode()

    assert "System Center" in html
    assert len([e for e in Page(html).all("dt") if "possible" in e.text]) == 3
    assert "Open vers CSP" in html  # the guide is cited
    assert "R08" not in html  # a number of our table says nothing to a reader


def test_an_old_order_date_is_answered_as_of_that_day(visitor: Client) -> None:
    answers = {"need": "perpetual_no_sa", "transaction": "new", "product": "office", "sector": "commercial"}
    then = asked(visitor, **answers, order_on="2020-02-01")
    now = asked(visitor, **answers)

    assert then.by_id("verdict-title").text == "Open License"
    assert now.by_id("verdict-title").text == "Perpetual software in CSP"


@pytest.mark.parametrize(
    ("written", "verdict", "said"),
    [
        ("SYSCTR Datacenter 2 proc", "Open Value", "SYSCTR Datacenter 2 proc (System Center)"),
        ("  win server  STANDARD ", "Perpetual software in CSP", "win server STANDARD (Windows Server)"),
        ("Logiciel Fictif 3000", "Ask your contact at Ingram Micro", "Logiciel Fictif 3000 (Another product)"),
        ("Veeam Backup for Office 365", "Ask your contact at Ingram Micro", "Veeam Backup for Office 365 (Software of"),
        (
            "Autodesk AutoCAD LT 2021",
            "Ask your contact at Ingram Micro",
            "Autodesk AutoCAD LT 2021 (Software of another maker)",
        ),
    ],
)
def test_a_product_may_be_written_as_the_invoice_has_it(visitor: Client, written: str, verdict: str, said: str) -> None:
    answers = {
        "need": "perpetual_no_sa",
        "transaction": "new",
        "sector": "commercial",
        "quantity": 10,
        "runs_on": "own",
    }

    shown = asked(visitor, **answers, product="", product_name=written)

    assert shown.by_id("verdict-title").text == verdict
    assert any(said in " ".join(e.text.split()) for e in shown.all("dd"))
    change = next(e.attrs["href"] for e in shown.all("a") if "Which product?" in e.text)
    assert "product" not in str(change)


def test_a_product_that_was_chosen_counts_before_one_that_is_written(visitor: Client) -> None:
    answers = {"need": "perpetual_no_sa", "transaction": "new", "sector": "commercial", "quantity": 10}

    shown = asked(visitor, **answers, product="office", product_name="System Center")

    assert shown.by_id("verdict-title").text == "Perpetual software in CSP"
    assert not [e.text for e in shown.all("dd") if "System Center" in e.text]


def test_an_online_service_is_no_product_of_a_licence(visitor: Client) -> None:
    answers = {"need": "perpetual_no_sa", "transaction": "new", "sector": "commercial"}

    shown = asked(visitor, **answers, product_name="Office 365 E3", asked="product")

    assert "This is an online service" in shown.by_id("question-error").text
    assert shown.by_id("id_product_name").attrs["value"] == "Office 365 E3"


def test_the_tenant_changes_steps_and_days(visitor: Client) -> None:
    answers = {"need": "online_service", "sector": "commercial", "expires_on": "2031-03-31"}

    def days(tenant: str) -> tuple[list[str], bool]:
        shown = asked(visitor, **answers, tenant=tenant)
        return [e.text for e in shown.all("dt")], "scenario 2" in shown.by_id("steps-title").text

    outside, ours = days("outside"), days("ours")

    assert ("Ask for the transfer on" in outside[0], outside[1]) == (True, True)
    assert ("Ask for the transfer on" in ours[0], "Order" in ours[0], ours[1]) == (False, True, False)


def test_what_blocks_is_named_with_the_wizard_s_next_step(as_reseller: Client, reseller: User) -> None:
    partner = reseller.partners.get()
    answers = {"need": "online_service", "sector": "commercial"}

    def way(country: str) -> list[tuple[str, str]]:
        shown = asked(as_reseller, **answers, country=country)
        return [(e.text, str(e.attrs["href"])) for e in shown.all("a") if re.match("Étape|Commencer une", e.text)]

    begin = [("Commencer une inscription pour ce pays", f"/partners/{partner.pk}/enroll/")]
    assert way("FR") == begin
    enrollment = make_enrollment(partner=partner)
    here = enrollment.country_id
    assert way(here) == [("Étape 1 sur 5, ID MPN", enrollment.get_absolute_url())]
    assert way("LU") == begin
    submitted = make_submitted(partner=partner, country="BE")
    type(submitted).objects.filter(pk=submitted.pk).update(state="ready", ready_at=timezone.now())
    assert (way("BE"), len(way(here))) == ([], 1)


@pytest.mark.parametrize("written", ["31/02/2026", "soon", "1899-01-01"])
def test_a_day_that_cannot_be_read_gives_no_verdict(visitor: Client, written: str) -> None:
    answers = {"need": "online_service", "transaction": "renewal", "sector": "commercial", "order_on": written}

    html = visitor.get("/licensing/advice/?" + urlencode(answers)).content.decode()

    assert 'id="verdict-title"' not in html
    assert html.count("The day of the order cannot be read.") == 1
    assert 'id="order-on-error"' in html
    field = Page(html).by_id("id_order_on")
    assert (field.attrs["name"], field.attrs["value"]) == ("order_on", "")


def test_who_is_led_to_a_person_finds_him_right_after_the_verdict(visitor: Client) -> None:
    answers = {"need": "online_service", "transaction": "renewal", "sector": "government", "country": "FR"}

    html = visitor.get("/licensing/advice/?" + urlencode(answers)).content.decode()

    assert re.findall(r'id="(verdict|person|notes|others|answers)-title"', html)[:2] == ["verdict", "person"]
    assert 'id="contact-title"' not in html


def test_government_is_led_to_the_contact_of_its_country(visitor: Client) -> None:
    local, lead = make_bdm("FR"), make_bdm(lead=True)
    for bdm, phone in ((local, "+33 1 00 00 00 00"), (lead, "+44 20 0000 0000")):
        bdm.phone = phone
        bdm.save()

    def contact(country: str) -> str:
        shown = asked(visitor, need="online_service", sector="government", country=country)
        assert shown.by_id("verdict-title").text == "Ask your contact at Ingram Micro"
        return shown.html

    assert (local.user.email in contact("FR"), lead.user.email in contact("FR")) == (True, False)
    assert (local.user.email in contact("DE"), lead.user.email in contact("DE")) == (False, True)


def test_a_contact_without_telephone_is_shown_to_nobody_outside(visitor: Client) -> None:
    hidden = make_bdm("FR")

    html = asked(visitor, need="online_service", sector="government", country="FR").html

    assert hidden.user.email not in html
    assert "account team" in html


def test_changing_an_answer_keeps_the_others(visitor: Client) -> None:
    shown = asked(visitor, need="online_service", sector="government")

    [change] = [e.attrs["href"] for e in shown.all("a") if "Who is the customer" in e.text]
    assert change == "?need=online_service"


# --- transfer guide
@travel(dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC), tick=False)
@pytest.mark.parametrize(
    ("expiry", "told"),
    [
        ("2027-03-15", ["14 March 2027", "12 March 2027", "3 March 2027", "10 March 2027 to 13 March 2027"]),
        ("2026-11-23", ["Act now", "today"]),
        ("2026-11-22", ["The service has just ended"]),
        ("2026-11-21", ["The service has just ended"]),
        ("2023-02-28", ["nothing is left to transfer"]),
        ("2028-02-29", ["28 February 2028"]),
    ],
)
def test_transfer_guide_computes_the_days(visitor: Client, expiry: str, told: list[str]) -> None:
    html = visitor.get(f"/licensing/transfer/?expires_on={expiry}&country=FR").content.decode()

    assert [text for text in told if text not in html] == []


def test_transfer_guide_shows_the_link_of_the_country(visitor: Client) -> None:
    today = timezone.localdate()
    for days, name in ((400, "old"), (0, "fr"), (-1, "next")):
        TransferLink.objects.create(
            country_id="FR", url=f"https://transfer.example/{name}", valid_from=today - dt.timedelta(days=days),
            source="Test",
        )  # fmt: skip

    french, german = (visitor.get(f"/licensing/transfer/?country={code}").content.decode() for code in ("FR", "DE"))

    assert [name for name in ("old", "fr", "next") if f"https://transfer.example/{name}" in french] == ["fr"]
    assert "https://transfer.example/" not in german


@pytest.mark.parametrize(("path", "most"), [*((path, 3) for path in PAGES[:3]), (PAGES[3], 5)])
def test_public_pages_cost_few_queries(
    visitor: Client, path: str, most: int, django_assert_max_num_queries: object
) -> None:
    visitor.get(path)

    with django_assert_max_num_queries(most):  # type: ignore[operator]
        visitor.get(path)


def test_no_product_is_chosen_for_anybody(client: Client) -> None:
    asked = {"need": "perpetual_no_sa", "transaction": "new"}

    shown = client.get("/licensing/advice/", asked).content.decode()
    pressed = client.get("/licensing/advice/", {**asked, "asked": "product", "product": ""}).content.decode()

    first = re.search(r'<select[^>]*name="product".*?<option value="([^"]*)"', shown, re.S)
    assert first is not None
    assert first[1] == ""
    assert "error-summary" in pressed
    assert 'name="product"' in pressed


# --- sources ----------------------------------------------------------------------------------------------------
ANSWERED = (
    "need=online_service&transaction=renewal&sector=commercial",
    "need=perpetual_no_sa&transaction=new&sector=education&product=sql_server&quantity=5&runs_on=elsewhere",
    "need=sa_renewal&transaction=renewal&sector=nonprofit&product=exchange_server&quantity=9&expires_on=2023-02-28",
    "need=unused_token&transaction=new&sector=commercial&token_bought_on=2021-12-01",
)
CITING = ("/", "/licensing/calendar/", "/licensing/compare/", "/licensing/transfer/?expires_on=2031-05-31",
          *(f"/licensing/advice/?{query}" for query in ANSWERED))  # fmt: skip


@pytest.mark.parametrize("path", CITING)
@pytest.mark.parametrize("language", ["fr", "en-gb", "de"])
def test_every_source_that_a_public_page_names_can_be_opened(client: Client, path: str, language: str) -> None:
    client.cookies["django_language"] = language

    named = set(re.findall(r'href="/licensing/sources/#(source-[^"]+)"', client.get(path).content.decode()))
    listed = set(re.findall(r'id="(source-[^"]+)"', client.get("/licensing/sources/").content.decode()))

    assert named
    assert named <= listed
