"""Reading files of rows: which files, which format, and every record checked against its type."""
