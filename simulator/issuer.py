"""An issuing state that exists only in software: its CSCA, its document signer, its CRL and its master list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from crypto import master_list
from crypto.asn1 import CscaMasterList
from crypto.certificates import MASTER_LIST_SIGNING, Certificate, KeyUsage
from reader.lds import card_security, sod
from reader.lds.security_infos import SecurityInfos, encode_security_infos
from reader.lds.sod import LdsVersions, SecurityObject
from simulator import cms_writer, signing_key
from simulator.certificate_writer import CertificateTemplate, name, write_certificate, write_crl
from simulator.cms_writer import Signer
from simulator.signing_key import KeyKind, SigningKey

_ORGANIZATION: Final = "Mot Cham Simulator"
_YEAR: Final = timedelta(days=365)
_SERIAL_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class IssuerKeys:
    """The private keys behind an `Issuer`. Making RSA keys is slow: keep these, or their PKCS #8, and reuse them."""

    csca: SigningKey
    document_signer: SigningKey

    @classmethod
    def load(cls, csca_pkcs8: bytes, document_signer_pkcs8: bytes) -> IssuerKeys:
        """Take the keys from their PKCS #8 DER, each to sign in the way that is usual here.

        The CSCA signs as Vietnam's passport CSCA does where it has the same kind of key: ECDSA with SHA-512, the
        curve's parameters written out. A document signer with an RSA key signs with RSASSA-PSS and SHA-256.
        """
        return cls(
            SigningKey.load(csca_pkcs8, digest="sha512", pss=True, explicit_parameters=True),
            SigningKey.load(document_signer_pkcs8, digest="sha256", pss=True),
        )

    @classmethod
    def generate(
        cls, csca: KeyKind = KeyKind.BRAINPOOL_P512R1, document_signer: KeyKind = KeyKind.RSA_2048
    ) -> IssuerKeys:
        """Make new keys from the operating system's random source."""
        return cls.load(signing_key.generate(csca), signing_key.generate(document_signer))


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs the documents of an invented state; `csca_der` is what a reader must trust to accept them.

    Every issuer has a name of its own, so that a stranger's documents do not look like forgeries of another's.

    Attributes:
        csca_name: DER of the CSCA's name.
        now: aware moment that all validities are reckoned from. The CSCA began three years before and lasts fifteen,
            the document signer began one year before and lasts ten and a quarter.
    """

    country: str
    now: datetime
    csca_name: bytes = field(repr=False)
    csca_der: bytes = field(repr=False)
    document_signer_der: bytes = field(repr=False)
    keys: IssuerKeys = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)

    @classmethod
    def create(
        cls,
        country: str = "VN",
        *,
        now: datetime,
        random_bytes: Callable[[int], bytes],
        keys: IssuerKeys | None = None,
        csca_name: bytes | None = None,
    ) -> Issuer:
        """Set up an issuing state.

        Args:
            country: two letters, as certificates write it.
            random_bytes: gives so many random bytes, for serial numbers.
            keys: made anew where none are given.
            csca_name: DER of a name to pretend to.
        """
        keys = keys or IssuerKeys.generate()
        subject = csca_name or name(country, _ORGANIZATION, f"CSCA Simulated {country} {random_bytes(2).hex()}")
        template = CertificateTemplate(
            subject=subject,
            serial_number=_serial_number(random_bytes),
            not_before=now - 3 * _YEAR,
            not_after=now + 12 * _YEAR,
            key_usage=KeyUsage.KEY_CERT_SIGN | KeyUsage.CRL_SIGN,
            is_ca=True,
            path_length=0,
        )
        csca = write_certificate(template, keys.csca.public_key_info, subject, keys.csca)
        template = CertificateTemplate(
            subject=name(country, _ORGANIZATION, f"Document Signer Simulated {country}"),
            serial_number=_serial_number(random_bytes),
            not_before=now - _YEAR,
            not_after=now + 9 * _YEAR + _YEAR / 4,
            key_usage=KeyUsage.DIGITAL_SIGNATURE,
        )
        document_signer = write_certificate(template, keys.document_signer.public_key_info, subject, keys.csca)
        return cls(country, now, subject, csca, document_signer, keys, random_bytes)

    @property
    def document_signer_serial_number(self) -> int:
        return Certificate.parse(self.document_signer_der).serial_number

    def issue(self, template: CertificateTemplate, public_key_info: bytes) -> bytes:
        """Have the CSCA sign any certificate, for example a faulty one or a link to its next key."""
        return write_certificate(template, public_key_info, self.csca_name, self.keys.csca)

    def sign_sod(
        self,
        hashes: Mapping[int, bytes],
        *,
        digest: str = "sha256",
        signing_time: datetime | None = None,
        versions: LdsVersions | None = None,
    ) -> bytes:
        """Make a complete EF.SOD, tag 77 included.

        Args:
            hashes: data group number → hash of the complete file by `digest`, a name in `hashlib`.
            signing_time: for the signed attribute of this name; None leaves it out, as most issuers do.
            versions: makes it an object of LDS 1.8; None one of LDS 1.7.
        """
        content = sod.encode_security_object(SecurityObject(digest, hashes, versions))
        signer = Signer(self.document_signer_der, self.keys.document_signer)
        return sod.encode(cms_writer.sign(sod.CONTENT_TYPE, content, signer, signing_time=signing_time))

    def sign_card_security(self, infos: SecurityInfos) -> bytes:
        """Make a complete EF.CardSecurity."""
        signer = Signer(self.document_signer_der, self.keys.document_signer)
        return card_security.encode(cms_writer.sign(card_security.CONTENT_TYPE, encode_security_infos(infos), signer))

    def crl(
        self,
        revoked: Iterable[int] = (),
        *,
        number: int = 1,
        this_update: datetime | None = None,
        next_update: datetime | None = None,
    ) -> bytes:
        """Make the CSCA's CRL; by default of `now` and good for ninety days.

        Args:
            revoked: serial numbers, revoked at `this_update`.
        """
        this_update = this_update or self.now
        return write_crl(
            self.csca_name,
            self.keys.csca,
            number=number,
            this_update=this_update,
            next_update=next_update or this_update + timedelta(days=90),
            revoked=[(serial, this_update) for serial in revoked],
        )

    def master_list(self, certificates: Iterable[bytes], *, signing_time: datetime | None = None) -> bytes:
        """Make a CSCA master list under a signer of this state's own.

        Args:
            certificates: DER of the CSCA certificates to put in.
        """
        key = SigningKey.load(signing_key.generate(KeyKind.BRAINPOOL_P256R1))
        template = CertificateTemplate(
            subject=name(self.country, _ORGANIZATION, f"Master List Signer Simulated {self.country}"),
            serial_number=_serial_number(self.random_bytes),
            not_before=self.now - _YEAR,
            not_after=self.now + _YEAR,
            key_usage=KeyUsage.DIGITAL_SIGNATURE,
            purposes=(MASTER_LIST_SIGNING,),
        )
        signer = Signer(self.issue(template, key.public_key_info), key, by_key=True)
        content = CscaMasterList({"version": 0, "certificates": cms_writer.as_set(certificates)}).dump()
        return cms_writer.sign(
            master_list.CONTENT_TYPE, content, signer, signing_time=signing_time, further_certificates=(self.csca_der,)
        )


def _serial_number(random_bytes: Callable[[int], bytes]) -> int:
    """A positive number of exactly as many bytes, as RFC 5280 section 4.1.2.2 allows."""
    return int.from_bytes(random_bytes(_SERIAL_BYTES), "big") >> 2 | 1 << (8 * _SERIAL_BYTES - 2)
