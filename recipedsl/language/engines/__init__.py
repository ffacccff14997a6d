"""What writes answers in large numbers."""
