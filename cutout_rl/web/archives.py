"""Reading of ZIP files that others have made."""

import zlib
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile, is_zipfile

from cutout_rl.utils.errors import CutOutError

MAX_FILES: Final = 20_000
MAX_UNPACKED: Final = 2**28  # bytes, of all files


def is_archive(data: bytes) -> bool:
    """Return whether some content is a ZIP file."""
    return data[:2] == b"PK" and is_zipfile(BytesIO(data))


def unpack(data: bytes, endings: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of a ZIP file whose names have one of the endings, by their names with folders.

    Raises:
        CutOutError: the archive is damaged, encrypted or too large.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if info.filename.lower().endswith(endings)]
            if len(infos) > MAX_FILES or sum(info.file_size for info in infos) > MAX_UNPACKED:
                raise CutOutError(
                    f"The archive holds more than {MAX_FILES} files or {MAX_UNPACKED >> 20} MiB; split it."
                )
            return {info.filename: archive.read(info) for info in infos}
    except (BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise CutOutError(f"The archive cannot be read ({error}); make the ZIP file again.") from None
