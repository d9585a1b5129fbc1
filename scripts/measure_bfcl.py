"""Measures how well a model calls tools, with the Berkeley Function Calling Leaderboard's questions and its own checker.

    python scripts/measure_bfcl.py DATA --models NAME… [--limit 100] [--style auto|chosen|format]

DATA is the folder `bfcl_eval/data` of the package bfcl-eval (2026.3.23), installed without its dependencies into an environment of its own. The
categories are `simple_python` (one tool, which is needed) and `irrelevance` (one tool, which is not), unless others are named. Each question goes
through the same code as a typed question of a conversation: the quick test, the choice under a grammar or the model's own format, and the reader of
calls.

The checker is a part of that package and compares names, types and values. It is run in this process; where it cannot be imported, its rules are
applied by the short version below, and the output says so.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import re
import statistics
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from voicecli.app import engine_setup
from voicecli.config.load import load
from voicecli.engines.ports import ChatMessage, ChatModel, Sampling
from voicecli.pipeline.calling import calls_of, chosen, offered, reading
from voicecli.session import personas
from voicecli.tools.call_reader import CallReader
from voicecli.tools.definitions import Call, Tool
from voicecli.tools.fitting import signatures_of
from voicecli.tools.relevance import candidates

CATEGORIES = ("simple_python", "irrelevance")
SEED = 20261128
_KINDS = {"dict": "object", "float": "number", "tuple": "array", "any": "string", "bigint": "integer"}
PROMPT = "You are a helpful voice assistant. Answer in one or two short sentences."


def never() -> bool:
    """No question is cancelled."""
    return False


def schema_of(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The leaderboard's description of arguments as a JSON schema: its types have Python's names."""
    if isinstance(value, dict):
        made = {key: schema_of(each) for key, each in value.items()}
        if isinstance(value.get("type"), str):
            made["type"] = _KINDS.get(value["type"], value["type"])
        return made
    return [schema_of(each) for each in value] if isinstance(value, list) else value


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a file with one on each line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def find(data: Path, name: str) -> Path:
    """The file of a category, whose name begins with the version of the leaderboard."""
    named = re.compile(rf"BFCL_v\d+_{re.escape(name)}\.json")  # and not live_irrelevance for irrelevance
    found = sorted(each for each in data.iterdir() if named.fullmatch(each.name))
    if not found:
        sys.exit(f"There is no BFCL_v*_{name}.json in {data}.")
    return found[-1]


def checker(data: Path) -> tuple[str, Callable[[dict[str, Any], list[Call], Sequence[Any]], bool]]:
    """The leaderboard's checker, or the short version of it. The table of the leaderboard's models, which needs many packages, is left out."""
    sys.path.insert(0, str(data.parent.parent))
    models_ = types.ModuleType("bfcl_eval.constants.model_config")
    vars(models_)["MODEL_CONFIG_MAPPING"] = {"none": types.SimpleNamespace(underscore_to_dot=False)}
    sys.modules.setdefault("bfcl_eval.constants.model_config", models_)
    try:
        checks = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
        language = importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON
    except Exception as error:  # noqa: BLE001 - whatever its other dependencies raise
        return f"short version ({type(error).__name__}: {error})", _short

    def check(function: dict[str, Any], calls: list[Call], answers: Sequence[Any]) -> bool:
        if len(calls) != 1:
            return False
        written = {calls[0].name.replace(".", "_"): dict(calls[0].arguments)}
        plain = {**function, "name": function["name"].replace(".", "_")}
        answer = {name.replace(".", "_"): value for name, value in answers[0].items()}
        return bool(checks.simple_function_checker(plain, written, answer, language, "none")["valid"])

    return "bfcl_eval's own", check


def _short(function: dict[str, Any], calls: list[Call], answers: Sequence[Any]) -> bool:
    """One call of the right tool, all required arguments, no unknown ones, and each value among those that are possible."""
    if len(calls) != 1 or calls[0].name != function["name"]:
        return False
    possible = next(iter(answers[0].values()))
    given = dict(calls[0].arguments)
    if set(function["parameters"].get("required", ())) - given.keys() or given.keys() - possible.keys():
        return False
    left_out = [name for name, values in possible.items() if name not in given and "" not in values]
    return not left_out and all(any(_same(given[name], value) for value in possible[name]) for name in given)


