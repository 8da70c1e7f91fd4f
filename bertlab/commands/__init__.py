"""The commands of `bertlab`, by topic. Each imports what it needs when it runs; `bertlab.cli` lists them."""
