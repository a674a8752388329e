"""Reading of NumPy's .npz files that others may have made; no pickle, and no more memory than a limit."""

import struct
import zipfile
import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_ARRAY_BYTES: Final = 2**30
# What damaged archives, and values of other types than expected, raise.
DAMAGE: Final = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, EOFError, SyntaxError, OSError),
    *(zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, MemoryError),
)


def read_arrays(data: bytes, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return arrays by name from the content of an .npz file, of at most 1 GiB each.

    Raises:
        DAMAGE: one is missing, damaged or larger.
    """
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: _read_array(archive, f"{name}.npy") for name in names}


def _read_array(archive: zipfile.ZipFile, member: str) -> NDArray[Any]:
    if archive.getinfo(member).file_size > MAX_ARRAY_BYTES:
        raise ValueError(f"{member} is larger than 1 GiB")
    with archive.open(member) as stream:
        content = stream.read()
    # NumPy allocates what the header declares before it reads.
    header = BytesIO(content)
    version = np.lib.format.read_magic(header)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(header)
    if min(shape, default=0) < 0 or np.prod(shape, dtype=object) * dtype.itemsize > len(content):
        raise ValueError(f"{member} declares more numbers than it holds")
    array: NDArray[Any] = np.load(BytesIO(content), allow_pickle=False)
    return array
