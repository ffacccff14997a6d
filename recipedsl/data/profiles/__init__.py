"""Datasets looked at: what their columns hold, some of their rows, and what fell at each step."""
