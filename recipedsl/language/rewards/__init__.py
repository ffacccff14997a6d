"""Rewards: how good an answer is, as a number."""
