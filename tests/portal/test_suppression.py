"""An account whose own address refuses our mails hears of it where it looks, and so does its BDM."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.notices.models import Suppression
from tests.builders import make_user

pytestmark = pytest.mark.django_db

PAGES = ("onboarding:home", "notices:preferences", "account_email")
ANSWER = "550 5.1.1 <no> such mailbox"


def refuse(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email=user.email.title())
    Suppression.objects.create(address=user.email.lower(), since=timezone.now(), answer=ANSWER)


def told(client: Client, path: str) -> bool:
    page = client.get(path).content.decode()
    assert ('id="mail-refusal"' in page) == ("550 5.1.1 &lt;no&gt; such mailbox" in page)
    return 'id="mail-refusal"' in page


@pytest.mark.parametrize("page", PAGES)
def test_whose_own_address_refuses_is_told_with_the_server_s_answer(
    as_reseller: Client, enrollment: Enrollment, reseller: User, outsider: User, page: str
) -> None:
    refuse(outsider)
    before = told(as_reseller, reverse(page))
    refuse(reseller)

    assert (before, told(as_reseller, reverse(page))) == (False, True)


def test_who_has_no_company_yet_is_told_as_well(client: Client) -> None:
    user = make_user("alone@company.example")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    refuse(user)

    assert told(client, "/companies/")


def test_bdm_sees_who_of_a_file_hears_nothing(
    as_bdm: Client, enrollment: Enrollment, reseller: User, outsider: User
) -> None:
    refuse(outsider)
    before = as_bdm.get(f"/desk/{enrollment.pk}/").content.decode()
    refuse(reseller)
    after = as_bdm.get(f"/desk/{enrollment.pk}/").content.decode()

    assert "Outsider@" not in after
    assert ["Reseller@Company.Example" in page for page in (before, after)] == [False, True]
