from onboarding.models.challenge import DomainChallenge, MailboxChallenge
from onboarding.models.check import Check
from onboarding.models.enrollment import Draft, Enrollment, LocationType, MarketplaceLogin
from onboarding.models.event import Event

__all__ = [
    "Check",
    "DomainChallenge",
    "Draft",
    "Enrollment",
    "Event",
    "LocationType",
    "MailboxChallenge",
    "MarketplaceLogin",
]
