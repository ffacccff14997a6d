"""Functions and operators of expressions. `base` says what one is; the other modules hold them by subject."""
