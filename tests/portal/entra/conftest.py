"""The twin of Microsoft Entra ID on a free loopback port, and the settings that lead the sign-in there."""

from collections.abc import Iterator
from typing import Any

import pytest

from onboarding.sandbox import servers
from onboarding.sandbox.servers import Sandbox
from onboarding.sandbox.world import World
from tests.microsoft import configure


@pytest.fixture(scope="session")
def servers_running() -> Iterator[Sandbox]:
    with servers.running() as sandbox:
        yield sandbox


@pytest.fixture
def world(db: None, servers_running: Sandbox, settings: Any) -> World:
    """Both ways are configured; the twin is as on its first day."""
    configure(settings, servers_running)
    return servers_running.world
