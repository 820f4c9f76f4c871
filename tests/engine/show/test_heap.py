"""One heap for all threads of a show, which is given back where it is free."""

import platform
import subprocess
import sys

import pytest

# Threads that all allocate and are all there, as malloc_info(3) sees their heaps; then 64 MB in pieces, freed.
PROGRAM = """
import ctypes, os, sys, tempfile, threading
from pathlib import Path
from likeness.show.heap import keep_one_heap, return_free_memory

if sys.argv[1] == "one":
    keep_one_heap()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
libc.fopen.restype = ctypes.c_void_p
libc.fclose.argtypes = [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

there = threading.Barrier(7)
def allocate():
    piece = libc.malloc(5000)
    there.wait(20)
    libc.free(piece)
threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
there.wait(20)
for thread in threads:
    thread.join()
with tempfile.NamedTemporaryFile() as file:
    stream = libc.fopen(file.name.encode(), b"w")
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    heaps = Path(file.name).read_text().count("<heap ")

pieces = [libc.malloc(64_000) for _ in range(1000)]
for piece in pieces:
    ctypes.memset(piece, 1, 64_000)
held = pieces.pop()
for piece in pieces:
    libc.free(piece)
before = resident()
return_free_memory()
print(heaps, before - resident())
"""


def run(how: str) -> tuple[int, int]:
    """Return how many heaps six threads use, and how many bytes are given back of 64 MB that are free."""
    said = subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True)
    heaps, given_back = said.stdout.split()
    return int(heaps), int(given_back)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such heaps")
def test_all_threads_share_one_heap_and_what_is_free_goes_back_to_the_system() -> None:
    heaps, given_back = run("one")
    assert heaps == 1
    assert given_back > 50e6
    # As it would be otherwise.
    assert run("many")[0] > 3
