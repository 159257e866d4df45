"""A person's sessions: shown, ended one by one or all, and over after a time."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.accounts import addresses, sessions
from portal.accounts.models import SignedIn, User
from portal.privacy import retention
from tests.builders import make_bdm
from tests.portal.people import PASSWORD, page, person

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
def marie() -> User:
    return person("marie@acme.example")


def signed_in(user: User, agent: str = "") -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox, Windows"),
        (EDGE, "Edge, Windows"),
        (SAFARI, "Safari, iPhone"),
        (CHROME, "Chrome, Android"),
        ("curl/8.5", ""),
        ("<script>\r\n\u202e" + "x" * 9_000, ""),
    ],
)
def test_a_device_is_named_as_people_know_it(agent: str, device: str) -> None:
    assert sessions.device_of(agent) == device


def test_the_page_shows_every_session_of_the_person_and_no_other(marie: User) -> None:
    first, _second = signed_in(marie, FIREFOX), signed_in(marie, SAFARI)
    signed_in(person("zoe@acme.example"), CHROME)

    shown = page(first.get("/account/sessions/")).all("main")[0].text

    assert ("Firefox, Windows" in shown, "Safari, iPhone" in shown, "Chrome, Android" in shown) == (True, True, False)
    assert shown.count("this one") == 1


@pytest.mark.parametrize("times", [1, 2])
def test_one_session_is_ended_and_the_others_stay(marie: User, times: int) -> None:
    first, second, third = (signed_in(marie) for _ in range(3))
    number = SignedIn.objects.order_by("pk")[1].pk

    answers = [first.post(f"/account/sessions/{number}/end/").status_code for _time in range(times)]

    assert answers == [302] * times
    assert [is_in(client) for client in (first, second, third)] == [True, False, True]


def test_the_present_session_may_be_ended_too(marie: User) -> None:
    first, second = signed_in(marie), signed_in(marie)

    answer = first.post(f"/account/sessions/{SignedIn.objects.order_by('pk')[0].pk}/end/")

    assert answer.status_code == 302
    assert [is_in(first), is_in(second)] == [False, True]


@pytest.mark.parametrize("others", [0, 1, 3])
def test_all_other_sessions_are_ended(marie: User, others: int) -> None:
    first = signed_in(marie)
    rest = [signed_in(marie) for _ in range(others)]
    stranger = signed_in(person("zoe@acme.example"))

    for _time in range(2):
        assert first.post("/account/sessions/end-others/").status_code == 302

    assert [is_in(first), is_in(stranger), *map(is_in, rest)] == [True, True, *[False] * others]


def test_nobody_ends_a_stranger_s_session(marie: User) -> None:
    first, zoe = signed_in(marie), signed_in(person("zoe@acme.example"))

    answer = zoe.post(f"/account/sessions/{SignedIn.objects.order_by('pk')[0].pk}/end/")

    assert answer.status_code == 404
    assert is_in(first)


@pytest.mark.parametrize("how", ["password", "address", "reset"])
def test_a_changed_password_or_address_ends_the_others(marie: User, how: str) -> None:
    first, second = signed_in(marie), signed_in(marie)
    new = "lampe girafe horizon quatre"

    if how == "password":
        first.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new})
    elif how == "address":
        addresses.change(user=marie, to="new@acme.example", now=timezone.now())
    else:
        marie.set_password(new)
        marie.save()

    assert [is_in(first), is_in(second)] == [how == "password", False]
    if how == "password":
        assert len(sessions.of_user(User.objects.get(), current=first.session.session_key, now=timezone.now())) == 1
        assert Session.objects.count() == 1


def later(client: Client, **moved: dt.timedelta) -> None:
    """Move the moments of a session into the past."""
    session = client.session
    for name, by in moved.items():
        session[name] -= by.total_seconds()
    session.save()


HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("who", "moved", "stays"),
    [
        ("reseller", {"seen": 7 * HOUR}, True),
        ("reseller", {"seen": 9 * HOUR}, False),
        ("reseller", {"since": 13 * HOUR}, False),
        ("bdm", {"seen": HOUR / 3}, True),
        ("bdm", {"seen": HOUR}, False),
        ("admin", {"seen": HOUR}, False),
        ("admin", {"since": 11 * HOUR}, True),
    ],
)
def test_a_session_ends_when_left_alone_or_after_a_day_s_work(
    marie: User, who: str, moved: dict[str, dt.timedelta], stays: bool
) -> None:
    user = {
        "reseller": lambda: marie,
        "bdm": lambda: make_bdm("FR").user,
        "admin": lambda: person("root@ingram.example", is_staff=True),
    }[who]()
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    later(client, **moved)

    assert is_in(client) == stays


def test_using_a_session_keeps_it(marie: User) -> None:
    client = signed_in(marie)

    for _time in range(3):
        later(client, seen=6 * HOUR)
        assert is_in(client)


@pytest.mark.parametrize(("part", "stays"), [("live", False), ("presence", False), ("hits", True)])
def test_what_an_open_page_asks_by_itself_is_no_use_of_a_session(marie: User, part: str, stays: bool) -> None:
    """A page that was left open kept the session of its reader for the whole day."""
    client = signed_in(marie)
    later(client, seen=6 * HOUR)
    client.get("/home/", headers={"X-Part": part})
    later(client, seen=6 * HOUR)

    assert is_in(client) == stays


def test_a_form_of_a_session_that_is_over_is_kept(marie: User) -> None:
    client = signed_in(marie)
    later(client, seen=9 * HOUR)

    answer = client.post("/account/", {"name": "Marie", "language": "fr"})

    assert answer.status_code == 302
    assert client.session["typed"]["data"]["name"] == "Marie"


def test_rows_of_old_sessions_are_deleted(marie: User) -> None:
    signed_in(marie)

    later = [timezone.now() + dt.timedelta(days=days) for days in (1, 3, 3)]
    assert [retention.apply("sign-ins", now=now) for now in later] == [0, 1, 0]
