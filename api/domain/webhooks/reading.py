"""What a client reads of its own webhooks, in parts that follow each other by key."""

from api.models import ApiClient, WebhookDelivery, WebhookSubscription

COLUMNS = {"waiting": "next_check_at", "delivered": "delivered_at", "failed": "failed_at"}


def subscription(client: ApiClient, pk: int) -> WebhookSubscription | None:
    """Return the subscription, if it is the client's."""
    return WebhookSubscription.objects.select_related("client").filter(client=client, pk=pk).first()


def subscriptions(client: ApiClient, *, after: tuple[int] | None, size: int) -> list[WebhookSubscription]:
    """Return the client's subscriptions by their number; one more than ``size``."""
    rows = WebhookSubscription.objects.filter(client=client)
    return list((rows.filter(pk__gt=after[0]) if after else rows).order_by("pk")[: size + 1])


def delivery(row: WebhookSubscription, pk: int) -> WebhookDelivery | None:
    return WebhookDelivery.objects.select_related("subscription").filter(subscription=row, pk=pk).first()


def deliveries(
    row: WebhookSubscription, *, state: str = "", after: tuple[int] | None, size: int
) -> list[WebhookDelivery]:
    """Return the deliveries of a subscription in the order of their events; one more than ``size``."""
    rows = WebhookDelivery.objects.filter(subscription=row)
    if state:
        rows = rows.filter(**{f"{COLUMNS[state]}__isnull": False})
    return list((rows.filter(pk__gt=after[0]) if after else rows).order_by("pk")[: size + 1])
