# The flow, one target a step. `make` alone sets everything up and runs the main job.
#
#   DATA=<folder>   the data sets' files where there is no internet: one folder for each, in this one. Training,
#                   the test splits and all networks for colour images need them.
#   NETWORKS=...    which networks; these two need no data beyond what the package holds

NETWORKS := B_Lenet_fcn B_Lenet_se
TRAINED := B_Lenet B_Lenet_fcn B_Lenet_se B_Lenet_cifar B_Alexnet_cifar TW_SmallCNN C_Alexnet_SVHN

VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.complete
DATA_OPTION = $(if $(DATA),--data $(DATA))

.DEFAULT_GOAL := export
.PHONY: setup train export verify hw-estimate hw-generate hw-simulate hw-synth hw-route export-4-bit export-resnet8 hw-full hw-random prove golden golden-record test test-random mutate lint bench clean

setup: $(SETUP)

# Made anew when what is to be installed changes.
$(SETUP): pyproject.toml setup.py constraints.txt
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,hardware,rtl]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps fpgaconvnet-model==0.1.4.2
	touch $@

# Trained weights, into models/.
train: $(SETUP)
	for network in $(TRAINED); do $(BIN)/fpga-ee train $$network $(DATA_OPTION) || exit; done

# Thresholds, fixed point, ONNX files and the proof, into build/.
export: $(SETUP)
	$(BIN)/fpga-ee deploy $(NETWORKS) $(DATA_OPTION)

# Only the proof.
verify: $(SETUP)
	for network in $(NETWORKS); do $(BIN)/fpga-ee verify build/$$network $(DATA_OPTION) || exit; done

# What each exported network costs and how fast it is on BOARD, into build/<network>/hardware/.
BOARD := zc706
hw-estimate: $(SETUP)
	for network in $(NETWORKS); do $(BIN)/fpga-ee hw-estimate build/$$network --board $(BOARD) $(DATA_OPTION) || exit; done

# The accelerators of the designs that hw-estimate chooses, into build/<network>/rtl/.
hw-generate: hw-estimate
	for network in $(NETWORKS); do $(BIN)/fpga-ee hw-generate build/$$network || exit; done

# Their proof, without and with pauses at both ends; IMAGES is how many.
IMAGES := 500
hw-simulate: $(SETUP)
	for network in $(NETWORKS); do for stall in 0 30; do \
		$(BIN)/fpga-ee hw-simulate build/$$network --images $(IMAGES) --stall $$stall $(DATA_OPTION) || exit; \
	done || exit; done

# What one of them takes.
hw-synth: $(SETUP)
	$(BIN)/fpga-ee hw-synth build/B_Lenet_se --board $(BOARD)

# One of them on an ECP5: its fastest clock and a bitstream, in build/B_Lenet_se/rtl_ecp5/routed/. Minutes.
hw-route: $(SETUP)
	$(BIN)/fpga-ee hw-generate build/B_Lenet_se --design hw/designs/ecp5.json --rtl build/B_Lenet_se/rtl_ecp5
	$(BIN)/fpga-ee hw-route build/B_Lenet_se --rtl build/B_Lenet_se/rtl_ecp5

# Both networks with 4-bit weights, into build/4-bit/.
export-4-bit: $(SETUP)
	for network in $(NETWORKS); do \
		folder=build/4-bit/$$network; \
		$(BIN)/fpga-ee calibrate $$network --build $$folder $(DATA_OPTION) || exit; \
		$(BIN)/fpga-ee quantize $$network --build $$folder --weight-bits 4 $(DATA_OPTION) || exit; \
		$(BIN)/fpga-ee export $$network --build $$folder || exit; \
	done

# ResNet8 with the weights of one epoch, into build/ResNet8/: what is proven of the hardware holds for any weights. Needs CIFAR-10.
RESNET8_WEIGHTS := build/weights/ResNet8
export-resnet8: $(SETUP)
	$(BIN)/fpga-ee train ResNet8 --epochs 1 --output $(RESNET8_WEIGHTS) $(DATA_OPTION)
	for step in calibrate quantize export; do \
		$(BIN)/fpga-ee $$step ResNet8 --weights $(RESNET8_WEIGHTS)/weights.safetensors $(DATA_OPTION) || exit; \
	done

