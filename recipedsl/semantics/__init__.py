"""Meaning: names settled, types proven, constants computed. Text and looks in, recipe and problems out.

analyse.py         from a tree to the resolved recipe, in an order that works
recipe.py          what comes out: declarations with what they mean, and where they were written
context.py         what all share while they work: modules, problems, what was settled before

rounds.py          `rounds n { … }` written out
scope.py           names of a file and of those that it imports
order.py           what is resolved after what
copies.py          `name = other with { … }`

values.py          constants with their units
constants.py       expressions that are known before any row is read
params.py          values of params, from a default, a profile or `--set`
row_types.py       row types as they are written
rows.py            expressions over the columns of a row
nulls.py           what a condition proves about nulls

settings.py        settings of a block or call, held against the concept that declares them
setting_values.py  one constant held against what a setting takes
foreign.py         settings that do not exist, and what was meant
foreign_calls.py   functions, methods and parts as other languages write them
trainer.py         arguments of the trainer that the vocabulary lacks

pipelines.py       datasets: a source and steps
starts.py          what a pipeline starts with, held against its declared row type
sources.py         rows of files, of the hub, of other datasets, of a model
mixtures.py        several datasets as one
written_rows.py    rows that stand in the recipe
looks.py           what a look at rows shows against what is declared
flow.py            columns and shape on their way through the steps
steps.py           one step and its effect
step_arguments.py  what stands behind its keyword: a reader for each form
joins.py           a step that names another dataset
splits.py          parts and their shares
shapes.py          what follows `as`

models.py          base models and chat templates
files.py           files that a recipe names
stages.py          stages that train
works.py           stages that train nothing, and what stages ask beside start and rows
scores.py          rewards and metrics
evaluations.py     evals
gates.py           conditions over scores
"""
