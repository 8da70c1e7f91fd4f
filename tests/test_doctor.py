"""The doctor: what it finds, and that each trouble is told with its remedy."""

import importlib.metadata
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace

import psutil
import pytest

from bertlab import assets, doctor
from bertlab.doctor import Finding
from bertlab.errors import BertlabError


def test_examine_covers_every_topic_in_order():
    findings = doctor.examine(network=False)
    topics = [finding.topic for finding in findings]
    wanted = ["Python", "torch", "cores", "memory", "GPU", "en_core_web_sm", "NLTK punkt_tab"]
    assert [topic for topic in topics if topic in wanted] == wanted
    assert "network" not in topics and "lessons" in topics
    assert len(topics) == len(set(topics))
    assert all(finding.remedy for finding in findings if finding.state != "fine")


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    first = next(doctor.python())
    assert first.state == "problem" and "3.11" in first.remedy


def test_a_missing_and_an_old_package(monkeypatch):
    def version(name):
        if name == "nltk":
            raise importlib.metadata.PackageNotFoundError
        return "0.0.1" if name == "torch" else real(name)

    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {finding.topic: finding for finding in doctor.packages()}
    assert found["nltk"].state == found["torch"].state == "problem"
    assert "outside" in found["torch"].found and "torch" in found["torch"].remedy
    assert found["rich"].state == "fine"
    assert "nbval" not in found  # an extra's package is not needed


def test_little_memory_and_a_full_disk(monkeypatch):
    little = SimpleNamespace(total=2**30, available=2**29)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=2**20))
    found = {finding.topic: finding for finding in doctor.machine()}
    assert found["memory"].state == found["disk"].state == "problem"
    assert found["memory"].remedy and found["disk"].remedy


@pytest.mark.parametrize(
    ("cuda", "mps", "driver", "state", "says"),
    [
        (True, False, True, "fine", "Card, Card"),
        (False, True, False, "fine", "Apple"),
        (False, False, True, "optional", "does not use it"),
        (False, False, False, "fine", "none"),
    ],
)
def test_accelerators(monkeypatch, cuda, mps, driver, state, says):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "Card")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/bin/x" if driver else None)
    (finding,) = doctor.gpu()
    assert finding.state == state and says in finding.found


def test_the_network_answers_fails_or_is_off(monkeypatch):
    def answers(request, timeout):
        return SimpleNamespace(close=lambda: None)

    def fails(request, timeout):
        raise urllib.error.URLError("no route")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", answers)
    assert next(doctor.connection()).state == "fine"
    monkeypatch.setattr(urllib.request, "urlopen", fails)
    finding = next(doctor.connection())
    assert finding.state == "optional" and "no route" in finding.found
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in next(doctor.connection()).found


def test_shipped_files_that_are_damaged_or_not_listed(monkeypatch):
    monkeypatch.setattr(assets, "verify", lambda: [assets.Problem("a.txt", "missing", "Do.")])
    assert list(doctor.shipped()) == [Finding("shipped a.txt", "missing", "problem", "Do.")]
    monkeypatch.setattr(assets, "verify", lambda: [])
    monkeypatch.setattr(assets, "names", lambda: ["a.txt"])
    assert next(doctor.shipped()).state == "fine"

    def unlisted():
        raise BertlabError("no list", "a list", "Reinstall.")

    monkeypatch.setattr(assets, "verify", unlisted)
    assert next(doctor.shipped()).remedy == "Reinstall."


def test_answers_that_cannot_be_stored(monkeypatch, tmp_path):
    monkeypatch.setenv("BERTLAB_HOME", str(tmp_path))
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    found = {finding.topic: finding for finding in doctor.course()}
    assert found["your answers"].state == "problem"
    assert "BERTLAB_HOME" in found["your answers"].remedy
