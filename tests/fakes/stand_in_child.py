"""A tiny child of the keeper, in the place of the real one. Its folder's ``script`` says what it does.

Started like the real one: FOLDER SOCKET PARENT PAIRED. Lines of the script: ``say JSON``, ``sleep SECONDS``, ``exit
CODE``, ``print WORDS`` (to the standard error), ``answer`` (done to every order until the socket ends), ``mute`` (read
and say nothing), ``stubborn`` (as mute, and the socket's end is ignored). Every start adds a line to ``starts``.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TextIO


def main() -> None:
    folder, descriptor, _, paired = sys.argv[1:5]
    with (Path(folder) / "starts").open("a") as starts:
        starts.write(json.dumps({"paired": paired, "environment": sorted(os.environ), "session": os.getsid(0)}) + "\n")
    link = socket.socket(fileno=int(descriptor))
    with link.makefile("r", encoding="utf-8") as heard, link.makefile("w", encoding="utf-8") as said:
        for step in (Path(folder) / "script").read_text().splitlines():
            act(step, heard, said)


def act(step: str, heard: TextIO, said: TextIO) -> None:
    word, _, rest = step.partition(" ")
    match word:
        case "say":
            said.write(rest + "\n")
            said.flush()
        case "sleep":
            time.sleep(float(rest))
        case "exit":
            os._exit(int(rest))
        case "print":
            print(rest, file=sys.stderr, flush=True)  # noqa: T201 - as the library prints
        case "answer":
            answer(heard, said)
        case _:
            while heard.readline():
                pass
            while word == "stubborn":
                time.sleep(60)
            os._exit(0)


def answer(heard: TextIO, said: TextIO) -> None:
    while line := heard.readline():
        order = json.loads(line)
        if order["says"] == "kept":
            (Path(sys.argv[1]) / "kept").write_text(str(order["number"]))
            continue
        said.write(json.dumps({"says": "done", "order": order["order"], "id": order["says"]}) + "\n")
        said.flush()
    os._exit(0)


main()
