"""Who may open what: every address of the three apps, tried by twelve people with GET and POST, against one table.

An address that is missing in the table fails, and so does a person who gets in where the table does not say so, a GET
that writes, and a page that shows a BDM's note to somebody who is none.
"""

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from licensing.domain import plans
from licensing.models import Customer, Line
from onboarding.domain.mail import messages
from onboarding.enums import Authority, Kind
from onboarding.models import BulkDeed, Campaign, CampaignRow, Document, Enrollment, InsightsFile, Loan
from onboarding.sandbox import servers
from portal.accounts.models import User
from portal.coverage.models import Absence
from portal.partners.models import Membership, Role
from tests.builders import NOW, check_of, make_bdm, make_partner, make_submitted, make_user
from tests.microsoft import configure
from tests.test_urls import OURS, PUBLIC, walk, writes

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[1]
PEOPLE = (
    "stranger", "owner", "contributor", "viewer", "other", "gone",
    "bdm", "foreign", "standin", "lead", "admin", "clerk",
)  # fmt: skip

NOTE = "Between ourselves: 7319"
NOBODY: tuple[str, ...] = ()
ANYBODY = PEOPLE
SIGNED_IN = tuple(who for who in PEOPLE if who not in ("stranger", "gone"))
MEMBERS, EDITORS, OWNER = ("owner", "contributor", "viewer"), ("owner", "contributor"), ("owner",)
# BDMs see the desk; a file is its country's, for the people who cover it today.
DESK, OF_THE_FILE = ("bdm", "foreign", "standin", "lead"), ("bdm", "standin", "lead")
READERS, STAFF = (*MEMBERS, *OF_THE_FILE), (*DESK, "admin", "clerk")
OWN, OWN_OR_LEAD = ("bdm",), ("bdm", "lead")
# (who gets in with GET, who with POST) -> addresses.
TABLE: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {
    (SIGNED_IN, SIGNED_IN): "entra:accounts notices:preferences account:profile partners:register privacy:erase",
    (SIGNED_IN, NOBODY): "onboarding:home account:sessions privacy:own",
    (MEMBERS, MEMBERS): "partners:leave",
    (MEMBERS, EDITORS): """
        licensing:estate licensing:customer onboarding:answers onboarding:page onboarding:companion
        onboarding:delegations onboarding:documents onboarding:messages
    """,
    (MEMBERS, OWNER): "partners:company",
    (MEMBERS, NOBODY): """
        licensing:customer_csv licensing:customer_xlsx licensing:customer_ics licensing:customer_pdf
        licensing:customer_mail licensing:plan_csv licensing:plan_xlsx licensing:plan_ics
        onboarding:enrollment onboarding:enrollment_live onboarding:page_live
    """,
    (EDITORS, EDITORS): "onboarding:start onboarding:take_over onboarding:answer",
    (EDITORS, NOBODY): "onboarding:find_for_step",
    (OWNER, OWNER): """
        partners:remove partners:offer_ownership partners:review onboarding:correct_company onboarding:withdraw
    """,
    ((*OF_THE_FILE, "admin"), (*OF_THE_FILE, "admin")): "onboarding:view_as",
    (READERS, NOBODY): "onboarding:document onboarding:diagnose onboarding:support",
    (DESK, DESK): "onboarding:bulk onboarding:absence onboarding:insights onboarding:campaigns",
    (DESK, NOBODY): "onboarding:desk onboarding:reports partners:without_owner",
    (OF_THE_FILE, OF_THE_FILE): """
        onboarding:desk_messages onboarding:desk_messages_read onboarding:work onboarding:desk_enrollment
        onboarding:decide onboarding:judge onboarding:lend
    """,
    (OF_THE_FILE, NOBODY): "onboarding:desk_history",
    (OWN, NOBODY): "onboarding:bulk_deed",
    (OWN_OR_LEAD, OWN_OR_LEAD): "onboarding:insights_file onboarding:campaign",
    (OWN_OR_LEAD, NOBODY): "onboarding:campaign_rows onboarding:campaign_report",
    (("lead", "admin"), NOBODY): "onboarding:field_mapping",
    (STAFF, NOBODY): "onboarding:mails onboarding:mail onboarding:mail_frame",
    (NOBODY, ANYBODY): "account:language onboarding:hook",
    (
        NOBODY,
        SIGNED_IN,
    ): "onboarding:register_found onboarding:end_view account:end_other_sessions privacy:ask_own privacy:keep",
    (NOBODY, MEMBERS): "licensing:feed_open onboarding:messages_read",
    (NOBODY, EDITORS): """
        licensing:tick licensing:remove_customer licensing:order licensing:remove_line onboarding:page_hints
        onboarding:prove_tenant onboarding:domain_proof onboarding:take_back onboarding:take_up
        onboarding:confirm_code onboarding:look_again onboarding:changed_there onboarding:offered
        onboarding:take_back_document onboarding:preflight_file
    """,
    (NOBODY, OWN_OR_LEAD): "onboarding:campaign_act onboarding:campaign_stop_row",
    (OWNER, NOBODY): "privacy:company",
    (NOBODY, OWNER): "partners:change_role onboarding:restore privacy:ask_company",
    (NOBODY, DESK): """
        onboarding:desk_export onboarding:save_view onboarding:forget_view onboarding:end_absence
    """,
    (NOBODY, OF_THE_FILE): """
        onboarding:seen onboarding:presence onboarding:take_back_loan onboarding:external_ids
    """,
    (NOBODY, NOBODY): """
        partners:hand_over partners:withdraw partners:give_owner onboarding:opinion licensing:file
        licensing:rejected licensing:accept
        licensing:columns licensing:undo licensing:withdraw licensing:customer_ask licensing:plan_ask
        entra:again
        licensing:plan_file licensing:plan_take onboarding:revoke_delegation onboarding:preparing
        onboarding:report onboarding:preflight_enroll onboarding:preflight_result onboarding:insights_values
        onboarding:insights_rows onboarding:sandbox_act account:end_session privacy:export privacy:take
    """,
}
# Their addresses name a row that this test does not make, or a state it is not in: others try them.
NO_ROW = uuid.UUID(int=0)


