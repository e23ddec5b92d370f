"""Work beside the page: how it ends, how it is stopped, two at once, and that nobody waits for anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench.views.backtest.running import Cancelled, Job, Runner

TIMEOUT = 30


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def ended(runner: Runner, job: Job) -> Job:
    try:
        job._future.result(TIMEOUT)
    except BaseException as error:
        assert isinstance(error, Cancelled) or job.state == "cancelled", error
    while runner.poll():
        pass
    return job


def test_what_is_done_is_told_once_with_its_result(pool: ThreadPoolExecutor) -> None:
    told: list[str] = []
    runner = Runner(lambda job: told.append(job.state), pool)
    job = ended(runner, runner.start(lambda job: 42))
    assert (job.state, job.result, told.count("done"), runner.busy) == ("done", 42, 1, False)
    assert not runner.poll() and told.count("done") == 1


def test_what_raises_fails_with_its_error(pool: ThreadPoolExecutor) -> None:
    def work(job: Job) -> None:
        raise ValueError("no")

    runner = Runner(lambda job: None, pool)
    job = ended(runner, runner.start(work))
    assert job.state == "failed" and str(job.error) == "no"


def waiting(started: threading.Event, go: threading.Event) -> Callable[[Job], str]:
    def work(job: Job) -> str:
        job.step("Counting")
        started.set()
        done = 0
        while not go.wait(0.001):
            done += 1
            job.progress(done, 1_000_000)
        return "whole"

    return work


def test_a_cancelled_run_is_over_at_once_and_its_thread_stops(pool: ThreadPoolExecutor) -> None:
    started, go, told = threading.Event(), threading.Event(), []
    runner = Runner(lambda job: told.append(job.state), pool)
    job = runner.start(waiting(started, go))
    assert started.wait(TIMEOUT)
    assert runner.poll() and job.phase == "Counting"
    runner.cancel()
    assert job.state == "cancelled"
    runner.poll()
    assert told[-1] == "cancelled" and not runner.busy
    job._future.result(TIMEOUT)  # the thread ends though ``go`` was never set
    assert job.state == "cancelled" and job.result is None


def test_two_sessions_run_side_by_side(pool: ThreadPoolExecutor) -> None:
    starts, gos = ([threading.Event(), threading.Event()] for _ in range(2))
    runners = [Runner(lambda job: None, pool) for _ in range(2)]
    jobs = [runner.start(waiting(start, go)) for runner, start, go in zip(runners, starts, gos, strict=True)]
    assert all(start.wait(TIMEOUT) for start in starts)  # both go on before one is over
    runners[0].cancel()
    gos[1].set()
    assert ended(runners[1], jobs[1]).result == "whole" and jobs[0].state == "cancelled"


def test_one_that_waits_for_its_turn_can_be_cancelled() -> None:
    with ThreadPoolExecutor(1) as pool:
        started, go = threading.Event(), threading.Event()
        first, second = Runner(lambda job: None, pool), Runner(lambda job: None, pool)
        one = first.start(waiting(started, go))
        assert started.wait(TIMEOUT)
        other = second.start(lambda job: "never")
        assert other.state == "waiting"
        second.cancel()
        go.set()
        assert ended(first, one).result == "whole"
        assert (other.state, other.result) == ("cancelled", None)


def test_what_is_asked_for_next_takes_the_place_of_what_goes_on(pool: ThreadPoolExecutor) -> None:
    started, go, told = threading.Event(), threading.Event(), []
    runner = Runner(lambda job: told.append((job.state, job.result)), pool)
    first = runner.start(waiting(started, go))
    assert started.wait(TIMEOUT)
    second = ended(runner, runner.start(lambda job: 2))
    assert first.state == "cancelled" and second.result == 2 and ("done", 2) in told


def test_progress_says_how_much_is_done() -> None:
    job = Job()
    assert job.share is None
    job.progress(1, 4)
    assert job.share == 0.25
    job.cancel()
    with pytest.raises(Cancelled):
        job.progress(2, 4)
