from portal.work.models import LimitedDeed, PeriodicJob, Queue

__all__ = ["LimitedDeed", "PeriodicJob", "Queue"]
