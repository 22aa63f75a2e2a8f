"""One side of `tests.bench.drain`, in a process of its own: ``drain_side lane|stock SETTINGS``."""

import json
import os
import sys

from streams.config import load_settings
from tests.bench.drain import lane_side, stock_side

if __name__ == "__main__":
    settings = load_settings({f"ATTUNE_{k.upper()}": v for k, v in json.loads(sys.argv[2]).items()})
    line = (lane_side if sys.argv[1] == "lane" else stock_side)(settings)
    print(line, flush=True)
    os._exit(0)  # what Faust leaves running at its end is not what is measured
