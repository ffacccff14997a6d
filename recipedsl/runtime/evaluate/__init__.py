"""Judges models on rows: overall, by slice, with intervals and gates."""
