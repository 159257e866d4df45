"""The settings of a portal with the sandbox as its outside world, as environment variables."""

from onboarding.domain.checks import connectors
from onboarding.sandbox import entra
from onboarding.sandbox.entra_people import GROUPS, INGRAM
from onboarding.sandbox.twins import PATHS


def sandbox_environment(http: int, dns: int, smtp: int, scanner: int = 0) -> dict[str, str]:
    """Return the settings that lead every connector to the sandbox's servers; without ``scanner``, none is set."""
    url = f"http://127.0.0.1:{http}"
    services = ("SANDBOX_URL", "PARTNER_CENTER_URL", "PARTNER_CENTER_LOGIN_URL")
    secrets = ("PARTNER_CENTER_TENANT", "PARTNER_CENTER_CLIENT_ID", "PARTNER_CENTER_CLIENT_SECRET")
    return {
        **dict.fromkeys(services, url),
        **dict.fromkeys((*secrets, "PARTNER_CENTER_REFRESH_TOKEN"), "demo"),
        "ENTRA_LOGIN_URL": url + entra.PREFIX.rstrip("/"),
        "ENTRA_GRAPH_URL": url + entra.GRAPH.rstrip("/"),
        "ENTRA_STAFF_TENANT": INGRAM.id,
        "ENTRA_STAFF_CLIENT_ID": entra.STAFF_CLIENT,
        "ENTRA_PARTNERS_CLIENT_ID": entra.PARTNERS_CLIENT,
        **dict.fromkeys(("ENTRA_STAFF_CLIENT_SECRET", "ENTRA_PARTNERS_CLIENT_SECRET"), entra.SECRET),
        "ENTRA_STAFF_GROUPS": ";".join(f"{role}={group}" for role, group in GROUPS.items()),
        **{str(connectors.RECORDS[code].address): url + path for code, path in PATHS.items()},
        **dict.fromkeys(("DNB_KEY", "DNB_SECRET"), "demo"),
        # In France the open register comes first, so that any D-U-N-S number works on a first visit.
        "REGISTERS": "FR=recherche_entreprises,dun_bradstreet",
        **{f"CMP_URL_{region.upper()}": f"{url}/cmp/{region}" for region in ("na", "eu")},
        **dict.fromkeys(("CMP_USER", "CMP_PASSWORD", "CMP_KEY"), "demo"),
        **dict.fromkeys(("OUTBOUND_ALLOW", "WEBHOOK_ALLOW"), f"127.0.0.1:{http}"),
        "DNS_NAMESERVERS": "127.0.0.1",
        "DNS_PORT": str(dns),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp),
        "SCANNER_ADDRESS": f"127.0.0.1:{scanner}" if scanner else "",
        "SANDBOX_PORTS": f"--http-port {http} --dns-port {dns} --smtp-port {smtp} --scanner-port {scanner}",
    }
