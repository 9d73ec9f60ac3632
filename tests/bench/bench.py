"""What the runners share: a server on one core, the load on another, rounds that go around the servers, tables."""
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def add_options(parser, rounds=5, seconds=2):
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--moonwire", help="the command (the build's)")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=seconds)


def parse(parser):
    options = parser.parse_args()
    options.tools = os.path.join(options.build_dir, "bin")
    options.moonwire = options.moonwire or os.path.join(options.tools, "moonwire")
    return options


def choose(parser, commands, wanted, needs=None):
    """The names of the commands that are wanted (all, if none are named) and there with the files that they need; the
    first is always wanted."""
    first = next(iter(commands))
    names = []
    for name in [first, *(n for n in (wanted or ",".join(commands)).split(",") if n != first)]:
        if name not in commands:
            parser.error(f"unknown server '{name}'; there are {', '.join(commands)}")
        program = commands[name][0]
        missing = [program] if not shutil.which(program) else []
        missing += [path for path in (needs or {}).get(name, []) if not os.path.exists(path)]
        if missing:
            print(f"{name} is left out: {missing[0]} is not there (third_party/setup bench)", file=sys.stderr)
        else:
            names.append(name)
    return names


def raise_open_files():
    """To what the system allows; the servers and the load inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Server:
    def __init__(self, command, *arguments, environment=None):
        self.process = subprocess.Popen(["taskset", "-c", "0", *command, "0", *arguments], stdout=subprocess.PIPE,
                                        text=True, start_new_session=True, env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        match = re.match(r"listening (\d+)", line)
        if not match:
            self.end()
            sys.exit(f"{' '.join(command)} did not say 'listening PORT' but {line!r}")
        self.port = match.group(1)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.end()

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def count_calls(self, work):
        """The result of work, and how often the server called what of the system meanwhile."""
        trace = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-p", str(self.pid)],
                                 stderr=subprocess.PIPE, text=True)
        try:
            result = work()
        finally:
            trace.send_signal(signal.SIGINT)
            rows = [line.split() for line in trace.communicate()[1].splitlines()]
        return result, {r[1]: int(r[0]) for r in rows if len(r) == 2 and r[0].isdigit() and r[1] != "total"}

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def load(command, *arguments):
    answer = subprocess.run(["taskset", "-c", "1", command, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    if answer.returncode != 0:
        sys.exit(f"{os.path.basename(command)} {' '.join(map(str, arguments))} has failed")
    return json.loads(answer.stdout)


def by_turns(names, rounds, measure):
    """What measure(name) returns for each name, as one dictionary a round; every other round goes backwards."""
    return [{name: measure(name) for name in (names if number % 2 == 0 else reversed(names))}
            for number in range(rounds)]


def median(rounds, name, key):
    return statistics.median(r[name][key] for r in rounds)


def ratios(rounds, name, first, key):
    return [r[name][key] / r[first][key] for r in rounds]


def print_calls(name, calls, messages, cpu_us):
    which = ", ".join(f"{n} {c / messages:.2f}" for n, c in sorted(calls.items(), key=lambda e: -e[1])[:4])
    print(f"| {name} | {sum(calls.values()) / messages:.2f} | {which} | {cpu_us:.2f} |", flush=True)
