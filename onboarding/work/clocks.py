"""Due clocks: remind and escalate what has waited too long."""

from onboarding.domain.clocks import escalation
from onboarding.models import Clock
from portal.work import claims
from portal.work.kinds import Rate, WorkKind


def read(claim: claims.Claim, clock: Clock) -> None:
    # It reads the row again, under the company's lock.
    escalation.read(claim=claim, now=claims.database_now())


KIND = WorkKind(
    name="clocks",
    model=Clock,
    queues={escalation.QUEUE: Rate(1000, 1000)},
    task="onboarding.read_due_clocks",
    do=read,
    limit=20,
    ticks=6,
    unwoken_because="Clocks count hours and working days; nobody waits for one on a page.",
)
