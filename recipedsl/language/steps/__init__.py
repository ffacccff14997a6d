"""Steps of pipelines: one class a step."""
