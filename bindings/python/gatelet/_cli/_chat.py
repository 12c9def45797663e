"""gatelet chat, gatelet stream: one question, or a conversation."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Dict, List, Optional

from .. import Client, GateletError
from . import _output
from ._common import DONE, client, code, command, complain, print_json


def declare(commands: Any) -> None:
    for name, run, help in (
        ("chat", chat, "ask a model, and print the whole answer"),
        ("stream", stream, "ask a model, and print the answer while it comes"),
    ):
        made = command(commands, name, run, help, epilog="Without a PROMPT it is read from standard input; on a terminal that is a conversation.")
        made.add_argument("prompt", nargs="*", metavar="PROMPT", help="the question; - is standard input")
        made.add_argument("-m", "--model", metavar="ID", help="the model (default: the configuration's)")
        made.add_argument("-s", "--system", metavar="TEXT", help="what the model is told beforehand")
        made.add_argument("--provider", metavar="ID", help="the only provider to ask")
        made.add_argument("--temperature", type=float, metavar="N")
        made.add_argument("--max-tokens", type=int, metavar="N")
        made.add_argument("--dry-run", action="store_true", help="ask nobody: print who would be asked, and why")


def chat(options: argparse.Namespace) -> int:
    return _converse(options, _answer)


def stream(options: argparse.Namespace) -> int:
    return _converse(options, _stream)


def _converse(options: argparse.Namespace, ask: Any) -> int:
    messages: List[Dict[str, Any]] = [{"role": "system", "content": options.system}] if options.system else []
    prompt = " ".join(options.prompt)
    with client(options) as asked:
        if prompt and prompt != "-":
            return _once(asked, options, ask, messages, prompt)
        if prompt == "-" or not sys.stdin.isatty() or options.json or options.dry_run:
            return _once(asked, options, ask, messages, sys.stdin.read())
        _output.note("A conversation: an empty line or Ctrl-D ends it.")
        result = DONE
        while True:
            try:
                line = input("> ").strip()
            except EOFError:
                print()
                return result
            if not line:
                return result
            result = _turn(asked, options, ask, messages, line)


def _once(asked: Client, options: argparse.Namespace, ask: Any, messages: List[Dict[str, Any]], prompt: str) -> int:
    if not prompt.strip():
        return complain("there is no prompt: gatelet chat 'Say hello.'")
    return _dry_run(asked, options, [*messages, _user(prompt)]) if options.dry_run else _turn(asked, options, ask, messages, prompt)


def _turn(asked: Client, options: argparse.Namespace, ask: Any, messages: List[Dict[str, Any]], prompt: str) -> int:
    messages.append(_user(prompt))
    try:
        text = ask(asked, options, messages)
    except GateletError as error:
        messages.pop()
        return complain(str(error), code(error))
    messages.append({"role": "assistant", "content": text})
    return DONE


def _user(prompt: str) -> Dict[str, Any]:
    return {"role": "user", "content": prompt}


def _request(options: argparse.Namespace, messages: List[Dict[str, Any]], **call: Any) -> Dict[str, Any]:
    if options.provider:
        call["provider"] = options.provider
    asked = {"model": options.model, "messages": messages, "temperature": options.temperature, "max_tokens": options.max_tokens}
    return {**{name: value for name, value in asked.items() if value is not None}, "gatelet": call}


def _answer(asked: Client, options: argparse.Namespace, messages: List[Dict[str, Any]]) -> str:
    with _output.waiting("asking"):
        answer = asked.chat.completions.create(**_request(options, messages))
    text = answer.choices[0].message.content or ""
    if options.json:
        print_json(answer.to_dict())
        return text
    if text:
        _output.markdown(text)
    for call in answer.choices[0].message.tool_calls or ():
        _output.markdown(f"`{call.function.name}({call.function.arguments})`")
    _tell(answer.gatelet)
    return text


def _stream(asked: Client, options: argparse.Namespace, messages: List[Dict[str, Any]]) -> str:
    parts: List[str] = []
    with asked.chat.completions.create(stream=True, **_request(options, messages)) as chunks:
        for chunk in chunks:
            if options.json:
                print(chunk.to_json(), flush=True)
                continue
            piece: str = chunk.text or ""
            parts.append(piece)
            print(_output.readable(piece), end="", flush=True)
    if not options.json:
        print()
        _tell(chunks.gatelet)
    return "".join(parts)


def _tell(told: Optional[Any]) -> None:
    if not told:
        return
    cost = told.cost.total if told.cost else None
    tokens = told.usage.total if told.usage else None
    took = told.timings.total_ms if told.timings else None
    words = [f"{told.provider}/{told.model}"]
    words += [f"{tokens} tokens"] if tokens else []
    words += [f"{cost} USD"] if cost else []
    words += [f"{took / 1000:.1f} s"] if took else []
    others = len(told.attempts or ()) - 1
    words += [f"after {others} failed attempt{'s' if others > 1 else ''}"] if others > 0 else []
    _output.note(", ".join(words))


def _dry_run(asked: Client, options: argparse.Namespace, messages: List[Dict[str, Any]]) -> int:
    answer = asked.chat.completions.create(**_request(options, messages, dry_run=True))
    if options.json:
        print_json(answer.to_dict())
        return DONE
    _output.table(["provider", "model", "why"], [[one.provider, one.model, one.reason] for one in answer.plan or ()])
    for one in answer.excluded or ():
        _output.note(f"not {one.provider}/{one.model}: {one.reason}")
    return DONE
