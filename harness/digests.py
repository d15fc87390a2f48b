"""sha256 digests of files and folders, as records and stage keys use them."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCK = 1 << 20


def digest_file(path: Path) -> str:
    """sha256 of a file's bytes, as hex. Raises OSError where it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def digest_folder(path: Path) -> str:
    """sha256 over the relative names and digests of all files below a folder, in order of name.

    Hidden files and folders (a leading dot) do not count. Raises OSError where something cannot be read.
    """
    digest = hashlib.sha256()
    files = ((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    for name, file in sorted(files):
        if any(part.startswith(".") for part in name.split("/")):
            continue
        digest.update(f"{name}\0{digest_file(file)}\n".encode())
    return digest.hexdigest()
