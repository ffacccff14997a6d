"""Lowering: from the resolved recipe to the plan."""
