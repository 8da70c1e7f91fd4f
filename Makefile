# The two commands:  make lab   make test        More: make help
# Where the environment lives, with which Python, and what pip is told besides:
VENV ?= .venv
PYTHON ?= python3
PIP_ARGS ?=
# Address of PyTorch's CPU (or other) wheel index; see "No GPU, no CUDA" in README.md.
TORCH_INDEX ?=
TORCH = torch==2.13.0
PY = $(VENV)/bin/python
READY = $(VENV)/.ready

.PHONY: help lab test browser notebooks lint lock clean

help:
	@echo "make lab        open JupyterLab on the first lesson"
	@echo "make test       unit tests, and every lesson compared with its stored outputs"
	@echo "make browser    lessons, site and slides in Chromium, and axe-core (wants npm) over them"
	@echo "make notebooks  execute the lessons again and store them; NB='01 03' for some of them"
	@echo "make lint       ruff over code and lessons"
	@echo "make lock       resolve requirements.lock anew (needs uv)"
	@echo "make clean      remove the environment"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and 'bertlab wants Python 3.11 to 3.13; found ' + sys.version.split()[0] + '. Say which, as in: make lab PYTHON=python3.12')"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
ifneq ($(TORCH_INDEX),)
	$(PY) -m pip install $(PIP_ARGS) --index-url $(TORCH_INDEX) $(TORCH)
endif
	$(PY) -m pip install $(PIP_ARGS) -c requirements.lock -e ".[test]"
	touch $@

lab: $(READY)
	$(PY) -m bertlab.cli lab

test: $(READY)
	$(PY) -m bertlab.cli test

browser: $(READY)
	$(PY) -m pip install $(PIP_ARGS) -c requirements.lock -e ".[browser]"
	cd tests/browser && npm ci
	$(PY) -m pytest tests/browser -q -rs

notebooks: $(READY)
	$(PY) -m bertlab.notebooks $(NB)

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

# CUDA's packages are left out: the torch wheel that needs them pins them itself, and a machine
# with the CPU wheel of torch would download gigabytes for nothing.
CUDA = cuda-bindings cuda-pathfinder cuda-toolkit triton nvidia-cublas nvidia-cuda-cupti \
	nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile \
	nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
	nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

lock:
	printf '%s\n' "$(TORCH)" > .torch-pin
	printf '%s\n' "# Exact versions of everything, for Python 3.11 to 3.13 on Linux, macOS and Windows." \
	  "# Made by make lock; used as constraints: pip install -c requirements.lock -e ." > requirements.lock
	uv pip compile pyproject.toml --extra test --extra hub --extra build --extra browser --universal --python-version 3.11 \
	  --constraint .torch-pin --no-header --no-annotate --upgrade --quiet \
	  $(foreach name,$(CUDA),--no-emit-package $(name)) | grep -v '^#' >> requirements.lock
	rm .torch-pin

clean:
	rm -rf $(VENV)
