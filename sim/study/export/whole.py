"""Files that are there whole or not at all: written beside, then moved to their place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.errors import UsageError
from sim.study.leftovers import clear_leftovers

__all__ = ["file_whole", "folder_whole", "refuse_existing"]


def refuse_existing(target: Path, parts: Sequence[str]) -> None:
    """Refuse to write over files.

    Parameters
    ----------
    target
        A file, or the folder of ``parts``.
    parts
        Names of files in the folder; none: the target is a file.

    Raises
    ------
    UsageError
        If one is there, or a folder is where a file belongs, or the other way round.
    """
    there = [path for path in ([target / name for name in parts] or [target]) if path.exists()]
    if there and not there[0].is_dir():
        raise UsageError(f"'{there[0]}' is there already; give another with -o, or --force")


@contextmanager
def folder_whole(folder: Path) -> Iterator[Path]:
    """A folder to write files into; as the block ends they are moved to ``folder``, which may be there.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    with _beside(folder) as part:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"cannot write to '{folder}': it is a file, not a folder")
        yield part
        _synced(part)
        if folder.exists():
            for file in sorted(part.iterdir()):
                file.replace(folder / file.name)
        else:
            part.rename(folder)


@contextmanager
def file_whole(file: Path) -> Iterator[Path]:
    """A file to write; as the block ends it is moved to ``file``. Beside it, others may be made meanwhile.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    with _beside(file) as part:
        if file.is_dir():
            raise UsageError(f"cannot write '{file}': it is a folder, not a file")
        yield part / file.name
        _synced(part)
        (part / file.name).replace(file)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new folder beside the target; it goes again, as do folders made for it if nothing was written."""
    clear_leftovers(target.parent, f".{target.name}.*.part")
    part = target.parent / f".{target.name}.{os.getpid()}.part"
    made = [path for path in target.parents if not path.exists()]
    try:
        part.mkdir(parents=True)
        yield part
    except OSError as e:
        in_the_way = next((path for path in target.parents if path.is_file()), None)
        why = f"'{in_the_way}' is a file, not a folder" if in_the_way else e.strerror or str(e)
        raise UsageError(f"cannot write '{target}': {why}") from e
    finally:  # also after an interruption
        shutil.rmtree(part, ignore_errors=True)
        for path in made:
            with suppress(OSError):  # it is not empty
                path.rmdir()


def _synced(folder: Path) -> None:
    """The files of a folder are on the disk, whatever happens to the machine."""
    for file in folder.iterdir():
        with open(file, "rb+") as opened:
            os.fsync(opened.fileno())
