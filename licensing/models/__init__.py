from licensing.models.asset import Asset, AssetVersion, Download
from licensing.models.estate import QUEUE, Agreement, Customer, EstateFile, Line, LineBefore, Mapping, RejectedRow
from licensing.models.fact import Edition, Example, Fact, Source
from licensing.models.place import TransferLink
from licensing.models.plan import PLAN_FILES, CalendarFeed, Plan, PlanFile, PlanLine

__all__ = [
    "PLAN_FILES",
    "QUEUE",
    "Agreement",
    "Asset",
    "AssetVersion",
    "CalendarFeed",
    "Customer",
    "Download",
    "Edition",
    "EstateFile",
    "Example",
    "Fact",
    "Line",
    "LineBefore",
    "Mapping",
    "Plan",
    "PlanFile",
    "PlanLine",
    "RejectedRow",
    "Source",
    "TransferLink",
]
