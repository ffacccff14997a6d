"""Training methods: one class a method."""
