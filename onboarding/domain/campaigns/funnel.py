"""The funnel of one campaign: how many invitations came how far, from their stored steps."""

from dataclasses import dataclass, field

from django.db.models import Count

from onboarding.enums import CampaignStep, InviteeState, RowVerdict
from onboarding.models import Campaign, CampaignEvent

STAGES = (
    CampaignStep.QUEUED, CampaignStep.SENT, CampaignStep.OPENED, CampaignStep.STARTED, CampaignStep.SUBMITTED,
    CampaignStep.READY,
)  # fmt: skip
ENDS = (CampaignStep.BOUNCED, CampaignStep.REFUSED, CampaignStep.STOPPED)


@dataclass
class Funnel:
    """``steps`` counts each invitation once a step; ``countries`` has by country the invited, enrolled and ready."""

    rows: int = 0
    invited: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    countries: dict[str, dict[str, int]] = field(default_factory=dict)


def read(campaign: Campaign) -> Funnel:
    """Return the figures of a campaign as they are now, with two queries."""
    found = Funnel(rows=campaign.rows_read)
    events = CampaignEvent.objects.filter(row__campaign=campaign).values("step")
    found.steps = {one["step"]: one["number"] for one in events.annotate(number=Count("row", distinct=True)).order_by()}
    rows = campaign.rows.values_list("verdict", "state", "country").annotate(number=Count("pk")).order_by()
    for verdict, state, country, number in rows:
        found.verdicts[verdict] = found.verdicts.get(verdict, 0) + number
        if verdict == RowVerdict.FINE:
            found.invited += number
            own = found.countries.setdefault(country, {"invited": 0, "started": 0, "ready": 0})
            own["invited"] += number
            own["started"] += number if state in (
                InviteeState.STARTED, InviteeState.SUBMITTED, InviteeState.READY
            ) else 0  # fmt: skip
            own["ready"] += number if state == InviteeState.READY else 0
    return found
