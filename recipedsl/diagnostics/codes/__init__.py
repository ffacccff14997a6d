"""Every kind of diagnostic, one module a family."""
