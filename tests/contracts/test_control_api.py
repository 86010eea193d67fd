"""The control API answers whatever is thrown at it with what its OpenAPI document promises."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from nanoclaw.control.openapi import openapi_document
from nanoclaw.control.routes import ROUTES
from tests.fakes.control_thread import serving_loopback
from tests.fakes.service import FakeService

SENSE = {"/v1/groups/{folder}", "/v1/groups/{folder}/chats", "/v1/owner-chats", "/v1/tasks", "/v1/tasks/{id}"}
# A trial's answer has no end by itself: tests/unit/control/test_server.py looks at it.
schema = schemathesis.openapi.from_dict(openapi_document()).exclude(path="/v1/trials")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    # Streams that end: a fuzzer waits for the whole answer.
    with serving_loopback(FakeService(endless=False)) as address:
        yield address


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
def test_every_operation_keeps_its_promises(case: Any, address: str) -> None:
    # Whether a schedule, a setting or an address makes sense no schema can say: 422 answers valid JSON there, too.
    more = [positive_data_acceptance] if case.operation.path in SENSE else []
    case.call_and_validate(base_url=address, timeout=10, excluded_checks=more)


def test_the_document_names_every_route() -> None:
    paths = openapi_document()["paths"]
    for route in ROUTES:
        assert route.method.lower() in paths[route.path]
    assert json.dumps(openapi_document())
