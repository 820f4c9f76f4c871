"""Files that are no weights, named by their contents: a web page, a pointer, an archive, and what to do about each."""

import zipfile
from pathlib import Path

from likeness.generators.readers.torch_file import BROKEN_ZIP, ZIP_MAGIC

HEAD = 4096
MOST_NAMED = 3
WEIGHTS = (".pkl", ".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".bin")
COMPRESSED = {
    b"\x1f\x8b": ("gzip", "gunzip"),
    b"BZh": ("bzip2", "bunzip2"),
    b"\xfd7zXZ\x00": ("xz", "unxz"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
    b"\x04\x22\x4d\x18": ("lz4", "unlz4"),
}
STARTS = {
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive; unpack it and open the weights inside",
    b"Rar!": "is a RAR archive; unpack it and open the weights inside",
    b"\x89HDF": "is an HDF5 file, as Keras and TensorFlow write; PyTorch, safetensors and ONNX files open here",
    b"GGUF": "is a GGUF file of a language model; it draws no faces",
    b"\x93NUMPY": "is a NumPy array, not a network",
    b"\x89PNG": "is a picture (PNG), not weights; give it to likeness encode or project",
    b"\xff\xd8\xff": "is a picture (JPEG), not weights; give it to likeness encode or project",
    b"GIF8": "is a picture (GIF), not weights",
    b"%PDF": "is a PDF document, not weights",
    b"version https://git-lfs.github.com/spec/": (
        "is a Git LFS pointer, a few lines that stand for the file; fetch the file itself: git lfs pull, or download it"
    ),
    b"/annex/objects/": "is a git-annex pointer that stands for the file; fetch the file itself: git annex get",
    b"../.git/annex/": "is a git-annex pointer that stands for the file; fetch the file itself: git annex get",
}
PAGE_STARTS = (b"<!doctype html", b"<html", b"<head", b"<script", b"<!--", b"<meta", b"<body")


def describe_file(path: Path) -> str | None:
    """Return what the file is and what to do, which completes "FILE ..."; None where nothing is known of it.

    Reads its beginning alone, and the names in a zip.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    if not head:
        return "is empty; copy or download it again"
    if head[:4] == ZIP_MAGIC:
        return _describe_zip(path)
    for start, words in STARTS.items():
        if head.startswith(start):
            return words
    for start, (name, tool) in COMPRESSED.items():
        if head.startswith(start):
            return f"is compressed with {name}; unpack it ({tool}) and open what comes out"
    if head[257:262] == b"ustar":
        return "is a tar archive; unpack it (tar xf) and open the weights inside"
    if not any(head):
        return "begins with nothing but zeros, as a broken download does; download it again"
    if head[:1] == b"\x08" and (b"pytorch" in head[:64] or b"onnx" in head[:64].lower()):
        return "is an ONNX file by its contents; give it a name that ends in .onnx"
    return _describe_text(head)


def is_safetensors(path: Path) -> bool:
    """Return whether a file is a safetensors file by its contents, whatever its name is."""
    with path.open("rb") as file:
        head = file.read(10)
    return len(head) == 10 and head[8:] == b'{"' and int.from_bytes(head[:8], "little") <= path.stat().st_size - 8


def _describe_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except BROKEN_ZIP:
        return "is a zip archive that is cut short or broken; copy or download it again"
    ends = {name.rsplit("/", 1)[-1] for name in names}
    if "serialized_exported_program.json" in ends or "archive_format" in ends:
        return "is a program of torch.export; export it as ONNX, or save its state dict"
    if "model.json" in ends and any(name.endswith("attributes.pkl") or "/tensors/" in name for name in names):
        return "is TorchScript of before PyTorch 1.4; open it with that version and save it again with a newer one"
    if {"config.json", "model.weights.h5"} <= ends:
        return "is a Keras model; PyTorch, safetensors and ONNX files open here"
    if names and all(name.endswith(".npy") for name in names):
        return "is a NumPy archive (.npz), not a network"
    weights = [name for name in names if name.lower().endswith(WEIGHTS)]
    if weights:
        more = f" and {len(weights) - MOST_NAMED} more" if len(weights) > MOST_NAMED else ""
        return f"is a zip archive of {', '.join(weights[:MOST_NAMED])}{more}; unpack it and open one of these"
    return "is a zip archive without weights in it; unpack it and see what it holds"


def _describe_text(head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(PAGE_STARTS) or b"<html" in text:
        return (
            "is a web page, not weights: the server asked for a log-in or a confirmation instead of sending the file; "
            "download it in a browser"
        )
    if text.startswith((b"<?xml", b"<error")):
        return "is an XML text, often a server's refusal, not weights; look into it, and download the file again"
    if text.startswith((b'{"', b"{\n", b"[")) or text == b"{}":
        return "is a JSON text, often a server's refusal, not weights; look into it, and download the file again"
    try:
        words = head.decode("utf-8", "strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        return None
    if all(letter.isprintable() or letter.isspace() for letter in words):
        line = words.strip().splitlines()[0][:60] if words.strip() else ""
        return f"is of no family that opens here, but a text ({line!r} ...); download the file itself"
    return None
