"""What a plan program may do: the operations, as a protocol.

The interpreter, the stubs and the plan writer know the operations only through this file; who
carries them out (a run, a recorder in a test) is given to the interpreter. The docstrings here are
what a person or a language model reads: name, arguments, effect, cost, example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from polytask.planning.answers import Attempted, Clue, Compared, Cost, Drafted, Helper, Trained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


__all__ = ["Trained", "Compared", "Helper", "Clue", "Cost", "Attempted", "Drafted", "Operations"]


class Operations(Protocol):
    """The operations of a plan program."""

    def tasks(self, source: str = "tasks.yaml") -> list[str]:
        """Load a task set, once, as the first operation; gives the task names.

        Args:
            source: Path of the task file, relative to the plan.

        Cost: seconds (reading and checking the files).

        Example:
            t = tasks("tasks.yaml")
        """
        ...

    def profile(self, task: str) -> dict[str, object]:
        """Facts about a task: kind, metric, rows (train, dev, test), classes, table, language,
        mean_length, folds.

        Args:
            task: A name that `tasks` gave.

        Cost: nothing.

        Example:
            if profile("intent")["train"] < 1000: ...
        """
        ...

    def helpers(self, task: str) -> list[Helper]:
        """The labelled sets that may help a task and are not served, the most promising first: by
        the sum of two ranks, how alike their inputs are and how many rows they have.

        Args:
            task: A name that `tasks` gave.

        Cost: seconds a set (one pass of the frozen encoder over some hundred rows); nothing, and
        an empty list, where there is no set in the task's language and kind of input.

        Example:
            for one in helpers("intent")[:3]:
                joint = train(["intent", *one["tasks"]], FineTune(epochs=3))
                first = train(one["tasks"], FineTune(epochs=2))
                after = train(["intent"], Probe(), start=first["part"])
        """
        ...

    def train(
        self,
        tasks: Sequence[str],
        recipe: str,
        repeat: int = 0,
        start: str = "",
        teachers: Mapping[str, str] = {},
    ) -> Trained:
        """Train one part for one task, or one joint part for several, and score it on dev.

        Args:
            tasks: One or more names. Several are trained together; helpers may be among them, which
                have no rows in dev and are not in the `dev` of what comes back; helpers alone make
                an encoder to `start` from.
            recipe: A recipe such as `FineTune(epochs=3)`.
            repeat: 0 trains with the run's seed. 1, 2, … train the same on the same rows and splits
                with another seed, to show how much is luck: name them in `combine`; a repeat is
                never delivered. `TfidfLinear`, `Probe` and `KernelProbe` need none.
            start: Handle of a part whose encoder the new one starts from, with fresh heads: what
                other tasks taught it goes on to these. Not for `TfidfLinear`.
            teachers: By task the handle of a part whose answers on the training rows are learned
                first, then more and more the labels. For `FineTune` and `TopLayers`.

        Where rows are judged in folds, `start` and `teachers` may have seen no table of theirs.

        Effect: keeps the part; the best part of each task on dev is what a stop would deliver.
        Cost: from a second (TfidfLinear) to minutes an epoch (FineTune); estimated first, and not
        started when the estimate exceeds the seconds left (`status` "no time"). A repeat also needs
        the time to answer the test rows at the end, so repeats come last in a plan.

        Example:
            single = train(["intent"], FineTune(epochs=3))
            joint = train(["intent", "slots"], FineTune(epochs=3))
            again = train(["intent", "slots"], FineTune(epochs=3), repeat=1)
            after = train(["intent"], FineTune(epochs=3), start=joint["part"])
            teachers = {"intent": single["part"]}
            kept = train(["intent", "slots"], FineTune(epochs=3), teachers=teachers)
        """
        ...

    def train_all(self, candidates: Sequence[Mapping[str, object]]) -> list[Trained]:
        """Train candidates that do not wait for each other: side by side as far as the run has
        workers (`--workers`), else one after the other, with the same results.

        Args:
            candidates: Dicts with the arguments of `train` by name: `tasks` and `recipe`, and where
                wanted `repeat`, `start`, `teachers`. None may need the part of another of them. The
                same twice is trained once.

        Gives what `train` gives of each, in their order. One that fails or for which there is no
        time is a value like any other; the rest goes on. Trainings begin in this order too, so put
        what matters, or takes long, first.

        Effect: that of `train`, for each. A run that is stopped within goes on with the rest.
        Cost: the sum of theirs, divided among the workers at best.

        Example:
            asked = [{"tasks": t, "recipe": FineTune(epochs=3)}]
            asked += [{"tasks": [task], "recipe": FineTune(epochs=3)} for task in t]
            joint, *alone = train_all(asked)
            again = train_all([{**one, "repeat": 1} for one in asked])
        """
        ...

    def compare(self, shared: str, controls: Mapping[str, str]) -> dict[str, Compared]:
        """Hold a shared part against controls on dev rows, task by task.

        Args:
            shared: Handle of a part that answers every task in `controls`.
            controls: By task the handle of its control.

        Cost: a second (predictions are kept).

        Example:
            verdicts = compare(joint["part"], {"intent": single["part"]})
        """
        ...

    def affinity(self, part: str) -> dict[str, dict[str, float]]:
        """What a joint part promises of its tasks: by task, by other task, the share of the other's
        loss that one gradient step for the task takes (below 0: it harms), over looks during the
        training. It ranks groups worth a run; how much they gain only `compare` tells.

        Args:
            part: Handle of a part trained on several tasks. Empty for one that shares no trained
                numbers.

        Cost: nothing (the looks were taken while it was trained).

        Example:
            pull = affinity(joint["part"])
            both = (pull["intent"]["slots"] + pull["slots"]["intent"]) / 2
        """
        ...

    def evidence(self, tasks: Sequence[str], parts: Sequence[str] = ()) -> list[Clue]:
        """What is promised of each group of two or three of some tasks, and of all of them, the
        most promising first; without a training. Groups are ranked by sizes, kinds and languages of
        the data, by features of a frozen encoder, by probes of one task on another's rows, and by
        what `parts` tell. It proposes; how much a group gains only `compare` tells.

        Args:
            tasks: Two to sixteen names; one encoder reads them all.
            parts: First the joint part whose gradients are read; then any whose learning curves may
                be gone on with, those trained as the first left out.

        Cost: seconds (one pass of the frozen encoder over some hundred rows a table, which probes
        have made before); without the time for it what needs no features speaks alone.

        Example:
            for one in evidence(joint["tasks"], [joint["part"]])[:2]:
                train(one["tasks"], joint["recipe"])
        """
        ...

    def cost(self, part: str) -> Cost:
        """What a part takes in a model: its size, and the time of one row on this machine.

        Args:
            part: Handle of a part; measured once a run, whatever stops it.

        Cost: a second (the part is read and answers some dev rows, one at a time).

        Example: light = cost(linear["part"])["bytes"] < 10_000_000
        """
        ...

    def suggest(
        self,
        task: str,
        sampler: str = "tpe",
        tried: Mapping[str, float] = {},
        count: int = 1,
        epochs: int = 0,
    ) -> list[str]:
        """Recipes to try next for a task, drawn by a sampler from a small space: what of the
        encoder is trained (all, upper layers, LoRA), learning rate, dropout, epochs.

        Args:
            task: A name that `tasks` gave.
            sampler: "grid" (each point of a coarse grid once), "random", "tpe" or "gp" (both draw
                at random until four results are there).
            tried: By recipe its score, higher is better, in the order they were tried; recipes
                from outside the space, or of other `epochs`, teach nothing.
            count: How many; a grid may have fewer left.
            epochs: Passes of each; 0 searches them too. While nothing was tried, another number
                gives the same recipes otherwise: short trainings first, the better ones longer.

        Cost: below a second, "gp" a few.

        Example:
            tried = {}
            for _ in range(8):
                recipe = suggest("intent", "tpe", tried)[0]
                found = train(["intent"], recipe)
                if found["status"] == "done":
                    tried[recipe] = found["dev"]["intent"]
        """
        ...

    def combine(
        self,
        parts: Mapping[str, str],
        controls: Mapping[str, str],
        repeats: Mapping[str, Sequence[str]] = {},
        front: Mapping[str, object] = {},
    ) -> str:
        """Make one model of parts, and say which control each task is certified against.

        Args:
            parts: By task the handle of the part that shall answer it; helpers are not served. Of
                a part trained on more tasks only what these need is kept.
            controls: By task the handle of its best single-task part.
            repeats: By handle of such a part the handles of its repeats, in their order. The
                figures of its tasks are then taken over all seeds; what is delivered stays the
                same. Arms with as many repeats each are compared seed by seed.
            front: What `parts` were chosen from, for the report: "choices", dicts like `parts`,
                of parts that all have a `cost`; "prefer" ("accurate", "small", "fast"); "bound",
                milliseconds that one row may take, 0 for any.

        Cost: a second, and in the final evaluation that of answering the test rows with each
        repeat. Parts over the same frozen encoder become one.

        Example:
            model = combine({"intent": joint["part"]}, {"intent": single["part"]})
            repeats = {joint["part"]: [again["part"]]}
            model = combine({"intent": joint["part"]}, {"intent": single["part"]}, repeats)
        """
        ...

    def try_plan(self, text: str, seconds: float) -> Attempted:
        """Check and run another plan under a share of the budget; nothing of it is delivered by
        itself, its parts are handles like any others.

        Args:
            text: A whole plan program, with its own `tasks(...)` of the same file and `finish`.
            seconds: Its share. Not started when more than what is left (`status` "no time").

        A plan that is wrong, fails or does not halt is a value, not an error. What it trains is
        kept: a stop delivers the best of it too. The same text under the same share is run once.

        Cost: up to `seconds`.

        Example:
            found = try_plan(draft, 0.3 * seconds_left())
            if found["model"] and found["dev"]["intent"] > single["dev"]["intent"]:
                finish(found["model"])
        """
        ...

    def draft(self, seconds: float, text: str = "", found: str = "") -> Drafted:
        """Ask the language model of the run (`--llm`) for a plan program. It is told what plans may
        use, the figures of the tasks and the user's goal; rows only with `--share-rows`, and never
        such as judge. Faults go back to it, at most three times. What it wrote has not run.

        Args:
            seconds: When to give up, above 0; the plan is to take about as long.
            text: A plan to repair or to improve; "" asks for one from nothing.
            found: What came of that plan, or of those before, for the model to read.

        Cost: up to `seconds`, and tokens of the run's budget of them.

        Example:
            drafted = draft(0.1 * seconds_left())
            if drafted["status"] == "done":
                found = try_plan(drafted["text"], 0.2 * seconds_left())
        """
        ...

    def seconds_left(self) -> float:
        """Seconds of the budget left for operations (time for the final report is set aside)."""
        ...

    def say(self, text: str) -> None:
        """Write a line into the run's log and report: what the plan found and decided."""
        ...

    def finish(self, model: str) -> None:
        """Name the model to deliver, once, at the end; the test split is opened after this.

        Args:
            model: What `combine` gave.
        """
        ...
