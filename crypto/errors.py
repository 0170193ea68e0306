"""The error tree of the cryptographic core.

    CryptoError
    ├── ApduError                   a command or response APDU that ISO 7816-4 does not allow
    ├── TlvError                    a BER-TLV object that is cut, oversized or missing
    ├── DerError                    bytes that are not strict DER, or exceed the bounds
    ├── PaddingError                ISO/IEC 9797-1 padding or block length
    ├── MrzTextError                characters that have no place in a machine readable zone
    ├── UnsupportedAlgorithm        a key size, curve, hash or protocol that is not implemented
    ├── PointError                  a public key or shared element that is none of its group, or the neutral one
    ├── SecureMessagingError        a protected APDU that does not authenticate, or is not well-formed
    │   └── ProtectionMissing       a plain APDU where a protected one was due
    ├── ProtocolError               BAC, PACE or chip authentication: the other side did not prove its key
    │   ├── CryptogramLengthError
    │   ├── CryptogramMacError
    │   ├── ChipChallengeError      BAC: RND.IC is not the one that was sent
    │   ├── TerminalChallengeError  BAC: RND.IFD is not the one that was sent
    │   ├── NonceError              PACE: a nonce has a wrong length
    │   ├── KeyReflected            PACE: the other side sent our own public key back
    │   └── TokenError              PACE: the authentication token is wrong
    ├── SignatureError              a signature that does not verify, or cannot be one
    ├── CmsError                    a CMS structure that breaks its own rules
    └── CertificateError            a certificate that cannot be read, or must not be used so

Every error carries a stable `code` for programs, a `message` for technicians (never with keys or personal data), and a
`remedy` for the person in front of the machine. No program may decide on the text.
"""

from __future__ import annotations

from typing import ClassVar

_HOLD_STILL = "Take the document away, lay it on the reader again and keep it still."
_OTHER_DOCUMENT = "The chip does not follow its standard. Ask a member of staff to look at the document."
_CHECK_NUMBER = "Check the number or the machine readable lines, then try again."


class CryptoError(Exception):
    """Root of everything that this package raises on purpose.

    Attributes:
        code: stable, dotted, for programs.
        message: what happened; free of keys and of personal data.
        remedy: what the person in front of the machine can do.
    """

    code: ClassVar[str] = "crypto.failed"
    remedy: ClassVar[str] = _OTHER_DOCUMENT

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ApduError(CryptoError):
    """An APDU that ISO/IEC 7816-4 does not allow."""

    code = "apdu.malformed"
    remedy = _HOLD_STILL


class TlvError(CryptoError):
    """A BER-TLV object that is cut short, oversized, or missing where it is due."""

    code = "tlv.malformed"


class DerError(CryptoError):
    """Bytes that are not strict DER (ITU-T X.690), or exceed the bounds set by the caller."""

    code = "der.malformed"


class PaddingError(CryptoError):
    """Wrong ISO/IEC 9797-1 padding, or data that do not fill whole blocks."""

    code = "padding.malformed"


class MrzTextError(CryptoError):
    """Characters that have no place in a machine readable zone."""

    code = "mrz.characters"
    remedy = _CHECK_NUMBER


class UnsupportedAlgorithm(CryptoError):
    """A key size, curve, hash or protocol that is not implemented or not safe to use."""

    code = "algorithm.unsupported"
    remedy = "This document uses a method that the machine does not know. Ask a member of staff to check it by eye."


class PointError(CryptoError):
    """A point that is not on its curve, or at infinity (invalid-curve attack, TR-03111 section 4.3).

    Likewise a Diffie-Hellman number out of its range or subgroup (RFC 2631 section 2.1.5).
    """

    code = "ec.point_invalid"


class SecureMessagingError(CryptoError):
    """A protected APDU that does not authenticate or is not well-formed (Doc 9303-11 section 9.8).

    A wrong MAC and wrong padding give this same error, so that nobody can tell them apart.
    """

    code = "secure_messaging.incorrect"
    remedy = _HOLD_STILL


class ProtectionMissing(SecureMessagingError):
    """A plain APDU, or one without its MAC or status object, where a protected one was due."""

    code = "secure_messaging.missing"


class ProtocolError(CryptoError):
    """BAC, PACE or chip authentication failed: the other side did not prove that it knows the key."""

    code = "protocol.refused"
    remedy = _HOLD_STILL


class CryptogramLengthError(ProtocolError):
    """A BAC cryptogram that is not 40 bytes long."""

    code = "bac.cryptogram_length"


class CryptogramMacError(ProtocolError):
    """The MAC of a BAC cryptogram is wrong: the other side derived other keys, or the bytes were changed."""

    code = "bac.cryptogram_mac"
    remedy = _CHECK_NUMBER


class ChipChallengeError(ProtocolError):
    """A BAC cryptogram carries another RND.IC than the one of this session."""

    code = "bac.rnd_ic"


class TerminalChallengeError(ProtocolError):
    """A BAC cryptogram carries another RND.IFD than the one of this session."""

    code = "bac.rnd_ifd"


class NonceError(ProtocolError):
    """A PACE nonce of a length that Doc 9303-11 section 4.4.3.3 does not allow."""

    code = "pace.nonce"


class KeyReflected(ProtocolError):
    """The other side sent our own public key back (Doc 9303-11 section 4.4.1)."""

    code = "pace.key_reflected"


class TokenError(ProtocolError):
    """The authentication token of the other side is wrong: it used another password."""

    code = "pace.token"
    remedy = _CHECK_NUMBER


class SignatureError(CryptoError):
    """A signature that does not verify, or whose bytes cannot be a signature."""

    code = "signature.invalid"


class CmsError(CryptoError):
    """A CMS structure (RFC 5652) that breaks its own rules."""

    code = "cms.malformed"


class CertificateError(CryptoError):
    """A certificate that cannot be read, or must not be used in this way (Doc 9303-12)."""

    code = "certificate.unusable"
