"""The stream inside the WebSocket: after a header of its own, pieces that begin with their length in three bytes."""

HEADER = b"WA\x06\x03"
"""What the client says first: the protocol and the version of the dictionary."""


class FrameError(ValueError):
    """The other side speaks something else."""


class FrameReader:
    """Cuts what arrives into frames; a message of the WebSocket may hold parts of one or several."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now.

        Raises:
            FrameError: the stream does not begin as it must.
        """
        self._buffer += data
        if not self._begun and len(self._buffer) >= len(HEADER):
            if self._buffer[: len(HEADER)] != HEADER:
                raise FrameError(f"the stream begins with {bytes(self._buffer[:4])!r}")
            del self._buffer[: len(HEADER)]
            self._begun = True
        frames = []
        while self._begun and len(self._buffer) >= 3:
            end = 3 + int.from_bytes(self._buffer[:3], "big")
            if len(self._buffer) < end:
                break
            frames.append(bytes(self._buffer[3:end]))
            del self._buffer[:end]
        return frames


def frame(data: bytes) -> bytes:
    """One frame of the server, which sends no header."""
    return len(data).to_bytes(3, "big") + data
