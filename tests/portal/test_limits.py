"""Our mail is nobody's megaphone: the table of limits, strangers' words, and who wants no mail."""

import datetime as dt
import html
import re

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.domain.checks import challenges, partner_acts
from onboarding.domain.enrollment import delegation
from onboarding.enums import Authority, Kind
from portal import limits, text
from portal.accounts.models import User
from portal.limits import LIMITS, Limit, Limited, LimitReachedError, Scope
from portal.notices import letters, registry, relay, stops
from portal.notices.models import Mail, MailStop, Preference
from portal.partners import domain
from portal.partners.models import Invitation, Partner
from portal.privacy import retention
from portal.work import usage
from portal.work.models import LimitedDeed
from tests.builders import check_of, make_bdm, make_enrollment, make_submitted, make_user
from tests.portal.people import company, country, invite, page, person

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


# --- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.deed}-{limit.scope}")
def test_each_limit_stops_at_its_number_and_says_when_it_goes_on(limit: Limit) -> None:
    who = {limit.scope: "somebody"}
    start = NOW - dt.timedelta(minutes=1)
    LimitedDeed.objects.all().delete()
    for number in range(limit.most):
        usage.use(limit.deed, who, now=start + dt.timedelta(seconds=number / 10))

    with pytest.raises(LimitReachedError) as reached:
        usage.use(limit.deed, who, now=NOW)

    assert (reached.value.limit, reached.value.until) == (limit, start + limit.window)
    usage.use(limit.deed, {limit.scope: "another"}, now=NOW)
    usage.use(limit.deed, who, now=reached.value.until)


@pytest.mark.parametrize("limit", [one for one in LIMITS if one.most_unproven], ids=lambda one: f"{one.scope}")
def test_a_company_that_confirmed_nothing_may_less(limit: Limit) -> None:
    assert limit.most_unproven is not None
    for _number in range(limit.most_unproven):
        usage.use(limit.deed, {limit.scope: "new"}, now=NOW, is_proven=False)

    with pytest.raises(LimitReachedError):
        usage.use(limit.deed, {limit.scope: "new"}, now=NOW, is_proven=False)
    usage.use(limit.deed, {limit.scope: "new"}, now=NOW, is_proven=True)


def test_every_deed_has_a_limit_and_none_stands_twice() -> None:
    assert {limit.deed for limit in LIMITS} == set(Limited)
    assert len({(limit.deed, limit.scope) for limit in LIMITS}) == len(LIMITS)


def test_what_is_counted_names_nobody_and_is_forgotten() -> None:
    usage.use(Limited.INVITATION, {Scope.ADDRESS: "Zoe@Acme.example "}, now=NOW)
    usage.use(Limited.INVITATION, {Scope.ADDRESS: "zoe@acme.example"}, now=NOW)

    assert len(set(LimitedDeed.objects.values_list("key", flat=True))) == 1
    assert "zoe" not in LimitedDeed.objects.all()[0].key
    assert retention.apply("limits", now=NOW + usage.KEPT + dt.timedelta(seconds=1)) == 2


# --- each deed keeps to it -------------------------------------------------------------------------------------------


