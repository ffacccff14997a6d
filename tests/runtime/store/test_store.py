"""The store: whole results or none, whatever happens while they are made."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.diagnostics.codes.run import StoreFull
from recipedsl.plan.identity import to_canonical_json
from recipedsl.runtime.store import Result, Store

NAME = "ab" * 32

#: Makes a result slowly in a process of its own; says when it is in the middle and who made it.
SLOW = """
import sys, time
from pathlib import Path
from recipedsl.runtime.store import Store
root, seconds = Path(sys.argv[1]), float(sys.argv[2])
with Store(root).making("ab" * 32) as making:
    if making.result is None:
        with (root / "made.txt").open("a") as made:
            made.write("x")
        (making.folder / "weights").write_bytes(b"w" * 1000)
        print("middle", flush=True)
        time.sleep(seconds)
        making.finish(kind="model", name="slow", node={}, facts={}, seconds=0.0)
print("end", flush=True)
"""


def make(store: Store, name: str = NAME, text: str = "rows", *, again: bool = False) -> Result:
    with store.making(name, again=again) as making:
        if making.result is None:
            (making.folder / "inner").mkdir()
            (making.folder / "inner" / "rows.txt").write_text(text)
            making.finish(
                kind="model", name="lessons", node={"kind": "model"}, facts={"rows": 3}, seconds=1.5
            )
    assert making.result is not None
    return making.result


def start_slow(root: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SLOW, str(root), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for_middle(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "middle\n"


def test_a_finished_result_is_found(tmp_path: Path) -> None:
    made = make(Store(tmp_path))
    found = Store(tmp_path).get(NAME)
    assert found == made
    assert found is not None
    assert found.manifest.facts == {"rows": 3}
    assert found.manifest.seconds == 1.5
    assert found.sizes == {"inner/rows.txt": 4}
    assert found.bytes == 4
    assert found.folder == tmp_path / ".recipedsl" / "store" / NAME


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    make(Store(tmp_path), text="first")
    assert (make(Store(tmp_path), text="second").folder / "inner/rows.txt").read_text() == "first"


def test_again_replaces(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store, text="first")
    result = make(store, text="second", again=True)
    assert (result.folder / "inner/rows.txt").read_text() == "second"
    assert store.verify(NAME) == ()
    assert [path.name for path in store.folder.glob("*.*")] == []


def test_a_failed_maker_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fail() -> None:
        with store.making(NAME) as making:
            (making.folder / "half").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.get(NAME) is None
    assert [path.name for path in store.folder.iterdir()] == ["locks"]


def test_not_finished_is_not_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.making(NAME) as making:
        (making.folder / "half").write_text("x")
    assert making.result is None
    assert store.get(NAME) is None


def test_a_kill_in_the_middle_leaves_nothing_that_counts(tmp_path: Path) -> None:
    process = start_slow(tmp_path, 60)
    wait_for_middle(process)
    process.kill()
    process.wait()
    store = Store(tmp_path)
    assert store.place_of(f"{NAME}.making").is_dir()
    assert store.get(NAME) is None
    assert store.list() == ()
    assert (make(store).folder / "inner/rows.txt").exists()
    assert not store.place_of(f"{NAME}.making").exists()


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    first, second = start_slow(tmp_path, 0.5), start_slow(tmp_path, 0.5)
    assert first.wait() == 0
    assert second.wait() == 0
    assert (tmp_path / "made.txt").read_text() == "x"
    assert Store(tmp_path).verify(NAME) == ()


def test_who_waits_may_give_up(tmp_path: Path) -> None:
    process = start_slow(tmp_path, 60)
    wait_for_middle(process)

    def give_up() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Store(tmp_path).making(NAME, waiting=give_up):
        pass
    process.kill()
    process.wait()


@pytest.mark.parametrize("damage", ["shorter", "missing", "extra", "manifest", "other"])
def test_a_damaged_result_is_never_used(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path)
    folder = make(store).folder
    file = folder / "inner" / "rows.txt"
    match damage:
        case "shorter":
            file.write_text("row")
        case "missing":
            file.unlink()
        case "extra":
            (folder / "inner" / "more.txt").write_text("x")
        case "manifest":
            (folder / "manifest.json").write_text("{")
        case "other":
            folder.rename(store.place_of("cd" * 32))
    name = "cd" * 32 if damage == "other" else NAME
    assert store.get(name) is None
    (said,) = store.take_damage()
    assert said.code == "R702"
    assert not said.is_error
    assert store.place_of(f"{name}.damaged").is_dir()
    assert make(store, name).manifest.fingerprint == name


def test_changed_contents_of_a_small_file_are_found_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    folder = make(store).folder
    (folder / "inner" / "rows.txt").write_text("swor")
    assert store.get(NAME) is None
    (said,) = store.take_damage()
    assert said.notes == (
        "inner/rows.txt has other contents than when it was made",
        f"set aside as {folder}.damaged",
    )
    assert said.helps[0].text == "`recipedsl store verify` looks at every other result"


def test_changed_contents_of_a_large_file_are_found_by_verify(tmp_path: Path) -> None:
    store = Store(tmp_path)
    large = "rows" * 2**19
    (make(store, text=large).folder / "inner" / "rows.txt").write_text(large[::-1])
    assert store.get(NAME) is not None
    assert store.verify(NAME) == ("inner/rows.txt has other contents than when it was made",)
    assert store.get(NAME) is None


def test_hidden_files_of_the_system_do_not_matter(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (make(store).folder / ".DS_Store").write_text("x")
    assert store.get(NAME) is not None


def test_links_are_refused(tmp_path: Path) -> None:
    with Store(tmp_path).making(NAME) as making:
        (making.folder / "link").symlink_to("/etc/hosts")
        with pytest.raises(Bug, match="holds a link"):
            making.finish(kind="model", name="x", node={}, facts={}, seconds=0.0)
    assert Store(tmp_path).get(NAME) is None


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught, Store(tmp_path).making(NAME):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.diagnostics[0].kind is StoreFull
    assert Store(tmp_path).get(NAME) is None


def test_gc_keeps_what_it_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for letter in "abc":
        make(store, letter * 64)
    removed = store.gc({"b" * 64})
    assert [each.manifest.fingerprint[0] for each in removed] == ["a", "c"]
    assert [each.manifest.fingerprint[0] for each in store.list()] == ["b"]


def test_gc_keeps_what_a_run_uses(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store)
    with store.using([NAME]):
        assert Store(tmp_path).gc(set()) == ()
    assert len(Store(tmp_path).gc(set())) == 1


def test_gc_removes_leftovers_but_not_what_is_being_made(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (store.folder / f"{'e' * 64}.making").mkdir(parents=True)
    process = start_slow(tmp_path, 60)
    wait_for_middle(process)
    store.gc(set())
    assert [path.name for path in store.folder.glob("*.making")] == [f"{NAME}.making"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    store.gc(set())
    assert list(store.folder.glob("*.making")) == []


def test_gc_removes_checkpoints_that_nobody_goes_on_from(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for letter in "ab":
        store.work_of(letter * 64).mkdir(parents=True)
    store.gc({"a" * 64})
    assert [path.name[0] for path in store.work_of("a").parent.iterdir()] == ["a"]


def test_a_note_of_a_dead_run_keeps_nothing(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from recipedsl.runtime.store import Store
with Store(Path({str(tmp_path)!r})).using(["{NAME}"]):
    os._exit(9)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    store = Store(tmp_path)
    make(store)
    assert len(store.gc(set())) == 1


def test_a_look_costs_little(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store)
    start = time.perf_counter()
    for _ in range(100):
        store.get(NAME)
    assert time.perf_counter() - start < 1


# --- a store that came from elsewhere ----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["[1]", '{"fingerprint": 3}', "[" * 100_000, ""])
def test_a_manifest_of_another_form_is_damage(tmp_path: Path, form: str) -> None:
    store = Store(tmp_path)
    (make(store).folder / "manifest.json").write_text(form)
    assert store.get(NAME) is None
    assert len(store.take_damage()) == 1


@pytest.mark.parametrize("facts", [{"rows": "many"}, {"rows": 4}, {}, {"rows": {"": None}}])
def test_edited_facts_are_damage(tmp_path: Path, facts: dict[str, object]) -> None:
    """What is counted is relied on: nobody looks twice at a number from a manifest."""
    store = Store(tmp_path)
    manifest = make(store).folder / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "facts": facts}))
    assert store.get(NAME) is None
    (said,) = store.take_damage()
    assert said.notes[0] == "manifest.json cannot be read: it is not as it was written"
    assert make(store).manifest.facts == {"rows": 3}


def test_facts_are_read_as_they_were_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    facts = {
        "steps": 2,
        "losses": ((1, 0.1), (2, 1e-7)),
        "by_length": {10: 1, 9: 2},
        "text": "é\u2028",
        "nothing": None,
    }
    with store.making(NAME) as making:
        making.finish(kind="stage", name="tuned", node={}, facts=facts, seconds=0.0)
    found = store.get(NAME)
    assert found is not None
    assert found.manifest.facts["by_length"] == {"10": 1, "9": 2}
    assert store.verify(NAME) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"facts": []},
        {"facts": {"parameters": "many"}},
        {"kind": "data", "facts": {}},
        {"kind": "stage", "facts": {"steps": -1}},
        {"kind": "nothing"},
        {"kind": [1]},
        {"name": 3},
        {"seconds": "x"},
        {"seconds": float("nan")},
        {"node": [1]},
        {"node": {"inputs": [1]}},
        {"node": {"inputs": {"base": [1]}}},
    ],
)
def test_a_part_of_a_manifest_of_another_form_is_damage(tmp_path: Path, change: dict[str, object]) -> None:
    store = Store(tmp_path)
    manifest = make(store).folder / "manifest.json"
    form = {**json.loads(manifest.read_text()), **change}
    form.pop("seal")
    seal = hashlib.sha256(to_canonical_json(form).encode()).hexdigest()
    manifest.write_text(json.dumps({**form, "seal": seal}))
    assert store.list() == ()


def test_a_link_is_no_result_and_what_it_leads_to_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "project")
    folder = make(store).folder
    outside = folder.rename(tmp_path / "outside")
    for name in (NAME, f"{NAME}.making", f"{NAME}.damaged"):
        (store.folder / name).symlink_to(outside)
    assert store.get(NAME) is None
    make(store)
    store.gc(set())
    assert (outside / "manifest.json").exists()
    assert (outside / "inner" / "rows.txt").exists()


def test_a_link_inside_a_result_is_damage(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (make(store).folder / "extra").symlink_to("/etc/passwd")
    assert store.get(NAME) is None


#: Makes one result after the other, each of a few files, until it is killed.
RESTLESS = """
import itertools, sys
from pathlib import Path
from recipedsl.runtime.store import Store
store = Store(Path(sys.argv[1]))
print("begins", flush=True)
for turn in itertools.count():
    name = f"{turn % 3:064x}"
    with store.making(name, again=True) as making:
        for each in range(5):
            (making.folder / f"{each}.bin").write_bytes(f"{turn}".encode() * 2000)
        making.finish(kind="model", name="restless", node={}, facts={"turn": turn}, seconds=0.0)
