"""The reference: pages about the language and its diagnostics, made from the vocabulary and the codes."""
