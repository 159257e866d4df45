from onboarding.models.action import Action
from onboarding.models.challenge import DomainChallenge, MailboxChallenge
from onboarding.models.check import Check
from onboarding.models.clock import Clock, ClockRule, Forecast, Strike, Vetting
from onboarding.models.document import Document
from onboarding.models.enrollment import Draft, Enrollment, LocationType, MarketplaceLogin
from onboarding.models.event import Event
from onboarding.models.inbound import Inbound
from onboarding.models.reason import Reason

__all__ = [
    "Action",
    "Check",
    "Clock",
    "ClockRule",
    "Document",
    "DomainChallenge",
    "Draft",
    "Enrollment",
    "Event",
    "Forecast",
    "Inbound",
    "LocationType",
    "MailboxChallenge",
    "MarketplaceLogin",
    "Reason",
    "Strike",
    "Vetting",
]
