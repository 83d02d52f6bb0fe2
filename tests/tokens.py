"""A PKCS#11 token for tests: SoftHSM on a temporary folder."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from badges.issuer.signer_pkcs11 import Pkcs11Signer

PKCS11 = "pkcs11"
LABEL = "badges-test"
PIN = "2580-test"
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
HINT = "SoftHSM absent: install it (Debian package softhsm2) with the extra badges[pkcs11]"


@dataclass(frozen=True)
class SoftToken:
    """A token with one user; its files can be put away and brought back, as a device is unplugged."""

    module: str
    folder: Path

    def signer(self, **changes: str) -> "Pkcs11Signer":
        """Return a signer that uses it."""
        from badges.issuer.signer_pkcs11 import Pkcs11Signer  # noqa: PLC0415 - an optional extra

        return Pkcs11Signer(**({"module": self.module, "token": LABEL, "pin": PIN} | changes))

    def unplug(self) -> None:
        (self.folder / "tokens").rename(self.folder / "away")
        (self.folder / "tokens").mkdir()

    def plug(self) -> None:
        (self.folder / "tokens").rmdir()
        (self.folder / "away").rename(self.folder / "tokens")

    def private_files(self) -> bytes:
        """Return all that the token keeps on disk."""
        return b"".join(path.read_bytes() for path in (self.folder / "tokens").rglob("*") if path.is_file())


@contextmanager
def soft_token(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[SoftToken]:
    """Initialise a token in `folder`, and shut the module down afterwards; skip without SoftHSM."""
    pkcs11 = pytest.importorskip("pkcs11", reason=HINT)
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip(HINT)
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
    )
    patch.setenv("SOFTHSM2_CONF", str(settings))
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN],
        check=True, capture_output=True,
    )  # fmt: skip
    library = pkcs11.lib(module)
    yield SoftToken(module, folder)
    if library.initialized:
        library.finalize()
