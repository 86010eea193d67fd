"""Write the service's file anew, where there is a service already."""

import asyncio

from nanoclaw.operations.doctor.contract import Fix, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.installed import find_service
from nanoclaw.operations.service import choose


def renew_service_file(ground: Ground) -> Fix:
    """Bring the file up to date and have the service start by itself. What runs goes on as it was started."""

    async def apply() -> tuple[Words, ...]:
        found = await find_service(ground)
        if found is None or found.plan is None:
            return ()
        machine = await ground.machine.get()
        keeper = choose.choose_keeper(machine, ground.home.root, found.keeper.scope, found.plan.account)
        done = await asyncio.to_thread(keeper.install, found.plan)
        if not done.changed and found.report.enabled:
            return ()
        return (
            Words(
                f"wrote {done.path}; `nanoclaw service restart` makes it count",
                f"已更新 {done.path}；运行 `nanoclaw service restart` 后生效",
            ),
        )

    return Fix(description=Words("write the service's file anew", "重新生成服务配置文件"), apply=apply)
