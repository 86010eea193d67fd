"""What is hidden, and what is not."""

import pytest

from nanoclaw.operations.logs.redaction import HIDDEN, Redactor, find_secrets

SECRETS = {
    "anthropic": "sk-ant-api03-abcDEF_123-456",
    "header": "Authorization: Bearer abc.def-ghi_jkl",
    "loud header": "AUTHORIZATION: BEARER ABCDEFGH",
    "basic": "basic dXNlcjpwYXNzd29yZA==",
    "address": "https://user:S3cr3tpass@proxy:3128/",
    "query": "http://127.0.0.1:8787/login?token=QD36SMD9fJUuoy5jqPpuOMHJ2BuqNo",
    "telegram": "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
    "slack": "xoxb-123456789012-abcdefghij",
    "github": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "matrix": "syt_YWxpY2U_abcdefghijklmnop",
    "amazon": "AKIAIOSFODNN7EXAMPLE",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN",
    "private key": "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXkt\\n-----END OPENSSH PRIVATE KEY-----",
    "phone": "call +41 79 123 45 67 now",
    "phone without spaces": "+14155550123",
    "whatsapp": "41791234567@s.whatsapp.net",
    "whatsapp device": "41791234567:12@s.whatsapp.net",
    "whatsapp group": "41791234567-1612345678@g.us",
}
HARMLESS = (
    "2026-11-25T10:00:00.000+00:00",
    "2026-11-25T10:00:00.000+0100",
    "10.0.0.1 - 127.0.0.1:8787",
    "1 + 1 = 2, and 3+4",
    "a.person@example.org",
    "nanoclaw-92e266d1-main-1a2123db5c81",
    "risk-antique asks for basic tokens",
    "https://example.org/a?page=2&key_count=3",
    "4,096 of 16,777,216",
)


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_what_looks_like_a_secret_or_a_telephone_number_is_hidden(text: str) -> None:
    hidden = Redactor().text(text)
    assert HIDDEN in hidden
    assert find_secrets(text)
    assert not find_secrets(hidden)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_one_stays(text: str) -> None:
    assert Redactor().text(text) == text
    assert not find_secrets(text)


def test_fields_are_hidden_by_their_name_at_any_depth() -> None:
    given = {"group": "family", "api_key": "x", "inner": [{"Password": "y", "count": 3}, ("z",)]}
    assert Redactor().fields(given) == {
        "group": "family",
        "api_key": HIDDEN,
        "inner": [{"Password": HIDDEN, "count": 3}, ["z"]],
    }


def test_known_secrets_are_hidden_the_longest_first() -> None:
    redactor = Redactor(["correct horse", "correct horse battery", "short"])
    assert redactor.text("correct horse battery, correct horse, short") == f"{HIDDEN}, {HIDDEN}, short"
