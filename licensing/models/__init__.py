from licensing.models.asset import Asset, AssetVersion, Download
from licensing.models.estate import LANE, Agreement, Customer, EstateFile, Line, Mapping, RejectedRow
from licensing.models.fact import Edition, Example, Fact, Source
from licensing.models.place import TransferLink
from licensing.models.plan import CalendarFeed, Plan, PlanLine

__all__ = [
    "LANE",
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
    "Mapping",
    "Plan",
    "PlanLine",
    "RejectedRow",
    "Source",
    "TransferLink",
]
