"""The cache of model files by hash, outside any checkout, from which stores are filled by hard links.

`<cache>/<sha256>` is a whole file whose bytes have been checked; `<sha256>.part` the beginning of one; `<sha256>.lock` is held by whoever
works on either. A second store on the same file system gets a model at no cost in time or space.
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
from voicecli.models.locks import locked
from voicecli.models.progress import Progress, human_size
from voicecli.models.receipts import Receipts, sha256_of

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_ROOM_HINT = "Free some space (`voicecli models rm NAME` removes a model), then run the same command again to resume."


class BlobCache:
    """Files by hash.

    Args:
        folder: Where they lie; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._receipts = Receipts(folder / "receipts.json")

    def blob(self, sha256: str) -> Path:
        """Where the whole file lies, if it does."""
        return self.folder / sha256

    def part(self, sha256: str) -> Path:
        """Where the beginning of the file lies, if it does."""
        return self.folder / f"{sha256}.part"

    @contextlib.contextmanager
    def hold(self, sha256s: Iterable[str], progress: Progress) -> Iterator[None]:
        """Keeps other processes away from these files; waits for them where they came first."""
        _make_private(self.folder)
        with contextlib.ExitStack() as stack:
            # Sorted, so that two processes that want the same files never wait for each other.
            for sha256 in sorted(set(sha256s)):
                lock = self.folder / f"{sha256}.lock"
                stack.enter_context(
                    locked(lock, lambda: progress.say("waiting for another voicecli that is downloading this model"))
                )
            yield

    def has(self, file: ModelFile) -> bool:
        """Whether the file is here and right; a wrong one is removed."""
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
        """Whether `path` is the very file of this hash, so that it need not be hashed to know it."""
        blob = self.blob(sha256)
        return blob.is_file() and blob.samefile(path) and self._receipts.get(sha256, blob) == sha256

    def doubt(self, sha256: str) -> None:
        """Has the file hashed again before it is used again."""
        self._receipts.drop(sha256)

    def keep(self, file: ModelFile) -> None:
        """Makes the part of `file`, whose bytes were found right, the whole file."""
        self._settle(self.part(file.sha256), file)

    def adopt(self, source: Path, file: ModelFile) -> None:
        """Takes in a file from elsewhere whose bytes were found right, linked where that can be."""
        # Not under the part's name: a part is written to, and a link to the user's own file must never be.
        draft = self.folder / f"{file.sha256}.new"
        _link_or_copy(source, draft)
        self._settle(draft, file)

    def place(self, file: ModelFile, target: Path) -> None:
        """Puts the file at `target` whole and at once, linked where that can be, over whatever is there."""
        _make_private(target.parent)
        for stale in target.parent.glob(f".{target.name}.*.part"):
            stale.unlink()  # of a process that died; a living one would hold the lock
        draft = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with self._links_change(file.sha256):
                _link_or_copy(self.blob(file.sha256), draft)
                draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)  # renaming a link over another link to the same file leaves both

    def release(self, sha256: str, target: Path) -> int:
        """Removes `target`, and the cached file with it when no other store has a link to it; and any part of it.

        Returns:
            How many bytes that freed on the disk.
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
        """Carries the receipt over a change of links, which changes the file's change time but none of its bytes."""
        blob = self.blob(sha256)
        before = blob.stat() if blob.is_file() and self._receipts.get(sha256, blob) else None
        yield
        if before is not None and blob.is_file():
            after = blob.stat()
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                self._receipts.put(sha256, blob, sha256)


def check_room(folder: Path, needed_bytes: int, what: str) -> None:
    """Makes sure that something fits on a disk before any of it is fetched.

    Raises:
        DownloadFailed: It does not.
    """
    free_bytes = shutil.disk_usage(nearest_existing(folder)).free
    if needed_bytes > free_bytes:
        message = f"There is not enough space for {what} in {folder}: {human_size(needed_bytes)} are needed, {human_size(free_bytes)} are free."
        raise DownloadFailed(message, _ROOM_HINT)


def check_writable(folder: Path) -> None:
    """Makes a folder, private to the user, where it is missing, and makes sure that files can be made in it.

    Raises:
        OSError: They cannot.
    """
    _make_private(folder)
    with tempfile.TemporaryFile(dir=folder):
        pass


def same_disk(one: Path, other: Path) -> bool:
    """Whether two folders, which need not exist, are or will be on one file system."""
    return nearest_existing(one).stat().st_dev == nearest_existing(other).stat().st_dev


def nearest_existing(folder: Path) -> Path:
    """Gives the folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


@contextlib.contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turns what goes wrong with files while `what` is fetched into words for a user.

    Raises:
        DownloadFailed: The disk is full, or something cannot be read or written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise DownloadFailed(f"The disk is full, so {what} is incomplete.", _ROOM_HINT) from error
        message = f"{what} cannot be written: {error}."
        raise DownloadFailed(message, "Set VOICECLI_MODELS to a folder of your own.") from error


def _make_private(folder: Path) -> None:
    """Makes a folder and what is missing above it, all 0700; `mkdir` itself keeps that to the last one."""
    missing = [each for each in (folder, *folder.absolute().parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def _remove(path: Path) -> int:
    """Removes a file where there is one; gives how many bytes that freed."""
    if not path.is_file():
        return 0
    about = path.stat()
    path.unlink()
    return about.st_size if about.st_nlink == 1 else 0


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        _link(source, target)
    except OSError:
        # Another file system, or one without hard links, or one whose rules forbid this link.
        try:
            shutil.copyfile(source, target)
            target.chmod(0o600)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.hardlink_to(source.resolve())
