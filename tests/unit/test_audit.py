"""What `make audit` makes of requirements, licences and advisories."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import audit

ROOT = Path(__file__).parents[2]

LOCK = """\
alpha==1.2 ; sys_platform == 'linux' \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
    # via voicecli (pyproject.toml)
Beta_Two==0.5 \\
    --hash=sha256:{a}
    # via
    #   alpha
    #   gamma
gamma==3 \\
    --hash=sha256:{b}
    # via voicecli (pyproject.toml)
""".format(a="a" * 64, b="b" * 64)

FLAW = """\
id: PYSEC-1
aliases: [CVE-1]
affected:
- package: {name: alpha, ecosystem: PyPI}
  ranges:
  - type: GIT
    events: [{introduced: "0"}]
  - type: ECOSYSTEM
    events: [{introduced: "1.0"}, {fixed: "1.3"}, {introduced: "2.0"}]
  versions: ["0.9"]
"""


def test_the_bill_of_materials_has_every_package_its_hashes_and_who_needs_it() -> None:
    parts = audit.packages(LOCK)
    record = audit.bill(parts, {"alpha": "MIT"}, "0.1", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert (record["bomFormat"], record["specVersion"]) == ("CycloneDX", "1.5")
    assert [each["bom-ref"] for each in record["components"]] == [
        "pkg:pypi/alpha@1.2",
        "pkg:pypi/beta-two@0.5",
        "pkg:pypi/gamma@3",
    ]
    assert [each["content"][0] for each in record["components"][0]["hashes"]] == ["a", "b"]
    assert record["components"][0]["licenses"] == [{"license": {"name": "MIT"}}]
    needs = {each["ref"]: each["dependsOn"] for each in record["dependencies"]}
    assert needs["pkg:pypi/voicecli@0.1"] == ["pkg:pypi/alpha@1.2", "pkg:pypi/gamma@3"]
    assert needs["pkg:pypi/alpha@1.2"] == needs["pkg:pypi/gamma@3"] == ["pkg:pypi/beta-two@0.5"]


def test_the_real_lock_is_read_whole() -> None:
    text = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    parts = audit.packages(text)
    assert len(parts) == sum("==" in line and not line.startswith((" ", "#")) for line in text.splitlines())
    assert all(each.hashes and each.wanted_by for each in parts)


@pytest.mark.parametrize(
    ("licence", "goes"),
    [
        ("MIT", True),
        ("Apache-2.0", True),
        ("BSD License", True),
        ("Proprietary", False),
        ("SSPL-1.0", False),
        ("", False),
    ],
)
def test_licences_that_the_gpl_takes_in(licence: str, goes: bool) -> None:
    assert audit.goes_with_gpl(licence) is goes


@pytest.mark.parametrize(
    ("version", "has_it"),
    [
        ("0.9", True),
        ("0.8", False),
        ("1.0", True),
        ("1.2.9", True),
        ("1.3", False),
        ("2.0", True),
        ("9", True),
        ("x", False),
    ],
)
def test_which_versions_have_a_flaw(version: str, has_it: bool, tmp_path: Path) -> None:
    (tmp_path / "vulns/alpha").mkdir(parents=True)
    (tmp_path / "vulns/alpha/PYSEC-1.yaml").write_text(FLAW, encoding="utf-8")
    (flaw,) = audit.in_database(tmp_path, ["alpha", "gamma"])
    assert flaw.id == "PYSEC-1, CVE-1"
    assert flaw.concerns(version) is has_it


def test_a_withdrawn_advisory_is_none(tmp_path: Path) -> None:
    (tmp_path / "vulns/alpha").mkdir(parents=True)
    (tmp_path / "vulns/alpha/PYSEC-1.yaml").write_text(FLAW + "withdrawn: '2026-01-01T00:00:00Z'\n", encoding="utf-8")
    assert list(audit.in_database(tmp_path, ["alpha"])) == []


def test_a_known_flaw_is_told_and_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = audit.packages((ROOT / "requirements/runtime.txt").read_text(encoding="utf-8"))[0]
    flaw = {"name": shipped.name, "id": "PYSEC-2", "affected": [["0", None]]}
    file = tmp_path / "advisories.json"
    file.write_text(json.dumps({"date": "2026-01-01", "flaws": [flaw]}), encoding="utf-8")
    monkeypatch.setattr(audit, "CARRIED", file)
    assert audit.main(["-o", str(tmp_path / "bill.json")]) == 1
    assert f"FLAW: {shipped.name} {shipped.version}: PYSEC-2" in capsys.readouterr().out
    assert json.loads((tmp_path / "bill.json").read_text(encoding="utf-8"))["bomFormat"] == "CycloneDX"


def test_the_carried_advisories_can_be_read() -> None:
    flaws, date = audit.carried()
    assert flaws
    assert dt.date.fromisoformat(date) > dt.date(2024, 1, 1)
