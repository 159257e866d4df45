"""Which pages are looked at, by whom, and in which states.

Addresses and readers are those of the tests (``tests/test_matrix.py``, ``tests/test_urls.py``); only states stand here.
"""

from collections.abc import Iterator

from django.contrib import admin
from django.urls import NoReverseMatch, get_resolver, reverse

from licensing.models import Customer, EstateFile
from onboarding.domain.questions.steps import PAGES
from tests.grade.run import Fields, Stop
from tests.grade.world import LONG_NAME, World
from tests.test_matrix import TABLE
from tests.test_urls import PUBLIC, concrete, walk

# The matrix's names of people -> the graders'.
READERS = {"owner": "reseller", "bdm": "bdm", "lead": "lead", "admin": "admin"}
# Programs read these, and nobody else.
FOR_PROGRAMS = {"livez", "readyz", "healthz_work", "metrics", "security_txt", "api:openapi"}
# Ends the session that the other pages need.
LAST = {"account_logout"}

NONSENSE = "☂" * 40
# person, address by name or path, state, what is sent.
WRONG: tuple[tuple[str, str, str, Fields], ...] = (
    ("visitor", "account_login", "wrong password", (("login", "nobody@company.example"), ("password", "wrong"))),
    ("visitor", "account_login", "nothing typed", (("login", ""), ("password", ""))),
    ("visitor", "account_signup", "refused", (("email", "no address"), ("password1", "short"))),
    ("visitor", "account_reset_password", "refused", (("email", "no address"),)),
    ("visitor", "onboarding:preflight", "nothing typed", ()),
    ("visitor", "onboarding:preflight", "refused", (("mpn_id", "12"), ("duns", "1"), ("legal_name", LONG_NAME * 2))),
    ("reseller:newcomer", "partners:register", "nothing typed", (("name", ""), ("country", ""))),
    ("reseller:newcomer", "account:profile", "refused", (("name", "x" * 500), ("language", "xx"))),
    ("reseller", "account_change_password", "refused", (("oldpassword", "wrong"), ("password1", "short"))),
    ("reseller", "account_email", "refused", (("email", "no address"), ("action_add", "1"))),
    ("reseller", "partners:company", "invitation refused", (("email", "no address"), ("role", "owner"))),
    ("reseller", "onboarding:messages", "nothing typed", (("body", ""),)),
    ("reseller", "onboarding:delegations", "refused", (("task", "agreement"), ("to", "no address"))),
    ("reseller", "onboarding:confirm_code", "refused", (("code", "1"),)),
    ("reseller", "onboarding:documents", "nothing chosen", ()),
    ("reseller", "licensing:estate", "no file", ()),
    ("reseller", "privacy:erase", "refused", (("confirm", ""),)),
    ("contact", "onboarding:delegate", "question refused", (("ask", "1"), ("text", ""))),
    ("bdm", "onboarding:work", "refused", (("follow_up_on", "tomorrow"), ("tags", NONSENSE * 9))),
    ("bdm", "onboarding:decide", "refused", (("verdict", ""),)),
    ("bdm", "onboarding:desk_messages", "nothing typed", (("body", ""),)),
    ("bdm", "onboarding:campaigns", "no file", (("name", ""),)),
    ("bdm", "onboarding:absence", "refused", (("first_on", "2026-12-09"), ("last_on", "2026-12-01"))),
    ("bdm", "onboarding:insights", "no file", ()),
    ("bdm", "onboarding:lend", "refused", (("question", ""),)),
    ("admin", "admin:accounts_user_add", "refused", (("email", "no address"),)),
    ("admin", "admin:places_bdm_add", "refused", ()),
)
# person, enrollment of ``world``, state
FILES = (
    ("reseller:company1", "company1", "waiting"),
    ("reseller:company2", "company2", "answered"),
    ("reseller:company3", "company3", "with Microsoft"),
    ("reseller:company4", "company4", "late"),
    ("reseller:company5", "company5", "empty"),
    ("reseller:company7", "company7", "other location"),
    ("reseller:done", "done", "done"),
    ("reseller:long", "long", "long"),
)
OF_A_FILE = ("", "answers/", "ask/", "documents/", "messages/", "support/", "reason/", "withdraw/")
OF_THE_DESK = ("", "messages/", "history/", "work/", "lend/")


def all_of_them(world: World) -> list[Stop]:
    """Return every stop once, a person's one after the other, and what ends a session last."""
    found = dict.fromkeys(
        [*_public(world), *_contact(world), *_table(world), *_accounts(), *_states(world), *_admin(), *_wrong(world)]
    )
    return sorted(found, key=lambda stop: (stop.person, stop.name in LAST))


def _public(world: World) -> Iterator[Stop]:
    enrollment = world.enrollments["submitted"]
    for name, path in walk(get_resolver().url_patterns):
        if name in PUBLIC - FOR_PROGRAMS:
            yield Stop(name, concrete(path, enrollment), "visitor")
    for path, state in (
        ("/nothing/here/", "not found"),
        ("/licensing/advice/?need=office_365&sector=commercial&country=FR", "chosen"),
        ("/licensing/compare/?country=FR", "chosen"),
        ("/companies/?q=nuages&country=FR", "searched"),
        ("/desk/", "sent to sign in"),
    ):
        yield Stop("", path, "visitor", state)


