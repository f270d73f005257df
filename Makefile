# make demo [SOURCE=0 | SOURCE=path.mp4] [SECONDS_MAX=20]   see it work
# make test [TEST_PROCESSES=2]                              build and pass every test
# make test-all                                             also tests that are slow or need a network, and
#                                                           the nodes on Kilted: make test ROS_DISTRO=kilted
# make benchmarks                                           compare fer_ros with other designs
# make faults [SECONDS=120] [SEED=1]                        inject random faults into a running node
# make soak [MINUTES=30]                                    memory of a node over a long run
# make lint                                                 style and types
# make doc                                                  the documentation as a site
# make clean                                                remove everything that these created

PYTHON ?= python3
SOURCE ?=
SECONDS_MAX ?= 0
TEST_PROCESSES ?= 2
TESTS ?= test
EXTRAS ?= train dev
SECONDS ?= 120
SEED ?= 1
MINUTES ?= 30
# A process that hangs, also inside a library, ends with a traceback instead of holding up the others.
PYTEST := python -m pytest --cov -n $(TEST_PROCESSES) --dist worksteal \
  -o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true
export PYTHON
# The shell reads it from the environment, as a name may contain quotes.
export SOURCE
# Only a value from the command line counts, not that of a sourced distribution.
ifeq ($(origin ROS_DISTRO),command line)
export FER_ROS_DISTRO := $(ROS_DISTRO)
endif

.PHONY: setup demo test test-all benchmarks faults soak lint doc clean

setup:
	@scripts/setup-workspace

demo: setup
	@scripts/with-ros python -m fer_ros.ros.demo --source "$$SOURCE" --seconds $(SECONDS_MAX)

test:
	@scripts/setup-workspace $(EXTRAS)
	@scripts/with-ros $(PYTEST) $(TESTS)

test-all:
	@scripts/setup-workspace train dev
	@scripts/with-ros $(PYTEST) -m 'long or not long'
	@$(MAKE) --no-print-directory test ROS_DISTRO=kilted EXTRAS=dev TESTS='test/ros test/messages test/bags'

benchmarks:
	@scripts/setup-workspace train
	@scripts/with-ros python -m benchmarks

faults:
	@scripts/setup-workspace
	@scripts/with-ros python -m benchmarks.faults --seconds $(SECONDS) --seed $(SEED)

soak:
	@scripts/setup-workspace
	@scripts/with-ros python -m benchmarks.soak --minutes $(MINUTES)

lint:
	@scripts/setup-workspace train dev
	@scripts/with-ros ruff check .
	@scripts/with-ros ruff format --check .
	@scripts/with-ros mypy

doc:
	@scripts/setup-workspace train dev doc
	@scripts/with-ros python -m sphinx -W -q -b html doc .workspace/doc
	@echo 'open .workspace/doc/index.html'

clean:
	rm -rf .workspace demo_output
