"""Faults of a machine for the guard's benchmark: a clock that jumps, a camera that goes, memory that is refused."""

import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

# Between the programs and the C library: the wall's clock is off by what a file says, and no other clock is.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static double offset(void) {
    static volatile double *place;
    if (!place) {
        int file = open(getenv("CLOCK_OFFSET"), O_RDONLY);
        place = mmap(0, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
    }
    return *place;
}

int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(id, t);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += (time_t)offset();
    return failed;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""
# A camera on the network: pictures of noise, ten a second, as MJPEG over HTTP.
CAMERA = """
import http.server, socketserver, sys, time
import cv2, numpy as np

class Pictures(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        dice = np.random.default_rng(1)
        while True:
            jpeg = cv2.imencode(".jpg", dice.integers(0, 255, (240, 320, 3), np.uint8))[1].tobytes()
            head = b"--picture\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(jpeg)
            self.wfile.write(head + jpeg + b"\\r\\n")
            time.sleep(0.1)

    def log_message(self, *args):
        pass

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = allow_reuse_address = True

Server(("127.0.0.1", int(sys.argv[1])), Pictures).serve_forever()
"""
# What the show may take beyond what it has when the limit is set.
LEFT_BYTES = 64 << 20


class JumpingClock:
    """The wall's clock of all programs that are started with `environment`.

    Args:
        folder: for the library and the offset.
    """

    def __init__(self, folder: Path) -> None:
        source, library, self._offset = folder / "clock.c", folder / "clock.so", folder / "offset"
        source.write_text(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
        self._offset.write_bytes(struct.pack("d", 0.0))
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self._offset)}

    def jump(self, seconds: float) -> None:
        """Set the clock so far from the true time, and make sure that programs see it."""
        with self._offset.open("r+b") as file:
            file.write(struct.pack("d", seconds))
        ask = [sys.executable, "-c", "import time; print(time.time())"]
        seen = float(subprocess.check_output(ask, env={**os.environ, **self.environment}))
        if abs(seen - time.time() - seconds) > 60:
            raise RuntimeError("the clock cannot be set here")


class NetworkCamera:
    """A camera that a show is given by its `url`; a program of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}/"
        self.plug_in()

    def plug_in(self) -> None:
        """Start it."""
        self._process = subprocess.Popen([sys.executable, "-c", CAMERA, str(self._port)], stderr=subprocess.DEVNULL)

    def pull(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


class MemoryLimit:
    """A control group beneath this process's own, in which the kernel kills what asks for too much."""

    def __init__(self) -> None:
        places = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        found = next((path for _, kinds, path in places if "memory" in kinds.split(",")), None)
        if found is not None:
            parent, self._limit = Path("/sys/fs/cgroup/memory") / found.lstrip("/"), "memory.limit_in_bytes"
        else:
            parent, self._limit = Path("/sys/fs/cgroup") / places[0][2].lstrip("/"), "memory.max"
        self._group = parent / f"likeness-guard-{os.getpid()}"

    def put(self, process: int) -> None:
        """Limit a process to little more than it has.

        Raises:
            OSError: this is not allowed here.
        """
        self._group.mkdir()
        # What it has stays charged where it was.
        (self._group / self._limit).write_text(str(LEFT_BYTES))
        (self._group / "cgroup.procs").write_text(str(process))

    def close(self) -> None:
        """Remove the group, once its processes have ended."""
        for _ in range(50):
            with suppress(OSError):
                if self._group.exists():
                    self._group.rmdir()
                return
            time.sleep(0.1)
