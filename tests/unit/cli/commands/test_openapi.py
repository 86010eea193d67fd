from tests.unit.cli.conftest import Run


def test_the_document_is_printed_without_a_daemon(run: Run) -> None:
    assert run("openapi").json == run("openapi", "--json").json
    assert "/v1/messages" in run("openapi").json["paths"]
