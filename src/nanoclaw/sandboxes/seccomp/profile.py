"""The policy as the JSON that Docker and Podman read."""

import json
from typing import Any

from nanoclaw.sandboxes.seccomp.policy import ALLOWED, CONDITIONAL, ENOSYS, EPERM, NOT_THERE, Condition


def oci_profile() -> str:
    """The profile's text. Only the native 64-bit calls of x86_64 and aarch64; others kill the process."""
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": EPERM,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [
            {"names": sorted(ALLOWED), "action": "SCMP_ACT_ALLOW", "args": []},
            *(
                {"names": [rule.name], "action": "SCMP_ACT_ALLOW", "args": [_argument(c) for c in rule.conditions]}
                for rule in CONDITIONAL
            ),
            {"names": sorted(NOT_THERE), "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS, "args": []},
        ],
    }
    return json.dumps(profile, indent=1) + "\n"


def _argument(condition: Condition) -> dict[str, Any]:
    return {
        "index": condition.argument,
        "value": condition.value,
        "valueTwo": 0,
        "op": condition.comparison.value,
    }
