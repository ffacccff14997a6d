"""Adapters: small sets of weights trained instead of all."""
