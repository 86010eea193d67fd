"""The files of the page, read once; and the two pages that need no script."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from aiohttp import web

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_REFUSAL = "refusal.html"
_PAGE = "index.html"


class Page:
    """What a browser loads. Only names that are in ``static/`` exist: no path is ever built from a request."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    @classmethod
    def read(cls) -> "Page":
        """The files that came with this package."""
        folder = files("nanoclaw.channels.web").joinpath("static")
        return cls({file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(tuple(_TYPES))})

    def chat(self) -> web.Response:
        """The chat page itself."""
        return self._file(_PAGE)

    async def static(self, request: web.Request) -> web.Response:
        """``GET /static/{name}``: styles, scripts, the icon. They hold no secret and need no session."""
        name = request.match_info["name"]
        if name not in self._contents or name in {_PAGE, _REFUSAL}:
            return self.refusal(404, "There is no such file", "Go back to the page.")
        return self._file(name)

    def refusal(self, status: int, what: str, hint: str) -> web.Response:
        """A page that says why not, and how to get the right link."""
        text = self._contents[_REFUSAL].decode()
        for key, value in (("{{what}}", what), ("{{hint}}", hint)):
            text = text.replace(key, escape(value))
        return web.Response(text=text, status=status, content_type="text/html")

    def _file(self, name: str) -> web.Response:
        kind = _TYPES[name[name.rindex(".") :]]
        return web.Response(body=self._contents[name], content_type=kind, charset="utf-8")
