"""Files appear whole or not at all, unchanged ones are left alone, and nothing of others is touched."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds import publish
from feeds.errors import PublishError

ROOT = Path(__file__).resolve().parent.parent
OLD = b"<feed>old</feed>\n"
NEW = b"<feed>newer</feed>\n"
LONG_AGO = 1_000_000_000


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run code that uses ``publish`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_new_file_is_there_whole_and_nothing_else(tmp_path: Path) -> None:
    assert publish.put(tmp_path, "all.atom", NEW) == "written"
    assert files(tmp_path) == {"all.atom": NEW}


def test_a_missing_folder_is_made_with_those_inside_it(tmp_path: Path) -> None:
    publish.put(tmp_path / "site" / "output", "archive/all/2026-10.atom", NEW)
    assert files(tmp_path) == {"site/output/archive/all/2026-10.atom": NEW}


def test_other_bytes_replace_the_file(tmp_path: Path) -> None:
    publish.put(tmp_path, "all.atom", OLD)
    assert publish.put(tmp_path, "all.atom", NEW) == "written"
    assert files(tmp_path) == {"all.atom": NEW}


def test_other_bytes_of_the_same_length_replace_the_file(tmp_path: Path) -> None:
    publish.put(tmp_path, "all.atom", b"a")
    assert publish.put(tmp_path, "all.atom", b"b") == "written"
    assert files(tmp_path) == {"all.atom": b"b"}


def test_the_same_bytes_leave_file_and_times_alone(tmp_path: Path) -> None:
    publish.put(tmp_path, "all.atom", NEW)
    path = tmp_path / "all.atom"
    os.utime(path, (LONG_AGO, LONG_AGO))
    before = path.stat()
    assert publish.put(tmp_path, "all.atom", NEW) == "unchanged"
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    assert publish.put(tmp_path, "all.atom", b"") == "written"
    assert publish.put(tmp_path, "all.atom", b"") == "unchanged"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o644)])
def test_everybody_may_read_it_unless_the_umask_says_no(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        publish.put(tmp_path, "all.atom", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "all.atom").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize(
    "name",
    [
        "../all.atom",
        "/etc/all.atom",
        "a/../../all.atom",
        "a//b",
        "./a",
        "a/.",
        "",
        "..",
        "a\0b",
        "a\\..\\b",
        ".x.feeds-tmp",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "output"
    for use in (
        lambda: publish.put(folder, name, NEW),
        lambda: publish.digest(folder, name),
        lambda: publish.remove(folder, name, sha(NEW)),
    ):
        with pytest.raises(PublishError, match="inside the output folder"):
            use()
    assert files(tmp_path) == {}


def test_a_link_is_replaced_and_its_target_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(OLD)
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "all.atom").symlink_to(tmp_path / "precious")
    assert publish.digest(tmp_path / "output", "all.atom") is None
    assert publish.put(tmp_path / "output", "all.atom", OLD) == "written"
    assert not (tmp_path / "output" / "all.atom").is_symlink()
    publish.put(tmp_path / "output", "all.atom", NEW)
    assert files(tmp_path) == {"precious": OLD, "output/all.atom": NEW}


def test_a_link_to_a_file_with_the_right_bytes_is_still_no_published_file(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"8 bytes!")
    (tmp_path / "all.atom").symlink_to("precious")  # whose own size is 8, too
    assert publish.put(tmp_path, "all.atom", b"8 bytes!") == "written"
    assert not (tmp_path / "all.atom").is_symlink()


def test_a_link_under_the_temporary_name_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(OLD)
    (tmp_path / ".all.atom.feeds-tmp").symlink_to(tmp_path / "precious")
    publish.put(tmp_path, "all.atom", NEW)
    assert files(tmp_path) == {"precious": OLD, "all.atom": NEW}


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "output").symlink_to(tmp_path / "www")
    publish.put(tmp_path / "output", "all.atom", NEW)
    assert files(tmp_path / "www") == {"all.atom": NEW}


def test_what_a_killed_run_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".all.atom.feeds-tmp").write_bytes(b"half")
    publish.put(tmp_path, "all.atom", NEW)
    assert files(tmp_path) == {"all.atom": NEW}


def one_sentence(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert "; " in text, f"no remedy in {text!r}"
    return text


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(OLD)
    for name in ("all.atom", "archive/all.atom"):
        with pytest.raises(PublishError, match="cannot write") as caught:
            publish.put(tmp_path / "output", name, NEW)
        assert "move away the file" in one_sentence(caught.value)
    assert files(tmp_path) == {"output": OLD}


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "all.atom").mkdir()
    with pytest.raises(PublishError, match="cannot write") as caught:
        publish.put(tmp_path, "all.atom", NEW)
    assert "move away the folder" in one_sentence(caught.value)
    assert files(tmp_path) == {}, "the temporary file is gone"


def test_a_circle_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "output").symlink_to(tmp_path / "output")
    with pytest.raises(PublishError, match="cannot write"):
        publish.put(tmp_path / "output", "all.atom", NEW)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "feeds-test", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False, timeout=60).returncode
    ):
        pytest.skip("this test mounts a small disk, and may not do that here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=60)


def test_a_full_disk_keeps_the_old_file_and_leaves_no_part_of_the_new(small_disk: Path) -> None:
    publish.put(small_disk, "all.atom", OLD)
    with pytest.raises(PublishError, match="no space left") as caught:
        publish.put(small_disk, "all.atom", b"x" * 1_000_000)
    assert "free some space" in one_sentence(caught.value)
    assert files(small_disk) == {"all.atom": OLD}
    assert publish.put(small_disk, "all.atom", NEW) == "written"


def test_a_disk_mounted_read_only_keeps_the_old_file(small_disk: Path) -> None:
    publish.put(small_disk, "all.atom", OLD)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, timeout=60)
    with pytest.raises(PublishError, match="read-only") as caught:
        publish.put(small_disk, "all.atom", NEW)
    assert "writable" in one_sentence(caught.value)
    with pytest.raises(PublishError, match="read-only"):
        publish.remove(small_disk, "all.atom", sha(OLD))
    assert publish.put(small_disk, "all.atom", OLD) == "unchanged", "what needs no writing still works"
    assert files(small_disk) == {"all.atom": OLD}


def test_a_write_that_is_cut_short_keeps_the_old_file(tmp_path: Path) -> None:
    """The limit on the size of files stands in for a full disk where none can be mounted."""
    publish.put(tmp_path, "all.atom", OLD)
    code = (
        "import sys; from pathlib import Path; from feeds import publish, errors\n"
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: publish.put(Path(sys.argv[1]), 'all.atom', b'x' * 1_000_000)\n"
        "except errors.PublishError as error: print(error)\n"
    )
    done = run(code, str(tmp_path))
    assert "file too large; raise the limit" in done.stdout, done.stderr
    assert files(tmp_path) == {"all.atom": OLD}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
def test_a_folder_that_may_not_be_written_is_an_error() -> None:
    code = (
        "import os, sys; from pathlib import Path; from feeds import publish, errors\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: publish.put(Path(sys.argv[1]), 'all.atom', b'x')\n"
        "except errors.PublishError as error: print(error)\n"
    )
    # Not in tmp_path, whose parents only we may enter.
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        publish.put(folder, "all.atom", OLD)
        done = run(code, place)
        assert "permission denied; give the user who runs feeds the right" in done.stdout, done.stderr
        assert files(folder) == {"all.atom": OLD}


def test_remove_takes_only_what_we_wrote(tmp_path: Path) -> None:
    publish.put(tmp_path, "old/all.atom", OLD)
    (tmp_path / "old" / "mine.txt").write_bytes(NEW)
    assert publish.remove(tmp_path, "old/all.atom", sha(NEW)) is False
    assert publish.remove(tmp_path, "old/mine.txt", sha(OLD)) is False
    assert publish.remove(tmp_path, "missing.atom", sha(OLD)) is False
    assert publish.remove(tmp_path, "old", sha(OLD)) is False
    assert publish.remove(tmp_path, "old/all.atom", sha(OLD)) is True
    assert publish.remove(tmp_path, "old/all.atom", sha(OLD)) is False
    assert files(tmp_path) == {"old/mine.txt": NEW}


def test_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    publish.put(tmp_path, "all.atom", NEW)
    assert publish.digest(tmp_path, "all.atom") == sha(NEW)
    assert publish.digest(tmp_path, "none.atom") is None
    assert publish.digest(tmp_path, "all.atom/none.atom") is None
    assert publish.digest(tmp_path / "none", "all.atom") is None


def test_sweep_takes_only_temporary_files_of_ours(tmp_path: Path) -> None:
    stay = ["all.atom", ".hidden", "x.tmp", ".feeds-tmp", "a.feeds-tmp", ".a.feeds-tmp.bak", "sub/all.atom"]
    go = [".all.atom.feeds-tmp", "sub/.2026-10.atom.feeds-tmp"]
    (tmp_path / "sub").mkdir()
    for name in stay + go:
        (tmp_path / name).write_bytes(OLD)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".b.feeds-tmp").write_bytes(OLD)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "elsewhere")
    assert publish.sweep(tmp_path / "out") == 0, "links to folders are not followed"
    assert publish.sweep(tmp_path / "sub") == 1
    (tmp_path / "elsewhere" / ".b.feeds-tmp").unlink()
    assert publish.sweep(tmp_path) == 1
    assert sorted(files(tmp_path)) == sorted(stay)
    assert publish.sweep(tmp_path / "none") == 0


def test_bytes_are_on_disk_before_the_name_and_the_name_before_the_end(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    code = (
        "import sys; from pathlib import Path; from feeds import publish\n"
        "print(publish.put(Path(sys.argv[1]), 'sub/all.atom', b'new'))"
    )
    log = tmp_path / "log"
    calls = "trace=openat,open,write,fsync,fdatasync,rename,renameat,renameat2,mkdir"
    traced = subprocess.run(
        ["strace", "-f", "-y", "-e", calls, "-o", str(log), sys.executable, "-c", code, str(tmp_path / "o")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "ptrace" in traced.stderr:
        pytest.skip("strace may not trace here")
    assert traced.stdout == "written\n", traced.stderr
    lines = [
        line for line in log.read_text().splitlines() if str(tmp_path / "o") in line and "= -1" not in line
    ]
    steps = [
        f"{match[1]} {'file' if '.feeds-tmp' in line else 'folder'}"
        for line in lines
        if (match := re.search(r"\b(mkdir|openat|write|fsync|rename)\w*\(", line)) and "O_RDONLY" not in line
    ]
    assert steps == [
        "mkdir folder",
        "mkdir folder",
        "fsync folder",
        "openat file",
        "write file",
        "fsync file",
        "rename file",
        "fsync folder",
    ]
    assert all("O_EXCL" in line for line in lines if "openat" in line and ".feeds-tmp" in line)


def test_a_reader_always_finds_a_whole_file(tmp_path: Path) -> None:
    bodies = {bytes([65 + number]) * (50_000 + number) for number in range(5)}
    publish.put(tmp_path, "all.atom", min(bodies))
    stop = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not stop.is_set():
            seen.add((tmp_path / "all.atom").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(40):
        for body in bodies:
            publish.put(tmp_path, "all.atom", body)
    stop.set()
    reader.join()
    assert seen <= bodies


def test_kill_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    """kill -9 in the middle of many puts: whole files only, and a sweep leaves nothing else."""
    code = (
        "import sys; from pathlib import Path; from feeds import publish\n"
        "bodies = (b'a' * 300_000, b'b' * 300_000)\n"
        "print('go', flush=True)\n"
        "while True:\n"
        "    for body in bodies: publish.put(Path(sys.argv[1]), 'all.atom', body)\n"
    )
    for turn in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            # No clock decides when: it is killed after another number of looks at the file.
            looks = 0
            while looks < 50 * (turn + 1):
                looks += (tmp_path / "all.atom").exists()
            child.send_signal(signal.SIGKILL)
        publish.sweep(tmp_path)
        assert list(files(tmp_path)) == ["all.atom"]
        assert files(tmp_path)["all.atom"] in (b"a" * 300_000, b"b" * 300_000)
