"""What a client reads: whose, in which order, from where to where, and at which cost."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.domain import clients
from api.enums import WRITES, ApiScope
from api.models import ApiCall
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Event
from portal.coverage.models import Absence, Bdm
from portal.partners.models import Membership
from tests.api.conftest import Caller, make_caller
from tests.builders import NOW, check_of, make_bdm, make_enrollment, make_submitted, make_user

pytestmark = pytest.mark.django_db
READS = tuple(scope for scope in ApiScope if scope not in WRITES)
LISTS = ("/enrollments", "/checks", "/requests", "/events", "/companies", "/estate")


def walked(caller: Caller, path: str) -> list[Any]:
    """Every row of a list, page by page of two."""
    rows, cursor = [], ""
    while True:
        sign = "&" if "?" in path else "?"
        page = caller.get(f"{path}{sign}limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        rows += page["data"]
        if not page["more"]:
            return rows
        cursor = page["next"]


def ids(caller: Caller, path: str) -> set[str]:
    return {row["id"] for row in walked(caller, path)}


@pytest.mark.parametrize("path", [*LISTS, "/colleagues", "/reports"])
def test_every_list_answers(france: Caller, path: str) -> None:
    make_submitted()

    answer = france.get(path)

    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("application/json")
    assert answer["Cache-Control"] == "private, no-cache"


def test_walk_finds_each_row_once_whatever_the_size_of_pages(france: Caller) -> None:
    wanted = {str(make_enrollment().pk) for _ in range(5)}
    make_enrollment(country="DE")

    rows = walked(france, "/enrollments")

    assert [row["id"] for row in rows if row["id"] in wanted] == [row["id"] for row in rows]
    assert len(rows) == 5
    assert {row["country"] for row in walked(france, "/events")} == {"FR"}
    assert len(walked(france, "/checks")) == 55


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("view=drafts", 1), ("view=open", 2), ("turn=reseller&view=drafts", 1), ("country=FR", 2), ("country=BE", 0),
        ("changed_since=2026-11-17T00:00:00Z", 0), ("changed_since=2026-11-16T00:00:00Z", 2),
        ("changed_since=2026-11-16T00:00:00", 2),
    ],
)  # fmt: skip
def test_filters_narrow(france: Caller, query: str, number: int) -> None:
    make_enrollment()
    make_submitted()
    Enrollment.objects.update(last_event_at=NOW)

    assert len(walked(france, f"/enrollments?{query}")) == number


# --- whose ------------------------------------------------------------------------------------------------------------


def test_matrix_of_who_sees_which_country() -> None:
    rows = {country: str(make_submitted(country=country).pk) for country in ("FR", "BE", "DE")}
    bdm, standin, lead = make_bdm("FR", "BE"), make_bdm("DE"), make_bdm(lead=True)
    today = timezone.localdate()
    Absence.objects.create(bdm=bdm, first_on=today, last_on=today, stand_in=standin)
    callers = {
        "FR, reads": (_reader("FR"), "FR"),
        "everywhere": (_reader(), "FR BE DE"),
        "for the BDM": (make_caller(bdm=bdm), "FR BE"),
        "for the BDM, one country": (make_caller(bdm=bdm, countries=("BE", "DE")), "BE"),
        "for the BDM, a foreign country": (make_caller(bdm=bdm, countries=("ES",)), ""),
        "for who stands in": (make_caller(bdm=standin), "FR BE DE"),
        "for a lead": (make_caller(bdm=lead), "FR BE DE"),
        "for a lead, one country": (make_caller(bdm=lead, countries=("DE",)), "DE"),
    }

    for name, (caller, countries) in callers.items():
        wanted = {rows[country] for country in countries.split()}
        assert ids(caller, "/enrollments") == wanted, name
        for country, pk in rows.items():
            enrollment = Enrollment.objects.get(pk=pk)
            check = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)
            status = 200 if country in countries else 404
            for path in (f"/enrollments/{pk}", f"/checks/{check.pk}", f"/companies/{enrollment.partner_id}",
                         f"/companies/{enrollment.partner_id}/people"):  # fmt: skip
                assert caller.get(path).status_code == status, (name, path)
        for path in ("/checks", "/events"):
            assert {row["enrollment"] for row in walked(caller, path)} == wanted, (name, path)
        assert len(walked(caller, "/companies")) == len(wanted), name


def _reader(*countries: str) -> Caller:
    return make_caller(*READS, countries=countries)


@pytest.mark.parametrize("scope", READS)
def test_each_permission_opens_its_addresses_and_no_other(scope: ApiScope) -> None:
    enrollment = make_submitted()
    opens = {
        ApiScope.ENROLLMENTS: {"/enrollments", f"/enrollments/{enrollment.pk}", "/checks", "/requests", "/events"},
        ApiScope.COMPANIES: {"/companies", f"/companies/{enrollment.partner_id}"},
        ApiScope.ESTATE: {"/estate"},
        ApiScope.REPORTS: {"/reports"},
        ApiScope.PEOPLE: {"/colleagues", f"/companies/{enrollment.partner_id}/people"},
        ApiScope.WEBHOOKS: {"/webhooks"},
    }
    caller = make_caller(scope)

    found = {path for paths in opens.values() for path in paths if caller.get(path).status_code == 200}

    assert found == opens[scope]


def test_what_was_deleted_as_a_draft_is_not_there(france: Caller) -> None:
    enrollment = make_enrollment()
    Enrollment.objects.filter(pk=enrollment.pk).update(
        state="withdrawn", withdrawn_from="draft", withdrawn_at=NOW, withdrawn_by=enrollment.created_by
    )

    for path in LISTS:
        assert walked(france, path) == [], path
    assert france.get(f"/enrollments/{enrollment.pk}").status_code == 404


def test_nobody_acts_for_a_bdm_who_left(france: Caller) -> None:
    Bdm.objects.all().delete()

    answer = france.get("/enrollments")

    assert (answer.status_code, answer.json()["code"]) == (403, "nobody")


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "otc_x", "é", "otc_" + "a" * 5000, "\x00"])
def test_a_made_up_key_opens_nothing(france: Caller, key: str) -> None:
    france.key = key

    answer = france.get("/enrollments")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_two_keys_while_one_is_replaced_and_no_third(france: Caller) -> None:
    by = make_user()
    second = clients.make_key(client=france.client, by=by, now=timezone.now())
    with pytest.raises(clients.TooManyKeysError):
        clients.make_key(client=france.client, by=by, now=timezone.now())
    other = Caller(france.client, second)
    assert (france.get("/enrollments").status_code, other.get("/enrollments").status_code) == (200, 200)

    assert clients.revoke_key(key=france.client.keys.order_by("pk")[0], now=timezone.now())

    assert (france.get("/enrollments").status_code, other.get("/enrollments").status_code) == (401, 200)
    clients.make_key(client=france.client, by=by, now=timezone.now())


@pytest.mark.parametrize("end", ["client", "key", "expiry"])
def test_what_is_revoked_between_two_pages_opens_no_second_one(france: Caller, end: str) -> None:
    for _ in range(3):
        make_enrollment()
    cursor = france.get("/enrollments?limit=1").json()["next"]
    now = timezone.now()
    if end == "client":
        clients.revoke(client=france.client, now=now)
    elif end == "key":
        clients.revoke_key(key=france.client.keys.get(), now=now)
    else:
        france.client.expires_at = now
        france.client.save()

    assert france.get(f"/enrollments?limit=1&cursor={cursor}").status_code == 401


def test_only_the_digest_of_a_key_is_kept(france: Caller) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text || row_to_json(c)::text FROM api_apikey k, api_apiclient c")
        kept = cursor.fetchone()[0]

    assert france.key not in kept and france.key[8:] not in kept


# --- cursors ----------------------------------------------------------------------------------------------------------


def test_cursor_of_another_list_filter_or_client_is_refused(france: Caller) -> None:
    for _ in range(3):
        make_enrollment()
    cursor = france.get("/enrollments?limit=1&country=FR").json()["next"]
    assert france.get(f"/enrollments?limit=2&country=FR&cursor={cursor}").status_code == 200
    other = make_caller(bdm=make_bdm("FR"))
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")  # one signature in 16 ends with A

    refused = [
        france.get(f"/enrollments?cursor={cursor}"),
        france.get(f"/enrollments?country=FR&view=drafts&cursor={cursor}"),
        france.get(f"/requests?country=FR&cursor={cursor}"),
        other.get(f"/enrollments?limit=1&country=FR&cursor={cursor}"),
        france.get(f"/enrollments?country=FR&cursor={changed}"),
        france.get(f"/enrollments?country=FR&cursor={cursor[3:]}"),
        france.get("/enrollments?cursor=x"),
        france.get("/enrollments?cursor=:::"),
        france.get("/enrollments?cursor=%00"),
        france.get("/enrollments?cursor=" + signing.Signer(salt="else").sign_object(["a", "b", "c"])),
        france.get("/enrollments?cursor=" + signing.Signer(salt="api.cursor").sign_object({"a": 1})),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(400, "bad_cursor")] * len(refused)


# --- bad addresses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/enrollments?contry=FR", 400, "unknown_parameter"),
        ("/enrollments?limit=0", 422, "invalid"),
        ("/enrollments?limit=201", 422, "invalid"),
        ("/enrollments?limit=zwei", 422, "invalid"),
        ("/enrollments?country=fr", 422, "invalid"),
        ("/enrollments?country=F%00", 422, "invalid"),
        ("/enrollments?view=needs", 422, "invalid"),
        ("/enrollments?turn=me", 422, "invalid"),
        ("/enrollments?changed_since=yesterday", 422, "invalid"),
        ("/enrollments?changed_since=1700000000", 422, "invalid"),
        ("/reports?last=0", 422, "invalid"),
        ("/enrollments/%0A/owner", 404, "not_found"),
        ("/events?after=-1", 422, "invalid"),
        ("/events?after=99999999999999999999", 422, "invalid"),
        ("/events?kind=%00", 422, "invalid"),
        ("/checks?enrollment=1", 422, "invalid"),
        ("/requests?open=perhaps", 422, "invalid"),
        ("/reports?first=2026", 422, "invalid"),
        (f"/enrollments/{uuid.UUID(int=0)}", 404, "not_found"),
        ("/enrollments/1", 404, "not_found"),
        ("/checks/99999999999999999999999", 404, "not_found"),
        ("/nothing", 404, "not_found"),
    ],
)
def test_bad_addresses_are_answered_with_what_to_do(france: Caller, path: str, status: int, code: str) -> None:
    answer = france.get(path)

    told = answer.json()
    assert (answer.status_code, told["code"], answer["Content-Type"]) == (status, code, "application/problem+json")
    assert told["title"] and told["detail"] and told["status"] == status


@pytest.mark.parametrize("path", LISTS)
def test_moments_at_the_end_of_time(france: Caller, path: str) -> None:
    assert france.get("/enrollments?changed_since=9999-12-31T23:59:59Z").status_code == 200
    assert france.get("/enrollments?changed_since=0001-01-01T00:00:00Z").status_code == 200


def test_errors_are_in_the_readers_language(france: Caller) -> None:
    french = france.get("/nothing", Accept_Language="fr").json()["title"]
    english = france.get("/nothing", Accept_Language="en-GB").json()["title"]

    assert english == "There is nothing at this address for this client."
    assert french != english


def test_method_that_an_address_does_not_take(france: Caller) -> None:
    answer = france.post("/enrollments", {})

    assert (answer.status_code, answer.json()["code"], answer["Allow"]) == (405, "method", "GET")


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*LISTS, "/colleagues"])
def test_nothing_changed_is_304_and_a_change_is_not(france: Caller, path: str) -> None:
    for _ in range(3):
        make_submitted()
    first = france.get(f"{path}?limit=1" if path in LISTS else path)

    again = france.get(f"{path}?limit=1" if path in LISTS else path, If_None_Match=first["ETag"])
    other = france.get(path, If_None_Match='"else"')

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


def test_etag_follows_the_content(france: Caller) -> None:
    enrollment = make_submitted()
    path = f"/enrollments/{enrollment.pk}"
    tag = france.get(path)["ETag"]

    Enrollment.objects.filter(pk=enrollment.pk).update(mpn_id="4391999")

    assert france.get(path, If_None_Match=tag).status_code == 200


def test_request_id_comes_back_and_stands_in_the_record(france: Caller) -> None:
    answer = france.get("/colleagues", X_Request_Id="crm-4711-abc")

    assert answer["X-Request-Id"] == "crm-4711-abc"
    assert ApiCall.objects.get().request_id == "crm-4711-abc"


def test_readings_of_people_are_recorded_and_others_hold_no_person(france: Caller) -> None:
    enrollment = make_submitted()
    owner = enrollment.created_by

    told = "".join(france.get(path).content.decode() for path in LISTS)
    assert owner.email not in told and enrollment.contact_email not in told and "Dominique" not in told
    assert not ApiCall.objects.exists()
    people = france.get(f"/companies/{enrollment.partner_id}/people").json()

    assert [row["email"] for row in people] == [owner.email]
    line = ApiCall.objects.get()
    assert (line.what, line.subject, line.rows, line.client) == ("people", str(enrollment.partner_id), 1, france.client)
    assert line.acted_for == france.client.acts_for


def test_no_read_changes_anything_but_its_own_books(france: Caller) -> None:
    make_submitted()
    written = set()
    for path in (*LISTS, "/colleagues", "/reports"):
        with CaptureQueriesContext(connection) as captured:
            france.get(path)
        for query in captured:
            sql = query["sql"].lstrip()
            if sql.startswith(("INSERT", "UPDATE", "DELETE")) or "UPDATE api_" in sql:
                written.add(sql.split('"')[1] if '"' in sql[:40] else "client")

    assert written == {"client", "api_apicall"}


# --- events -----------------------------------------------------------------------------------------------------------


def test_events_go_on_where_they_ended(france: Caller) -> None:
    enrollment = make_submitted()
    page = france.get("/events?limit=200").json()
    assert page["more"] is False and page["next"]
    quiet = france.get(f"/events?limit=200&cursor={page['next']}").json()
    assert quiet == {"data": [], "next": page["next"], "more": False}

    Event.objects.create(enrollment=enrollment, at=NOW - dt.timedelta(days=9), kind="reminded", source="bdm")

    later = france.get(f"/events?limit=200&cursor={page['next']}").json()["data"]
    last = page["data"][-1]["id"]
    assert [row["kind"] for row in later] == ["reminded"]
    assert [row["kind"] for row in france.get(f"/events?after={last}").json()["data"]] == ["reminded"]
    assert set(later[0]) == {
        "id", "at", "kind", "title", "enrollment", "company", "country", "source", "check_kind", "check_authority",
    }  # fmt: skip


# --- costs ------------------------------------------------------------------------------------------------------------


def cost(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(("path", "queries"), [
    ("/enrollments", 6), ("/checks", 6), ("/requests", 6), ("/events", 8), ("/companies", 6), ("/estate", 6),
    ("/colleagues", 7), ("/reports", 8),
])  # fmt: skip
def test_a_list_costs_what_it_costs_for_one_row(france: Caller, path: str, queries: int, settings: Any) -> None:
    settings.REASONS_SECONDS = 600  # as in production: the catalogue is read once for many requests
    first = make_submitted()
    france.get("/checks")
    limit = "?limit=100" if path in LISTS else ""
    one = cost(france, path + limit)
    for _ in range(30):
        make_enrollment()
    for _ in range(20):
        make_bdm("FR")
        Membership.objects.create(partner=first.partner, user=make_user(), role="viewer")

    assert (one, cost(france, path + limit)) == (queries, queries)
