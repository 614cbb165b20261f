"""Arrays kept beside an answer: packed, named by the hash of their content.

The hash is taken over names, types, shapes and values, not over the packed bytes, because two builds of one compression
library may pack the same numbers differently.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.float64]]


def content_hash(arrays: Arrays) -> str:
    """SHA-256 over names, shapes and little-endian values, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = _plain(arrays[name])
        digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def pack(arrays: Arrays) -> bytes:
    """The arrays as a compressed `.npz`, which `numpy.load` reads."""
    body = io.BytesIO()
    # numpy stamps every member with the same day, so equal arrays give equal bytes.
    np.savez_compressed(body, **{name: _plain(arrays[name]) for name in sorted(arrays)})  # type: ignore[arg-type]
    return body.getvalue()


def unpack(body: bytes) -> dict[str, NDArray[np.float64]]:
    """The inverse of `pack`. Raises ValueError on bytes that are something else."""
    import zipfile
    import zlib

    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as packed:
            return {name: np.asarray(packed[name], dtype="<f8") for name in packed.files}
    except (OSError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as bad:
        raise ValueError(f"are not packed arrays ({bad})") from bad


def _plain(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype="<f8")
