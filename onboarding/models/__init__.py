from onboarding.models.challenge import DomainChallenge, MailboxChallenge
from onboarding.models.check import Check
from onboarding.models.clock import Clock, ClockRule, Forecast, Strike, Vetting
from onboarding.models.enrollment import Draft, Enrollment, LocationType, MarketplaceLogin
from onboarding.models.event import Event
from onboarding.models.inbound import Inbound

__all__ = [
    "Check",
    "Clock",
    "ClockRule",
    "DomainChallenge",
    "Draft",
    "Enrollment",
    "Event",
    "Forecast",
    "Inbound",
    "LocationType",
    "MailboxChallenge",
    "MarketplaceLogin",
    "Strike",
    "Vetting",
]
