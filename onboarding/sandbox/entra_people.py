"""Who can sign in at the sandbox's Microsoft: two work tenants, their people, and one personal account. All made up."""

import uuid
from dataclasses import dataclass

GLOBAL_ADMIN = "62e90394-69f5-4237-9190-012177145e10"  # the template of a role, equal in every tenant
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
EVERYBODY = "b79fbf4d-3ef9-4689-8143-76b194e85509"  # the role that every member of a directory has
GUEST_INVITER = "95e79109-95c0-4d8e-aee3-d01accf2d47b"


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


@dataclass(frozen=True)
class DirectoryTenant:
    """A tenant. The first of its domains is the one that Microsoft gave it."""

    name: str
    domains: tuple[str, ...]

    @property
    def id(self) -> str:
        return _id(self.domains[0]) if self.domains else PERSONAL_TENANT


INGRAM = DirectoryTenant("Ingram Micro (démo)", ("ingram-demo.onmicrosoft.com", "ingram.example"))
NUAGES = DirectoryTenant("Nuages d'Exemple", ("nuages-exemple.onmicrosoft.com", "nuages.example"))
OTHER = DirectoryTenant("Ailleurs Exemple", ("ailleurs-exemple.onmicrosoft.com", "ailleurs.example"))
PERSONAL = DirectoryTenant("Microsoft", ())
TENANTS = (INGRAM, NUAGES, OTHER, PERSONAL)

GROUPS = {name: _id(f"{name}.groups.ingram.example") for name in ("lead", "bdm", "operator", "editor", "auditor")}


@dataclass(frozen=True)
class DirectoryPerson:
    """A person. ``mail`` is the address that anybody in the tenant may write into the account; it proves nothing.

    ``many``: of so many groups that the token leaves them out.
    """

    key: str
    name: str
    user: str
    tenant: DirectoryTenant
    mail: str = ""
    roles: tuple[str, ...] = (EVERYBODY,)
    groups: tuple[str, ...] = ()
    has_second_factor: bool = True
    many: bool = False
    shows: str = ""

    @property
    def object_id(self) -> str:
        return _id(f"{self.key}.people.{self.tenant.id}")

    @property
    def uid(self) -> str:
        return f"{self.tenant.id}:{self.object_id}"


_ADMIN = (GLOBAL_ADMIN, EVERYBODY)
PEOPLE = (
    DirectoryPerson("bdm", "BDM France", "bdm@ingram.example", INGRAM, groups=("bdm",), shows="BDM"),
    DirectoryPerson("lead", "BDM lead", "lead@ingram.example", INGRAM, groups=("lead",), many=True,
                    shows="lead, 250 groups"),
    DirectoryPerson("new", "BDM, first day", "first.day@ingram.example", INGRAM, mail="first.day@ingram.example",
                    groups=("bdm", "operator"), shows="first day"),
    DirectoryPerson("left", "Former BDM", "former@ingram.example", INGRAM, shows="in no group any more"),
    DirectoryPerson("weak", "BDM, password only", "password.only@ingram.example", INGRAM, groups=("bdm",),
                    has_second_factor=False, shows="BDM without a second factor at Microsoft"),
    DirectoryPerson("admin", "Administrator of Nuages", "admin@nuages.example", NUAGES, mail="admin@nuages.example",
                    roles=_ADMIN, shows="Global admin"),
    DirectoryPerson("user", "User of Nuages", "user@nuages.example", NUAGES, mail="user@nuages.example",
                    has_second_factor=False, shows="no admin role"),
    DirectoryPerson("elsewhere", "Administrator elsewhere", "admin@ailleurs.example", OTHER, roles=_ADMIN,
                    shows="Global admin of another tenant"),
    # The owner of a tenant can write any address into it.
    DirectoryPerson("thief", "Impostor elsewhere", "impostor@ailleurs.example", OTHER, mail="reseller@demo.example",
                    roles=(GUEST_INVITER,), shows="claims somebody else's address"),
    DirectoryPerson("personal", "Personal account", "person@perso.example", PERSONAL, mail="person@perso.example",
                    shows="personal account"),
)  # fmt: skip
BY_KEY = {person.key: person for person in PEOPLE}
