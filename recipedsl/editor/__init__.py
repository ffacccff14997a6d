"""The language server: recipes in editors.

positions.py   offsets of the text to lines and characters of the protocol, and back
documents.py   open documents: versions, edits in place
world.py       what the command line wires in: roots, facts, what a project shows
facts.py       facts that answer at once from memory and are looked up behind the scenes
chunks.py      parsing again only what was edited
analysis.py    everything that is known of one version of a document
nodes.py       walking syntax trees without knowing their nodes
names.py       what every name in a document is
naming.py      goes through a tree to find that out
origins.py     where rows and columns come from
rows_here.py   the columns that may be named at a place
pages.py       pages of codes as files that every editor can open
telling.py     words, declarations and columns as Markdown
quantities.py  what numbers come to
contexts.py    what may be written at a place, read from the words before it
counting.py    rows counted by a process of its own
counts.py      what was counted, kept by what it belongs to
workspace.py   documents, analyses and facts together
related.py     recipes that import one another
places.py      where a name stands that means a column, or a field of one
columns.py     which columns are the same on their way through steps and datasets
trial.py       edits tried on paper before they are offered
commands.py    command lines for the client's terminal
features/      one module a feature: pure functions from an analysis to answers
guard.py       a bug in a handler is told and survived
pushing.py     problems sent as they are found
pulling.py     problems given when they are asked for
recounting.py  when rows are counted
server.py      the protocol's methods, wired to the features
framing.py     messages in a stream of bytes
speaking.py    one client, over standard input, a socket or a WebSocket
playground/    a page to write recipes in
"""
