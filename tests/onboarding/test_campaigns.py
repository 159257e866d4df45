"""A campaign from its spreadsheet to a ready enrollment: seen before it is sent, sent once, stopped at once."""

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from time_machine import travel

from onboarding.domain.campaigns import invited, links, planning, sending, tracking
from onboarding.enums import CampaignState, CampaignStep, InviteeState, RowVerdict
from onboarding.models import Campaign, CampaignEvent, CampaignRow, Draft, Enrollment
from onboarding.views import insights
from onboarding.views.presenters import campaign_rows
from onboarding.work import campaigns as work
from portal.accounts.models import User
from portal.notices import stops
from portal.notices.models import Mail, Suppression
from portal.partners import domain
from portal.partners.models import CompanyEvent, Membership, Partner, Role
from portal.privacy import retention
from portal.tables import reading
from portal.work import claims, registry
from tests.builders import fill, make_bdm, make_enrollment, make_partner, make_user
from tests.onboarding.views.test_desk_work import as_user
from tests.portal.people import path_in

pytestmark = pytest.mark.django_db
MONDAY = dt.datetime(2027, 3, 1, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
TITLES = "IMOnline;Société;Pays;MPN ID;Courriel;Contact"


def sheet(*lines: str) -> bytes:
    return "\n".join([TITLES, *lines]).encode()


def line(number: int, *, country: str = "FR", **values: str) -> str:
    cells = {"imonline": f"20-{number:06}", "name": f"Cliente {number}", "country": country,
             "mpn": str(5000000 + number),
             "email": f"lou@cliente{number}.example", "contact": "Lou Exemple", **values}  # fmt: skip
    return ";".join(cells.values())


def uploaded(by: User, *lines: str, name: str = "Printemps", note: str = "") -> Campaign:
    campaign = planning.upload(
        name=name, note=note, file_name="a.csv", content=sheet(*lines), by=by, now=timezone.now()
    )
    run(campaign)
    campaign.refresh_from_db()
    return campaign


def run(campaign: Campaign, now: dt.datetime | None = None) -> None:
    """Let a worker do what is due, until nothing is."""
    for _ in range(50):
        [*found] = claims.claim_due(Campaign, queue="campaigns", limit=1, now=now or timezone.now())
        if not found:
            return
        row = Campaign.objects.select_related("created_by", "scope_of").get(pk=found[0].pk)
        if row.state == CampaignState.RUNNING:
            sending.wave(claim=found[0], campaign=row, now=now or timezone.now())
        else:
            work.do(found[0], row)


def started(by: User, *lines: str, now: dt.datetime = MONDAY, **values: Any) -> Campaign:
    campaign = uploaded(by, *lines)
    if values:
        settings: dict[str, Any] = {"note": "", "per_day": 200, "reminders": [], **values}
        campaign = planning.change(campaign=campaign, now=now, **settings)
    planning.start(campaign=campaign, by=by, now=now)
    run(campaign, now)
    campaign.refresh_from_db()
    return campaign


def sent(now: dt.datetime) -> None:
    """All mails that wait are sent, and the steps follow."""
    Mail.objects.filter(sent_at=None, refused_at=None).update(sent_at=now, next_check_at=None)
    tracking.follow(now)


def link_of(row: CampaignRow, number: int = 0) -> str:
    return path_in(Mail.objects.get(key=tracking.mail_key(row, number)).text, "/invited/").partition("?")[0]


def reasons(campaign: Campaign) -> list[list[str]]:
    return list(campaign.rows.order_by("row_no").values_list("reasons", flat=True))


def steps(row: CampaignRow) -> list[str]:
    return list(row.events.order_by("pk").values_list("step", flat=True))


# --- the preview ------------------------------------------------------------------------------------------------------


def test_upload_shows_every_row_before_anything_is_sent(as_bdm: Client, bdm: User) -> None:
    file = SimpleUploadedFile("former.csv", sheet(line(1), line(2, email="not an address"), line(3, country="DE")))

    answer = as_bdm.post("/desk/campaigns/", {"name": "Printemps 2027", "file": file, "note": ""})
    campaign = Campaign.objects.get()
    run(campaign)
    page = as_bdm.get(answer["Location"]).content.decode()

    assert reasons(campaign) == [[], ["bad_email"], ["not_yours"]]
    assert "Cliente 1" in page and "Cliente 2" in page and "lou@cliente1.example" in page
    assert not Mail.objects.exists()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.content) == (CampaignState.PREVIEW, None)


