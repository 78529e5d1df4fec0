"""What tests on real servers share."""

from __future__ import annotations

import pytest

from tests.system.servers import Servers


@pytest.fixture
def helpdesk(servers: Servers) -> str:
    """The desk's own mailbox, emptied, with nothing on its way to it."""
    servers.empty_queue()
    servers.wipe("helpdesk")
    return "helpdesk"
