"""Where the numbers of a run are sent while it goes on."""
