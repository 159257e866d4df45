"""A Global admin's sign-in with Microsoft proves the tenant of step 3, and nothing that the token does not say."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client

from onboarding.domain.enrollment import tenant_proof
from onboarding.domain.enrollment.tenant_proof import NotComparedError, SeenTenant
from onboarding.models import Draft, Enrollment
from onboarding.sandbox import servers
from onboarding.sandbox.entra_people import NUAGES, OTHER
from onboarding.sandbox.records import Fault
from onboarding.sandbox.servers import Sandbox
from onboarding.sandbox.world import World
from portal.accounts.models import User
from portal.partners.models import Membership, Role
from tests.builders import NOW, make_enrollment, make_submitted, make_user
from tests.microsoft import configure
from tests.portal.entra.walking import Begun, choose, connected, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def servers_running() -> Iterator[Sandbox]:
    with servers.running() as sandbox:
        yield sandbox


@pytest.fixture
def world(servers_running: Sandbox, settings: Any) -> World:
    configure(settings, servers_running)
    return servers_running.world


@pytest.fixture
def filled() -> Enrollment:
    """An enrollment whose answers are complete, signed in as its owner."""
    return make_submitted()


def owner_of(enrollment: Enrollment) -> Client:
    client = Client()
    client.force_login(enrollment.created_by, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def prove(client: Client, enrollment: Enrollment, person: str) -> str:
    """Sign in as this person where step 3 asks for it, and return the page that follows."""
    answer = client.post(f"/enrollments/{enrollment.pk}/tenant/")
    address, _mark, query = answer["Location"].partition("?")

    back = choose(Begun(address, dict(parse_qsl(query))), person)
    return client.get(back, follow=True).content.decode()


def named(enrollment: Enrollment, tenant: str) -> Enrollment:
    Enrollment.objects.filter(pk=enrollment.pk).update(tenant=tenant)
    enrollment.refresh_from_db()
    return enrollment


def events(enrollment: Enrollment) -> list[str]:
    kinds = (tenant_proof.PROVEN, tenant_proof.DIFFERS)
    return [event.kind for event in enrollment.events.filter(kind__in=kinds).order_by("pk")]


@pytest.mark.parametrize("tenant", [NUAGES.id, NUAGES.domains[0]])
def test_a_global_admin_proves_the_tenant_that_is_named(world: World, filled: Enrollment, tenant: str) -> None:
    page = prove(owner_of(filled), named(filled, tenant), "admin")

    proof = tenant_proof.latest(filled)
    assert proof is not None
    assert (proof.tenant, proof.domains) == (NUAGES.id, NUAGES.domains)
    [event] = filled.events.filter(kind=tenant_proof.PROVEN)
    assert (event.source, event.actor) == ("api", filled.created_by)
    assert 'id="tenant-proof"' in page and NUAGES.id in page


def test_another_tenant_has_a_reason_of_its_own(world: World, filled: Enrollment) -> None:
    owner = owner_of(filled)
    named(filled, NUAGES.id)

    page = prove(owner, filled, "elsewhere")

    assert (events(filled), tenant_proof.latest(filled)) == ([tenant_proof.DIFFERS], None)
    [event] = filled.events.filter(kind=tenant_proof.DIFFERS)
    assert (event.data["reason"], event.data["tenant"]) == (tenant_proof.REASON, OTHER.id)
    assert OTHER.name in page
    filled.refresh_from_db()
    assert filled.tenant == NUAGES.id


@pytest.mark.parametrize("person", ["user", "thief"])
def test_without_the_role_nothing_is_proved(world: World, filled: Enrollment, person: str) -> None:
    named(filled, NUAGES.id)

    prove(owner_of(filled), filled, person)

    assert (events(filled), tenant_proof.latest(filled)) == ([], None)


def test_domains_are_not_claimed_where_graph_does_not_tell_them(world: World, filled: Enrollment) -> None:
    named(filled, NUAGES.domains[0])
    world.add_fault(Fault("entra", "no_consent", 1))

    page = prove(owner_of(filled), filled, "admin")

    proof = tenant_proof.latest(filled)
    assert proof is not None and (proof.tenant, proof.domains) == (NUAGES.id, ())
    assert NUAGES.domains[1] not in page.partition('id="tenant-proof"')[2].partition("</section>")[0]


@pytest.mark.parametrize("kind", ["500", "403", "html", "nonsense", "broken"])
def test_trouble_at_graph_takes_no_proof_away(world: World, filled: Enrollment, kind: str) -> None:
    named(filled, NUAGES.id)
    world.add_fault(Fault("entra_graph", kind, 1))

    prove(owner_of(filled), filled, "admin")

    assert events(filled) == [tenant_proof.PROVEN]


def test_what_is_missing_is_filled_in_as_a_draft(world: World) -> None:
    enrollment = make_enrollment()
    owner = owner_of(enrollment)

    prove(owner, enrollment, "admin")

    draft = Draft.objects.get(enrollment=enrollment, page="contact")
    assert draft.data["tenant"] == NUAGES.domains[0]
    enrollment.refresh_from_db()
    assert enrollment.tenant == ""


def test_a_later_change_of_the_tenant_ends_the_proof(world: World, filled: Enrollment) -> None:
    prove(owner_of(filled), named(filled, NUAGES.id), "admin")

    assert tenant_proof.latest(named(filled, "another.onmicrosoft.com")) is None
    assert tenant_proof.latest(named(filled, OTHER.id)) is None
    assert tenant_proof.latest(named(filled, NUAGES.domains[0])) is not None


def test_names_that_nobody_can_compare_prove_nothing(filled: Enrollment) -> None:
    seen = SeenTenant(NUAGES.id, is_global_admin=True)
    named(filled, "mystery.onmicrosoft.com")

    with pytest.raises(NotComparedError):
        tenant_proof.record(enrollment=filled, seen=seen, named_id=None, by=filled.created_by, now=NOW)
    assert events(filled) == []


@pytest.mark.parametrize("tenant", [NUAGES.id, NUAGES.domains[0]])
def test_the_partner_s_own_sign_in_proves_it_once(
    world: World, client: Client, filled: Enrollment, tenant: str
) -> None:
    connected(filled.created_by, "admin")
    named(filled, tenant)

    for _time in range(2):
        sign_in(client, "admin")
        client.logout()

    assert events(filled) == [tenant_proof.PROVEN]


@pytest.mark.parametrize("person", ["user", "elsewhere"])
def test_a_sign_in_that_proves_nothing_leaves_no_line(
    world: World, client: Client, filled: Enrollment, person: str
) -> None:
    connected(filled.created_by, person)
    named(filled, NUAGES.id)

    sign_in(client, person)

    assert events(filled) == []


def test_a_viewer_proves_nothing(world: World, client: Client, filled: Enrollment) -> None:
    viewer: User = make_user("viewer@company.example")
    Membership.objects.create(partner=filled.partner, user=viewer, role=Role.VIEWER)
    connected(viewer, "admin")
    named(filled, NUAGES.id)

    sign_in(client, "admin")

    assert events(filled) == []
    assert client.post(f"/enrollments/{filled.pk}/tenant/").status_code == 404


def test_a_proof_lands_in_the_enrollment_of_who_asked(world: World, filled: Enrollment) -> None:
    """The browser is at Microsoft while the person leaves the company."""

    owner = owner_of(filled)
    answer = owner.post(f"/enrollments/{filled.pk}/tenant/")
    address, _mark, query = answer["Location"].partition("?")
    back = choose(Begun(address, dict(parse_qsl(query))), "admin")
    Membership.objects.create(partner=filled.partner, user=make_user(), role=Role.OWNER)
    Membership.objects.filter(user=filled.created_by).update(role=Role.VIEWER)

    assert owner.get(back).status_code == 404
    assert events(filled) == []


def test_without_the_partners_way_there_is_no_button(filled: Enrollment, settings: Any) -> None:
    owner = owner_of(filled)

    assert owner.post(f"/enrollments/{filled.pk}/tenant/").status_code == 404
    assert "tenant-proof" not in owner.get(f"/enrollments/{filled.pk}/steps/contact/").content.decode()
