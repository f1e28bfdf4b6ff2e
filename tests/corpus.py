"""Holds the document core to what it reached on the documents with known answers.

    corpus.py DOCSPOOL SHARED

DOCSPOOL is a built binary, SHARED the folder with the documents and the scorers. Without that
folder there is nothing to do. Standard library only; about a minute on two cores.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

# A little under what was measured; raise them when the figures rise.
FLOORS = {
    "ok": 441,
    "f1": 0.980,
    "ro": 0.9955,
    "adj": 0.955,
    "cell": 0.958,
    "head": 0.965,
    "form": 0.99,
}
# Edit distances are slow here, so they are taken of a fixed part of the files and short ones.
EDIT_FLOOR = 0.968
EDIT_SHARE = 4
EDIT_BYTES_MAX = 100_000

HOSTILE_TEXTS = 53
HOSTILE_SECONDS = 5.0
HOSTILE_BYTES = 512 << 20

Manifest = dict[str, Any]


def main(binary: Path, shared: Path) -> list[str]:
    """What fell short."""
    sys.path.insert(0, str(shared / "score" / "pdf"))
    documents = shared / "corpora" / "pdf"
    lines = (documents / "manifest.jsonl").read_text().splitlines()
    files = [json.loads(line) for line in lines if line.strip()]
    files = [file for file in files if file["category"] != "scanned"]
    read = read_all(binary, documents, files)
    with ProcessPoolExecutor(2) as pool:
        jobs = [(documents, file, read.get(file["file"])) for file in files]
        scores = list(pool.map(score_one, jobs, chunksize=8))
    return judge(scores) + hostile(binary, shared)


def read_all(binary: Path, documents: Path, files: list[Manifest]) -> dict[str, Any]:
    """What docspool says of each file, by its name; files that fail are left out."""
    by_password: dict[str, list[Path]] = {}
    for file in files:
        by_password.setdefault(file.get("password", ""), []).append(documents / file["file"])
    read = {}
    for password, paths in by_password.items():
        # One file alone prints no path.
        paths = paths if len(paths) > 1 else paths * 2
        command = [binary, "parse", "--format", "json", "--password", password, *paths]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in done.stdout.splitlines():
            result = json.loads(line)
            if "error" not in result:
                read[str(Path(result["path"]).relative_to(documents))] = result
    return read


def scorer() -> ModuleType:
    """The shared scorer."""
    import score

    return score


def score_one(job: tuple[Path, Manifest, Any]) -> dict[str, Any]:
    """The measures of one file."""
    documents, file, result = job
    score = scorer()
    truth = json.loads((documents / file["gt"]).read_text()) if file.get("gt") else {}
    judged = {
        "bytes": 0,
        "cpu": 0.0,
        "rss": 0,
        "np": file.get("pages"),
        "gt_text": bool(truth.get("text") or truth.get("pages")),
        "has": score.kinds(truth),
        "status": "fail" if result is None else "ok",
    }
    if result is None:
        return judged
    chosen = random.Random(file["file"]).randrange(EDIT_SHARE) == 0
    is_short = sum(map(len, result["pages"])) <= EDIT_BYTES_MAX
    if not (chosen and is_short):
        score.edit_sim, kept = (lambda *_: 0.0), score.edit_sim
        judged |= score.evaluate(truth, result)
        score.edit_sim = kept
        judged.pop("es", None)
        return judged
    return judged | score.evaluate(truth, result)


def judge(scores: list[dict[str, Any]]) -> list[str]:
    """Which means are under their floors."""
    totals = scorer().totals(scores) | {"ok": sum(file["status"] == "ok" for file in scores)}
    edits = [file["es"] for file in scores if "es" in file]
    totals["es"] = sum(edits) / len(edits)
    floors = FLOORS | {"es": EDIT_FLOOR}
    print("  ".join(f"{name} {totals[name]:.4g}" for name in floors))
    return [
        f"{name}: {totals[name]:.4f} is under {floor}"
        for name, floor in floors.items()
        if totals[name] < floor
    ]


def hostile(binary: Path, shared: Path) -> list[str]:
    """Which of the files made to break readers do so."""
    faults = []
    texts = 0
    score = scorer()
    with tempfile.TemporaryDirectory() as folder:
        maker = shared / "corpora" / "malformed" / "gen_malformed.py"
        subprocess.run([sys.executable, maker, folder], check=True, stdout=subprocess.DEVNULL)
        expected = json.loads(Path(folder, "expect.json").read_text())
        paths = sorted(path for path in Path(folder).iterdir() if path.suffix == ".pdf")
        for path in paths:
            command = [binary, "parse", "--format", "json", path]
            status, output, cpu, bytes_used = run_bounded(command)
            if status not in range(101):
                faults.append(f"hostile {path.name}: ends with {status}")
            if cpu > HOSTILE_SECONDS or bytes_used > HOSTILE_BYTES:
                faults.append(f"hostile {path.name}: {cpu:.1f} s, {bytes_used >> 20} MB")
            if status == 0 and path.name in expected:
                pages = "\n".join(json.loads(output)["pages"])
                texts += score.norm(expected[path.name]) in score.norm(pages)
    print(f"hostile: {len(paths)} files, {texts} of {len(expected)} texts")
    if texts < HOSTILE_TEXTS:
        faults.append(f"hostile: {texts} texts are under {HOSTILE_TEXTS}")
    return faults


def run_bounded(command: list[Any]) -> tuple[int, bytes, float, int]:
    """Exit status, output, CPU seconds and most resident bytes of a command."""
    with tempfile.TemporaryFile() as output:
        started = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 4 * HOSTILE_SECONDS
        while True:
            process, status, usage = os.wait4(started.pid, os.WNOHANG)
            if process:
                break
            if time.monotonic() > deadline:
                started.kill()
                _, status, usage = os.wait4(started.pid, 0)
                break
            time.sleep(0.002)
        started.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        cpu = usage.ru_utime + usage.ru_stime
        return started.returncode, output.read(), cpu, usage.ru_maxrss * 1024


if __name__ == "__main__":
    if not (Path(sys.argv[2]) / "corpora" / "pdf").is_dir():
        sys.exit(0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shortfalls = main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    for shortfall in shortfalls:
        print(shortfall, file=sys.stderr)
    sys.exit(1 if shortfalls else 0)
