/** The beginning of an epoch (§13.5, §13.7): what is left of the one before, what may begin, and what is signed where. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Genesis } from "../../../protocol/config.ts";
import { genesisProof } from "../../../protocol/epochs/genesis_proof.ts";
import { digest, replicaId, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { BeginEpoch, PersistOperation, Recovered } from "../../../replica/core/log/durable_state.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "../../../replica/storage/empty.ts";
import { GuardError, type SigningIntent, type Storage, StorageError } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 6, 4);
const END = fx.endOf(LOG.slice(0, 5));
const { stateDigest, chunks } = fx.snapshot(fx.chunk("sessions"), fx.chunk("pages", 9000));
const GENESIS = fx.genesisAfter(END, stateDigest);
const HEAD = { index: GENESIS.index, hash: GENESIS.hash };
const PROOF = genesisProof(GENESIS);
const BRANCH = fx.grow(END, 3, 5, "branch");
const NEXT = fx.grow(HEAD, 4, 1, "next");
const RECOVERY = { nonce: digest("cd".repeat(32)), bar: null };

const HELD: Recovered = {
  ...EMPTY_RECOVERED,
  ...{ genesis: GENESIS, base: HEAD, commitIndex: GENESIS.index, commitCertificate: PROOF.commit, checkpoint: PROOF },
};
const NOT_HELD: Recovered = { ...EMPTY_RECOVERED, genesis: GENESIS, transfer: PROOF };

/** Leaves something of every kind in epoch 1, its stop-sign committed at index 5. */
function live(storage: Storage): void {
  storage.commit([fx.hardState(4), fx.append(LOG)], [fx.acks(4, fx.endOf(LOG)), fx.voting(fx.vote(4, "r2"))]);
  const kept = { vote: { candidate: replicaId("r2"), base: fx.vote(4, "r2").base }, ack: fx.endOf(LOG) };
  storage.commit([
    ...[fx.hardState(6, { ...kept, preVoted: term(7) }), fx.prepared(5, fx.endOf(BRANCH), BRANCH), fx.commit(4, END)],
    ...[{ op: "evidence", evidence: fx.evidence("r4") } as const, fx.chunks(chunks)],
    fx.checkpoint(fx.checkpointProof(4, END, stateDigest)),
    fx.compact(fx.endOf(LOG.slice(0, 2))),
  ], []);
}

const begin = (genesis: Genesis, held = true): BeginEpoch => fx.beginEpoch(genesis, held);

/** Registers the suite's tests for one twin; `recover` returns a disk on which a recovery has just begun. */
export function epochContract(name: string, open: Open, recover: Open): void {
  beginnings(name, open);
  refusals(name, open);
  successions(name, open, recover);
  logs(name, open);
  signatures(name, open);
  evidence(name, open);
}

function beginnings(name: string, open: Open): void {
  for (
    const [what, held, wanted] of [["with its state", true, HELD], ["without its state", false, NOT_HELD]] as const
  ) {
    Deno.test(`${name}: an epoch begins ${what}, and of the one before nothing is left but chunks`, () => {
      using subject = open();
      live(subject.storage);
      subject.storage.commit([begin(GENESIS, held)], []);
      assertEquals(subject.storage.load(), wanted);
      using reopened = subject.reopen();
      assertEquals(reopened.storage.load(), wanted);
      assertEquals([...reopened.storage.chunks.digests()], chunks.map((chunk) => chunk.digest).toSorted());
    });
  }
  Deno.test(`${name}: a new member begins in any epoch, a learner goes on as one`, () => {
    const later = fx.genesisAfter(END, stateDigest, 7);
    using fresh = open();
    fresh.storage.commit([fx.beginEpoch(later, false, RECOVERY)], []);
    using reopened = fresh.reopen();
    const { genesis, hardState } = reopened.storage.load();
    assertEquals([genesis, hardState], [later, { ...EMPTY_HARD_STATE, recovery: RECOVERY }]);
    const next = fx.genesisAfter(fx.endOf(NEXT), stateDigest, 8);
    reopened.storage.commit([fx.chunks(chunks), fx.beginEpoch(next, true, RECOVERY)], []);
    assertEquals(reopened.storage.load().genesis, next);
  });
}

