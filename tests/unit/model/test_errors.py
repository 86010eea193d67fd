"""The root error."""

import copy
import pickle

from nanoclaw.model.errors import NanoclawError
from nanoclaw.store.errors import DatabaseLockedError


def test_an_error_says_what_failed_and_keeps_what_to_do_apart() -> None:
    error = NanoclawError("Cannot read /x", hint="Mend its mode.")
    assert str(error) == "Cannot read /x"
    assert error.hint == "Mend its mode."
    assert "Mend" not in repr(error)


def test_a_hint_may_be_missing() -> None:
    assert NanoclawError("Cannot read /x").hint == ""


def test_an_error_can_be_copied_with_its_hint() -> None:
    error = DatabaseLockedError("locked", hint="Wait.")
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own bytes
        assert (type(twin), str(twin), twin.hint) == (DatabaseLockedError, "locked", "Wait.")
