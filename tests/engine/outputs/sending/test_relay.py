import socket
import subprocess
import sys
from pathlib import Path

import pytest

RELAY = """
import sys, likeness.outputs.sending.relay as relay
relay._STUCK_S = 1
relay.relay(sys.argv[1], sys.argv[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarms")
def test_a_relay_that_waits_for_the_network_ends_by_itself(tmp_path: Path) -> None:
    import av
    import numpy as np

    packets = tmp_path / "packets.nut"
    with av.open(str(packets), "w", format="nut") as made:
        stream = made.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        made.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        made.mux(stream.encode(None))
    with socket.create_server(("127.0.0.1", 0)) as silent, packets.open("rb") as came:
        url = f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/key"
        process = subprocess.run([sys.executable, "-c", RELAY, url, "flv"], stdin=came, timeout=60, check=False)
    assert process.returncode == -14, "it was ended by its alarm"
