"""A conversation with a result, in a process of its own: `python -m recipedsl.runtime.chat FOLDER …`.

Answers are printed as they are written, control characters spelled out. `/reset` forgets what was
said, `/quit` and the end of the input end it, Ctrl-C ends an answer.
"""

from __future__ import annotations

import os
import sys
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recipedsl.runtime.worker import settle

Message = dict[str, str]

QUIT, RESET, HELP = "/quit", "/reset", "/help"
_HELP = f"{RESET} forgets what was said, {QUIT} ends it; Ctrl-C ends an answer"


def main(arguments: Sequence[str] | None = None) -> int:
    """Talks until the input ends; gives the exit code."""
    options = _options(arguments)
    settle(os.environ, threads=0)
    warnings.simplefilter("ignore", FutureWarning)  # said by libraries to libraries
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # it is a text stream
    answer = load(options)
    if options.message is not None:
        answer([*_opening(options.system), {"role": "user", "content": options.message}])
        return 0
    return talk(answer, options.system)


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="recipedsl.runtime.chat", description="Talks to a result.")
    parser.add_argument("folder", type=Path, help="result folder of a model or stage")
    parser.add_argument(
        "--template", type=Path, help="file with the chat template; the tokenizer's own otherwise"
    )
    parser.add_argument("--stop", default="", help="text of the token that ends an answer")
    parser.add_argument("--dtype", default="auto", help="number format")
    parser.add_argument("--system", default="", help="system message")
    parser.add_argument("--max-new-tokens", type=int, default=512, help="longest answer in tokens")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 takes the likeliest token")
    parser.add_argument("--message", help="ask this, print the answer, and end")
    return parser.parse_args(arguments)


def _opening(system: str) -> list[Message]:
    return [{"role": "system", "content": system}] if system else []


# --- talking ----------------------------------------------------------------------------------------


def talk(answer: Callable[[list[Message]], str], system: str) -> int:
    """Reads questions from the standard input and answers each with all that was said before."""
    interactive = sys.stdin.isatty()
    if interactive:
        print(_HELP, file=sys.stderr)
    messages = _opening(system)
    while (question := _question(interactive)) is not None:
        match question.strip():
            case "":
                continue
            case command if command == QUIT:
                break
            case command if command == RESET:
                messages = _opening(system)
                print("forgotten", file=sys.stderr)
            case command if command.startswith("/"):
                print(_HELP, file=sys.stderr)
            case words:
                messages.append({"role": "user", "content": words})
                messages.append({"role": "assistant", "content": answer(messages)})
    return 0


def _question(interactive: bool) -> str | None:
    """The next line; None at the end of the input."""
    if interactive:
        print("> ", end="", flush=True)
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        line = ""
    if not line and interactive:
        print()
    return line or None


# --- answering --------------------------------------------------------------------------------------


def load(options: Namespace) -> Callable[[list[Message]], str]:
    """A function that writes the answer to a conversation to the output and returns it."""
    from recipedsl.runtime.loading import load_for_answers, load_tokenizer, stop_ids

    tokenizer = load_tokenizer(options.folder)
    if options.template is not None:
        tokenizer.chat_template = options.template.read_text("utf-8")
    model = load_for_answers(options.folder, dtype=options.dtype)
    settings: dict[str, Any] = {
        "max_new_tokens": options.max_new_tokens,
        "do_sample": options.temperature > 0,
        "eos_token_id": stop_ids(tokenizer, options.stop),
        "pad_token_id": tokenizer.pad_token_id,
    }
    if options.temperature > 0:
        settings["temperature"] = options.temperature
    return lambda messages: _answer(model, tokenizer, messages, settings)


def _answer(model: Any, tokenizer: Any, messages: list[Message], settings: dict[str, Any]) -> str:
    import torch
    from transformers import TextStreamer

    from recipedsl.diagnostics.render.pieces import escaped

    told: list[str] = []

    class Stream(TextStreamer):  # type: ignore[misc]  # transformers is not followed by mypy
        """Prints whole words as they come."""

        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            """Keeps and shows a stretch of the answer."""
            told.append(text)
            print(escaped(text, keep_lines=True), end="\n" if stream_end else "", flush=True)

    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    ).to(model.device)
    stream = Stream(tokenizer, skip_prompt=True, skip_special_tokens=True)
    try:
        with torch.inference_mode():
            model.generate(**inputs, **settings, streamer=stream)
    except KeyboardInterrupt:
        print(" …")
    return "".join(told).strip()


if __name__ == "__main__":
    raise SystemExit(main())
