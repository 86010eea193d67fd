"""The message definitions that neonize brings along, without neonize: importing it would load the Go library here."""

import importlib
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

DecodeError: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
"""These bytes are no such protobuf."""


def _module(name: str) -> Any:
    specification = PathFinder.find_spec("neonize")  # not what somebody else put into sys.modules
    assert specification, "neonize is not installed"
    assert specification.submodule_search_locations
    folder = str(Path(specification.submodule_search_locations[0]) / "proto")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


e2e: Any = _module("waE2E.WAWebProtobufsE2E_pb2")
"""``Message`` and its parts: what people write to each other."""
wa6: Any = _module("waWa6.WAWebProtobufsWa6_pb2")
"""The handshake and what a client says of itself."""
adv: Any = _module("waAdv.WAAdv_pb2")
"""Which devices belong to an account."""
certificates: Any = _module("waCert.WACert_pb2")
"""The server's Noise certificate."""
companion: Any = _module("waCompanionReg.WACompanionReg_pb2")
"""What a client tells when it is linked."""
history: Any = _module("waHistorySync.WAWebProtobufsHistorySync_pb2")
"""Chats from before the link."""
web: Any = _module("waWeb.WAWebProtobufsWeb_pb2")
"""A message with what the server knows of it."""
