"""What tests on real servers share."""

from __future__ import annotations

import pytest

from tests.system.servers import Servers


@pytest.fixture
def helpdesk(dovecot: Servers) -> str:
    """The desk's own mailbox, emptied, with nothing on its way to it."""
    dovecot.empty_queue()
    dovecot.wipe("helpdesk")
    return "helpdesk"
