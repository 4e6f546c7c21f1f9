"""The SDK's provider of dynamic resources, ended with the engine that started it; alone it would wait for ever."""

import os
import runpy
import threading
import time

POLL_S = 1.0


def main() -> None:
    """Serve until the engine, which is this process's parent, is gone."""
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os._exit(0)


if __name__ == "__main__":
    main()
