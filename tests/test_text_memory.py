"""The cost of code in a process of its own."""

import sys

import pytest

from bertlab.errors import BertlabError
from bertlab.text.memory import cost


def test_the_peak_is_the_statement_s_and_not_the_setup_s():
    # The setup takes 200 MB and gives them back; the statement takes 50 MB. Only Linux lets a
    # process begin its peak anew, so elsewhere the setup is left out.
    setup = "len(b'x' * 200_000_000)" if sys.platform == "linux" else ""
    measured = cost("held = b'x' * 50_000_000; result = len(held)", setup)
    assert measured.result == 50_000_000
    assert measured.seconds > 0
    assert 45e6 < measured.extra < 80e6


def test_what_goes_wrong_is_told():
    with pytest.raises(BertlabError, match="ZeroDivisionError: division by zero"):
        cost("1 / 0")
    with pytest.raises(BertlabError, match="ran past 0.5 seconds"):
        cost("while True: pass", timeout=0.5)
