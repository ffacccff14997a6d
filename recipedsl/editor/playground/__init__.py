"""The playground: one local page in which a recipe is written, with the language server behind it.

door.py       who may come in: address with a token, host, the page's files, its policy
gate.py       which messages of the page reach the language server, and about which files
recipes.py    recipes of the project: listed, opened, saved, nothing else and nothing outside
graph.py      the recipe as a graph: data, models, stages, evals
funnel.py     the rows of each dataset, step by step, as far as they are known
methods.py    what the page asks beside the protocol of editors
serving.py    the server: one language server for each page that is open
static/       the page; its scripts are built from `editors/playground`
"""