def people(enrollment: Enrollment) -> dict[str, User | None]:
    """A person of each kind. "other" owns another company, "gone" is inactive, "clerk" is staff without any right."""
    members = {"contributor": Role.CONTRIBUTOR, "viewer": Role.VIEWER, "gone": Role.OWNER}
    found: dict[str, User | None] = {"stranger": None, "owner": enrollment.created_by}
    for name, role in members.items():
        found[name] = make_user(is_active=name != "gone")
        Membership.objects.create(partner=enrollment.partner, user=found[name], role=role)
    found["other"] = make_user()
    make_partner(owner=found["other"])
    bdm, standin = make_bdm("FR"), make_bdm("DE")
    today = timezone.localdate()
    Absence.objects.create(bdm=bdm, first_on=today, last_on=today, stand_in=standin)
    found |= {
        "bdm": bdm.user,
        "standin": standin.user,
        "foreign": make_bdm("DE").user,
        "lead": make_bdm(lead=True).user,
    }
    found["admin"] = make_user(is_staff=True, is_superuser=True)
    found["clerk"] = make_user(is_staff=True)
    return found


def addresses(enrollment: Enrollment, of: dict[str, User | None]) -> dict[str, str]:
    """Every address of ours, by name, with real keys where there is a row."""
    document = Document.objects.create(
        enrollment=enrollment, kind="screen", name="a.png", kind_of_file="png", size=1, file="a", uploaded_at=NOW,
        uploaded_by=enrollment.created_by,
    )  # fmt: skip
    deed = BulkDeed.objects.create(kind="tag", by=of["bdm"], asked_at=NOW, queue="bulk", values={"tags": ["a"]})
    file = InsightsFile.objects.create(name="a.csv", uploaded_by=of["bdm"], uploaded_at=NOW, as_of=NOW, content=b"")
    campaign = Campaign.objects.create(
        name="A", state="preview", created_by=of["bdm"], created_at=NOW, queue="campaigns", file_name="a.csv"
    )
    invited = CampaignRow.objects.create(campaign=campaign, row_no=2, verdict="fine", state="waiting")
    loan = Loan.objects.create(
        enrollment=enrollment,
        lender=of["bdm"],
        borrower=make_bdm("BE").user,
        question="?",
        lent_at=NOW,
        until=timezone.localdate(),
    )
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    customer = Customer.objects.create(partner=enrollment.partner, name="Nord", key="nord", sector="commercial")
    line = Line.objects.create(
        customer=customer, identity="1", product="Office 365", family="office_365", online=True, quantity=5, row_no=2,
        end_on=timezone.localdate(),
    )  # fmt: skip
    plans.make(partner=enrollment.partner, customers=[customer.pk], today=timezone.localdate(), now=timezone.now())
    keys = {
        "int:line_pk": line.pk, "int:row_id": invited.pk, "int:loan_id": loan.pk,
        "int:user_id": enrollment.created_by_id,
        "uuid:partner_id": enrollment.partner_id, "uuid:document_id": document.pk, "int:check_id": check.pk,
        "uuid:export_id": NO_ROW, "slug:language": "fr", "slug:code": "message",
        "slug:outcome": "applied", "slug:slug": "mpn-id",
        "slug:form": "location", "slug:source": "demo", "str:token": "made-up",
        "slug:key": "partners",
        "int:membership_id": Membership.objects.get(user=of["viewer"]).pk,
    }  # fmt: skip
    found = {}
    for name, path in walk(get_resolver().url_patterns):
        if name in PUBLIC or name.partition(":")[0] not in OURS:
            continue
        pk = {"onboarding:bulk_deed": deed.pk, "onboarding:insights_file": file.pk}.get(name, enrollment.pk)
        pk = campaign.pk if "/campaigns/" in path else pk
        pk = customer.pk if "customers/" in path else NO_ROW if name.startswith("licensing") else pk
        here = path.replace("<uuid:pk>", str(pk)).replace("<int:number>/end/", "0/end/")
        for key, value in keys.items():
            here = here.replace(f"<{key}>", str(value))
        found[name] = "/" + re.sub(r"<[^>]+>", "1", here)
    return found


