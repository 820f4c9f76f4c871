"""Encode faces that training never saw, and print how near they come and how long each takes.

    python tests/benchmarks/encoding.py FOLDER

FOLDER holds aligned faces; the first `--count` by name are taken, which should be the ones that training held out.
Medians; "guess" is what it begins at, "rounds" the result. The time is the processor's, on one thread, which a
neighbour's load lengthens less than wall time.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import torch
from tests.benchmarks.hold_out_report import hold_out_report

from likeness.errors import LikenessError
from likeness.files.paths import DEFAULT_WEIGHTS, find_weights


def main() -> None:
    """Read the options, encode, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="a weights file, or the name of a bundled one")
    parser.add_argument("--count", type=int, default=100, help="how many faces")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        found = hold_out_report(find_weights(options.weights), options.folder, count=options.count)
    except LikenessError as error:
        sys.exit(f"encoding: {error}")
    print(f"{found.faces} faces, {found.encode_ms:.0f} ms of processor time each")
    print("| | guess | rounds |")
    print("| --- | --- | --- |")
    print(f"| PSNR, whole picture | {found.psnr_before:.1f} dB | {found.psnr_after:.1f} dB |")
    print(f"| PSNR, face | {found.face_psnr_before:.1f} dB | {found.face_psnr_after:.1f} dB |")
    print(f"| identity (correlation) | {found.identity_before:.3f} | {found.identity_after:.3f} |")
    print(f"| own photo is the nearest | {found.found_before:.0%} | {found.found_after:.0%} |")
    print(f"| mirror image: distance of the latents | {found.lopsided_before:.3f} | {found.lopsided_after:.3f} |")
    print(f"| mean of five with mirror images: the same | | {found.group_lopsided:.3f} |")


if __name__ == "__main__":
    main()
