"""recipedsl: a small typed language for fine-tuning language models, its compiler and its runtime."""

__version__ = "0.1.0"
