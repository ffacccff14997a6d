"""The plan: the waist between the compiler (text to plan) and everything that carries it out."""