def ask(client: Client, method: str, path: str) -> Any:
    """Return the answer; whatever the request does is undone."""
    send: Callable[..., Any] = getattr(client, method)
    with transaction.atomic():
        answer = send(path)
        transaction.set_rollback(True)
    return answer


def is_in(answer: Any) -> bool:
    if answer.status_code == 302:
        return "/login/" not in answer["Location"]
    return answer.status_code not in (403, 404, 405)


def gets_in(client: Client, method: str, path: str) -> bool:
    return is_in(ask(client, method, path))


def clients_of(of: dict[str, User | None]) -> dict[str, Client]:
    clients = {}
    for who, user in of.items():
        clients[who] = Client()
        if user is not None:
            clients[who].force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return clients


@dataclass
class Crawl:
    """Who got in, by address and method; what a GET wrote; who read the note, by address."""

    found: dict[str, dict[str, tuple[str, ...]]]
    written: dict[tuple[str, str], list[str]]
    readers: dict[str, set[str]]


def crawl(enrollment: Enrollment, of: dict[str, User | None]) -> Crawl:
    paths, clients = addresses(enrollment, of), clients_of(of)
    result = Crawl({name: {} for name in paths}, {}, defaultdict(set))
    for name, path in paths.items():
        result.found[name]["post"] = tuple(who for who in PEOPLE if gets_in(clients[who], "post", path))
        got_in = []
        for who in PEOPLE:
            with CaptureQueriesContext(connection) as captured:
                answer = ask(clients[who], "get", path)
            if written := writes(captured):
                result.written[name, who] = written
            if is_in(answer):
                got_in.append(who)
            if NOTE.encode() in body_of(answer):
                result.readers[name].add(who)
        result.found[name]["get"] = tuple(got_in)
    return result


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.fixture
def microsoft(settings: Any) -> Iterator[None]:
    """Both ways to sign in with Microsoft are there, and Microsoft answers."""
    with servers.running() as sandbox:
        configure(settings, sandbox)
        yield


