"""How text becomes words that can be searched, the same way when it is stored and when it is looked for."""

import re

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]"
)
"""Scripts written without spaces between words: each of their characters is indexed as a word of its own."""
_MOST = 20


def searchable(text: str | None) -> str:
    """``text`` with spaces around the characters of scripts that have none, so that any run of them can be found."""
    return _UNSPACED.sub(lambda match: f" {match[0]} ", text or "")


def match_expression(query: str, scope: str | None) -> str | None:
    """An FTS5 expression for rows that hold every word of ``query``; None when it has no word.

    Of ``scope`` alone, unless that is None: then of all.

    Text in double quotes is looked for as a phrase; a word that ends in ``*`` as a beginning. Nothing else is syntax.
    """
    terms = []
    for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', query):
        begins = not quoted and plain.endswith("*")
        term = " ".join(re.findall(r"\w+", searchable(quoted or plain)))
        if term:
            terms.append(f'"{term}"' + ("*" if begins else ""))
    if not terms:
        return None
    words = f"{{text}} : ({' AND '.join(terms[:_MOST])})"
    return words if scope is None else f'{{scope}} : "{scope}" AND {words}'
