"""Where a request comes from, as limits count it."""

import ipaddress

from allauth.account.adapter import get_adapter
from django.http import HttpRequest


def network_of(request: HttpRequest) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 address: a household has that many addresses.

    Behind ``TRUSTED_PROXY_COUNT`` proxies it is what the first of them saw.
    """
    address = get_adapter().get_client_ip(request)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return str(address)
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
