from portal.stores.models import FileDeletion
from portal.work.models import LimitedDeed, PeriodicJob, Queue

__all__ = ["FileDeletion", "LimitedDeed", "PeriodicJob", "Queue"]
