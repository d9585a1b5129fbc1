"""The cache of model files, named by hash. It is outside any checkout, and stores are filled from it by hard links.

`<cache>/<sha256>` is a complete file with a verified hash. `<sha256>.part` is the beginning of a file. `<sha256>.lock` is held by the process
that works on either. A second store on the same file system gets a model without extra time or space.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from voicecli.errors import DownloadFailed
from voicecli.models.catalog import ModelFile
from voicecli.models.copying import clone_or_copy
from voicecli.models.locks import locked
from voicecli.models.progress import Progress, human_size
from voicecli.models.receipts import Receipts, sha256_of

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_ROOM_HINT = "Free some space (`voicecli models rm NAME` removes a model), then run the same command again to resume."


class BlobCache:
    """Files by hash.

    Args:
        folder: The cache folder. It is created when a file is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._receipts = Receipts(folder)

    def blob(self, sha256: str) -> Path:
        """The path of the complete file, which may not exist."""
        return self.folder / sha256

    def part(self, sha256: str) -> Path:
        """The path of the beginning of the file, which may not exist."""
        return self.folder / f"{sha256}.part"

    @contextlib.contextmanager
    def hold(self, sha256s: Iterable[str], progress: Progress) -> Iterator[None]:
        """Locks these files against other processes, and waits for locks that another process holds."""
        _make_private(self.folder)
        with contextlib.ExitStack() as stack:
            # Sorted, so that two processes that lock the same files cannot deadlock.
            for sha256 in sorted(set(sha256s)):
                lock = self.folder / f"{sha256}.lock"
                stack.enter_context(
                    locked(lock, lambda: progress.say("waiting for another voicecli that is downloading this model"))
                )
            yield

    def has(self, file: ModelFile) -> bool:
        """Whether the file is here with the right hash. A file with a wrong hash is removed."""
        blob = self.blob(file.sha256)
        if not blob.is_file():
            return False
        if self._receipts.get(file.sha256, blob) == file.sha256:
            return True
        if blob.stat().st_size == file.size_bytes and sha256_of(blob) == file.sha256:
            self._receipts.put(file.sha256, blob, file.sha256)
            return True
        blob.unlink()
        self._receipts.drop(file.sha256)
        return False

    def knows(self, sha256: str, path: Path) -> bool:
        """Whether `path` is a link to the cached file of this hash, so that it need not be hashed again."""
        blob = self.blob(sha256)
        return blob.is_file() and blob.samefile(path) and self._receipts.get(sha256, blob) == sha256

    def doubt(self, sha256: str) -> None:
        """Makes the cache hash the file again before its next use."""
        self._receipts.drop(sha256)

    def keep(self, file: ModelFile) -> None:
        """Renames the part of `file`, whose hash was verified, to the complete file."""
        self._settle(self.part(file.sha256), file)

    def adopt(self, source: Path, file: ModelFile) -> None:
        """Adds a copy of a file from elsewhere, and hashes the copy. The file itself is never linked: whoever changes it later changes no model.

        Raises:
            DownloadFailed: The file has changed since it was hashed.
        """
        draft = self.folder / f"{file.sha256}.new"
        try:
            clone_or_copy(source, draft)
            if sha256_of(draft) != file.sha256:
                raise DownloadFailed(f"{source} changed while it was imported.", "Run the same command again.")
            self._settle(draft, file)
        finally:
            draft.unlink(missing_ok=True)

    def place(self, file: ModelFile, target: Path) -> None:
        """Puts the complete file at `target` atomically, and replaces what is there. It is linked if possible, otherwise copied."""
        _make_private(target.parent)
        for stale in target.parent.glob(f".{target.name}.*.part"):
            stale.unlink()  # left by a process that died; a running one would hold the lock
        draft = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with self._links_change(file.sha256):
                _link_or_copy(self.blob(file.sha256), draft)
                draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)  # renaming a link onto another link to the same file leaves both

    def release(self, sha256: str, target: Path) -> int:
        """Removes `target` and any part of the file, and also the cached file if no other store has a link to it.

        Returns:
            The number of bytes freed on the disk.
        """
        freed_bytes = 0
        with self._links_change(sha256):
            freed_bytes += _remove(target)
        blob = self.blob(sha256)
        if blob.is_file() and blob.stat().st_nlink == 1:
            freed_bytes += _remove(blob)
            self._receipts.drop(sha256)
        return freed_bytes + _remove(self.part(sha256))

    def _settle(self, draft: Path, file: ModelFile) -> None:
        draft.replace(self.blob(file.sha256))
        draft.unlink(missing_ok=True)
        self._receipts.put(file.sha256, self.blob(file.sha256), file.sha256)

    @contextlib.contextmanager
    def _links_change(self, sha256: str) -> Iterator[None]:
        """Keeps the receipt valid while links are added or removed, which changes the file's change time but not its bytes."""
        blob = self.blob(sha256)
        before = blob.stat() if blob.is_file() and self._receipts.get(sha256, blob) else None
        yield
        if before is not None and blob.is_file():
            after = blob.stat()
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                self._receipts.put(sha256, blob, sha256)


def check_room(folder: Path, needed_bytes: int, what: str) -> None:
    """Checks that a disk has room for something before any of it is fetched.

    Raises:
        DownloadFailed: There is not enough space.
    """
    free_bytes = shutil.disk_usage(nearest_existing(folder)).free
    if needed_bytes > free_bytes:
        message = f"There is not enough space for {what} in {folder}: {human_size(needed_bytes)} are needed, {human_size(free_bytes)} are free."
        raise DownloadFailed(message, _ROOM_HINT)


def check_writable(folder: Path) -> None:
    """Creates a folder that only the user can read, if it is missing, and checks that files can be created in it.

    Raises:
        OSError: Files cannot be created in it.
    """
    _make_private(folder)
    with tempfile.TemporaryFile(dir=folder):
        pass


def same_disk(one: Path, other: Path) -> bool:
    """Whether two folders are on one file system, or will be. They need not exist."""
    return nearest_existing(one).stat().st_dev == nearest_existing(other).stat().st_dev


def nearest_existing(folder: Path) -> Path:
    """Returns the folder, or its nearest parent that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


@contextlib.contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turns file errors that occur while `what` is fetched into messages for the user.

    Raises:
        DownloadFailed: The disk is full, or a file cannot be read or written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise DownloadFailed(f"The disk is full, so {what} is incomplete.", _ROOM_HINT) from error
        message = f"{what} cannot be written: {error}."
        raise DownloadFailed(message, "Set VOICECLI_MODELS to a folder of your own.") from error


def _make_private(folder: Path) -> None:
    """Creates a folder and its missing parents, all with mode 0700. `mkdir` alone applies the mode to the last folder only."""
    missing = [each for each in (folder, *folder.absolute().parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def _remove(path: Path) -> int:
    """Removes a file if it exists, and returns the number of bytes freed."""
    if not path.is_file():
        return 0
    about = path.stat()
    path.unlink()
    return about.st_size if about.st_nlink == 1 else 0


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        _link(source, target)
    except OSError:
        # The target is on another file system, or the file system has no hard links or forbids this one.
        clone_or_copy(source, target)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.hardlink_to(source.resolve())
