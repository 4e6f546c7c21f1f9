"""What every test session needs: no false green when integration tests did not run."""

import os

import pytest

INTEGRATION_PASSED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[INTEGRATION_PASSED] = 0


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if call.when == "call" and call.excinfo is None and item.get_closest_marker("integration"):
        item.config.stash[INTEGRATION_PASSED] += 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail in CI when no integration test passed, whatever the reason."""
    whole_suite = session.config.args_source.name != "ARGS"
    if os.environ.get("CI") and whole_suite and exitstatus == 0 and not session.config.stash[INTEGRATION_PASSED]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"integration tests passed: {config.stash[INTEGRATION_PASSED]}")
