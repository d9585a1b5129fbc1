"""Writes small PDF files without a library: valid ones, and broken ones."""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def pdf(*pages: Sequence[str], compressed: bool = True, extra: bytes = b"") -> bytes:
    """A PDF file with these pages, each a list of lines. `extra` goes into the trailer."""
    objects: list[bytes] = [
        b"",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for lines in pages:
        shown = "\n".join(f"({_escaped(line)}) Tj T*" for line in lines)
        content = f"BT /F1 12 Tf 14 TL 72 770 Td\n{shown}\nET".encode("cp1252")
        name = b""
        if compressed:
            content, name = zlib.compress(content), b" /Filter /FlateDecode"
        objects.append(b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(content), name, content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    data, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, extra, start)


def bomb(size: int) -> bytes:
    """A PDF file whose only page unpacks to `size` bytes."""
    packer, millions = zlib.compressobj(9), size // 1_000_000
    first, *_, again = (packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(3))
    checksum = (millions * 1_000_000 % 65_521 << 16) + 1  # Adler-32 of zeros
    packed = first + again * (millions - 1) + b"\x03\x00" + checksum.to_bytes(4, "big")
    whole = pdf(["x"], compressed=False)
    at = whole.index(b"<< /Length"), whole.index(b"endstream")
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\n" % (len(packed), packed)
    return whole[: at[0]] + stream + whole[at[1] :]


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
