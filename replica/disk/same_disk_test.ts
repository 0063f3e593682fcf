import { assert, assertThrows } from "@std/assert";
import { digest, logIndex, replicaId, term } from "../../protocol/ids.ts";
import type { HardState, Recovered } from "../core/log/durable_state.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "../storage/empty.ts";
import { StorageError } from "../storage/port.ts";
import type { DurableMark } from "./durable_mark.ts";
import { assertSameDisk } from "./same_disk.ts";

const hash = digest("ab".repeat(32));
const point = (termNumber: number, index: number) => ({ term: term(termNumber), index: logIndex(index), hash });
const vote = { candidate: replicaId("r2"), base: point(3, 5) };
const hard: HardState = {
  ...EMPTY_HARD_STATE,
  currentTerm: term(4),
  vote,
  ack: { index: logIndex(9), hash },
  preVoted: term(5),
};
const mark: DurableMark = {
  ...{ epoch: 1, crossing: null, hard, last: logIndex(9), prepared: point(4, 8), commitIndex: logIndex(7) },
};
const holding: Recovered = {
  ...EMPTY_RECOVERED,
  hardState: hard,
  prepared: { kind: "prepare", ...point(4, 8), responses: [] },
  commitIndex: logIndex(7),
};

Deno.test("a disk that holds what it held, or what a commit of unknown fate added, is the same", () => {
  assertSameDisk(mark, holding);
  assertSameDisk(mark, {
    ...holding,
    commitIndex: logIndex(8),
    hardState: { ...hard, currentTerm: term(5), vote: null, ack: null },
  });
  const fresh = { ...mark, hard: EMPTY_RECOVERED.hardState, prepared: point(0, 0), commitIndex: logIndex(0) };
  assertSameDisk(fresh, EMPTY_RECOVERED);
});

Deno.test("a recovery under way is the same one, or has ended", () => {
  const recovery = { nonce: hash, bar: null };
  const learner = { ...mark, hard: { ...hard, recovery } };
  const back = (hardState: Partial<HardState>) => ({ ...holding, hardState: { ...hard, ...hardState } });
  assertSameDisk(learner, back({ recovery: { ...recovery, bar: term(3) } }));
  assertSameDisk(learner, back({ recovery: null }));
  const other = { nonce: digest("cd".repeat(32)), bar: null };
  assertThrows(() => assertSameDisk(learner, back({ recovery: other })), StorageError, "The disk that came back");
});

Deno.test("a disk that lost a term, a vote, an ack, a certificate or commits is refused for good", () => {
  const older: readonly Partial<Recovered>[] = [
    { hardState: { ...hard, currentTerm: term(3) } },
    { hardState: { ...hard, vote: null } },
    { hardState: { ...hard, vote: { ...vote, candidate: replicaId("r3") } } },
    { hardState: { ...hard, ack: { index: logIndex(8), hash } } },
    { hardState: { ...hard, ack: null } },
    { hardState: { ...hard, preVoted: term(4) } },
    { hardState: { ...hard, recovery: { nonce: hash, bar: null } } },
    { prepared: null },
    { prepared: { kind: "prepare", ...point(4, 7), responses: [] } },
    { commitIndex: logIndex(6) },
  ];
  for (const change of older) {
    const error = assertThrows(
      () => assertSameDisk(mark, { ...holding, ...change }),
      StorageError,
      "The disk that came back",
    );
    assert(!error.refused);
  }
});
