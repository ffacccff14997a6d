"""Stages in TRL's terms: one module a method. `train.run_stage` carries one out."""
