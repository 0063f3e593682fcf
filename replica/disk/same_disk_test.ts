import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { firstGenesis, nextGenesis } from "../../protocol/hash_chain.ts";
import { digest, logIndex, replicaId, term } from "../../protocol/ids.ts";
import type { HardState, Recovered } from "../core/log/durable_state.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "../storage/empty.ts";
import { beginningOf, epochOf } from "../storage/epoch.ts";
import { openMemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageError } from "../storage/port.ts";
import { beginEpoch, type DurableMark } from "./durable_mark.ts";
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

Deno.test("a disk that was to begin the next epoch as it refused is in either, and in no other", () => {
  const genesis = nextGenesis(sha256Hex, 3, hash, { index: logIndex(9), hash }, hash);
  const before = { ...mark, epoch: 2 };
  const stayed = { ...holding, genesis: { ...genesis, epoch: 2 } };
  const crossed = beginningOf({ op: "begin-epoch", genesis, held: false, recovery: null });
  assertSameDisk(before, stayed);
  const crossing = { ...before, crossing: genesis };
  assertSameDisk(crossing, stayed);
  assertSameDisk(crossing, crossed);
  // What is of the same epoch is compared as ever.
  const cases: readonly (readonly [DurableMark, Recovered, string])[] = [
    [crossing, { ...stayed, commitIndex: logIndex(6) }, "commit index 6"],
    [before, crossed, "epoch 3, wanted at least epoch 2"],
    [{ ...crossing, crossing: { ...genesis, hash: digest("cd".repeat(32)) } }, crossed, "or the beginning of epoch 3"],
    [{ ...crossing, epoch: 3 }, stayed, "epoch 2, wanted at least epoch 3"],
    [before, { ...holding, genesis: null }, "epoch 1, wanted at least epoch 2"],
  ];
  for (const [known, found, message] of cases) {
    const error = assertThrows(() => assertSameDisk(known, found), StorageError, message);
    assert(!error.refused);
  }
});

Deno.test("where nothing was certified in an epoch yet, its genesis is the highest certificate", () => {
  const genesis = nextGenesis(sha256Hex, 2, hash, { index: logIndex(9), hash }, hash);
  const found = beginningOf({ op: "begin-epoch", genesis, held: true, recovery: null });
  const fresh = { epoch: 2, crossing: null, hard: EMPTY_HARD_STATE, last: genesis.index, commitIndex: genesis.index };
  assertSameDisk({ ...fresh, prepared: { term: term(0), index: genesis.index, hash: genesis.hash } }, found);
  const lower = { ...fresh, prepared: point(1, 10) };
  assertThrows(() => assertSameDisk(lower, found), StorageError, "a lower certificate");
});

Deno.test("whether the disk that refused a beginning took it or not, it is known again as it comes back", () => {
  for (const [fate, epoch] of [["before", 1], ["meanwhile", 1], ["after", 2]] as const) {
    const storage = openMemoryStorage({ clusterId: "x", hash: sha256Hex });
    const genesis = nextGenesis(sha256Hex, 2, hash, { index: logIndex(9), hash }, hash);
    const { index, hash: start } = firstGenesis(sha256Hex, "x");
    const known: DurableMark = {
      ...{ epoch: 1, crossing: null, hard: EMPTY_HARD_STATE, last: index, commitIndex: index },
      prepared: { term: term(0), index, hash: start },
    };
    storage.failNext = fate;
    const begin = () => beginEpoch(storage, known, { op: "begin-epoch", genesis, held: false, recovery: null });
    assertThrows(begin, StorageError, "Simulated crash");
    const back = storage.reopen().load();
    assertEquals(epochOf(back), epoch);
    assertSameDisk(known, back);
  }
});
