from portal.work.models import Chore, Lane

__all__ = ["Chore", "Lane"]
