"""The project key and everything keyed: tokens, person keys, date offsets, sealed values.

One secret of at least 32 bytes per project. It comes from ``ONCORWE_KEY`` (hex or base64), from a 0600 file named by
``ONCORWE_KEY_FILE``, or from the output of ``ONCORWE_KEY_COMMAND`` (a secrets backend's client), and is read in the process
that needs it: Spark's plans, confs and logs never see it. Purposes are separated by HMAC sub-keys, so a token of one
kind says nothing about one of another kind.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import shlex
import stat
import subprocess
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jobs.runtime.errors import KeyProblem

TOKEN_CHARS = 26
_NONCE_BYTES = 12
ENVIRONMENT = ("ONCORWE_KEY", "ONCORWE_KEY_FILE", "ONCORWE_KEY_COMMAND")


def new_key(path: Path) -> None:
    """Write a fresh random key to ``path`` with mode 0600; refuses to overwrite."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyProblem(
            "A key file is already there",
            where=str(path),
            do="Keep it, or name another file; a new key makes a new, unjoinable warehouse",
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")


def _decode(text: str, where: str) -> bytes:
    text = text.strip()
    try:
        key = (
            bytes.fromhex(text)
            if len(text) % 2 == 0 and all(c in "0123456789abcdefABCDEF" for c in text)
            else base64.b64decode(text, validate=True)
        )
    except (ValueError, binascii.Error):
        raise KeyProblem(
            "The project key is neither hex nor base64", where=where, do="Make one with 'oncorwe key new FILE'"
        ) from None
    if len(key) < 32:
        raise KeyProblem(
            "The project key is too short",
            where=where,
            why="it needs at least 32 bytes",
            do="Make one with 'oncorwe key new FILE'",
        )
    return key


def _from_file(name: str) -> bytes:
    path = Path(name)
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise KeyProblem(
            "The key file cannot be read",
            where="ONCORWE_KEY_FILE",
            why=error.strerror or "",
            do="Name an existing file, or make one with 'oncorwe key new FILE'",
        ) from None
    except UnicodeDecodeError:
        raise KeyProblem(
            "The key file is not text", where="ONCORWE_KEY_FILE", do="Make one with 'oncorwe key new FILE'"
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyProblem(
            "The key file is open to others",
            where="ONCORWE_KEY_FILE",
            why="its mode must be 0600",
            do="Run chmod 600 on it",
        )
    return _decode(text, "ONCORWE_KEY_FILE")


def _from_command(command: str) -> bytes:
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise KeyProblem(
            "The key command failed",
            where="ONCORWE_KEY_COMMAND",
            why=f"exit code {done.returncode}",
            do="Run it by hand as the same user",
        )
    return _decode(done.stdout, "ONCORWE_KEY_COMMAND")


@cache
def project_key() -> bytes:
    """The project key of this process.

    Raises:
        KeyProblem: no key is configured, or it cannot be read or used.
    """
    if value := os.environ.get("ONCORWE_KEY"):
        return _decode(value, "ONCORWE_KEY")
    if name := os.environ.get("ONCORWE_KEY_FILE"):
        return _from_file(name)
    if command := os.environ.get("ONCORWE_KEY_COMMAND"):
        return _from_command(command)
    raise KeyProblem(
        "No project key is configured", do="Set ONCORWE_KEY_FILE to a 0600 file; make one with 'oncorwe key new FILE'"
    )


@cache
def _subkey(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"oncorwe/1/{purpose}".encode(), hashlib.sha256).digest()


@lru_cache(maxsize=200_000)
def _token(key: bytes, purpose: str, value: str) -> str:
    digest = hmac.digest(_subkey(key, purpose), value.encode("utf-8", "surrogatepass"), "sha256")
    return base64.b32encode(digest).decode("ascii")[:TOKEN_CHARS]


def token(purpose: str, value: str) -> str:
    """A 26-character base32 token (130 bits) of ``value``; tokens of two purposes cannot be compared."""
    return _token(project_key(), purpose, value)


def fingerprint() -> str:
    """16 hex digits that tell two keys apart and reveal neither."""
    return hmac.new(_subkey(project_key(), "fingerprint"), b"", hashlib.sha256).hexdigest()[:16]


def person_key(identity: str) -> str:
    """Person key of a canonical identity (``id:<18 digits>`` or ``sn:<site>:<patient_sn>``)."""
    return token("person", identity)


def wide_key(column: str, value: str) -> str:
    """What profile ``wide`` publishes in the place of a key: the two profiles cannot be joined without the project key."""
    return token("wide/patient_id" if column == "patient_id" else "wide/id", value)


def date_offset(patient_id: str, max_days: int = 30) -> int:
    """The person's date offset in days: one of ±1 … ±max_days, never 0."""
    digest = hmac.digest(_subkey(project_key(), "date-offset"), patient_id.encode(), "sha256")
    number = int.from_bytes(digest[:8], "big") % (2 * max_days)
    return number - max_days if number < max_days else number - max_days + 1


def surrogate_key(patient_id: str) -> bytes:
    """Secret from which the person's surrogates are drawn."""
    return hmac.digest(_subkey(project_key(), "surrogate"), patient_id.encode(), "sha256")


@cache
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(_subkey(key, "seal"))


def seal(values: Mapping[str, Any]) -> bytes:
    """Encrypt a row's values (AES-256-GCM, random nonce in front)."""
    nonce = os.urandom(_NONCE_BYTES)
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return nonce + _cipher(project_key()).encrypt(nonce, plain, None)


def unseal(blob: bytes) -> dict[str, Any]:
    """Decrypt what :func:`seal` made.

    Raises:
        KeyProblem: another key sealed it, or it was altered.
    """
    try:
        plain = _cipher(project_key()).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], None)
    except Exception:
        raise KeyProblem(
            "A sealed value does not open",
            why="it was made with another key or altered",
            do="Use the key of this warehouse",
        ) from None
    values: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
    return values