# The long runs, hours, side by side with -j: 120 random networks, six foldings of both networks and the fastest designs
# on all test digits, three foldings with 4-bit weights, two of ResNet8 on 1,000 images, what all but the smallest take,
# and one of them routed.
FOLDINGS := smallest small medium fast wide ecp5
LONG_RUNS := $(foreach folding,$(FOLDINGS),$(NETWORKS:%=build/%/rtl_$(folding))) \
	build/B_Lenet_se/rtl_fastest build/B_Lenet_fcn/rtl_fastest_fcn \
	$(foreach folding,smallest small fast,$(NETWORKS:%=build/4-bit/%/rtl_$(folding)))
RESNET8_RUNS := build/ResNet8/rtl_resnet8 build/ResNet8/rtl_resnet8_fastest
.PHONY: $(LONG_RUNS) $(RESNET8_RUNS)
hw-full: hw-random $(LONG_RUNS) $(RESNET8_RUNS)
	$(BIN)/fpga-ee hw-route build/B_Lenet_se --rtl build/B_Lenet_se/rtl_ecp5

# Networks, foldings and thresholds that nobody chose.
hw-random: $(SETUP)
	DRAW_TIMES=20 OMP_NUM_THREADS=1 $(BIN)/pytest tests/hardware/design/test_accelerator.py -k any_network

# build/<network>/rtl_<folding>: the design hw/designs/<folding>.json.
$(LONG_RUNS): export export-4-bit
	$(BIN)/fpga-ee hw-generate $(@D) --design hw/designs/$(@F:rtl_%=%).json --rtl $@
	for stall in 0 30; do \
		$(BIN)/fpga-ee hw-simulate $(@D) --rtl $@ --split test --stall $$stall $(DATA_OPTION) || exit; \
	done
	test $(@F) = rtl_smallest || $(BIN)/fpga-ee hw-synth $(@D) --rtl $@

$(RESNET8_RUNS): export-resnet8
	$(BIN)/fpga-ee hw-generate $(@D) --design hw/designs/$(@F:rtl_%=%).json --rtl $@
	for stall in 0 30; do \
		$(BIN)/fpga-ee hw-simulate $(@D) --rtl $@ --images 1000 --stall $$stall $(DATA_OPTION) || exit; \
	done
	$(BIN)/fpga-ee hw-synth $(@D) --rtl $@

# The proofs of hw/formal/, which are also part of the tests.
prove: $(SETUP)
	$(BIN)/pytest tests/hardware/library/test_proofs.py

# What the flow makes of all known networks, against the golden record; and the record, where a change is meant.
golden: $(SETUP)
	GOLDEN=all OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto tests/golden

golden-record: $(SETUP)
	cd tests && OMP_NUM_THREADS=1 ../$(BIN)/python -m golden.record

# The tests run side by side, so none of them gets threads of its own. They draw the same cases every time.
test: $(SETUP)
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist worksteal

# Properties on fresh cases, TIMES times as many, and hostile inputs. SEED, another one in every run unless it is
# given, repeats them.
SEED := $(shell date +%s)
TIMES := 10
test-random: export DRAW_SEED = $(SEED)
test-random: export DRAW_TIMES = $(TIMES)
test-random: export HOSTILE_INPUTS := 2000
test-random: export HOSTILE_SEED = $(SEED)
test-random: $(SETUP)
	@echo "SEED=$(SEED) TIMES=$(TIMES)"
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --dist worksteal -m hypothesis
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto tests/hostile

# How many of 200 changes to each of six packages the tests notice: at least 90 % of those that change anything.
mutate: $(SETUP)
	nice -n 19 $(BIN)/python tests/mutation

lint: $(SETUP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Where the time goes; see benchmarks/. Training is timed where DATA says what to train on.
bench: $(SETUP)
	$(BIN)/python benchmarks/deploy.py
	$(BIN)/python benchmarks/runtime.py build/B_Lenet_fcn build/B_Lenet_se
	$(if $(DATA),$(BIN)/python benchmarks/train.py $(DATA_OPTION))
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/search.py build/B_Lenet_fcn
	$(BIN)/python benchmarks/gains.py build/B_Lenet_se build/B_Lenet_fcn

clean:
	rm -rf build .hypothesis .mypy_cache .ruff_cache .import_linter_cache
