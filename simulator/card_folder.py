"""A chip from a folder of files with their private keys, such as the reference data set of BSI TR-03105-5.

File names are taken in the forms in circulation: ``EF_COM.bin`` or ``EF.COM``, ``Datagroup1.bin`` or ``DG1.bin``; the
private keys are ``DG14_sk.pkcs8`` and ``DG15_sk.pkcs8``. Other files are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from crypto import public_keys
from crypto.ec_group import EcGroup
from crypto.errors import CryptoError
from crypto.public_keys import EcPublicKey
from reader.errors import LdsError
from reader.lds import card_access, com, dg1, dg14
from reader.lds.files import ELEMENTARY_FILES, data_group
from reader.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, PaceInfo
from simulator import chip_keys
from simulator.errors import UnusableFolder
from simulator.personalisation import ChipAuthenticationKey, Personalisation, RsaAuthenticationKey

_FILE_NAME: Final = re.compile(r"(?:(?P<group>datagroup|dg)_?(?P<number>[0-9]{1,2})|ef[._](?P<name>[a-z]+))(?:\.bin)?")
_CA_KEY: Final = "DG14_sk.pkcs8"
_AA_KEY: Final = "DG15_sk.pkcs8"
_NEEDED: Final = ("EF.COM", "EF.SOD", "DG1")
_LARGEST_FILE: Final = 1 << 20


def load_card_folder(folder: Path, add: Iterable[str] = ()) -> Personalisation:
    """Make a chip of the files that EF.COM names, EF.COM itself, EF.SOD and the files of the master file.

    It opens by BAC with the MRZ in DG1, and by PACE where EF.CardAccess says so.

    Args:
        add: names of files that lie in the folder and go onto the chip although EF.COM does not name them.

    Raises:
        UnusableFolder: a file is missing or malformed, or a private key does not fit its public key.
    """
    found = _read_files(folder)
    missing = [name for name in (*_NEEDED, *add) if name not in found]
    if missing:
        raise UnusableFolder(f"{folder} lacks {', '.join(missing)}")
    try:
        announced = {data_group(number).name for number in com.parse(found["EF.COM"]).data_groups}
        mrz = dg1.parse(found["DG1"])
        pace = card_access.parse(found["EF.CardAccess"]).of(PaceInfo) if "EF.CardAccess" in found else ()
        kept = {
            name: raw for name, raw in found.items() if not name.startswith("DG") or name in announced or name in add
        }
        return Personalisation(
            MappingProxyType(kept), mrz=mrz, pace=pace, ca_keys=_ca_keys(folder, found), aa_key=_aa_key(folder, kept)
        )
    except (LdsError, CryptoError) as error:
        raise UnusableFolder(f"{folder}: {error.message}") from error
    except ValueError as error:
        raise UnusableFolder(f"{folder} holds a private key that cannot be used: {error}") from error


def _read_files(folder: Path) -> Mapping[str, bytes]:
    if not folder.is_dir():
        raise UnusableFolder(f"{folder} is no folder")
    official = {name.lower(): name for name in ELEMENTARY_FILES}
    found: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        match = _FILE_NAME.fullmatch(path.name.lower())
        if match is None:
            continue
        name = official.get(f"dg{int(match['number'])}" if match["group"] else f"ef.{match['name']}")
        if name is not None:
            found[name] = _read(path)
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise UnusableFolder(f"{path} cannot be read: {error.strerror}") from error


def _ca_keys(folder: Path, files: Mapping[str, bytes]) -> tuple[ChipAuthenticationKey, ...]:
    """The private key behind the public key of DG14 that belongs to it."""
    if not (folder / _CA_KEY).is_file() or "DG14" not in files:
        return ()
    private = chip_keys.load_ec_scalar(_read(folder / _CA_KEY))
    infos = dg14.parse(files["DG14"])
    for info in infos.of(ChipAuthenticationPublicKeyInfo):
        key = public_keys.parse(info.public_key)
        if isinstance(key, EcPublicKey):
            group = EcGroup(key.curve)
            if group.public_key(private) == key.point:
                protocols = tuple(
                    offer.protocol for offer in infos.of(ChipAuthenticationInfo) if offer.key_id == info.key_id
                )
                return (ChipAuthenticationKey(group, private, protocols, info.key_id),)
    raise UnusableFolder(f"{_CA_KEY} belongs to none of the keys in DG14")


def _aa_key(folder: Path, files: Mapping[str, bytes]) -> RsaAuthenticationKey | None:
    if not (folder / _AA_KEY).is_file() or "DG15" not in files:
        return None
    return RsaAuthenticationKey(chip_keys.load_rsa_key(_read(folder / _AA_KEY)))