def test_companies_of_one_account_are_counted_and_the_form_keeps_what_was_typed() -> None:
    country()
    client = signed_in(person("marie@acme.example"))

    answers = [client.post("/partners/new/", {"name": f"Company {n}", "country": "FR"}) for n in range(8)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 3
    shown = page(answers[-1])
    assert "It goes on at" in shown.all("main")[0].text
    assert shown.by_id("id_name").attrs["value"] == "Company 7"
    assert Partner.objects.count() == 5


@pytest.mark.parametrize(("proven", "sent"), [(False, 10), (True, 20)])
def test_invitations_of_a_company_are_counted(proven: bool, sent: int) -> None:
    enrollment = make_submitted()
    owner, partner = enrollment.created_by, enrollment.partner
    owner.language = "en-gb"
    owner.save()
    if proven:
        check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
        asked = challenges.send_mailbox_challenge(check=check, address="a@b.example", language="fr", now=timezone.now())
        partner_acts.confirm_mailbox(challenge=asked, by=None, now=timezone.now())
    client = signed_in(owner)

    answers = [
        client.post(f"/partners/{partner.pk}/", {"email": f"a{n}@other.example", "role": "viewer"}) for n in range(22)
    ]

    assert Invitation.objects.count() == sent
    shown = page(answers[-1])
    assert "It goes on at" in shown.all("main")[0].text
    assert shown.by_id("id_email").attrs["value"] == "a21@other.example"


def test_one_address_is_not_written_to_by_many_companies() -> None:
    for number in range(limits.most(Limited.INVITATION, Scope.ADDRESS)):
        marie = person(f"owner{number}@acme.example")
        invite(company(marie, f"Company {number}"), "zoe@other.example", marie)
    last = person("last@acme.example")
    acme = company(last, "Last")

    with pytest.raises(LimitReachedError):
        domain.invite(
            partner=acme, email="ZOE@other.example", role="viewer", by=last, now=NOW + dt.timedelta(minutes=5)
        )

    assert Mail.objects.filter(to="zoe@other.example").count() == 5


def test_a_limit_that_no_form_shows_is_a_page_with_the_way_back() -> None:
    bdm = make_bdm("FR").user
    bdm.language = "en-gb"
    bdm.save()
    client = signed_in(bdm)
    for _number in range(limits.most(Limited.EXPORT, Scope.ACCOUNT)):
        usage.use(Limited.EXPORT, {Scope.ACCOUNT: bdm.pk}, now=timezone.now())

    answer = client.post(
        "/desk/export/", {"query": "", "format": "csv"}, headers={"referer": "http://testserver/desk/"}
    )

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 80_000
    assert "It goes on at" in answer.content.decode()
    assert 'href="/desk/"' in answer.content.decode()


# --- strangers' words ------------------------------------------------------------------------------------------------

NASTY = (
    "URGENT https://evil.example/pay",
    "WWW.evil.example/now",
    "Pay at evil.example or mail boss@evil.example",
    "\u202eelpmaxe.live\u202c\u2066//evil.example",
    "evil\u3002example",
    "x" * 500,
    "javascript:alert(1)",
    "Société\r\nBcc: a@evil.example",
)
LINKABLE = re.compile(r"https?:|www\.|\w[.\u3002]\w{2}|\w@\w", re.I)
TO_STRANGERS = [kind for kind in registry.everything() if not kind.is_for_accounts and kind.render is None]


@pytest.mark.parametrize("nasty", NASTY)
def test_unlinked_leaves_nothing_to_click(nasty: str) -> None:
    told = text.unlinked(nasty)

    assert not LINKABLE.search(told)
    assert len(told) <= text.LONGEST_NAME
    assert told.isprintable()


@pytest.mark.parametrize("name", ["S.A.R.L. Dupont & Fils", "L'Été – Conseil", "A/B Tests", "Ünal GmbH & Co. KG"])
def test_unlinked_leaves_names_as_they_are(name: str) -> None:
    assert text.unlinked(name).replace(" / ", "/") == text.one_line(name)


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("kind", TO_STRANGERS, ids=lambda kind: kind.code)
def test_mail_to_a_stranger_carries_no_stranger_s_words_in_its_subject_and_no_link_of_theirs(
    kind: registry.Notification, nasty: str
) -> None:
    ours = {"link", "stop", "code", "role", "title", "country"}
    plain = letters.render(kind, language="en-gb", context=kind.example())
    context = {
        name: value if name in ours or not isinstance(value, str) else nasty for name, value in kind.example().items()
    }

    letter = letters.render(kind, language="en-gb", context=context)

    assert letter.subject == plain.subject
    wanted = sorted(re.findall(r"https?://[^\s\"<]+", plain.text))
    assert sorted(re.findall(r"https?://[^\s\"<]+", letter.text)) == wanted
    without_links = re.sub(r"https?://\S+", "", html.unescape(letter.text))
    assert "evil.example" not in without_links
    assert "boss@" not in without_links
    assert max(map(len, re.findall(r"x{20,}", letter.text)), default=0) <= 1_000


# --- who wants no mail -----------------------------------------------------------------------------------------------


@pytest.fixture
def acme() -> Partner:
    return company(person("marie@acme.example"))


def test_a_reader_who_does_not_know_the_company_gets_no_such_mail_again(acme: Partner) -> None:
    bdm = make_bdm("FR")
    marie = User.objects.get(email="marie@acme.example")
    link = invite(acme, "zoe@other.example", marie)
    link = link.partition("?")[0]
    assert f"{link}unknown/" in Mail.objects.get(code="invitation").text
    visitor = Client()

    shown = visitor.get(f"{link}unknown/")
    before = MailStop.objects.count()
    answers = [visitor.post(f"{link}unknown/").status_code for _time in range(2)]

    assert (shown.status_code, before, answers) == (200, 0, [200, 200])
    assert visitor.get(link).status_code == 404
    told = Mail.objects.filter(code="company_unknown")
    assert list(told.values_list("to", flat=True)) == [bdm.user.email]
    shown = signed_in(bdm.user).get("/partners/without-owner/").content.decode()
    assert "Acme" in shown
    again = signed_in(marie).post(f"/partners/{acme.pk}/", {"email": "Zoe@other.example", "role": "viewer"})
    assert "asked us for no such e-mails" in again.content.decode()
    other = person("other@other.example")
    with pytest.raises(stops.StoppedError):
        domain.invite(partner=company(other, "Other"), email="zoe@other.example", role="viewer", by=other, now=NOW)


def test_a_reader_of_a_task_may_say_so_too() -> None:
    enrollment = make_enrollment()
    sent = delegation.send(
        enrollment=enrollment, task="txt_record", to="dns@host.example", note="", by=enrollment.created_by, now=NOW
    )
    token = Mail.objects.get(code="delegated").text.split("/task/")[1].split("/")[0]

    for _time in range(2):
        Client().post(f"/task/{token}/", {"unknown": "1"})

    sent.refresh_from_db()
    assert sent.revoked_at is not None
    assert stops.is_stopped("dns@host.example")
    with pytest.raises(stops.StoppedError):
        delegation.send(
            enrollment=enrollment, task="marketplace", to="dns@host.example", note="", by=enrollment.created_by, now=NOW
        )


@pytest.mark.parametrize("address", ["new@other.example", "New@Other.Example"])
def test_who_makes_an_account_may_be_invited_again(acme: Partner, address: str) -> None:
    stops.stop(address, now=NOW)

    person("new@other.example")

    assert not stops.is_stopped(address)


@pytest.mark.parametrize("token", ["x", "a" * 43, "../admin"])
def test_unknown_links_are_not_found(token: str) -> None:
    assert Client().get(f"/partners/invitation/{token}/unknown/").status_code == 404
    assert Client().post(f"/help/notifications/off/{token}/").status_code == 404


def one_click(code: str, user: User) -> str:
    mail = Mail.objects.create(key=code, to=user.email, subject="x", text="x", code=code, queue="mail")
    message = relay._message(mail, None).message()  # type: ignore[arg-type]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return "/" + message["List-Unsubscribe"].strip("<>").split("/", 3)[3]


@pytest.mark.parametrize("code", [kind.code for kind in registry.everything() if kind.may_opt_out])
def test_one_click_switches_one_kind_off_without_a_session(code: str) -> None:
    user = make_user()
    path = one_click(code, user)
    strict = Client(enforce_csrf_checks=True)

    looked = strict.get(path).status_code
    before = Preference.objects.count()
    posted = [strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code for _time in range(2)]

    assert (looked, before, posted) == (200, 0, [200, 200])
    assert list(Preference.objects.values_list("user", "code", "choice")) == [(user.pk, code, "off")]


@pytest.mark.parametrize("change", ["flip", "cut", "other kind"])
def test_a_changed_one_click_link_does_nothing(change: str) -> None:
    path = one_click("ready", make_user())
    start, token = path[: path.index("/off/") + 5], path[path.index("/off/") + 5 : -1]
    body, rest = token.split(":", 1)
    forged = {"flip": body[::-1] + ":" + rest, "cut": token[:-2], "other kind": "WzEsInNhZmUiXQ:" + rest}[change]

    assert Client().post(f"{start}{forged}/").status_code == 404
    assert not Preference.objects.exists()
