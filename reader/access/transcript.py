"""What went over the air in the clear while a chip was opened: for evidence, and to judge it later.

Public data only. Of PACE all of it may be kept, since it gives nobody a test for guessed passwords; of BAC the random
numbers alone: its cryptograms are sealed with keys that are made of the MRZ and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from crypto.groups import Group


@dataclass(frozen=True, slots=True)
class PaceTranscript:
    """One run of PACE (Doc 9303-11 section 4.4.4), each value as it was sent."""

    protocol: str
    """Object identifier in dotted form."""
    parameter_id: int | None
    """Of the domain parameters, as the chip numbers them; None where it offered them without a number."""
    group: str
    """Name of the domain parameters."""
    encrypted_nonce: bytes
    terminal_nonce: bytes
    """Integrated mapping only, else empty."""
    terminal_map_key: bytes
    """Empty with integrated mapping, like the chip's."""
    chip_map_key: bytes
    terminal_key: bytes
    chip_key: bytes
    terminal_token: bytes
    chip_token: bytes
    sealed_chip_data: bytes
    """The encrypted chip authentication data; empty but with chip authentication mapping."""


@dataclass(frozen=True, slots=True)
class BacTranscript:
    """The random numbers of one run of BAC (Doc 9303-11 section 4.3), 8 bytes each."""

    chip_challenge: bytes
    terminal_challenge: bytes


AccessTranscript = PaceTranscript | BacTranscript


@dataclass(frozen=True, slots=True)
class MappingProof:
    """What PACE with chip authentication mapping leaves behind to prove the chip (Doc 9303-11 section 4.4.3.5).

    It proves nothing until it is held against a static key that the chip's issuer signed, from EF.CardSecurity or DG14.
    """

    group: Group
    chip_map_public: bytes
    """The chip's ephemeral key of the mapping, canonical encoding."""
    data: bytes
    """The decrypted chip authentication data; empty where `flaw` says why."""
    flaw: str | None = None
    """Why there can be no proof, as a reason code: the chip sent none, or none that can be decrypted."""
