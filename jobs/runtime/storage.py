"""Files by URI: local disk, HDFS or an object store, through fsspec. A JSON file is replaced by one put."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem


@dataclass(frozen=True)
class Store:
    """A folder named by URI or path; all names are relative to it and use ``/``."""

    root: str

    @cached_property
    def _fs(self) -> tuple[Any, str]:
        fs, path = fsspec.core.url_to_fs(self.root)
        return fs, path.rstrip("/")

    @property
    def is_local(self) -> bool:
        """True on a local disk."""
        return isinstance(self._fs[0], LocalFileSystem)

    def path(self, name: str = "") -> str:
        """Full path inside the file system (no scheme)."""
        base = self._fs[1]
        return f"{base}/{name}" if name else base

    def uri(self, name: str = "") -> str:
        """What Spark and pyarrow are given: a plain path on local disk, else a URI."""
        if self.is_local:
            return self.path(name)
        return f"{self.root.rstrip('/')}/{name}" if name else self.root

    def child(self, name: str) -> Store:
        """The folder ``name`` as a store of its own."""
        return Store(self.uri(name))

    def exists(self, name: str = "") -> bool:
        """True when the file or folder is there."""
        return bool(self._fs[0].exists(self.path(name)))

    def open(self, name: str, mode: str = "rb") -> IO[bytes]:
        """Open a file; folders are made when writing."""
        fs = self._fs[0]
        if "w" in mode and self.is_local:
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        return fs.open(self.path(name), mode)  # type: ignore[no-any-return]

    def cut(self, name: str, start: int, size: int) -> bytes:
        """``size`` bytes of a file from ``start`` on, by one request: an open file would fetch a whole block ahead."""
        return self._fs[0].cat_file(self.path(name), start=start, end=start + size)  # type: ignore[no-any-return]

    def read_json(self, name: str, default: Any = None) -> Any:
        """Parsed JSON, or ``default`` when the file is not there."""
        if not self.exists(name):
            return default
        with self.open(name) as file:
            return json.loads(file.read())

    def write_json(self, name: str, value: Any) -> None:
        """Replace a JSON file in one step."""
        self.put(name, (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode())

    def put(self, name: str, data: bytes) -> None:
        """Replace a file in one step: rename on local disk, a single put elsewhere."""
        if not self.is_local:
            self._fs[0].pipe_file(self.path(name), data)
            return
        target = self.path(name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        temporary = f"{target}.{os.getpid()}.tmp"
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)

    def folders(self, name: str = "") -> list[str]:
        """Names of the folders directly below ``name``, sorted; empty when it is not there."""
        return sorted(entry for entry, kind in self._entries(name) if kind == "directory")

    def files(self, name: str = "") -> list[str]:
        """Names of the files directly below ``name``, sorted; empty when it is not there."""
        return sorted(entry for entry, kind in self._entries(name) if kind == "file")

    def _entries(self, name: str) -> Iterator[tuple[str, str]]:
        if not self.exists(name):
            return
        for info in self._fs[0].ls(self.path(name), detail=True, refresh=True):
            yield info["name"].rstrip("/").rsplit("/", 1)[-1], info["type"]

    def walk(self, name: str = "") -> list[str]:
        """All files below ``name``, relative to the store, sorted."""
        if not self.exists(name):
            return []
        base = self.path() + "/"
        return sorted(found.removeprefix(base) for found in self._fs[0].find(self.path(name)))

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return int(self._fs[0].size(self.path(name)))

    def delete(self, name: str) -> None:
        """Remove a file or folder; nothing happens when it is not there."""
        if self.exists(name):
            self._fs[0].rm(self.path(name), recursive=True)

    def sha256(self, name: str) -> str:
        """Hex digest of a file's bytes."""
        digest = hashlib.sha256()
        with self.open(name) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()