@pytest.mark.usefixtures("microsoft")
def test_everybody_gets_in_where_the_table_says_and_nowhere_else() -> None:
    told = {name: audience for audience, names in TABLE.items() for name in names.split()}
    enrollment = make_submitted()
    of = people(enrollment)
    note(enrollment, of["bdm"], mentions=[of["owner"], of["viewer"]])

    crawled = crawl(enrollment, of)

    found = {name: (row["get"], row["post"]) for name, row in crawled.found.items()}
    assert sorted(found) == sorted(told)
    assert {name: who for name, who in found.items() if who != told[name]} == {}
    assert crawled.written == {}
    assert set().union(*crawled.readers.values()) == set(OF_THE_FILE), crawled.readers


def test_page_about_the_tests_says_how_much_is_asked() -> None:
    addresses_asked = sum(len(names.split()) for names in TABLE.values())
    questions = addresses_asked * len(PEOPLE) * 2

    page = (ROOT / "tests/README.md").read_text()
    assert f"{addresses_asked} addresses, with GET and POST {questions:,} questions" in page


def note(enrollment: Enrollment, by: User | None, *, mentions: list[User | None]) -> None:
    """Write what only the desk reads, also where somebody else is mentioned."""
    assert messages.write(
        enrollment=enrollment, author=by, body=NOTE, key="note", now=NOW, by_staff=True, internal=True,
        mentions=[user.pk for user in mentions if user],
    )  # fmt: skip


@pytest.mark.parametrize(
    "who", [*(pytest.param(who, marks=pytest.mark.long) for who in ("owner", "lead")), "bdm", "clerk", "stranger"]
)
def test_admin_is_for_those_with_a_right(who: str) -> None:
    enrollment = make_submitted()
    user = people(enrollment)[who]
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    for model in admin.site._registry:
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(place).status_code in (302, 403), place
        assert client.post(f"{place}add/").status_code in (302, 403), place


# What somebody of another country may open of an enrollment that is lent to them, with GET and with POST.
LENT: tuple[set[str], set[str]] = (
    {
        "onboarding:desk_enrollment", "onboarding:decide", "onboarding:desk_history", "onboarding:desk_messages",
        "onboarding:desk_messages_read", "onboarding:work", "onboarding:judge", "onboarding:document",
        "onboarding:diagnose", "onboarding:support",
    },
    {"onboarding:opinion", "onboarding:seen", "onboarding:presence", "onboarding:desk_messages_read"},
)  # fmt: skip


@pytest.mark.parametrize(
    "how", ["lent", "until_yesterday", *(pytest.param(how, marks=pytest.mark.long) for how in ("ended", "another"))]
)
def test_what_is_lent_opens_exactly_its_pages_and_only_while_it_is_lent(how: str) -> None:
    enrollment, other = make_submitted(), make_submitted()
    of = people(enrollment)
    paths = addresses(enrollment, of)
    today = timezone.localdate()
    Loan.objects.create(
        enrollment=other if how == "another" else enrollment, lender=of["bdm"], borrower=of["foreign"], question="?",
        lent_at=NOW, until=today - dt.timedelta(days=how == "until_yesterday"),
        **({"ended_at": NOW, "ended_by": "taken_back"} if how == "ended" else {}),
    )  # fmt: skip
    client = Client()
    client.force_login(of["foreign"], backend="allauth.account.auth_backends.AuthenticationBackend")

    ours = {name: path for name, path in paths.items() if f"/{enrollment.pk}/" in path}
    found = tuple({name for name, path in ours.items() if gets_in(client, way, path)} for way in ("get", "post"))

    assert found == (LENT if how == "lent" else (set(), set()))
