"""Base models: where they come from and what may be said of one."""
