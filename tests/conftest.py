"""What every test may ask for: the private servers and a database of each kind, started by the first that asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.system.servers import MissingError, Servers

# A busy machine is no fault of the code: no test of ours measures time.
settings.register_profile("maild", deadline=None)
settings.load_profile("maild")

ON_CI = os.environ.get("CI") == "true"

Starter = Callable[..., Servers]


@pytest.fixture(scope="session")
def start_servers() -> Iterator[Starter]:
    """`start_servers("postgres")` answers the rig with that running, or skips the test and says what to install."""
    rig = Servers()

    def start(*names: str) -> Servers:
        try:
            return rig.start(*names)
        except MissingError as missing:
            if ON_CI:
                pytest.fail(f"nothing is skipped on CI: {missing}")
            pytest.skip(str(missing))

    yield start
    rig.close()


@pytest.fixture
def servers(start_servers: Starter) -> Servers:
    """Dovecot, Postfix, PostgreSQL and the token endpoint, running."""
    return start_servers()


@pytest.fixture
def dovecot(start_servers: Starter) -> Servers:
    """Dovecot and the token endpoint only: what an ordinary user can run, too."""
    return start_servers("oauth", "dovecot")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'maild.db'}"
    start: Starter = request.getfixturevalue("start_servers")
    return start("postgres").fresh_database()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m "not servers"` leaves what runs anywhere."""
    for item in items:
        if "start_servers" in getattr(item, "fixturenames", ()) or "[postgresql" in item.name:
            item.add_marker(pytest.mark.servers)
