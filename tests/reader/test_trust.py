"""The trust store: what counts, what does not, and what may not come in."""

from __future__ import annotations

import base64
import random
import shutil
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto.certificates import Certificate
from reader.errors import TrustError
from reader.trust import TrustStore, load
from reader.trust_folder import TrustFolder
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make_issuer(country: str) -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create(country, now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture(scope="module")
def vietnam() -> Issuer:
    return make_issuer("VN")


@pytest.fixture(scope="module")
def laos() -> Issuer:
    return make_issuer("LA")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder for what an operator gives."""
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    """The installed store, empty."""
    return TrustFolder(tmp_path / "installed" / "trust")


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def pem(label: str, content: bytes) -> bytes:
    lines = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def countries(store: TrustStore, *, include_simulated: bool = False) -> set[str | None]:
    return {certificate.country for certificate in store.certificates(include_simulated=include_simulated)}


class TestLoading:
    def test_certificates_and_crls_in_der_and_pem(self, given: Path, vietnam: Issuer, laos: Issuer) -> None:
        put(given / "vn.cer", vietnam.csca_der)
        put(given / "both.pem", pem("CERTIFICATE", laos.csca_der) + pem("X509 CRL", laos.crl([1])))
        store = load([given], NOW)
        assert countries(store) == {"VN", "LA"}
        assert store.problems == ()
        csca = Certificate.parse(laos.csca_der)
        assert store.origin_of(csca) == "both.pem"
        assert len(store.crls_of(csca, include_simulated=False)) == 1
        assert store.crls_of(Certificate.parse(vietnam.csca_der), include_simulated=False) == ()

    def test_a_master_list_counts_with_its_root_beside_it(self, given: Path, vietnam: Issuer, laos: Issuer) -> None:
        master_list = put(given / "list.ml", vietnam.master_list([laos.csca_der, vietnam.csca_der]))
        root = put(given / "root.cer", vietnam.csca_der)
        other = put(given / "other.cer", laos.csca_der)
        assert countries(load([master_list, root], NOW)) == {"LA", "VN"}
        origin = load([root, master_list], NOW).origin_of(Certificate.parse(laos.csca_der))
        assert origin == "list.ml (Master List Signer Simulated VN, VN)"
        for store in (load([master_list], NOW), load([master_list, other], NOW)):
            assert "VN" not in countries(store)
            assert [problem.code for problem in store.problems] == ["trust.list_not_verified"]

    def test_a_list_within_a_list_opens_no_door(self, given: Path, vietnam: Issuer, laos: Issuer) -> None:
        """A root is given by the operator; that another list holds it is not enough."""
        put(given / "a.ml", vietnam.master_list([laos.csca_der]))
        put(given / "b.ml", laos.master_list([make_issuer("KH").csca_der]))
        put(given / "root.cer", vietnam.csca_der)
        assert countries(load([given], NOW)) == {"VN", "LA"}

    def test_simulated_issuers_are_kept_apart(self, given: Path, vietnam: Issuer, laos: Issuer) -> None:
        put(given / "la.cer", laos.csca_der)
        put(given / "simulated" / "vn.cer", vietnam.csca_der)
        put(given / "simulated" / "vn.crl", vietnam.crl())
        store = load([given], NOW)
        assert countries(store) == {"LA"}
        assert countries(store, include_simulated=True) == {"LA", "VN"}
        csca = Certificate.parse(vietnam.csca_der)
        assert store.crls_of(csca, include_simulated=False) == ()
        assert len(store.crls_of(csca, include_simulated=True)) == 1

    @pytest.mark.parametrize("named", ["simulated", "simulated/vn.cer"])
    def test_a_simulated_issuer_stays_one_however_it_is_named(self, given: Path, vietnam: Issuer, named: str) -> None:
        put(given / "simulated" / "vn.cer", vietnam.csca_der)
        store = load([given / named], NOW)
        assert countries(store) == set()
        assert countries(store, include_simulated=True) == {"VN"}

    def test_a_simulated_root_vouches_for_no_real_list(self, given: Path, vietnam: Issuer, laos: Issuer) -> None:
        put(given / "simulated" / "vn.cer", vietnam.csca_der)
        put(given / "list.ml", vietnam.master_list([laos.csca_der]))
        assert countries(load([given], NOW)) == set()

    def test_other_files_of_a_folder_are_problems_and_no_errors(self, given: Path, vietnam: Issuer) -> None:
        put(given / "vn.cer", vietnam.csca_der)
        put(given / "README.txt", b"about these files")
        put(given / "broken.pem", b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n")
        store = load([given], NOW)
        assert countries(store) == {"VN"}
        assert {problem.origin for problem in store.problems} == {"README.txt", "broken.pem"}

    @pytest.mark.parametrize("content", [None, b"", b"text", b"\x30\x80\x00\x00"])
    def test_a_file_named_as_such_must_be_usable(self, given: Path, content: bytes | None) -> None:
        path = given / "vn.cer" if content is None else put(given / "vn.cer", content)
        with pytest.raises(TrustError, match=r"vn\.cer"):
            load([path], NOW)

    def test_a_file_is_bounded(self, given: Path) -> None:
        with (given / "huge.cer").open("wb") as file:
            file.truncate(17 * 1024 * 1024)
        with pytest.raises(TrustError) as raised:
            load([given / "huge.cer"], NOW)
        assert raised.value.code == "trust.too_large"


class TestInstalling:
    def test_what_verifies_is_installed_and_loads_again(
        self, folder: TrustFolder, given: Path, vietnam: Issuer, laos: Issuer
    ) -> None:
        put(given / "1.ml", vietnam.master_list([laos.csca_der, vietnam.csca_der], signing_time=NOW))
        put(given / "2.crl", laos.crl([5, 6]))
        put(given / "3.cer", vietnam.csca_der)
        installation = folder.install([given], NOW)
        assert installation.refused == ()
        assert [(file.kind, file.entries) for file in installation.installed] == [
            ("csca", 1),
            ("master-list", 2),
            ("crl", 2),
        ]
        store = folder.load(NOW)
        assert countries(store) == {"VN", "LA"}
        assert len(store.crls) == 1
        assert store.problems == ()

    def test_installing_again_changes_nothing(self, folder: TrustFolder, given: Path, vietnam: Issuer) -> None:
        put(given / "vn.cer", vietnam.csca_der)
        put(given / "vn.crl", vietnam.crl())
        first, second = folder.install([given], NOW), folder.install([given], NOW)
        assert first == second
        assert len(folder.load(NOW).crls) == 1

    def test_an_empty_store_trusts_nobody(self, folder: TrustFolder) -> None:
        assert folder.load(NOW) == TrustStore()

    def test_what_does_not_verify_stays_outside(
        self, folder: TrustFolder, given: Path, vietnam: Issuer, laos: Issuer
    ) -> None:
        put(given / "list.ml", vietnam.master_list([vietnam.csca_der]))
        put(given / "signer.cer", laos.document_signer_der)
        put(given / "vn.crl", vietnam.crl())
        put(given / "notes.txt", b"notes")
        installation = folder.install([given], NOW)
        assert installation.installed == ()
        assert {problem.origin: problem.code for problem in installation.refused} == {
            "list.ml": "trust.list_not_verified",
            "signer.cer": "trust.not_a_ca",
            "vn.crl": "trust.crl_not_verified",
            "notes.txt": "trust.malformed",
        }
        assert folder.load(NOW) == TrustStore()

    def test_newer_lists_replace_older_ones_and_never_the_other_way(
        self, folder: TrustFolder, given: Path, vietnam: Issuer, laos: Issuer
    ) -> None:
        folder.install([put(given / "vn.cer", vietnam.csca_der)], NOW)
        old = put(given / "old.ml", vietnam.master_list([vietnam.csca_der], signing_time=NOW - 9 * DAY))
        new = put(given / "new.ml", vietnam.master_list([laos.csca_der], signing_time=NOW))
        old_crl = put(given / "old.crl", vietnam.crl(this_update=NOW - 9 * DAY))
        new_crl = put(given / "new.crl", vietnam.crl([3], this_update=NOW))
        assert folder.install([old, old_crl], NOW).refused == ()
        assert countries(folder.load(NOW)) == {"VN"}
        assert folder.install([new, new_crl], NOW).refused == ()
        assert countries(folder.load(NOW)) == {"VN", "LA"}
        assert [problem.code for problem in folder.install([old, old_crl], NOW).refused] == [
            "trust.older_than_installed",
            "trust.older_than_installed",
        ]
        (crl,) = folder.load(NOW).crls
        assert set(crl.revocation_list.revoked) == {3}

    def test_a_list_changed_on_the_disk_counts_no_more(
        self, tmp_path: Path, folder: TrustFolder, given: Path, vietnam: Issuer, laos: Issuer
    ) -> None:
        put(given / "vn.cer", vietnam.csca_der)
        put(given / "list.ml", vietnam.master_list([laos.csca_der]))
        folder.install([given], NOW)
        (installed,) = (tmp_path / "installed" / "trust").glob("*.ml")
        content = installed.read_bytes()
        installed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert countries(folder.load(NOW)) == {"VN"}

    def test_simulated_issuers_go_to_their_own_folder(
        self, tmp_path: Path, folder: TrustFolder, given: Path, vietnam: Issuer, laos: Issuer
    ) -> None:
        folder.install([put(given / "vn.cer", vietnam.csca_der)], NOW, simulated=True)
        folder.install([put(given / "la.cer", laos.csca_der)], NOW, simulated=True)
        assert len(list((tmp_path / "installed" / "trust" / "simulated").iterdir())) == 2
        assert countries(folder.load(NOW)) == set()
        assert countries(folder.load(NOW), include_simulated=True) == {"VN", "LA"}

    def test_a_countrys_name_never_becomes_a_path(self, folder: TrustFolder, given: Path) -> None:
        path = put(given / "strange.cer", make_issuer("../../x").csca_der)
        (installed,) = folder.install([path], NOW).installed
        assert installed.name.startswith("csca-XX-")

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path, given: Path, vietnam: Issuer) -> None:
        blocked = put(tmp_path / "file", b"")
        with pytest.raises(TrustError) as raised:
            TrustFolder(blocked).install([put(given / "vn.cer", vietnam.csca_der)], NOW)
        assert raised.value.code == "trust.unwritable"


def test_the_german_master_list_is_imported_in_time(folder: TrustFolder, shared_data: Path) -> None:
    lists = shared_data / "master-lists"
    master_list, root = lists / "DE_ML_2026-05-28.ml", lists / "DE_ROOT_CSCA07.cer"
    assert [problem.code for problem in folder.install([master_list], NOW).refused] == ["trust.list_not_verified"]
    assert folder.install([root, master_list], NOW).refused == ()
    store = folder.load(NOW)
    assert len(store.anchors) == 588
    (vietnam,) = [anchor for anchor in store.anchors if anchor.certificate.country == "VN"]
    assert vietnam.certificate.subject.common_name == "CSCA ePassport Vietnam"
    assert vietnam.origin.endswith("(CSCA Master List Signer, DE)")


def test_a_folder_given_as_trust_may_be_a_copy_of_the_store(
    folder: TrustFolder, tmp_path: Path, given: Path, vietnam: Issuer
) -> None:
    folder.install([put(given / "vn.cer", vietnam.csca_der)], NOW, simulated=True)
    copy = shutil.copytree(tmp_path / "installed" / "trust", tmp_path / "copy")
    assert countries(load([copy], NOW), include_simulated=True) == {"VN"}
    assert countries(load([copy], NOW)) == set()
