"""The bytes of a checkpoint: the header's limits and the checksum, before any tensor is read."""

import hashlib
from pathlib import Path
from typing import Any, Final

from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.shown import shown
from cutout_rl.utils.untrusted_file import parse_record, read_file

# Placeholder in the header while the SHA-256 of the whole file is computed, then replaced by it.
NO_DIGEST: Final = "0" * 64
MAX_CHECKPOINT_BYTES: Final = 4 * 2**30
_MAX_HEADER_BYTES: Final = 100_000_000  # of the format
_REMEDY: Final = "restore it or train again"


def read_verified(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Return a checkpoint's bytes and its record.

    The format: eight bytes of length, a JSON header, the numbers.

    Raises:
        CutOutError: the file is missing, damaged, not a checkpoint, or larger than 4 GiB.
    """
    if not path.exists():
        raise CutOutError(f"There is no checkpoint {path}; name a run that was trained.")
    what = f"The checkpoint {path}"
    size = 8 + int.from_bytes(read_file(path, what, MAX_CHECKPOINT_BYTES, _REMEDY, first=8), "little")
    try:
        if size > 8 + _MAX_HEADER_BYTES:
            raise ValueError("its header is too long")
        header = parse_record(read_file(path, what, MAX_CHECKPOINT_BYTES, _REMEDY, first=size)[8:])
        checkpoint = parse_record(header.pop("__metadata__")["checkpoint"], allow_nan=True)
        # Before the whole file is read, which may be sparse.
        end = max((tensor["data_offsets"][1] for tensor in header.values()), default=0)
        if type(end) is not int or size + end != path.stat().st_size:
            raise ValueError("its length does not match its header")
        content = read_file(path, what, MAX_CHECKPOINT_BYTES, _REMEDY)
        digest = checkpoint["sha256"]
        if len(digest) != len(NO_DIGEST) or digest != sha256(content.replace(digest.encode(), NO_DIGEST.encode(), 1)):
            raise ValueError("its checksum is wrong")
        if not isinstance(record := checkpoint["record"], dict):
            raise ValueError("it has no record")
        return content, record
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise CutOutError(
            f"{what} is damaged, or was not written by this version of CutOut-RL ({shown(str(error))}); {_REMEDY}."
        ) from None


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
