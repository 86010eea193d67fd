"""Whether the kernel's clock is kept right by somebody: NTP, PTP or the hypervisor."""

import ctypes

_ERROR = 5
"""TIME_ERROR: the clock is not synchronised."""
_TIMEX_BYTES = 512
"""More than ``struct timex`` has on any system; all zero asks for the state and changes nothing."""


def is_synchronised(platform: str) -> bool | None:
    """What ``adjtimex`` says. None where it cannot be asked: not Linux, or a sandbox that forbids the call."""
    if platform != "linux":
        return None
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except AttributeError:
        return None
    return None if state < 0 else state != _ERROR
