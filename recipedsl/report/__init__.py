"""What is shown of plans and runs: pure functions from data to lines. Nothing here prints, but `progress`."""
