"""`pytest --accept` rewrites what golden tests expect; the difference in version control is the review.

Properties are drawn the same way in every run, so that one commit has one verdict. To look for new
counterexamples: `pytest --hypothesis-profile=search`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="rewrite golden expectations; refused where CI is set"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--accept"):
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("--accept is refused where CI is set: expectations are reviewed by people")
    os.environ["RECIPEDSL_ACCEPT"] = "1"  # for golden texts: see tests/golden.py


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be rewritten."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores that tests begin are not noted among those of whoever runs them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture(autouse=True)
def _same_terminal_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that are compared must not depend on the window that the tests are started from."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
