from onboarding.models.bulk import BulkDeed, BulkRow
from onboarding.models.campaign import Campaign, CampaignEvent, CampaignRow
from onboarding.models.challenge import DomainChallenge, MailboxChallenge
from onboarding.models.check import Check
from onboarding.models.clock import Clock, ClockRule, Escalation, Forecast, KeptForecast, OwnStage, Vetting
from onboarding.models.delegation import DelegateQuestion, Delegation
from onboarding.models.document import Document
from onboarding.models.enrollment import Draft, Enrollment, LocationType, MarketplaceLogin
from onboarding.models.event import Event
from onboarding.models.external_id import ExternalId
from onboarding.models.inbound import Inbound
from onboarding.models.insights import InsightsFile, InsightsRow, InsightsShape
from onboarding.models.loan import Loan
from onboarding.models.message import Message, Reading
from onboarding.models.official_page import OfficialPage
from onboarding.models.partner_center import (
    CountryRules,
    DutyKind,
    PartnerCenterAccount,
    PartnerCenterCode,
    PartnerCenterDuty,
    ResellerAuthorization,
    ResellerLink,
)
from onboarding.models.pipeline import DeskExport, FileLook, FileWork, PipelineCount, PipelineEntry, SavedView, Star
from onboarding.models.preflight import Preflight
from onboarding.models.preparation import Preparation
from onboarding.models.reason import Reason
from onboarding.models.report import ReportCell, ReportMonth
from onboarding.models.request import PartnerRequest
from onboarding.models.source_report import SourceReport

__all__ = [
    "BulkDeed",
    "BulkRow",
    "Campaign",
    "CampaignEvent",
    "CampaignRow",
    "Check",
    "Clock",
    "ClockRule",
    "CountryRules",
    "DelegateQuestion",
    "Delegation",
    "DeskExport",
    "Document",
    "DomainChallenge",
    "Draft",
    "DutyKind",
    "Enrollment",
    "Escalation",
    "Event",
    "ExternalId",
    "FileLook",
    "FileWork",
    "Forecast",
    "Inbound",
    "InsightsFile",
    "InsightsRow",
    "InsightsShape",
    "KeptForecast",
    "Loan",
    "LocationType",
    "MailboxChallenge",
    "MarketplaceLogin",
    "Message",
    "OfficialPage",
    "OwnStage",
    "PartnerCenterAccount",
    "PartnerCenterCode",
    "PartnerCenterDuty",
    "PartnerRequest",
    "PipelineCount",
    "PipelineEntry",
    "Preflight",
    "Preparation",
    "Reading",
    "Reason",
    "ReportCell",
    "ReportMonth",
    "ResellerAuthorization",
    "ResellerLink",
    "SavedView",
    "SourceReport",
    "Star",
    "Vetting",
]
