from portal.work.models import Lane

__all__ = ["Lane"]
