from portal.work.models import PeriodicJob, Queue

__all__ = ["PeriodicJob", "Queue"]
