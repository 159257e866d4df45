"""Django admin of the API. Django imports this package; each module registers its own models."""

from api.admin import clients, webhooks

__all__ = ["clients", "webhooks"]
