# SPDX-License-Identifier: BSD-3-Clause
"""A training program under mpirun: the same bits for one, two and three processes, after a killed process and on another number of
them; and processes that do not fit together are refused.

    python3 programs.py MPIRUN PROGRAM    the program is picogpt_mpo"""

import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MPIRUN, PROGRAM = sys.argv[1:3]
FILES = ("dense.safetensors", "mpo-4.safetensors")


def write_text(path, seed):
    words = random.Random(seed)
    path.write_text(" ".join(words.choice(["to", "be", "or", "not", "that", "is", "the", "question"]) for _ in range(6000)))
    return path


def command(out, *options, data, steps=8):
    return [PROGRAM, "--quick", "--steps", str(steps), "--models", "dense", "mpo-4", "--checkpoint-every", "2", "--data", str(data),
            "--threads", "1", "--out", str(out), *options]


def run(processes, arguments):
    start = [MPIRUN, "-n", str(processes)] if processes > 1 else []
    done = subprocess.run(start + arguments, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{processes} processes: {done.stdout}{done.stderr}"
    return done.stdout


def bits(out):
    return [hashlib.sha256((out / name).read_bytes()).hexdigest() for name in FILES]


def kill_one(out, arguments):
    """Begins with two processes, and kills one after the first checkpoint."""
    with subprocess.Popen([MPIRUN, "-n", "2", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as job:
        while not (out / "dense.checkpoint.safetensors").exists():
            assert job.poll() is None, job.communicate()[0]
            time.sleep(0.02)
        os.kill(ranks_of(job.pid)[-1], signal.SIGKILL)
        told = job.communicate(timeout=60)[0]
        assert job.returncode != 0, "mpirun took no notice of a killed process"
        assert "9" in told or "Killed" in told, told


def ranks_of(job):
    """The processes of the program below mpirun."""
    parents, names = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
                parents[int(entry.name)], names[int(entry.name)] = int(status["PPid"]), os.readlink(entry / "exe")
            except OSError:
                pass

    def descends(p):
        return p == job or (p in parents and descends(parents[p]))
    return sorted(p for p in parents if descends(p) and names[p] == os.path.realpath(PROGRAM))


def refused(*programs):
    """What is said when these start as one run."""
    start = [MPIRUN]
    for k, arguments in enumerate(programs):
        start += ([":"] if k > 0 else []) + ["-n", "1", *arguments]
    done = subprocess.run(start, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0, f"accepted: {start}"
    return done.stdout + done.stderr


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        text, other = write_text(directory / "a.txt", 1), write_text(directory / "b.txt", 2)
        outs = {p: directory / str(p) for p in (1, 2, 3)}
        for processes, out in outs.items():
            said = run(processes, command(out, data=text))
            assert said.count("Results are in") == 1, f"more than one process speaks: {said}"
        expected = bits(outs[1])
        assert bits(outs[2]) == expected and bits(outs[3]) == expected, "other bits"

        killed = directory / "killed"
        kill_one(killed, command(killed, data=text))
        for processes in (1, 3):
            again = directory / f"again{processes}"
            shutil.copytree(killed, again)
            run(processes, command(again, "--resume", data=text))
            assert bits(again) == expected, f"other bits after going on with {processes} processes"

        out = directory / "refused"
        said = refused(command(out, data=text, steps=8), command(out, data=text, steps=9))
        assert 'process 1 of 2 has "--steps=9" where process 0 has "--steps=8"' in said, said
        shutil.copy(PROGRAM, directory / "another")
        with open(directory / "another", "ab") as program:
            program.write(b"\0")
        said = refused(command(out, data=text), [str(directory / "another"), *command(out, data=text)[1:]])
        assert 'has "program: picogpt_mpo, ' in said, said

        there = directory / "there"
        there.mkdir()
        shutil.copy(other, there / "input.txt")
        here = directory / "here"
        here.mkdir()
        shutil.copy(text, here / "input.txt")
        without = command(out, data="")
        at = without.index("--data")
        del without[at:at + 2]
        said = refused(["env", f"XTN_DATA={here}", *without], ["env", f"XTN_DATA={there}", *without])
        assert 'has "text: ' in said, said
        assert not (out / FILES[0]).exists()


main()
