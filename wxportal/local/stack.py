"""Everything `make run` starts, in order, and taken down in the opposite one."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import psycopg
import redis
from psycopg import sql

from wxportal.local import environment as settings
from wxportal.local import keys, processes, programs
from wxportal.local.environment import Plan
from wxportal.local.postgres import Postgres
from wxportal.local.programs import Program
from wxportal.local.redis import Redis
from wxportal.local.terminal import complain, say, step
from wxportal.local.trouble import Trouble, of_output

DATABASE = "wxportal"
CONNECT = 5  # seconds to wait for a server that was named
FIRST_PAUSE = 1.0  # seconds before a program that died is started again; doubled each time
LONGEST_PAUSE = 30.0  # seconds
STEADY = 60.0  # seconds; whoever ran this long begins again with the first pause


class Service(Protocol):
    """What can be started, looked at and stopped: the two servers and every program."""

    name: str
    log: Path
    child: subprocess.Popen[bytes] | None

    def start(self, env: Mapping[str, str]) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Watched:
    """A service that runs, and how often it died lately."""

    service: Service
    started: float = field(default_factory=time.monotonic)
    pause: float = FIRST_PAUSE
    again_at: float | None = None


class Stack:
    """The running portal of one plan: ``with Stack(plan, environment) as stack``. Raises Trouble.

    ``environment`` is what the person set; `self.environment` is what the processes get.
    """

    def __init__(self, plan: Plan, environment: Mapping[str, str]) -> None:
        self.plan = plan
        self.keys = keys.load(plan.var / "keys.env")
        self.environment = settings.for_processes(plan, settings.given(plan.root, environment), self.keys)
        self.running: list[Watched] = []
        self.people = 0  # who has an account, before any demo is loaded

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        for folder in ("log", "media", "static"):
            (self.plan.var / folder).mkdir(parents=True, exist_ok=True)
        self._sweep()
        settings.require_free(self.plan.web_port, "PORT", "the portal")
        settings.require_free(self.plan.sandbox_port, "SANDBOX_PORT", "the sandbox WeChat")
        self._provide_postgres()
        self._provide_redis()
        with step("Tables and translations"):
            self._prepare()
        # All at once: each spends a second or two on its imports, and they do not wait for each other.
        plan, begun = self.plan, [programs.sandbox, programs.web, programs.worker, programs.beat]
        for program in [self._launch(make(plan)) for make in begun]:
            with step(program.what):
                program.wait()

    def _sweep(self) -> None:
        if count := processes.sweep(self.plan.mark):
            say(f"  Ended {count} processes that an earlier start had left behind.")
        # Beat's notes may be torn after a kill, and are worth nothing: it asks every second anyway.
        for path in (*self.plan.var.glob("beat-schedule*"), self.plan.var / "local.env"):
            path.unlink(missing_ok=True)
        for log in (self.plan.var / "log").glob("*.log"):
            log.replace(log.with_suffix(".log.1"))

    def _run(self, service: Service) -> None:
        # Known before it is started, so that an interruption in between stops it, too.
        self.running.append(Watched(service))
        service.start(self.environment)

    def _launch(self, program: Program) -> Program:
        self.running.append(Watched(program))
        program.launch(self.environment)
        return program

    def _provide_postgres(self) -> None:
        if url := self.environment.get("DATABASE_URL"):
            with step(f"PostgreSQL at {settings.place_of(url)} (DATABASE_URL)"):
                _connect(url).close()
            return
        self.environment = settings.without_postgres_variables(self.environment)
        server = Postgres(self.plan.var, self.plan.log("postgres"), self.keys["POSTGRES_PASSWORD"])
        with step("PostgreSQL"):
            self._run(server)
            _create_database(server.url("postgres"))
        self.environment["DATABASE_URL"] = server.url(DATABASE)

    def _provide_redis(self) -> None:
        if url := self.environment.get("REDIS_URL"):
            with step(f"Redis at {settings.place_of(url)} (REDIS_URL)"):
                _ping(url)
            return
        server = Redis(self.plan.var / "redis", self.plan.log("redis"), self.keys["REDIS_PASSWORD"])
        with step("Redis"):
            self._run(server)
        self.environment["REDIS_URL"] = server.url()

    def _prepare(self) -> None:
        """Check the settings, compile translations and migrate, in one process (`prepare`). Raises Trouble."""
        argv = [sys.executable, "-m", "wxportal.local.prepare"]
        done = subprocess.run(  # noqa: S603
            argv, env=self.environment, cwd=self.plan.root, capture_output=True, text=True, check=False
        )
        log = self.plan.log("prepare")
        log.write_text(done.stdout + done.stderr)
        if done.returncode:
            raise of_output(done.stderr, f"make the tables (all of it is in {log})")
        self.people = int(done.stdout.split()[-1])

    def look_after(self) -> None:
        """Start again what died. Raises Trouble when it was the database: nothing can go on without it."""
        for watched in self.running:
            child = watched.service.child
            if watched.again_at is None and child is not None and child.poll() is not None:
                self._mourn(watched, child.returncode)
            if watched.again_at is not None and time.monotonic() >= watched.again_at:
                self._revive(watched)

    def _mourn(self, watched: Watched, status: int) -> None:
        service = watched.service
        service.stop()  # Takes what it had started with it.
        end = f"{_ended(service.name, status)} The end of {service.log}:\n{processes.last_lines(service.log)}"
        if isinstance(service, Postgres):
            raise Trouble(f"{end}\nNothing can go on without the database, so everything stops.")
        if time.monotonic() - watched.started > STEADY:
            watched.pause = FIRST_PAUSE
        complain(f"{end}\nIt is started again in {watched.pause:.0f} s.")
        watched.again_at = time.monotonic() + watched.pause
        watched.pause = min(watched.pause * 2, LONGEST_PAUSE)

    def _revive(self, watched: Watched) -> None:
        try:
            watched.service.start(self.environment)
        except Trouble as trouble:
            complain(f"{trouble}\nIt is tried again in {watched.pause:.0f} s.")
            watched.again_at = time.monotonic() + watched.pause
            watched.pause = min(watched.pause * 2, LONGEST_PAUSE)
            return
        watched.started, watched.again_at = time.monotonic(), None
        say(f"{watched.service.name} works again.")

    def stop(self) -> None:
        """End everything in order: no new work, then the work at hand, then the servers."""
        while self.running:
            self.running[-1].service.stop()
            self.running.pop()

    def kill(self) -> None:
        """End everything at once; PostgreSQL recovers at the next start."""
        for watched in self.running:
            if watched.service.child is not None:
                processes.kill_group(watched.service.child.pid)


def _ended(name: str, status: int) -> str:
    return f"{name} was killed (signal {-status})." if status < 0 else f"{name} ended by itself (status {status})."


def _connect(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url, connect_timeout=CONNECT, autocommit=True)
    except psycopg.Error as problem:
        reason = str(problem).strip().splitlines()[-1]
        raise Trouble(
            f"The PostgreSQL of DATABASE_URL ({settings.place_of(url)}) cannot be used: {reason}"
        ) from problem


def _create_database(url: str) -> None:
    with _connect(url) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _ping(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=CONNECT, socket_timeout=CONNECT) as client:
            client.ping()
    except (redis.RedisError, ValueError) as problem:
        raise Trouble(f"The Redis of REDIS_URL ({settings.place_of(url)}) cannot be used: {problem}") from problem


def here() -> Path:
    """Return the checkout that this file belongs to."""
    return Path(os.path.realpath(__file__)).parents[2]
