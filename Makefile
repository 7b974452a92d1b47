# `make` alone lists what there is. Nothing here is needed to run a built Sharewell.
.DEFAULT_GOAL := help
.PHONY: help demo test check assets setup bench faults

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: assets ## build Sharewell and open the invented story (PORT=8080 DATA=folder)
	@echo "Building Sharewell. The first time takes some minutes; later starts take seconds."
	@cargo build --locked --bin sharewell
	@exec "$${CARGO_TARGET_DIR:-target}/debug/sharewell" demo $(if $(PORT),--port $(PORT)) $(if $(DATA),--data $(DATA))

test: setup ## every check: format, lint, licences, tests, the guidance, the browser
	@tools/test

check: assets ## the quick ones while writing: format, lint, Rust tests
	@tools/test format lint rust

assets: ## fetch and build style, scripts, components and fonts
	@node tools/build-assets.mjs

setup: ## install what the tests need and this machine lacks
	@tools/setup

bench: ## measure against other engines
	@cargo bench --locked --manifest-path benches/Cargo.toml
	@cargo bench --locked --manifest-path benches/ledger/Cargo.toml
	@cargo bench --manifest-path benches/recording/Cargo.toml

faults: ## power losses on SQLite's disk, longer than the tests do (FAULTS=100000)
	@SHAREWELL_FAULTS=$(or $(FAULTS),100000) cargo test --locked -p sharewell-store --test faults -- outlives_every_power_loss --nocapture
