"""What every test session needs: no false green when integration tests did not run."""

import os

import pytest

INTEGRATION = pytest.StashKey[dict[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[INTEGRATION] = {"passed": 0, "skipped": 0}


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if not item.get_closest_marker("integration"):
        return
    if call.when == "call" and call.excinfo is None:
        item.config.stash[INTEGRATION]["passed"] += 1
    if call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception):
        item.config.stash[INTEGRATION]["skipped"] += 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail in CI when an integration test was skipped or none passed, whatever the reason."""
    whole_suite = session.config.args_source.name != "ARGS"
    ran = session.config.stash[INTEGRATION]
    if os.environ.get("CI") and whole_suite and exitstatus == 0 and (ran["skipped"] or not ran["passed"]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ran = config.stash[INTEGRATION]
    terminalreporter.write_line(f"integration tests: {ran['passed']} passed, {ran['skipped']} skipped")