def _contact(world: World) -> Iterator[Stop]:
    for name, path in world.tokens.items():
        if ":" in name:
            yield Stop(name, path, "contact", "open link")


def _table(world: World) -> Iterator[Stop]:
    for (readers, _writers), names in TABLE.items():
        for name in names.split():
            for reader in readers:
                if reader in READERS:
                    yield Stop(name, world.paths[name], READERS[reader])


def _accounts() -> Iterator[Stop]:
    """Pages of allauth for the signed-in, which have no line in the table: each person has their own only."""
    for name, path in walk(get_resolver().url_patterns):
        is_plain = not {*path} & {*"<("} and ":" not in name
        if is_plain and path.startswith("accounts/") and name not in PUBLIC:
            yield Stop(name, f"/{path}", "reseller")
            yield Stop(name, f"/{path}", "lead")


def _states(world: World) -> Iterator[Stop]:
    for person, key, state in FILES:
        enrollment = world.enrollments.get(key)
        if enrollment is None:
            continue
        for part in OF_A_FILE:
            yield Stop("onboarding:enrollment", f"/enrollments/{enrollment.pk}/{part}", person, state)
        for slug in PAGES:
            yield Stop("onboarding:page", f"/enrollments/{enrollment.pk}/steps/{slug}/", person, state)
        for part in OF_THE_DESK:
            yield Stop("onboarding:desk_enrollment", f"/desk/{enrollment.pk}/{part}", "lead", state)
        yield Stop("onboarding:home", "/home/", person, state)
        yield Stop("partners:company", f"/partners/{enrollment.partner_id}/", person, state)
        yield Stop("licensing:estate", f"/licensing/{enrollment.partner_id}/", person, state)
    yield from _licences(world)
    for name, (person, path) in world.extra.items():
        yield Stop(name, path, person, "open")
    yield Stop("onboarding:campaign", world.tokens["campaign"], "bdm", "running")
    for path in ("/home/", "/partners/new/", "/companies/", "/account/", "/account/data/"):
        yield Stop("", path, "reseller:newcomer", "empty")
    for path in ("/desk/", "/desk/reports/", "/desk/campaigns/", "/desk/insights/", "/desk/absence/"):
        yield Stop("", path, "bdm:new", "empty")
    yield Stop("", "/desk/?q=nobody+has+this+name", "lead", "nothing found")
    yield Stop("", "/nothing/here/", "reseller", "not found")
    yield Stop("", "/admin/", "reseller", "forbidden")
    yield Stop("", f"/enrollments/{world.enrollments['submitted'].pk}/", "reseller:viewer", "read only")
    for slug in PAGES:
        path = f"/enrollments/{world.enrollments['submitted'].pk}/steps/{slug}/"
        yield Stop("onboarding:page", path, "reseller:viewer", "read only")


def _licences(world: World) -> Iterator[Stop]:
    who = "reseller:reseller"
    partner = world.accounts[who].partners.get()
    base = f"/licensing/{partner.pk}/"
    yield Stop("licensing:estate", base, who, "filled")
    for customer in Customer.objects.filter(partner=partner):
        yield Stop("licensing:customer", f"{base}customers/{customer.pk}/", who, "filled")
    for file in EstateFile.objects.filter(partner=partner):
        yield Stop("licensing:file", f"{base}files/{file.pk}/", who, "filled")


def _admin() -> Iterator[Stop]:
    yield Stop("admin:index", "/admin/", "admin")
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for what in ("changelist", "add"):
            yield Stop(f"{base}_{what}", reverse(f"{base}_{what}"), "admin")
        row = model._default_manager.order_by("pk").first()
        for what in ("change", "history", "delete") if row is not None else ():
            try:
                yield Stop(f"{base}_{what}", reverse(f"{base}_{what}", args=[row.pk]), "admin", "filled")
            except NoReverseMatch:
                continue
    for name, path in walk(admin.site.get_urls(), "admin:", "admin/"):
        if "<" not in path and "(" not in path and name != "admin:logout":
            yield Stop(name, f"/{path}", "admin")


def _wrong(world: World) -> Iterator[Stop]:
    enrollment = world.enrollments["submitted"]
    public = {name: concrete(path, enrollment) for name, path in walk(get_resolver().url_patterns) if "<" not in path}
    for person, name, state, form in WRONG:
        path = (world.tokens if person == "contact" else {}).get(name) or world.paths.get(name) or public[name]
        yield Stop(name, path, person, state, form)
    started = world.enrollments["company5"]
    for slug in PAGES:
        path = f"/enrollments/{started.pk}/steps/{slug}/"
        yield Stop("onboarding:page", path, "reseller:company5", "nothing typed", (("basis", ""),))
        # A browser's field for a date lets nobody type another text.
        names = [name for name in (*PAGES[slug].fields, *PAGES[slug].company_fields) if not name.endswith("_on")]
        sent = tuple((name, NONSENSE) for name in names)
        yield Stop("onboarding:page", path, "reseller:company5", "refused", (("basis", ""), *sent))