function refusals(name: string, open: Open): void {
  const epoch = (change: Partial<Genesis>): BeginEpoch => begin({ ...GENESIS, ...change });
  const cases: readonly (readonly [string, readonly PersistOperation[], readonly SigningIntent[], string])[] = [
    ["leaves one out", [epoch({ epoch: 3 })], [], "the beginning of epoch 3 after epoch 1"],
    ["is the present one", [epoch({ epoch: 1 })], [], "the beginning of epoch 1 after epoch 1"],
    ["has no state", [epoch({ stateDigest: null })], [], "epoch 2 without a state"],
    ["forgets what is committed", [epoch({ index: fx.endOf(LOG.slice(0, 4)).index })], [], "wanted at least 5"],
    ["lacks a chunk", [epoch({ stateDigest: END.hash })], [], "snapshot is not whole"],
    [
      "comes with another change",
      [fx.hardState(9), begin(GENESIS)],
      [],
      "beside other changes: hard-state, begin-epoch",
    ],
    ["comes before another change", [begin(GENESIS), fx.append(NEXT)], [], "beside other changes: begin-epoch, append"],
    ["comes twice", [begin(GENESIS), begin(GENESIS)], [], "beside other changes"],
    ["comes with a signature", [begin(GENESIS)], [fx.acks(6)], "a signature (acks)"],
    ["comes with one of its own", [begin(GENESIS)], [fx.ofEpoch(2, fx.acks(1))], "a signature (acks)"],
    ["ends no recovery", [fx.beginEpoch(GENESIS, true, { ...RECOVERY, bar: term(3) })], [], "bar 3 at the beginning"],
  ];
  for (const [what, operations, intents, message] of cases) {
    Deno.test(`${name}: an epoch that ${what} does not begin, and nothing has changed`, () => {
      using subject = open();
      live(subject.storage);
      const before = subject.storage.load();
      assertThrows(() => subject.storage.commit(operations, intents), StorageError, message);
      assertEquals(subject.storage.load(), before);
      assertThrows(() => subject.storage.commit([], [fx.voting(fx.vote(4, "r3"))]), GuardError, "other bytes");
      using reopened = subject.reopen();
      assertEquals(reopened.storage.load(), before);
      reopened.storage.commit([begin(GENESIS)], []);
      assertEquals(reopened.storage.load(), HELD);
    });
  }
}

function successions(name: string, open: Open, recover: Open): void {
  Deno.test(`${name}: an epoch begins behind the one before it, and the next one after that`, () => {
    using subject = open();
    live(subject.storage);
    subject.storage.commit([begin(GENESIS)], []);
    const third = (index: number) =>
      begin({ ...fx.genesisAfter(HEAD, stateDigest, 3), index: HEAD.index + index as never });
    assertThrows(() => subject.storage.commit([third(0)], []), StorageError, "wanted at least 6");
    assertThrows(() => subject.storage.commit([begin(GENESIS)], []), StorageError, "epoch 2 after epoch 2");
    subject.storage.commit([third(1)], []);
    assertEquals(subject.storage.load().genesis?.epoch, 3);
  });
  Deno.test(`${name}: a learner that has no bar crosses as a learner, one that has it as a full member (§13.9)`, () => {
    for (const bar of [null, 7]) {
      using subject = recover();
      const { storage } = subject;
      const { recovery } = storage.load().hardState;
      storage.commit([fx.chunks(chunks)], []);
      if (bar !== null) storage.commit([fx.hardState(1, { recovery: { nonce: recovery!.nonce, bar: term(bar) } })], []);
      const cross = () => storage.commit([begin(GENESIS)], []);
      if (bar === null) {
        assertThrows(cross, StorageError, "its bar is not known");
        storage.commit([fx.beginEpoch(GENESIS, true, RECOVERY)], []);
        assertThrows(() => storage.commit([], [fx.ofEpoch(2, fx.acks(1))]), GuardError, "does not know yet");
      } else {
        cross();
        storage.commit([fx.hardState(1)], [fx.ofEpoch(2, fx.acks(1, HEAD))]);
      }
    }
  });
}

