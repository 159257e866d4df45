from portal.stores.models import FileDeletion
from portal.warehouse.models import WarehouseNight
from portal.work.models import LimitedDeed, PeriodicJob, Queue

__all__ = ["FileDeletion", "LimitedDeed", "PeriodicJob", "Queue", "WarehouseNight"]
