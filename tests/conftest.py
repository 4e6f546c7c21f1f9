"""What every test session needs: no false green when integration tests did not run, and a short run on many workers."""

import os

import pytest
from hypothesis import settings

# How long an example takes is the machine's business: a benchmark measures, a test judges what came of it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

INTEGRATION = "integration"


class IntegrationCount:
    """Counts the integration tests that ran, in this process or in its workers."""

    def __init__(self) -> None:
        self.passed = self.skipped = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if (INTEGRATION, True) in report.user_properties:
            self.passed += report.passed and report.when == "call"
            self.skipped += report.skipped

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail in CI when an integration test was skipped or none passed, whatever the reason."""
        whole_suite = session.config.args_source.name != "ARGS"
        if os.environ.get("CI") and whole_suite and exitstatus == 0 and (self.skipped or not self.passed):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"integration tests: {self.passed} passed, {self.skipped} skipped")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if not _is_worker(config):
        config.pluginmanager.register(IntegrationCount())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker(INTEGRATION):
            # Travels with the report from a worker of pytest-xdist to the process that counts.
            item.user_properties.append((INTEGRATION, True))
    if _is_worker(config):
        # The long ones first, so that no worker has one left when the others are done.
        items.sort(key=lambda item: item.get_closest_marker(INTEGRATION) is None)