def test_workbook_is_read_too_with_the_value_of_a_formula(bdm: User) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Company", "Country", "E-mail", "MPN ID"])  # type: ignore[union-attr]
    book.active.append(["Cliente", "France", "lou@cliente.example", 5000001])  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    campaign = planning.upload(
        name="A", note="", file_name="a.xlsx", content=out.getvalue(), by=bdm, now=timezone.now()
    )
    run(campaign)

    assert [(row.name, row.mpn_id, row.verdict) for row in campaign.rows.all()] == [("Cliente", "5000001", "fine")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"  \n ", "empty"),
        (b"just words\nno table\n", "not_a_table"),
        (b"A;B;C\n1;2;3\n", "columns"),
        (TITLES.encode(), "no_rows"),
        ("\n".join([TITLES, *[line(1)] * 20_001]).encode(), "too_many"),
        ("\n".join(["Pays;Courriel;Nom", *["FR;a@b.fr;A"] * 100_000]).encode(), "too_many_rows"),
        (b"PK\x03\x04 broken", "broken"),
        (b"%PDF-1.7 ...", "document"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_used_is_refused_in_words(as_bdm: Client, bdm: User, content: bytes, why: str) -> None:
    campaign = planning.upload(name="A", note="", file_name="a.csv", content=content, by=bdm, now=timezone.now())
    run(campaign)

    campaign.refresh_from_db()
    page = as_bdm.get(campaign.get_absolute_url())
    assert (campaign.state, campaign.refused_why, page.status_code) == (CampaignState.REFUSED, why, 200)
    assert 'role="alert"' in page.content.decode()
    assert not campaign.rows.exists()


@pytest.mark.parametrize("told", [campaign_rows.REFUSED, insights._REFUSED], ids=["campaigns", "insights"])
def test_every_refusal_of_the_reader_has_its_sentence(told: dict[str, Any]) -> None:
    code = Path(reading.__file__).read_text()
    codes = {*re.findall(r'Unreadable\("([a-z_]+)"\)', code), *(reason for _pattern, reason in reading._BEGINNINGS)}

    assert codes - {*told} == set() and len(codes) > 10


def test_one_person_or_company_twice_is_invited_once(bdm: User) -> None:
    campaign = uploaded(
        bdm,
        line(1),
        line(2, email="LOU@cliente1.example"),
        line(3, mpn="5000001"),
        line(4, imonline="20000001"),
        line(5, name="CLIENTE  1"),
        line(6, name="Cliente 1", country="Belgique"),
        line(7, email="wrong", mpn="5000008"),
        line(8, mpn="5000008"),
    )

    assert reasons(campaign) == [
        [], ["same_email"], ["same_mpn_id"], ["same_imonline"], ["same_name"], ["not_yours"], ["bad_email"], [],
    ]  # fmt: skip
    assert {row.same_as for row in campaign.rows.filter(verdict=RowVerdict.TWICE)} == {2}


def test_who_is_on_the_portal_is_linked_and_not_invited(as_bdm: Client, bdm: User) -> None:
    file = make_enrollment(owner=make_user("zoe@cabinet.example"))
    fill(file, "mpn-id", {"has_mpn_account": True, "mpn_id": "6100001"})
    Enrollment.objects.filter(pk=file.pk).update(customer_number="20-700700", contact_email="max@max.example")
    make_partner(name="Société Générale d'Exemple", mail_domain="sge.example")
    colleague = make_bdm("FR").user

    campaign = uploaded(
        bdm,
        line(1, email="zoe@cabinet.example"),
        line(2, mpn="6100001"),
        line(3, imonline="20700700"),
        line(4, email="max@max.example"),
        line(5, name="SOCIETE GENERALE D EXEMPLE"),
        line(6, email="paul@sge.example"),
        line(7, email=colleague.email),
        line(8),
    )

    assert reasons(campaign) == [
        ["member"], ["mpn_enrolled"], ["imonline_enrolled"], ["contact"], ["partner_name"], ["domain_of_partner"],
        ["our_staff"], [],
    ]  # fmt: skip
    assert campaign.rows.filter(enrollment=file).count() == 3
    assert f"/desk/{file.pk}/" in as_bdm.get(campaign.get_absolute_url()).content.decode()


def test_what_is_on_the_portal_in_other_countries_is_not_told(bdm: User) -> None:
    make_partner(name="Kunde", country="DE")

    campaign = uploaded(bdm, line(1, name="Kunde", country="DE"))

    [row] = campaign.rows.all()
    assert (row.reasons, row.partner, row.enrollment) == (["not_yours"], None, None)


def test_addresses_that_bounced_refused_or_are_invited_elsewhere(bdm: User) -> None:
    Suppression.objects.create(address="lou@cliente1.example", since=MONDAY, answer="550 5.1.1 unknown")
    stops.stop("lou@cliente2.example", now=MONDAY)
    started(bdm, line(3))

    again = uploaded(bdm, line(1), line(2), line(3), line(4), name="Automne")

    assert reasons(again) == [["bounced"], ["wants_none"], ["invited_before"], []]


@pytest.mark.long
def test_ten_thousand_rows_are_previewed_within_half_a_minute(bdm: User) -> None:
    before = timezone.now()

    campaign = uploaded(bdm, *(line(number) for number in range(1, 10_001)))

    assert (timezone.now() - before).total_seconds() < 30
    assert campaign.rows.filter(verdict=RowVerdict.FINE).count() == 10_000


def test_two_uploads_of_one_file_are_one(bdm: User) -> None:
    values: dict[str, Any] = {"name": "A", "note": "", "file_name": "a.csv", "content": sheet(line(1)), "by": bdm}

    first, second = (planning.upload(**values, now=timezone.now()) for _ in range(2))

    assert first == second


def test_colleague_does_not_see_it_and_a_lead_does(bdm: User) -> None:
    campaign = uploaded(bdm, line(1))
    paths = [
        campaign.get_absolute_url(),
        f"{campaign.get_absolute_url()}report/",
        f"{campaign.get_absolute_url()}rows.csv",
    ]

    for user, status in ((make_bdm("FR").user, 404), (make_user(), 404), (make_bdm(lead=True).user, 200)):
        assert [as_user(user).get(path).status_code for path in paths] == [status] * 3


# --- sending ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["Voir https://x.example", "écrivez à lou@a.example", "tout sur microsoft-csp.com"])
def test_word_of_the_sender_carries_no_link(as_bdm: Client, word: str) -> None:
    file = SimpleUploadedFile("a.csv", sheet(line(1)))

    answer = as_bdm.post("/desk/campaigns/", {"name": "A", "file": file, "note": word})

    assert answer.status_code == 422 and word in answer.content.decode()
    assert not Campaign.objects.exists()


def test_no_typed_text_is_in_the_subject_and_html_is_text(bdm: User) -> None:
    campaign = uploaded(bdm, line(1, name="<b>Cliente</b>"), name="ATTENTION", note="<script>alert(1)</script>")
    planning.start(campaign=campaign, by=bdm, now=MONDAY)
    run(campaign, MONDAY)

    [mail] = Mail.objects.all()
    for typed in ("Cliente", "ATTENTION", "script"):
        assert typed not in mail.subject
    assert "<script" not in mail.html and "<b>Cliente" not in mail.html
    assert mail.secret


def test_preview_has_the_mail_in_every_language(as_bdm: Client, bdm: User) -> None:
    campaign = uploaded(bdm, line(1), note="À bientôt au salon.")

    letters = as_bdm.get(campaign.get_absolute_url()).context["letters"]

    assert [letter["code"] for letter in letters] == ["fr", "fr", "en-gb", "en-gb", "de", "de"]
    assert all("À bientôt au salon." in letter["text"] and "Cliente 1" in letter["text"] for letter in letters)


def test_mails_go_out_in_waves_each_once(bdm: User) -> None:
    campaign = started(bdm, *(line(number) for number in range(5)), per_day=2)
    assert Mail.objects.count() == 2

    for _ in range(2):
        planning.start(campaign=campaign, by=bdm, now=MONDAY)
        run(campaign, MONDAY)
    assert Mail.objects.count() == 2
    campaign.refresh_from_db()
    assert campaign.next_check_at == dt.datetime(2027, 3, 2, 7, 0, tzinfo=dt.UTC)
    run(campaign, MONDAY + DAY)
    run(campaign, MONDAY + 2 * DAY)

    assert Mail.objects.count() == 5 == CampaignEvent.objects.filter(step=CampaignStep.QUEUED).count()
    campaign.refresh_from_db()
    assert campaign.next_check_at is None


def test_no_mail_on_a_weekend(bdm: User) -> None:
    saturday = MONDAY + 5 * DAY

    campaign = started(bdm, line(1), now=saturday)

    assert not Mail.objects.exists()
    assert campaign.next_check_at == dt.datetime(2027, 3, 8, 7, 0, tzinfo=dt.UTC)
    run(campaign, MONDAY + 7 * DAY)
    assert Mail.objects.count() == 1


def test_row_is_judged_again_before_its_mail(bdm: User) -> None:
    campaign = uploaded(bdm, line(1), line(2), line(3))
    Suppression.objects.create(address="lou@cliente1.example", since=MONDAY)
    make_partner(owner=make_user("lou@cliente2.example"))

    planning.start(campaign=campaign, by=bdm, now=MONDAY)
    run(campaign, MONDAY)

    assert reasons(campaign) == [["bounced"], ["member"], []]
    assert [mail.to for mail in Mail.objects.all()] == ["lou@cliente3.example"]


@pytest.mark.parametrize("gone", ["no_bdm", "inactive", "other_country"])
def test_person_who_lost_their_countries_sends_nothing(bdm: User, gone: str) -> None:
    campaign = uploaded(bdm, line(1))
    planning.start(campaign=campaign, by=bdm, now=MONDAY)
    if gone == "no_bdm":
        bdm.bdm.delete()  # type: ignore[attr-defined]
    elif gone == "inactive":
        User.objects.filter(pk=bdm.pk).update(is_active=False)
    else:
        bdm.bdm.countries.set(["BE"])  # type: ignore[attr-defined]

    run(campaign, MONDAY)

    campaign.refresh_from_db()
    assert not Mail.objects.exists()
    assert campaign.state == (CampaignState.RUNNING if gone == "other_country" else CampaignState.STOPPED)


def test_two_reminders_at_most_and_only_for_those_who_have_not_begun(bdm: User) -> None:
    on = [(MONDAY + 7 * DAY).date(), (MONDAY + 14 * DAY).date()]
    campaign = started(bdm, line(1), line(2), line(3), reminders=on)
    sent(MONDAY)
    rows = list(campaign.rows.order_by("row_no"))
    tracking.note(rows[1], CampaignStep.STARTED, at=MONDAY)
    planning.stop_row(row=rows[2], by=bdm, now=MONDAY)

    for days in (1, 7, 8, 14, 15, 21):
        run(campaign, MONDAY + days * DAY)
        sent(MONDAY + days * DAY)

    assert [row.mails for row in campaign.rows.order_by("row_no")] == [3, 1, 1]
    reminder = Mail.objects.get(key=tracking.mail_key(rows[0], 2))
    assert reminder.subject.startswith("Rappel") or reminder.subject.startswith("Reminder")


@pytest.mark.parametrize("days", [[0], [-3], [200], [3, 3], [3, 9, 12]], ids=["today", "past", "far", "twice", "three"])
def test_reminders_on_wrong_days_are_refused(bdm: User, days: list[int]) -> None:
    campaign = uploaded(bdm, line(1))

    with pytest.raises(planning.ReminderDaysError):
        planning.change(
            campaign=campaign, note="", per_day=5, now=MONDAY, reminders=[(MONDAY + day * DAY).date() for day in days]
        )


def test_wrong_reminder_is_told_on_the_page_and_kept(as_bdm: Client, bdm: User) -> None:
    campaign = uploaded(bdm, line(1))

    answer = as_bdm.post(campaign.get_absolute_url(), {"note": "", "per_day": "0", "reminder_1": "2020-01-01"})

    assert answer.status_code == 422 and "2020-01-01" in answer.content.decode()


def test_steps_have_the_time_of_what_happened(bdm: User) -> None:
    campaign = started(bdm, line(1), line(2))
    first, second = campaign.rows.order_by("row_no")
    Mail.objects.filter(to=first.email).update(sent_at=MONDAY + DAY, next_check_at=None)
    Mail.objects.filter(to=second.email).update(refused_at=MONDAY, answer="550 5.1.1", next_check_at=None)

    for _ in range(2):
        tracking.follow(MONDAY + 2 * DAY)

    assert list(CampaignEvent.objects.exclude(step="queued").values_list("row", "step", "at").order_by("row")) == [
        (first.pk, "sent", MONDAY + DAY), (second.pk, "bounced", MONDAY),
    ]  # fmt: skip
    assert [row.state for row in campaign.rows.order_by("row_no")] == [InviteeState.SENT, InviteeState.BOUNCED]


# --- the link ---------------------------------------------------------------------------------------------------------


@travel(MONDAY)
def test_link_opened_by_a_scanner_does_nothing(client: Client, bdm: User) -> None:
    [row] = started(bdm, line(1)).rows.all()

    for method in ("get", "head", "get"):
        assert getattr(client, method)(link_of(row)).status_code == 200

    assert steps(row) == ["queued"]
    assert not User.objects.filter(email=row.email).exists()


@travel(MONDAY)
def test_reader_sees_who_invites_before_signing_in(client: Client, bdm: User) -> None:
    [row] = started(bdm, line(1)).rows.all()

    page = client.get(link_of(row)).content.decode()

    for told in (str(bdm), "Cliente 1", "France", row.email):
        assert told in page
    answer = client.post(link_of(row), {"sign_up": "1"})
    assert answer["Location"].startswith("/accounts/signup/?email=lou%40cliente1.example&next=%2Finvited%2F")
    assert steps(row) == ["queued", "opened"]


@travel(MONDAY)
def test_confirmed_company_is_owned_with_a_prefilled_draft(bdm: User) -> None:
    [row] = started(bdm, line(1)).rows.all()
    link = link_of(row)
    user = make_user(row.email)
    client = as_user(user)
    form = client.get(link).context["form"]
    assert (form["name"].value(), form["mpn_id"].value()) == ("Cliente 1", "5000001")

    for _ in range(2):
        answer = client.post(link, {"confirm": "1", "name": "Cliente Un SARL", "country": "FR", "mpn_id": "5 000 009"})

    enrollment = Enrollment.objects.get(partner__name="Cliente Un SARL")
    assert answer["Location"] == f"/enrollments/{enrollment.pk}/"
    assert Membership.objects.get(partner=enrollment.partner) == Membership.objects.get(user=user, role=Role.OWNER)
    kept = {draft.page: draft.data for draft in Draft.objects.filter(enrollment=enrollment)}
    assert kept["mpn-id"]["mpn_id"] == "5000009" and kept["marketplace"]["customer_number"] == "20-000001"
    assert (kept["contact"]["contact_first_name"], kept["contact"]["contact_email"]) == ("Lou", row.email)
    assert "5000009" in client.get(f"/enrollments/{enrollment.pk}/steps/mpn-id/").content.decode()
    row.refresh_from_db()
    assert (row.state, row.enrollment) == (InviteeState.STARTED, enrollment)
    assert client.get(link).status_code == 302  # opened again: to the enrollment
    assert Partner.objects.filter(name__startswith="Cliente").count() == 1
    assert CompanyEvent.objects.filter(partner=enrollment.partner, deed="registered").count() == 1


def test_enrollment_is_followed_until_it_is_ready(bdm: User) -> None:
    [row] = started(bdm, line(1)).rows.all()
    file = make_enrollment()
    CampaignRow.objects.filter(pk=row.pk).update(enrollment=file)
    tracking.note(row, CampaignStep.STARTED, at=MONDAY)
    user = file.created_by
    Enrollment.objects.filter(pk=file.pk).update(
        submitted_at=MONDAY + DAY, submitted_by=user, ready_at=MONDAY + 3 * DAY
    )

    tracking.follow(MONDAY + 4 * DAY)

    row.refresh_from_db()
    assert row.state == InviteeState.READY
    assert dict(row.events.filter(step__in=["submitted", "ready"]).values_list("step", "at")) == {
        "submitted": MONDAY + DAY, "ready": MONDAY + 3 * DAY,
    }  # fmt: skip


@pytest.mark.parametrize(
    "what", ["expired", "row_stopped", "campaign_stopped", "other_address", "cut", "forged", "signed_nonsense", "used"]
)
def test_link_that_is_over_says_so_and_changes_nothing(bdm: User, what: str) -> None:
    now = timezone.now()
    campaign = started(bdm, line(1))
    [row] = campaign.rows.all()
    user = make_user("eve@other.example" if what in ("other_address", "used") else row.email)
    token = links.token_of(row, now=now - links.LIFE if what == "expired" else now)
    if what == "row_stopped":
        planning.stop_row(row=row, by=bdm, now=now)
    elif what == "campaign_stopped":
        planning.stop(campaign=campaign, now=now)
    elif what == "cut":
        token = token[:-6]
    elif what == "forged":
        # By another key: a signature with one letter changed is sometimes the true one.
        token = signing.Signer(key="forged", salt=links._SALT).sign_object([row.key.hex, 2**31])
    elif what == "signed_nonsense":
        token = signing.Signer(salt=links._SALT).sign_object([row.key.hex, "x"])
    elif what == "used":
        owner = make_user(row.email)
        invited.accept(token=token, user=owner, name="Cliente", country="FR", mpn_id="", now=now)
    before = Enrollment.objects.count()

    client = as_user(user)
    shown = client.get(f"/invited/{token}/")
    client.post(f"/invited/{token}/", {"confirm": "1", "name": "Cliente", "country": "FR", "mpn_id": ""})

    status = {"other_address": 403, "cut": 404, "forged": 404, "signed_nonsense": 404, "used": 200}.get(what, 410)
    assert shown.status_code == status
    if what == "other_address":
        assert "Cliente" not in shown.content.decode() and row.email not in shown.content.decode()
    assert Enrollment.objects.count() == before
    assert not Partner.objects.filter(memberships__user=user).exists()


@pytest.mark.parametrize("when", ["open", "expired", "stopped"])
def test_refusal_stops_every_invitation_to_the_address(client: Client, bdm: User, when: str) -> None:
    other = uploaded(bdm, line(1), name="Automne")
    campaign = started(bdm, line(1))
    [row] = campaign.rows.all()
    now = timezone.now()
    token = links.token_of(row, now=now - links.LIFE if when == "expired" else now)
    if when == "stopped":
        planning.stop_row(row=row, by=bdm, now=now)
    owner = make_user()
    partner = make_partner(owner=owner)

    for _ in range(2):
        page = client.post(f"/invited/{token}/", {"refuse": "1"}, follow=True)

    row.refresh_from_db()
    assert (row.state, page.status_code) == (InviteeState.REFUSED, 410)
    assert not Mail.objects.filter(to=row.email, sent_at=None).exists()
    planning.start(campaign=other, by=bdm, now=MONDAY)
    run(other, MONDAY)
    assert not Mail.objects.filter(to=row.email).exists()
    with pytest.raises(stops.StoppedError):
        domain.invite(partner=partner, email=row.email.upper(), role=Role.VIEWER, by=owner, now=now)
    told = as_user(owner).post(f"/partners/{partner.pk}/", {"email": row.email, "role": "viewer"})
    assert row.email in told.content.decode() and not partner.invitations.exists()


def test_stopped_campaign_goes_on_where_it_was(as_bdm: Client, bdm: User) -> None:
    campaign = started(bdm, line(1), line(2), per_day=1)
    for _ in range(2):
        as_bdm.post(f"{campaign.get_absolute_url()}act/", {"stop": "1"})
    run(campaign, MONDAY + DAY)
    assert Mail.objects.count() == 0  # the one that was not sent yet is taken back

    assert [row.state for row in campaign.rows.all()] == [InviteeState.WAITING] * 2

    for day in (1, 2, 3):
        planning.start(campaign=campaign, by=bdm, now=MONDAY + day * DAY)
        run(campaign, MONDAY + day * DAY)

    assert [mail.to for mail in Mail.objects.order_by("pk")] == ["lou@cliente1.example", "lou@cliente2.example"]


def test_stop_takes_back_a_reminder_that_has_not_left_and_no_mail_that_has(bdm: User) -> None:
    campaign = started(bdm, line(1), reminders=[(MONDAY + 7 * DAY).date()])
    sent(MONDAY)
    run(campaign, MONDAY + 7 * DAY)
    [row] = campaign.rows.all()
    assert row.mails == 2

    planning.stop(campaign=campaign, now=MONDAY + 7 * DAY)

    row.refresh_from_db()
    assert (row.mails, row.state, steps(row)) == (1, InviteeState.SENT, ["queued", "sent"])
    assert Mail.objects.count() == 1


# --- the report -------------------------------------------------------------------------------------------------------


def test_report_counts_each_invitation_once_a_step(as_bdm: Client, bdm: User) -> None:
    campaign = started(bdm, line(1), line(2), line(3), line(4, email="wrong"))
    sent(MONDAY)
    rows = list(campaign.rows.order_by("row_no"))
    for step in (CampaignStep.OPENED, CampaignStep.STARTED):
        tracking.note(rows[0], step, at=MONDAY)
    tracking.note(rows[1], CampaignStep.OPENED, at=MONDAY)
    planning.stop_row(row=rows[2], by=bdm, now=MONDAY)

    sections = {one.code: one for one in as_bdm.get(f"{campaign.get_absolute_url()}report/").context["sections"]}

    assert [row.cells[0] for row in sections["funnel"].rows] == [3, 3, 3, 2, 1, 0, 0]
    assert [row.cells[0] for row in sections["ends"].rows] == [1]
    assert [row.cells for row in sections["countries"].rows] == [[3, 1, 0]]
    csv = as_bdm.get(f"{campaign.get_absolute_url()}report/?csv=funnel")
    assert csv.status_code == 200 and b"3" in b"".join(csv.streaming_content)  # type: ignore[attr-defined]


def test_rows_as_csv_have_their_sentences_and_no_formula(as_bdm: Client, bdm: User) -> None:
    campaign = uploaded(bdm, line(1), line(2, name="=1+1"), line(3, email="-2+3"))

    text = b"".join(as_bdm.get(f"{campaign.get_absolute_url()}rows.csv").streaming_content).decode()  # type: ignore[attr-defined]

    assert "Cliente 1" in text and ";=1+1" not in text and "'=1+1" in text


@pytest.mark.parametrize("query", ["show=nonsense", "after=x", "after=-1", "after=99999999", "show=fine%00"])
def test_address_of_no_group_is_no_unfiltered_list(as_bdm: Client, bdm: User, query: str) -> None:
    assert as_bdm.get(f"{uploaded(bdm, line(1)).get_absolute_url()}?{query}").status_code == 404


def test_old_campaigns_lose_their_people(bdm: User) -> None:
    campaign = uploaded(bdm, line(1))
    Campaign.objects.update(created_at=timezone.now() - planning.KEPT - DAY)

    assert tuple(retention.apply("campaigns", now=timezone.now()) for _night in range(2)) == (1, 0)
    assert campaign.rows.get().email == ""


def test_its_work_is_a_registered_kind() -> None:
    assert registry.kinds.KINDS["campaigns"] is work.KIND