function logs(name: string, open: Open): void {
  Deno.test(`${name}: the log goes on behind the genesis, and never below it or past another one`, () => {
    using subject = open();
    live(subject.storage);
    subject.storage.commit([begin(GENESIS)], []);
    const { storage } = subject;
    storage.commit([fx.hardState(1), fx.append(NEXT), fx.commit(1, fx.endOf(NEXT.slice(0, 2)))], []);
    assertThrows(() => storage.commit([fx.truncate(4)], []), StorageError, "below commit index 7");
    const other = { ...fx.prepareCertificate(0, END), responses: [] };
    assertThrows(
      () => storage.commit([{ op: "prepared", certificate: other, branch: [] }], []),
      StorageError,
      "a certificate of term 0 at (5, ",
    );
    using reopened = subject.reopen();
    const { base, entries, commitIndex } = reopened.storage.load();
    assertEquals([base, entries, commitIndex as number], [HEAD, NEXT, 7]);
  });
  Deno.test(`${name}: one without the state takes it up at the genesis or behind it, and acks nothing before`, () => {
    const later = fx.endOf(NEXT);
    const proofs = [PROOF, fx.checkpointProof(1, later, stateDigest)];
    for (const proof of proofs) {
      using subject = open();
      live(subject.storage);
      const { storage } = subject;
      storage.commit([begin(GENESIS, false)], []);
      storage.commit([fx.hardState(1)], [fx.ofEpoch(2, fx.acks(1))]);
      assertThrows(
        () => storage.commit([], [fx.ofEpoch(2, fx.acks(1, fx.GENESIS))]),
        GuardError,
        "holds nothing at index 0",
      );
      assertThrows(
        () => storage.commit([fx.append(fx.grow(fx.GENESIS, 1, 1))], []),
        StorageError,
        "the genesis is (5, ",
      );
      const below = fx.endOf(LOG.slice(0, 4));
      for (const base of [below, END]) {
        assertThrows(() => storage.commit([fx.restart(base)], []), StorageError, "the genesis is (5, ");
      }
      const { index, hash } = proof.stable;
      const commit: PersistOperation = { op: "commit", index, certificate: proof.commit };
      storage.commit([fx.restart({ index, hash }), commit, fx.checkpoint(proof), fx.transfer(null)], []);
      using reopened = subject.reopen();
      const { base, checkpoint, transfer, genesis } = reopened.storage.load();
      assertEquals([base, checkpoint, transfer, genesis], [{ index, hash }, proof, null, GENESIS]);
      reopened.storage.commit([], [fx.ofEpoch(2, fx.acks(1, { index, hash }))]);
    }
  });
}

function signatures(name: string, open: Open): void {
  const intents: readonly SigningIntent[] = [
    ...[fx.acks(1, HEAD), fx.acks(1), fx.voting(fx.vote(1, "r3")), fx.checkpointing(HEAD, stateDigest)],
  ];
  Deno.test(`${name}: guard ⚠ refuses what a core of an epoch that was left, or is not begun, signs (§13.7)`, () => {
    using subject = open();
    live(subject.storage);
    for (const intent of intents) {
      const early = () => subject.storage.commit([], [fx.ofEpoch(2, intent)]);
      assertThrows(early, GuardError, `for epoch 2 (${intent.kind}): this disk is in epoch 1 (§13.7)`);
    }
    subject.storage.commit([begin(GENESIS)], []);
    using reopened = subject.reopen();
    const { storage } = reopened;
    for (const intent of intents) {
      assertThrows(() => storage.commit([], [intent]), GuardError, "for epoch 1", "(§13.7)");
      assertThrows(() => storage.commit([fx.hardState(1)], [fx.ofEpoch(3, intent)]), GuardError, "is in epoch 2");
    }
  });
  Deno.test(`${name}: guard begins anew with the epoch, and is as strict in it`, () => {
    using subject = open();
    live(subject.storage);
    subject.storage.commit([begin(GENESIS)], []);
    subject.storage.commit([fx.hardState(1)], intents.map((intent) => fx.ofEpoch(2, intent)));
    using reopened = subject.reopen();
    const second = fx.ofEpoch(2, fx.voting(fx.vote(1, "r4")));
    assertThrows(() => reopened.storage.commit([], [second]), GuardError, "other bytes");
    assertThrows(() => reopened.storage.commit([], [fx.ofEpoch(2, fx.acks(1, END))]), GuardError, GENESIS.hash);
  });
}

function evidence(name: string, open: Open): void {
  const add = (culprit: string): PersistOperation => ({ op: "evidence", evidence: fx.evidence(culprit) });
  Deno.test(`${name}: evidence is of its epoch, and each has the same room (§13.13)`, () => {
    using subject = open();
    live(subject.storage);
    const many = Array.from({ length: LIMITS.maxEvidence + 3 }, (_, i) => add(`q${i}`));
    subject.storage.commit(many, []);
    assertEquals(subject.storage.load().evidence.length, LIMITS.maxEvidence);
    subject.storage.commit([begin(GENESIS)], []);
    assertEquals(subject.storage.load().evidence, []);
    subject.storage.commit([add("r4"), add("r2")], []);
    using reopened = subject.reopen();
    assertEquals(reopened.storage.load().evidence, [fx.evidence("r4"), fx.evidence("r2")]);
    reopened.storage.commit(many, []);
    assertEquals(reopened.storage.load().evidence.length, LIMITS.maxEvidence);
  });
}
