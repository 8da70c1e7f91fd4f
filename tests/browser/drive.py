"""Run lessons in a real browser and look at them.

    python -m tests.browser.drive 01 02 --shots DIR [--dark] [--width 1280] [--no-run]

Starts JupyterLab on a copy, runs all cells of each lesson, takes pictures from top to bottom, and
fails on an error, on anything written to stderr, on a cell that did not run, on a widget that was
not drawn, on an error in the browser's console and on a request to the outside.
"""

import argparse
import sys
import time
from pathlib import Path

from bertlab.notebooks import find_notebooks
from tests.browser.lab import lab


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", help="lessons, such as 01, or paths of drafts; all for none"
    )
    parser.add_argument("--shots", type=Path, help="folder for the pictures")
    parser.add_argument("--dark", action="store_true", help="Lab's dark theme")
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    parser.add_argument(
        "--no-run", action="store_true", help="the stored outputs, nothing executed"
    )
    options = parser.parse_args()
    failed = False
    for path in find_notebooks(options.names):
        with lab(path, options.dark, options.width) as page:
            begin = time.perf_counter()
            notebook = page.open(f"notebooks/{path.name}")
            if not options.no_run:
                notebook.run_all()
            faults = notebook.faults()
            print(f"{path.name}: {time.perf_counter() - begin:.1f} s, {len(faults)} faults")
            for fault in faults:
                failed = True
                print(f"  {fault}")
            if options.shots:
                for shot in notebook.shots(options.shots, path.stem[:2]):
                    print(f"  {shot}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