"""

#: Uses results as runs do: what was found once stays as long as it is in use.
USER = """
import sys, time
from pathlib import Path
from recipedsl.runtime.store import Store
store, names = Store(Path(sys.argv[1])), [f"{each:064x}" for each in range(3)]
found, end = 0, time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    with store.using(names):
        for name in names:
            with store.making(name) as making:
                found += making.result is not None
                if making.result is None:
                    (making.folder / "rows.bin").write_bytes(name.encode() * 1000)
                    making.finish(kind="model", name="used", node={}, facts={}, seconds=0.0)
        for name in names:
            assert (store.place_of(name) / "rows.bin").read_bytes() == name.encode() * 1000
            assert store.get(name) is not None
assert not store.damage, store.damage
print(found)
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_kills_while_results_are_published_leave_each_whole_or_gone(tmp_path: Path) -> None:
    draw = random.Random(7)
    published = 0
    for _ in range(25):
        process = start(RESTLESS, tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        time.sleep(draw.uniform(0, 0.12))
        process.kill()
        process.communicate()
        store = Store(tmp_path)
        for each in store.list():
            assert store.verify(each.manifest.fingerprint) == ()
            turn = each.manifest.facts["turn"]
            assert (each.folder / "4.bin").read_bytes() == f"{turn}".encode() * 2000
            published += 1
        assert store.take_damage() == ()
    assert published > 25, "most were killed after they had published something"
    store.gc(set())
    assert {each.name for each in store.folder.iterdir()} == {"locks"}


@pytest.mark.slow
def test_gc_beside_runs_takes_nothing_from_them(tmp_path: Path) -> None:
    users = [start(USER, tmp_path, 6) for _ in range(2)]
    store, removed = Store(tmp_path), 0
    while any(each.poll() is None for each in users):
        removed += len(store.gc(set()))
    told = [each.communicate() for each in users]
    assert [each.returncode for each in users] == [0, 0], told
    assert removed > 0, "it was busy between runs"
    assert any(int(out) > 0 for out, _ in told), "results were found, too"
    assert store.take_damage() == ()
    store.gc(set())
    assert {each.name for each in store.folder.iterdir()} == {"locks"}
    assert not list((store.folder / "locks").glob("using-*")), "runs leave nothing behind"


@pytest.mark.slow
def test_a_look_at_a_result_that_is_exchanged_is_no_damage(tmp_path: Path) -> None:
    process = start(RESTLESS, tmp_path)
    store, end = Store(tmp_path), time.monotonic() + 4
    found = 0
    while time.monotonic() < end:
        found += store.get("0" * 64) is not None
    process.kill()
    process.communicate()
    assert found > 10
    assert store.take_damage() == ()
