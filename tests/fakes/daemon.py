"""A daemon as a process: the control server with the fake service. Called like the real one: ``--home HOME run``."""

import asyncio
import os
import sys
from pathlib import Path

from nanoclaw.control.server import ControlServer
from nanoclaw.control.shapes import Status
from tests.fakes.service import FakeService


class BuildingService(FakeService):
    """Builds an image in two steps once somebody is expected."""

    def __init__(self, *, home: str) -> None:
        super().__init__(home=home)
        self._asked = 0

    async def status(self) -> Status:
        status = await super().status()
        self._asked += bool(self.expected)
        if self._asked > 4 or status.sandbox is None:
            return status
        building = status.sandbox.model_copy(
            update={"ready": False, "notes": [f"step {self._asked // 2}"] if self._asked > 1 else []}
        )
        return status.model_copy(update={"sandbox": building})


async def main(home: Path) -> None:
    service = (BuildingService if home.name == "building" else FakeService)(home=str(home))
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
