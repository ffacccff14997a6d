"""The vocabulary: types, shapes and every concept, one small class each. `catalogue` lists them."""
