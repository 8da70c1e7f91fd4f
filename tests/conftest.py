"""Settings shared by all unit tests."""

import os

# Two cores are shared by two workers: one thread each. Set before torch is loaded anywhere.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
