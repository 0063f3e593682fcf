import { assertEquals, assertThrows } from "@std/assert";
import { clientId, digest, logIndex, replicaId } from "../../../../protocol/ids.ts";
import type { ClientReply } from "../../../../replica/core/output.ts";
import { ViolationError } from "../../observer.ts";
import { Judge } from "../judge.ts";
import { ReplayChecker } from "./replay_checker.ts";

const r1 = replicaId("r1");
const reply = (index: number): ClientReply => ({
  client: clientId("c1"),
  answers: [{
    request: digest("ab".repeat(32)),
    outcome: "applied",
    index: logIndex(index),
    result: new Uint8Array(0),
    session: null,
  }],
});

Deno.test("§7.2 is judged: a restarted replica that answers before it has applied its durable prefix again", () => {
  const checker = new ReplayChecker(new Judge(true));
  checker.started(r1, logIndex(5));
  checker.applied(r1, logIndex(4));
  const error = assertThrows(() => checker.replied(r1, reply(3)), ViolationError);
  assertEquals(error.invariant, "§7.2");
});

Deno.test("§7.2 is not broken by answers to later entries, after the replay, or of a replica that starts empty", () => {
  const checker = new ReplayChecker(new Judge(true));
  checker.started(r1, logIndex(0));
  checker.replied(r1, reply(1));
  checker.started(r1, logIndex(5));
  checker.replied(r1, reply(6));
  checker.applied(r1, logIndex(5));
  checker.replied(r1, reply(3));
});
