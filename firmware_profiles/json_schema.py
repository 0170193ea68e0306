"""Prints the JSON Schema of a profile.

The published copy is renewed with
``python -m firmware_profiles.json_schema > firmware_profiles/profile.schema.json``.
"""

from __future__ import annotations

import json

from firmware_profiles.schema import PROFILE


def json_schema() -> str:
    """The text of `profile.schema.json`, made from the models."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Một Chạm device profile",
        **PROFILE.json_schema(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
