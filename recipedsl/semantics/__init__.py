"""Meaning: names settled, types proven, constants computed. Text and looks in, recipe and problems out."""
