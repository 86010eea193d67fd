"""A daemon as a process: the control server with the fake service. Called like the real one: ``--home HOME run``."""

import asyncio
import os
import sys
from pathlib import Path

from nanoclaw.control.server import ControlServer
from tests.fakes.service import FakeService


async def main(home: Path) -> None:
    service = FakeService(home=str(home))
    if "ANTHROPIC_BASE_URL" in os.environ:
        service.model_key = os.environ["ANTHROPIC_BASE_URL"]
    server = ControlServer(service, home / "data" / "ipc" / "control.sock")
    await server.start()
    await service.stop_asked.wait()
    await asyncio.sleep(0.05)
    await server.close()


if __name__ == "__main__":
    if "broken" in sys.argv[2]:
        sys.exit("error: the lock is held\nhint: stop the other one")
    asyncio.run(main(Path(sys.argv[2])))
