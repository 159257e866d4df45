"""Check whether a link still answers, through ``portal.outbound``."""

from portal import outbound

# The page exists, but not for us, not now, or not for this kind of request.
_THERE = {401, 403, 405, 406, 429}


def answer(url: str) -> tuple[bool, str]:
    """Return whether the page exists, and what the server answered."""
    try:
        response = outbound.request("HEAD", url, timeout=5, is_typed=True)
    except outbound.TooLarge:
        return True, "200"
    except outbound.AddressRefused:
        return False, "not an address that may be called"
    except outbound.Unreachable as error:
        return False, str(error) or "no answer"
    return response.status < 400 or response.status in _THERE, str(response.status)
