"""A judge's settings in words: models first, the rest by key."""

from __future__ import annotations

import json

from harness.judge_models import models_of, settings_of
from tests.judge_sources import COMMIT, GUARD


def test_a_panels_members_have_their_models() -> None:
    assert models_of(GUARD) == (f"org/guard, commit {COMMIT}",)
    told = dict(settings_of(GUARD))
    assert (told["member 1"], told["member 2"], told["member 2: threshold"]) == ("refusal", "classifier", "0.5")


def test_an_endpoint_is_named_with_its_address_and_empty_settings_are_left_out() -> None:
    text = json.dumps({"model": "gpt-x", "base_url": "https://host/v1", "api_key_env": None, "max_tokens": 512})
    assert models_of(text) == ("gpt-x, at https://host/v1",)
    assert settings_of(text) == (("max tokens", "512"),)


def test_rules_have_neither() -> None:
    assert models_of("{}") == () and settings_of("{}") == ()


def test_members_as_a_config_has_them_are_told_alike() -> None:
    members = [{"judge": "refusal"}, {"judge": "classifier", "model": "org/guard", "threshold": 0.5}]
    told = dict(settings_of(json.dumps({"members": members, "rule": "majority"})))
    assert (told["member 1"], told["member 2"], told["member 2: threshold"]) == ("refusal", "classifier", "0.5")
