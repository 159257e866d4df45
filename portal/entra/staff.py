"""People of Ingram Micro: which of the portal's roles their groups in Microsoft Entra give them.

The groups are read at each sign-in with Microsoft. A role that no group gives any more is taken away then. Roles
that ``ENTRA_STAFF_GROUPS`` does not name stay as administrators gave them.
"""

import datetime as dt
import logging
from collections.abc import Set as AbstractSet

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from portal.accounts import sessions
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.entra import ways

log = logging.getLogger(__name__)
BDM, LEAD = "bdm", "lead"


def roles_of(groups: AbstractSet[str]) -> frozenset[str] | None:
    """Return the roles that these groups give; None if groups give no roles here."""
    if not settings.ENTRA_STAFF_GROUPS:
        return None
    return frozenset(role for role, group in settings.ENTRA_STAFF_GROUPS if group in groups)


def managed() -> frozenset[str]:
    """Return the roles that groups give and take."""
    return frozenset(role for role, _group in settings.ENTRA_STAFF_GROUPS)


def is_staff(user: User) -> bool:
    """Return whether the person works for Ingram Micro: an administrator or a BDM."""
    return bool(user.is_staff or user.is_superuser or Bdm.objects.filter(user=user).exists())


def must_use_microsoft(user: User) -> bool:
    """Return whether every other way to sign in is closed to this person."""
    if not settings.ENTRA_STAFF_ONLY or ways.STAFF not in ways.ways():
        return False
    return user.email.lower() not in settings.ENTRA_STAFF_EMERGENCY and is_staff(user)


@transaction.atomic
def follow(user: User, roles: frozenset[str] | None, *, now: dt.datetime) -> bool:
    """Give the account exactly these of the managed roles. Return whether anything changed.

    A superuser's rights are no role of a group: they stay. Sessions of somebody who lost a role end.
    """
    if roles is None:
        return False
    account = User.objects.select_for_update().get(pk=user.pk)
    before = _held(account)
    lost, new = before - roles, roles - before
    if not lost and not new:
        return False
    _cover(account, roles, lost)
    _administer(account, roles)
    user.is_staff = account.is_staff
    if lost:
        sessions.end_others(user=account, now=now)
    log.info("roles of account %s by groups: new %s, lost %s", account.pk, sorted(new), sorted(lost))
    return True


def _held(user: User) -> frozenset[str]:
    """Return which of the managed roles the account has."""
    bdm = Bdm.objects.filter(user=user).first()
    found = set(user.groups.values_list("name", flat=True))
    if bdm is not None:
        found.add(LEAD if bdm.is_lead else BDM)
    return frozenset(found & managed())


def _cover(user: User, roles: frozenset[str], lost: frozenset[str]) -> None:
    """Make the account a lead or a BDM if a group says so, and neither if that was a role it lost."""
    if roles & {BDM, LEAD}:
        # A new BDM sees no country until an administrator assigns one.
        Bdm.objects.update_or_create(user=user, defaults={"is_lead": LEAD in roles})
        return
    for bdm in Bdm.objects.filter(user=user) if lost & {BDM, LEAD} else ():
        countries = " ".join(sorted(bdm.countries.values_list("code", flat=True)))
        log.info("account %s is no BDM any more; covered: %s", user.pk, countries or "none")
        bdm.delete()


def _administer(user: User, roles: frozenset[str]) -> None:
    """Put the account into the groups of its roles for the admin, which opens to the members of any."""
    names = managed() - {BDM, LEAD}
    if not names:
        return
    user.groups.remove(*Group.objects.filter(name__in=names - roles))
    user.groups.add(*Group.objects.filter(name__in=names & roles))
    has_rights = user.is_superuser or user.groups.exists() or user.user_permissions.exists()
    if user.is_staff != has_rights:
        user.is_staff = has_rights
        user.save(update_fields=["is_staff"])
