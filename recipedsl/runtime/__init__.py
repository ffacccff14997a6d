"""Everything that carries a plan out: models, training, rewards, evaluation, the store, records."""
