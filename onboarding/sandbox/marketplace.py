"""The Cloud Marketplace API's twin: ``/cmp/<region>/token`` and ``/cmp/<region>/resellers``.

Source: [cmp-api], [cmp-description]. Any user is accepted, except one that contains "refused".
"""

import base64
import re
import secrets
from typing import Any

from onboarding.sandbox.exchange import Reply, TwinCall, disguised, trouble
from onboarding.sandbox.records import Account
from onboarding.sandbox.world import World

TOKEN_SECONDS = 1500


class MarketplaceTwin:
    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: set[str] = set()

    def answer(self, asked: TwinCall) -> Reply:
        found = re.fullmatch(r"/cmp/(?:na|eu|ap)(/.*)", asked.path)
        path = found.group(1) if found else ""
        if asked.method == "POST" and path == "/token":
            return self._token(asked)
        self._world.log("cmp", path, path.rpartition("/")[2].upper())
        ordered = self._world.take_fault("cmp")
        if failing := trouble(ordered, subject=path.rpartition("/")[2]):
            return failing
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._tokens or not asked.headers.get("X-Subscription-Key"):
            return Reply(401, {"error": {"code": 401, "message": "Unauthorized"}})
        return disguised(self._found(asked, path), ordered, words=("status",))

    def _token(self, asked: TwinCall) -> Reply:
        self._world.log("cmp_login", "/token", "")
        basic = base64.b64decode(asked.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if not asked.headers.get("X-Subscription-Key") or "refused" in basic or not basic.strip(":"):
            return Reply(401, {"error": {"code": 401, "message": "Unauthorized"}})
        if not asked.json().get("marketplace"):
            return Reply(400, {"error": {"code": 400, "message": "marketplace is needed"}})
        token = secrets.token_urlsafe(24)
        self._tokens.add(token)
        return Reply(200, {"token": token, "expiresInSeconds": TOKEN_SECONDS})

    def _found(self, asked: TwinCall, path: str) -> Reply:
        if asked.method == "GET" and path == "/resellers":
            return self._list(asked)
        number = path.removeprefix("/resellers/").upper()
        account = self._world.account(number)
        if asked.method != "GET" or account is None or account.key:
            return Reply(404, {"error": {"code": 404, "message": "Not found"}})
        return Reply(200, _shown(account))

    def _list(self, asked: TwinCall) -> Reply:
        first, limit = int(asked.query.get("offset", "0")), int(asked.query.get("limit", "10"))
        accounts = self._world.accounts()
        page = {"offset": first, "limit": limit, "total": len(accounts)}
        return Reply(
            200, {"data": [_shown(account) for account in accounts[first : first + limit]], "pagination": page}
        )


def _shown(account: Account) -> dict[str, Any]:
    return {
        "id": account.key or account.number,
        "externalId": account.number,
        "status": account.status,
        "name": "Exemple",
    }
