/** §4.2, the core's side: whatever leads to it, `setAck` never acks a second chain in a term. The storage's own guard is tested there. */
import { assertEquals, assertThrows } from "@std/assert";
import { setAck, setHardState } from "../../replica/core/durable.ts";
import { truncateTo } from "../../replica/core/log.ts";
import { InvariantError } from "../../replica/core/invariant.ts";
import * as forge from "./forge.ts";
import { Lab } from "./lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 4, 1);
const OTHER = forge.grow(forge.headIn(CHAIN, 1), 3, 1, "other");

/** A follower in term 1 that has acked (3, h) of `CHAIN`. */
function acked(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  assertEquals(lab.state.hard.ack, forge.headIn(CHAIN, 3));
  return lab;
}

const refuses = (lab: Lab, head: ReturnType<typeof forge.endOf>, why: string) =>
  assertThrows(() => setAck(lab.context(), head), InvariantError, why);

Deno.test("§4.2d an ack whose chain does not pass through the last ack of the term is refused", () => {
  const lab = acked();
  truncateTo(lab.state.log, forge.headIn(CHAIN, 1).index);
  lab.state.log.entries.push(...OTHER);
  refuses(lab, forge.headIn(OTHER, 4), "I2: the chain acked now misses the ack at 3");
});

Deno.test("§4.2d an ack of what the log does not hold is refused", () => {
  refuses(acked(), forge.headIn(CHAIN, 4), "I2: acked 4, which is not on the log");
  refuses(acked(), forge.headIn(OTHER, 3), "I2: acked 3, which is not on the log");
});

Deno.test("§4.2d an ack never moves down", () => {
  refuses(acked(), forge.headIn(CHAIN, 2), "I2: acked 2 after 3");
});

Deno.test("§4.2d nothing is acked once the no-more-acks flag stands", () => {
  const lab = acked();
  setHardState(lab.context(), { noMoreAcks: true });
  refuses(lab, forge.headIn(CHAIN, 3), "I2: acked 3 after catch-up replaced an acked entry");
});

Deno.test("§4.2 an ack further up the same chain is allowed, and handed out to be made durable", () => {
  const lab = acked();
  lab.state.log.entries.push(CHAIN[3]!);
  const context = lab.context();
  setAck(context, forge.endOf(CHAIN));
  const [operation] = context.out.persist;
  assertEquals(operation?.op === "hard-state" ? operation.state.ack : null, forge.endOf(CHAIN));
});
