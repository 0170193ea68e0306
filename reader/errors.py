"""Everything that can go wrong between a document and its verdict.

    ReaderError
    ├── LinkError                 the way to the chip failed (exit 31)
    │   ├── CardRemoved           the card left the field
    │   ├── ReaderLost            the reader was unplugged
    │   │   └── ServiceLost       the PC/SC service stopped
    │   ├── LinkTimeout           a deadline passed
    │   │   └── ReadingTimeout    the one for the whole reading
    │   └── UnexpectedStatus      the chip answered a command with an error status
    ├── NothingToRead             there is nothing to talk to (exit 32)
    │   ├── ServiceUnavailable    the PC/SC service is not running
    │   ├── NoReader              no reader is connected, or none has the name asked for
    │   └── NoCard                no card came in time
    ├── NotADocument              the card is not an identity document that we read (exit 33)
    ├── KeyRefused                the chip refused the key (exit 30)
    ├── KeyMissing                nothing was given that could open the chip (exit 2)
    ├── BrokenProtocol            the chip broke a security protocol (a failed check, never an excuse)
    ├── LdsError                  a file of the chip is malformed
    ├── TrustError                trust material cannot be used
    │   └── TrustUnwritable       the trust folder cannot be written
    ├── EvidenceError             a file of evidence cannot be read (exit 2)
    ├── PortraitError             the face image cannot be decoded within its bounds
    ├── PayloadError              a QR text or an MRZ cannot be read
    │   └── ImageError            the file is not a picture that can be read
    └── DeviceError               a camera or a scanner failed

`code` is stable and is what programs decide on; `message` says what happened; `remedy` says what the person in front of
the machine can do. Neither text ever holds personal data or a key.
"""

from __future__ import annotations


class ReaderError(Exception):
    """Root of the tree.

    Args:
        message: what happened, without personal data.
        code: replaces the class's code with a finer one below the same prefix.
        step: the step of the protocol that failed, for example ``"PACE map nonce"``.
        status_word: ISO 7816-4 SW1-SW2 where the chip gave one, 0 to 0xFFFF.
        remedy: replaces the class's.
    """

    code = "reader.failed"
    remedy = "Take the card away, put it back and try again."

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        step: str | None = None,
        status_word: int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.message = message
        self.step = step
        self.status_word = status_word
        if code is not None:
            self.code = code
        if remedy is not None:
            self.remedy = remedy
        parts = [message]
        if step is not None:
            parts.append(f"in {step}")
        if status_word is not None:
            parts.append(f"(SW {status_word:04X})")
        super().__init__(" ".join(parts))


class LinkError(ReaderError):
    code = "link.failed"
    remedy = "Put the card flat on the reader and keep it still."


class CardRemoved(LinkError):
    code = "link.card_removed"
    remedy = "Put the card back on the reader and keep it still until the reading ends."


class ReaderLost(LinkError):
    code = "link.reader_lost"
    remedy = "Plug the reader in again; the program finds it by itself."


class ServiceLost(ReaderLost):
    code = "link.service_lost"
    remedy = "Start the PC/SC service again: `systemctl start pcscd.socket`, or `pcscd` as root."


class LinkTimeout(LinkError):
    code = "link.timeout"
    remedy = "Take the card away, put it back flat on the reader and keep it still."


class ReadingTimeout(LinkTimeout):
    """No other session can be of use; the code is that of any timeout."""


class UnexpectedStatus(LinkError):
    code = "link.unexpected_status"


class NothingToRead(ReaderError):
    code = "link.nothing_to_read"
    remedy = "Connect a reader and put a card on it."


class ServiceUnavailable(NothingToRead):
    code = "link.no_service"
    remedy = "Start the PC/SC service: `systemctl start pcscd.socket`, or `pcscd` as root."


class NoReader(NothingToRead):
    code = "link.no_reader"
    remedy = "Connect a contactless PC/SC reader; `motcham doctor` lists what it sees."


class NoCard(NothingToRead):
    code = "link.no_card"
    remedy = "Put the card on the reader."


class NotADocument(ReaderError):
    code = "document.not_supported"
    remedy = "Use a chip identity card or a passport; bank and transport cards cannot be read here."


class KeyRefused(ReaderError):
    """The codes below ``access.pin_`` and ``access.puk_`` say why a PIN or PUK was not even tried.

    Args:
        suspicious_fields: of the MRZ, names only, that look mistyped; empty where none stands out.
        tries_left: tries that the chip says are left for a password that it counts.
    """

    code = "access.key_refused"
    remedy = "Check the number, or use the QR code or the MRZ of the card that lies on the reader."

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        step: str | None = None,
        status_word: int | None = None,
        suspicious_fields: tuple[str, ...] = (),
        tries_left: int | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, code=code, step=step, status_word=status_word, remedy=remedy)
        self.suspicious_fields = suspicious_fields
        self.tries_left = tries_left


class KeyMissing(ReaderError):
    code = "access.key_missing"
    remedy = "Give one of --qr, --id-number, --can, --mrz, or --document-number with --birth and --expiry."


class BrokenProtocol(ReaderError):
    code = "access.protocol_broken"
    remedy = "Do not accept this document; hand it to a member of staff."


class LdsError(ReaderError):
    code = "document.malformed"
    remedy = "Read the card once more; if it stays, hand it to a member of staff."


class TrustError(ReaderError):
    code = "trust.unusable"
    remedy = "Import a valid CSCA certificate, master list or CRL with `motcham trust import`."


class TrustUnwritable(TrustError):
    code = "trust.unwritable"
    remedy = "Check the free space and the permissions of the data folder."


class EvidenceError(ReaderError):
    code = "evidence.unreadable"
    remedy = "Give a file that `motcham read --evidence` wrote."


class PortraitError(ReaderError):
    code = "portrait.undecodable"
    remedy = "Compare the person with the printed photo."


class PayloadError(ReaderError):
    code = "payload.unreadable"
    remedy = "Show the QR code again, straight and without glare."


class ImageError(PayloadError):
    code = "image.unreadable"
    remedy = "Give a photo or scan as JPEG, PNG, WebP, BMP or TIFF."


class DeviceError(ReaderError):
    code = "device.failed"
    remedy = "Check the cable of the camera or scanner; `motcham doctor` names it."
