/** §7.2: a restarted replica answers nothing from before its restart until it has applied up to its durable commit index again. */
import type { LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { ClientReply } from "../../../../replica/core/output.ts";
import type { Judge } from "../judge.ts";

interface Replay {
  /** Durable commit index at the start. */
  readonly until: LogIndex;
  applied: number;
}

export class ReplayChecker {
  readonly #judge: Judge;
  readonly #replays = new Map<ReplicaId, Replay>();

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  started(at: ReplicaId, commitIndex: LogIndex): void {
    this.#replays.set(at, { until: commitIndex, applied: 0 });
  }

  /** Records that `at` has applied everything up to `index`, one by one or all at once by a snapshot. */
  applied(at: ReplicaId, index: LogIndex): void {
    const replay = this.#replays.get(at);
    if (replay) replay.applied = index;
  }

  replied(at: ReplicaId, { client, answers }: ClientReply): void {
    const replay = this.#replays.get(at);
    if (!replay || replay.applied >= replay.until) return;
    const early = answers.find(({ index }) => index <= replay.until);
    this.#judge.clause(
      early === undefined,
      "§7.2",
      () =>
        `${at} answers ${client} ${
          early?.request.slice(0, 8)
        } of index ${early?.index} and has applied ${replay.applied} of ${replay.until} again`,
    );
  }
}