def _same(value: Any, wanted: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, str) and isinstance(wanted, str):
        plain = str.maketrans("", "", " ,./-_*^'\"")
        return value.translate(plain).casefold() == wanted.translate(plain).casefold()
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() <= wanted.keys() and all(
            any(_same(value[key], each) for each in wanted[key]) for key in value
        )
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def called(model: ChatModel, question: str, tools: Sequence[Tool], *, style: str) -> tuple[list[Call], str]:
    """The calls that the model makes for a question, and the text where it makes none, by the path of a conversation."""
    messages: Sequence[ChatMessage] = (
        ChatMessage(role="system", content=PROMPT),
        ChatMessage(role="user", content=question),
    )
    if (style if style != "auto" else model.call_style) == "chosen":
        return list(chosen(model, messages, tools, is_cancelled=never)), ""
    native = _Native(model)
    messages = offered(messages, native, tools)  # type: ignore[arg-type] # it has what is asked for
    reader = CallReader(signatures_of(tools))
    sampling = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=400)
    text = "".join(reading(model.reply(messages, sampling=sampling, is_cancelled=never), reader))
    return list(calls_of(reader, tools, "en")), text


class _Native:
    """Says of a model that it calls tools in its own format."""

    call_style = "format"

    def __init__(self, model: ChatModel) -> None:
        self.model = model


def measure(
    model: ChatModel, data: Path, category: str, *, limit: int, seconds: float, style: str, show: bool
) -> Mapping[str, Any]:
    """The figures of one category."""
    what, check = checker(data)
    questions = read_lines(find(data, category))
    random.Random(SEED).shuffle(questions)
    answers = {}
    if category == "simple_python":
        answers = {each["id"]: each["ground_truth"] for each in read_lines(find(data / "possible_answer", category))}
    right, unasked, times = 0, 0, list[float]()
    began = time.monotonic()
    for each in questions[:limit]:
        if seconds and time.monotonic() - began > seconds:
            break
        functions = each["function"]
        tools = [
            Tool(
                name=one["name"], group=one["name"], description=one["description"], schema=schema_of(one["parameters"])
            )
            for one in functions
        ]
        question = each["question"][0][-1]["content"]
        unasked += not candidates(question, tools)
        began_s = time.perf_counter()
        calls, _ = called(model, question, tools, style=style)
        times.append(time.perf_counter() - began_s)
        good = check(functions[0], calls, answers[each["id"]]) if answers else not calls
        right += good
        if show and not good:
            print(f"  {each['id']}: {question[:100]} -> {[(call.name, dict(call.arguments)) for call in calls]}")
    count = len(times)
    return {
        "category": category,
        "right": right,
        "of": count,
        "percent": round(100 * right / max(1, count), 1),
        "not_shown_to_the_model": unasked,
        "median_s": round(statistics.median(times), 2),
        "checker": what,
    }


def main() -> None:
    """Measures the models that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--categories", nargs="+", default=CATEGORIES)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument(
        "--seconds", type=float, default=0.0, help="end a category after so long, and count what was asked"
    )
    parser.add_argument("--style", choices=("auto", "chosen", "format"), default="auto")
    parser.add_argument("--show", action="store_true", help="show what was wrong")
    asked = parser.parse_args()
    for name in asked.models:
        settings = load(flags={"models.llm": name}).settings
        who = personas.load(settings.chat.persona)
        chosen_ = engine_setup.choose(settings, who, hears=False, thinks=True, speaks=False)
        model = engine_setup.load(chosen_, settings).model
        if model is None:
            sys.exit(f"There is no model {name}.")
        for category in asked.categories:
            figures = measure(
                model,
                asked.data,
                category,
                limit=asked.limit,
                seconds=asked.seconds,
                style=asked.style,
                show=asked.show,
            )
            print(
                json.dumps(
                    {"model": name, "style": asked.style if asked.style != "auto" else model.call_style, **figures}
                ),
                flush=True,
            )
        model.close()


if __name__ == "__main__":
    main()
