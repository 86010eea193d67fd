"""The protocol's messages, without the rest of neonize, which costs 33 MB and half a second."""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any


def neonize_folder() -> Path:
    """Where the package is, with its library and its protocol.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    return Path(next(iter(_specification().submodule_search_locations or ())))


def _specification() -> ModuleSpec:
    spec = find_spec("neonize")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("neonize is not installed")
    return spec


def _protocol(module: str) -> Any:
    # The package's own __init__ imports clients, image and sound libraries. Nothing here needs them. Whoever looks for
    # the package later finds it all the same.
    if "neonize" not in sys.modules:
        sys.modules["neonize"] = module_from_spec(_specification())
    return import_module(f"neonize.proto.{module}")


neonize_pb2 = _protocol("Neonize_pb2")
common_pb2 = _protocol("waCommon.WACommon_pb2")
companion_pb2 = _protocol("waCompanionReg.WACompanionReg_pb2")
e2e_pb2 = _protocol("waE2E.WAWebProtobufsE2E_pb2")
history_pb2 = _protocol("waHistorySync.WAWebProtobufsHistorySync_pb2")
web_pb2 = _protocol("waWeb.WAWebProtobufsWeb_pb2")
