"""The data engine: files to rows, rows through steps to Parquet, rows to token ids."""
