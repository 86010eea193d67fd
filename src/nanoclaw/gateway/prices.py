"""What calls to the model cost: US dollars for a million tokens, by the beginning of the model's name.

The figures are the service's list prices of November 2026 for the families; a table ``[prices.MODEL]`` of the
configuration replaces them. A model that nobody knows costs as much as the dearest, so that a budget holds.
"""

from collections.abc import Mapping

from nanoclaw.gateway.metering import TokenCounts
from nanoclaw.settings.schema import PriceSettings

_MILLION = 1_000_000
_ANSWER_TOKENS = 1_000
_KNOWN = {
    "claude-opus": PriceSettings(input=5, output=25, cache_read=0.5, cache_write=6.25),
    "claude-opus-4-0": PriceSettings(input=15, output=75, cache_read=1.5, cache_write=18.75),
    "claude-opus-4-1": PriceSettings(input=15, output=75, cache_read=1.5, cache_write=18.75),
    "claude-sonnet": PriceSettings(input=3, output=15, cache_read=0.3, cache_write=3.75),
    "claude-haiku": PriceSettings(input=1, output=5, cache_read=0.1, cache_write=1.25),
}
_UNKNOWN = PriceSettings(input=15, output=75, cache_read=1.5, cache_write=18.75)


class Prices:
    """Looks prices up; the longest beginning that fits counts, the owner's before ours."""

    def __init__(self, given: Mapping[str, PriceSettings]) -> None:
        self._tables = (given, _KNOWN)

    def of(self, model: str) -> PriceSettings:
        """The price of a model."""
        for table in self._tables:
            fitting = [name for name in table if model.startswith(name)]
            if fitting:
                return table[max(fitting, key=len)]
        return _UNKNOWN

    def cost(self, model: str, tokens: TokenCounts) -> float:
        """US dollars for these tokens."""
        price = self.of(model)
        return (
            tokens.input * price.input
            + tokens.output * price.output
            + tokens.cache_read * price.cache_read
            + tokens.cache_write * price.cache_write
        ) / _MILLION

    def guess(self, model: str, body_bytes: int) -> float:
        """What a call is likely to cost whose request has so many bytes: four to a token, and a page in answer."""
        price = self.of(model)
        return (body_bytes / 4 * price.input + _ANSWER_TOKENS * price.output) / _MILLION
