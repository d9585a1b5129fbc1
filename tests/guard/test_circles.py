"""No two modules import each other, not even inside functions or for types only."""

from __future__ import annotations

from pathlib import Path

from measure_code import all_circles

ROOT = Path(__file__).parents[2] / "src"


def test_no_modules_import_each_other() -> None:
    assert all_circles(ROOT) == [], "move what both need into a module of its own"


def test_the_guard_sees_late_imports_and_imports_for_types(tmp_path: Path) -> None:
    for name, text in {
        "one": "def f():\n    import two\n",
        "two": "if TYPE_CHECKING:\n    from three import Three\n",
        "three": "import one\n",
        "four": "import one\n",
    }.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    assert all_circles(tmp_path) == [["one", "three", "two"]]
