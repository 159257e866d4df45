"""Files of BDMs and administrators: all rows or none, followed when they come again, invited by mail."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError
from django.db import DatabaseError, connection

from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.notices.models import Mail
from portal.roles import ROLES
from tests.portal.people import person
from tests.portal.test_readiness import loaded

pytestmark = pytest.mark.django_db
GOOD = {
    "load_bdms": ("email,name,language,countries,lead,phone", "{email},Zoé,fr,FR BE,no,+33 1"),
    "load_staff": ("email,name,language,roles", "{email},Zoé,fr,operator editor"),
}
COMMANDS = pytest.mark.parametrize("command", GOOD)


def text_of(command: str, *emails: str) -> str:
    head, row = GOOD[command]
    return "\n".join([head, *(row.format(email=email) for email in emails)]) + "\n"


def invited() -> list[str]:
    return sorted(Mail.objects.filter(code="account_made").values_list("to", flat=True))


@COMMANDS
def test_an_error_midway_adds_nobody(command: str, tmp_path: Path) -> None:
    """The database refuses the second of three, as it does when somebody else adds the same person meanwhile."""
    refusing = "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$"
    with connection.cursor() as cursor:
        cursor.execute(refusing)
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON accounts_user FOR EACH ROW"
            " WHEN (NEW.email = 'b@x.example') EXECUTE FUNCTION pg_temp.refuse()"
        )

    with pytest.raises(DatabaseError):
        loaded(tmp_path, text_of(command, "a@x.example", "b@x.example", "c@x.example"), command=command)

    assert (User.objects.count(), Bdm.objects.count(), invited()) == (0, 0, [])


@COMMANDS
def test_who_is_there_follows_the_file_and_gets_no_second_mail(command: str, tmp_path: Path) -> None:
    head, row = GOOD[command]
    loaded(tmp_path, text_of(command, "zoe@x.example"), command=command)

    newer = row.format(email="ZOE@x.example").replace("Zoé,fr", "Zoë Exemple,de")
    loaded(tmp_path, f"{head}\n{newer}\n", command=command)

    zoe = User.objects.get()
    assert (zoe.email, zoe.name, zoe.language) == ("zoe@x.example", "Zoë Exemple", "de")
    assert invited() == ["zoe@x.example"]


@COMMANDS
def test_a_column_or_cell_that_is_missing_takes_nothing_away(command: str, tmp_path: Path) -> None:
    loaded(tmp_path, text_of(command, "zoe@x.example"), command=command)
    before = User.objects.values().get(), [*Bdm.objects.values()]

    short = {"load_bdms": "email,countries,name\nzoe@x.example,FR BE,\n", "load_staff": "email,roles,language\n"
             "zoe@x.example,operator editor,\n"}  # fmt: skip
    loaded(tmp_path, short[command], command=command)

    assert (User.objects.values().get(), [*Bdm.objects.values()]) == before


@COMMANDS
def test_a_cell_may_have_lines_separators_and_quotation_marks(command: str, tmp_path: Path) -> None:
    head, row = GOOD[command]
    name = '"Zoé\r\n""Z"", Exemple"'

    loaded(tmp_path, f"{head}\r\n{row.format(email='zoe@x.example').replace('Zoé', name)}\r\n", command=command)

    assert User.objects.get().name == 'Zoé "Z", Exemple'


@COMMANDS
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["no-address"], "row 3: 'no-address' is no e-mail address"),
        (["GOOD@x.example"], "row 3: good@x.example is in row 2 already"),
        (["a@x.example", "", "{name}"], "row 5: the name has more than 100 characters"),
        (["{more}"], "row 3: it has more cells than there are titles"),
        (["{language}"], "row 3: language is 'xx'; known: fr, en-gb, de"),
        (["{open}"], "is no CSV file: line"),
    ],
)
def test_one_wrong_row_adds_nobody_and_is_named_as_a_spreadsheet_counts(
    command: str, rows: list[str], said: str, tmp_path: Path
) -> None:
    head, row = GOOD[command]
    other = row.format(email="b@x.example")
    special = {
        "{name}": other.replace("Zoé", "Z" * 101), "{more}": f"{other},x,y",
        "{language}": other.replace(",fr,", ",xx,"), "{open}": other.replace("Zoé", '"Zoé'), "": "," * head.count(","),
    }  # fmt: skip
    lines = [special.get(each, row.format(email=each)) for each in ["good@x.example", *rows]]

    with pytest.raises(CommandError) as refused:
        loaded(tmp_path, "\n".join([head, *lines]) + "\n", command=command)

    assert said in str(refused.value)
    assert (User.objects.count(), invited()) == (0, [])


# --- administrators ---------------------------------------------------------------------------------------------------


def roles_of(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


@pytest.mark.parametrize("role", [role.name for role in ROLES])
def test_every_role_can_be_given_and_taken_by_a_file(role: str, tmp_path: Path) -> None:
    user = person("olga@x.example")
    user.groups.add(Group.objects.create(name="a group of its own"))

    loaded(tmp_path, f"email;roles\nolga@x.example;{role.upper()}\n", command="load_staff")
    user.refresh_from_db()
    given = (user.is_staff, user.is_superuser, roles_of(user))
    other = next(each.name for each in ROLES if each.name != role)
    loaded(tmp_path, f"email;roles\nolga@x.example;{other}\n", command="load_staff")

    assert given == (True, False, sorted(["a group of its own", role]))
    assert roles_of(user) == sorted(["a group of its own", other])
    assert user.has_usable_password()
    assert invited() == []


@pytest.mark.parametrize(("roles", "said"), [("", "no role"), ("operator boss", "unknown roles: boss; known")])
def test_roles_that_do_not_exist_add_nobody(roles: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=said):
        loaded(tmp_path, f"email,roles\nolga@x.example,{roles}\n", command="load_staff")
    assert not User.objects.exists()


def test_roles_of_microsoft_s_groups_are_not_a_file_s(tmp_path: Path, settings: Any) -> None:
    settings.ENTRA_STAFF_GROUPS = [("operator", "11111111-2222-4333-8444-555555555555")]
    user = person("olga@x.example")
    user.groups.add(Group.objects.get(name="operator"))

    with pytest.raises(CommandError, match="Microsoft's groups give and take these roles at each sign-in: operator"):
        loaded(tmp_path, "email,roles\nolga@x.example,operator\n", command="load_staff")
    loaded(tmp_path, "email,roles\nolga@x.example,editor\n", command="load_staff")

    assert roles_of(user) == ["editor", "operator"]
