"""What every test stands on: no account of anybody's, no network, one way to skip."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# Set before any client is built: whatever slips past the emulator has no account to reach.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)
for inherited in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(inherited, None)

# A shared machine is no stopwatch; and a failure in CI must be found again at home.
settings.register_profile("dampf", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("dampf")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def acceptance() -> Path:
    """The folder of real payloads and scenarios, which is no part of the project; without it the test skips."""
    named = os.environ.get("DAMPF_ACCEPTANCE")
    if not named:
        pytest.skip("needs the acceptance folder: DAMPF_ACCEPTANCE=DIR")
    folder = Path(named)
    assert folder.is_dir(), f"DAMPF_ACCEPTANCE names no folder: {folder}"
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where DAMPF_REQUIRE_BROWSER=1 (in CI), a browser test that skips has failed."""
    report = yield
    is_required = os.environ.get("DAMPF_REQUIRE_BROWSER") == "1" and item.get_closest_marker("browser") is not None
    if report.skipped and is_required:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"a browser test may not skip here (DAMPF_REQUIRE_BROWSER=1): {reason}"
    return report
