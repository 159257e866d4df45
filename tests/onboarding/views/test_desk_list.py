"""The desk's list: what needs a person first, views in the address, pages by key, and errors in words."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding.domain.desk import decisions, listing
from onboarding.domain.desk.listing import Filters
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, FileWork, PipelineEntry, SavedView
from onboarding.phases import Phase
from portal.accounts.models import User
from tests.builders import NOW, check_of, make_bdm, make_enrollment, make_submitted, make_user
from tests.onboarding.domain.test_pipeline import SITUATIONS, put
from tests.portal.people import Page

pytestmark = pytest.mark.django_db
MS = Authority.MICROSOFT


def shown(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/desk/{query}")
    assert page.status_code == 200, page.content.decode()[-3000:]
    return [str(row.pk) for group in page.context["groups"] for row in group["rows"]]


def test_first_page_holds_what_needs_a_person_the_most_urgent_first(as_bdm: Client) -> None:
    owner = make_user()
    idle, ready, aside = make_submitted(owner=owner), make_submitted(owner=owner), make_enrollment(owner=owner)
    Enrollment.objects.filter(pk=ready.pk).update(state="ready", ready_at=NOW)
    Enrollment.objects.filter(pk=aside.pk).update(set_aside_at=NOW)
    files = {part: make_submitted(owner=owner) for part in ("ours", "unread", "suspension_near", "came_back")}
    for part, file in files.items():
        SITUATIONS[part](file)

    order = [str(files[part].pk) for part in ("suspension_near", "came_back", "ours", "unread")]
    assert shown(as_bdm) == order
    assert str(idle.pk) in shown(as_bdm, "?view=open")
    assert shown(as_bdm, "?view=ready") == [str(ready.pk)]
    assert shown(as_bdm, "?view=set_aside") == [str(aside.pk)]


def test_each_row_says_why_it_stands_there_and_since_when(as_bdm: Client) -> None:
    file = make_submitted()
    SITUATIONS["ours"](file)
    SITUATIONS["unread"](file)

    page = as_bdm.get("/desk/", headers={"accept-language": "en"}).content.decode()

    for words in ("Ingram Micro doit examiner", "Un message que personne n’a lu"):
        assert words in page


def test_counters_are_those_of_the_bdms_countries(as_bdm: Client) -> None:
    SITUATIONS["ours"](make_submitted())
    SITUATIONS["ours"](make_submitted(country="BE"))

    numbers = {view["url"]: view["number"] for view in as_bdm.get("/desk/").context["views"]}

    assert numbers["?view=needs_me"] == 1


KEY = "0b1f7d52-7f0d-4d0e-9a55-111111111111"
BAD = [
    "view=nonsense", "country=FRA", "country=DE", "turn=xx", "age=7", "age=abc", "owner=999999", "sort=name",
    "reason=none", "step=6", f"text={'a' * 201}", "view=open&after=forged", "after=-9~0001-01-01T00:00:00+23:59~x",
    f"after=-1~0001-01-01T00:00:00+00:00~{KEY}", f"after=99999~2026-01-01T00:00:00+00:00~{KEY}",
    f"sort=since&after=-1~2026-01-01T00:00:00+00:00~{KEY}",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_bad_value_is_a_sentence_and_never_the_unfiltered_list(as_bdm: Client, query: str) -> None:
    SITUATIONS["ours"](make_submitted())

    page = as_bdm.get(f"/desk/?{query}")

    assert page.status_code == 422
    assert page.context["groups"] == []
    assert 'role="alert"' in page.content.decode()
    assert Page(page.content.decode()).broken_references() == set()


@pytest.mark.parametrize("sort", listing.SORTS)
def test_pages_go_on_and_back_without_loss_or_repetition(sort: str) -> None:
    bdm, owner = make_bdm("FR"), make_user()
    files = [make_submitted(owner=owner) for _each in range(7)]
    for file in files:
        SITUATIONS["ours"](file)  # one rank and one moment: the key alone decides
    filters, seen, after = Filters(sort=sort), [], ""
    scope = listing.scope_of(bdm, today=NOW.date())
    pages = []

    while True:
        page = listing.page(bdm, filters, scope=scope, now=NOW, after=after, size=3)
        pages.append([row.pk for row in page.rows])
        seen += pages[-1]
        if not page.after:
            break
        after = page.after

    assert sorted(seen) == sorted(file.pk for file in files)
    assert [len(each) for each in pages] == [3, 3, 1]
    back = listing.page(bdm, filters, scope=scope, now=NOW, before=page.before, size=3)
    assert [row.pk for row in back.rows] == pages[1]
    assert listing.page(bdm, filters, scope=scope, now=NOW, before=back.before, size=3).before == ""


def test_one_row_costs_as_many_queries_as_fifty(as_bdm: Client) -> None:
    owner = make_user()

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_bdm.get("/desk/")
        return len(captured)

    SITUATIONS["ours"](make_submitted(owner=owner))
    cost()
    one = cost()
    for _each in range(49):
        SITUATIONS["ours"](make_submitted(owner=owner))

    assert cost() == one <= 10


def test_search_looks_everywhere_and_says_what_it_found(as_bdm: Client) -> None:
    file = make_submitted()
    Enrollment.objects.filter(pk=file.pk).update(state="ready", ready_at=NOW)

    page = as_bdm.get(f"/desk/?text={quote(file.contact_email)}")

    assert shown(as_bdm, f"?text={quote(file.contact_email)}") == [str(file.pk)]
    assert file.contact_email in page.content.decode()


def test_a_view_is_saved_shared_shown_first_and_deleted(as_bdm: Client, bdm: User) -> None:
    typed = {"name": "Mes\u200b  relances\0", "query": "view=due&sort=since", "default": "on", "shared": "on"}
    for _twice in range(2):
        assert as_bdm.post("/desk/views/", typed).status_code == 302

    [view] = SavedView.objects.all()
    assert as_bdm.get("/desk/")["Location"] == "/desk/?view=due&sort=since"
    colleague = Client()
    colleague.force_login(make_bdm("BE").user)
    assert "Mes relances" in colleague.get("/desk/").content.decode()
    colleague.post(f"/desk/views/{view.pk}/forget/", {"sure": "1"})
    assert SavedView.objects.exists()
    as_bdm.post(f"/desk/views/{view.pk}/forget/", {"sure": "1"})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("typed", [{"name": "", "query": "view=due"}, {"name": "x", "query": "view=gone"}])
def test_a_view_that_cannot_be_saved_is_said(as_bdm: Client, typed: dict[str, str]) -> None:
    as_bdm.post("/desk/views/", typed)

    assert not SavedView.objects.exists()


def test_after_a_decision_the_next_file_of_the_view_follows_and_back_leads_to_the_view(as_bdm: Client) -> None:
    owner = make_user()
    first, second = make_submitted(owner=owner), make_submitted(owner=owner)
    for file in (first, second):
        put(file, Kind.MPN_ID, Phase.BDM_LOOKS)
    order = [PipelineEntry.objects.get(pk=pk).pk for pk in shown(as_bdm)]
    came = f"?from={quote('view=needs_me')}"
    page = as_bdm.get(f"/desk/{order[0]}/{came}")
    assert page.context["beside"]["back"] == "/desk/?view=needs_me"
    assert page.context["beside"]["following"] == f"/desk/{order[1]}/?from=view%3Dneeds_me"
    check = check_of(Enrollment.objects.get(pk=order[0]), Kind.MPN_ID, MS)

    answer = as_bdm.post(
        f"/desk/{order[0]}/checks/{check.pk}/{came}", {"decision": "confirm", "basis": decisions.basis(check)}
    )

    assert answer["Location"] == f"/desk/{order[1]}/?from=view%3Dneeds_me"


def test_mine_holds_the_files_i_own(as_bdm: Client, bdm: User) -> None:
    file, other = make_submitted(), make_submitted()
    FileWork.objects.create(enrollment=file, owner=bdm)
    FileWork.objects.create(enrollment=other, owner=make_bdm("FR").user)

    assert shown(as_bdm, "?view=mine") == [str(file.pk)]
    assert shown(as_bdm, "?view=all&owner=me") == [str(file.pk)]
