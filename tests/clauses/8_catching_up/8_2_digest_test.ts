/** §8.2, I6: the digest that replicas compare covers the session table, not the application's state alone. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { logIndex } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { applyRequest } from "../../../protocol/snapshot/session_table.ts";
import { replicatedDigest } from "../../../replica/status/status.ts";
import { encodeKvCommand, type KvCommand, KvStore } from "../../../state_machine/mod.ts";
import { executing } from "../../support/executors.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

/** Replicated state by itself: `apply` orders a request and returns the digests after it. */
class Replicated {
  readonly #machine = new KvStore();
  readonly #state = new Lab().state;

  apply({ message, body }: Signed<Request>, index: number, command?: KvCommand) {
    const request = command ? { ...message, command: encodeKvCommand(command) } as Request : message;
    applyRequest(this.#state.sessions, request, sha256Hex(body), logIndex(index), executing(this.#machine));
    const machine = this.#machine.digest();
    return { machine, digest: replicatedDigest(machine, this.#state) };
  }
}

Deno.test("§8.2b I6 what changes the session table alone changes the digest", () => {
  const read: KvCommand = { op: "get", key: "k" };
  const cases: Record<string, (all: Replicated) => ReturnType<Replicated["apply"]>> = {
    "a read's answer": (all) => all.apply(forge.request(4), 2, read),
    "a repeated request that moves its client's floor": (all) => all.apply(forge.request(3, "more", "c1", 2), 2),
    "a request above its window that moves its client's floor": (all) => all.apply(forge.request(999, "", "c1", 1), 2),
    "a register": (all) => all.apply(forge.register(1), 2),
  };
  for (const [what, change] of Object.entries(cases)) {
    const all = new Replicated();
    const before = all.apply(forge.request(3, "value"), 1);
    const after = change(all);
    assertEquals(after.machine, before.machine, what);
    assertNotEquals(after.digest, before.digest, what);
  }
});

Deno.test("§8.2b I6 two tables that would answer differently have two digests over one machine state", () => {
  const settledAt = (index: number) => new Replicated().apply(forge.request(0, "value"), index);
  const [early, late] = [settledAt(1), settledAt(2)];
  assertEquals(early.machine, late.machine);
  assertNotEquals(early.digest, late.digest);
});

Deno.test("§8.2 I6 equal state and equal tables have equal digests, and a request that changes neither keeps it", () => {
  const [one, other] = [new Replicated(), new Replicated()];
  assertEquals(one.apply(forge.request(0, "value"), 1), other.apply(forge.request(0, "value"), 1));
  const before = one.apply(forge.request(1, "next"), 2);
  assertEquals(one.apply(forge.request(1, "again"), 3), before);
});

Deno.test("§8.2b I6 Checkpoints over one state of the application and two session tables name two digests", () => {
  const stateDigest = (...more: Signed<Request>[]) => {
    const lab = new Lab({ constants: { checkpointEvery: 2 } });
    const first = forge.entryAfter(forge.GENESIS, 1, [forge.request(0, "value")]);
    const chain = [first, forge.entryAfter(forge.endOf([first]), 1, more)];
    lab.follow("r1", 1, chain);
    lab.receive(...forge.reportsOf(lab.peers, 1, forge.endOf(chain)));
    const said = lab.until((last) => sentOf(last, "Checkpoint").length > 0, 1000);
    return sentOf(said, "Checkpoint")[0]!.signed.message.stateDigest;
  };
  assertEquals(stateDigest(), stateDigest());
  // Neither is executed: the one comes again, the other opens a session.
  assertEquals(stateDigest(forge.request(0, "other", "c1")), stateDigest());
  assertNotEquals(stateDigest(forge.register(1)), stateDigest());
  assertNotEquals(stateDigest(forge.register(1)), stateDigest(forge.register(1, 0, "c2")));
});
