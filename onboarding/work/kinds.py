"""The kinds of durable work of onboarding, each declared in the module that does it."""

from typing import Any

from onboarding.work import bulk, campaigns, checks, clocks, documents, duties, inbound, insights, preflights
from portal.work.kinds import WorkKind

KINDS: tuple[WorkKind[Any], ...] = (
    checks.KIND,
    inbound.KIND,
    clocks.KIND,
    documents.KIND,
    preflights.KIND,
    duties.KIND,
    insights.KIND,
    bulk.KIND,
    campaigns.KIND,
)
