"""What can be wrong with a profile.

ProfileError              a profile cannot be used
├── ProfileInvalid        a file breaks the schema, or two files have the same id
└── ProfileUnknown        no profile has the id asked for
"""

from __future__ import annotations


class ProfileError(Exception):
    """Root of the tree; `code` is stable, `message` says what happened, `remedy` what the operator can do."""

    code = "profile.unusable"
    remedy = "Reinstall the program; its device profiles are damaged."

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class ProfileInvalid(ProfileError):
    code = "profile.invalid"
    remedy = "Correct the file; firmware_profiles/profile.schema.json says what a profile may hold."


class ProfileUnknown(ProfileError):
    code = "profile.unknown"
    remedy = "Choose one of the profiles that docs/devices.md lists."
