"""The sessions of a search: open as long as they are measured, so that no more is in memory than is compared."""

from collections.abc import Callable, Iterable

from optimizers.does_not_run import blaming
from optimizers.halving import Arm
from optimizers.model_process import ModelProcess
from optimizers.session import Session

SessionKey = tuple[str, int, int]


class SessionPool:
    """
    Opens sessions, and closes those that nobody asks for any more.

    Args:
        opens: Opens the session of an arm; its batch size does not matter.
    """

    def __init__(self, opens: Callable[[Arm], Session]) -> None:
        self._opens = opens
        self._sessions: dict[SessionKey, Session] = {}

    def open(self, arms: Iterable[Arm]) -> dict[Arm, Session]:
        """Return a session for each arm; all others are closed first. Raises DoesNotRun for a candidate that cannot be opened."""
        wanted = {arm: session_key(arm) for arm in arms}
        for key in self._sessions.keys() - set(wanted.values()):
            session = self._sessions.pop(key)
            if isinstance(session, ModelProcess):
                session.close()
            del session
        missing = {key: arm for arm, key in wanted.items() if key not in self._sessions}
        for key, arm in missing.items():
            with blaming(arm.candidate):
                self._sessions[key] = self._opens(arm)
        # A process of its own takes seconds to load, in which others are opened.
        for key, arm in missing.items():
            session = self._sessions[key]
            if isinstance(session, ModelProcess):
                with blaming(arm.candidate):
                    session.wait()
        return {arm: self._sessions[key] for arm, key in wanted.items()}

    def close(self) -> None:
        """Close all."""
        self.open(())


def session_key(arm: Arm) -> SessionKey:
    """Return what decides which session an arm has."""
    return arm.candidate, arm.threads, arm.streams
