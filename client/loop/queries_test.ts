import { assertEquals, assertRejects } from "@std/assert";
import { clientId, logIndex, replicaId } from "../../protocol/ids.ts";
import type { QueryReply } from "../../protocol/message.ts";
import { RefusedError } from "../errors.ts";
import { MAX_OPEN_QUERIES, Queries, type Question } from "./queries.ts";

/** Signs nothing: what is sent is not read. */
const signer = { publicKey: new Uint8Array(33), sign: () => new Uint8Array(64) };

const question = (nonce: number): Question<number> => ({
  message: { kind: "GetCommittedCommand", client: clientId("c1"), nonce, index: logIndex(1) },
  nonce,
  targets: ["r1"],
  timeoutMs: 1000,
  judge: { take: () => ({ value: nonce }), expire: () => ({ error: new Error("late") }) },
});

const answerTo = (nonce: number) =>
  ({ kind: "QueryReply", replica: "r1", client: "c1", nonce, ok: true, payload: new Uint8Array() }) as QueryReply;

Deno.test("past the bound a query is refused at once and sent to nobody; one that is answered makes room for another", async () => {
  let sent = 0;
  const queries = new Queries(signer, { toOne: () => void sent++, toAll: () => {} }, () => 0, 100);
  const open = Array.from({ length: MAX_OPEN_QUERIES }, (_, i) => queries.ask(question(i + 1)));
  const wanted = `${MAX_OPEN_QUERIES} queries are open already; wanted fewer`;
  const error = await assertRejects(() => queries.ask(question(5000)), RefusedError, wanted);
  assertEquals([error.code, sent], ["queue-full", MAX_OPEN_QUERIES]);
  queries.take(answerTo(1));
  assertEquals(await open[0], 1);
  const next = queries.ask(question(5001));
  assertEquals(sent, MAX_OPEN_QUERIES + 1);
  const ended = Promise.allSettled([...open, next]);
  queries.abandon(new Error("over"));
  assertEquals((await ended).filter(({ status }) => status === "rejected").length, MAX_OPEN_QUERIES);
});

Deno.test("§13.12 in another epoch a query is asked anew, of whom its question then names, within the time that it has left", async () => {
  const sent: string[] = [];
  const clock = { now: 0 };
  const outlet = { toOne: (replica: string) => void sent.push(replica), toAll: () => {} };
  const queries = new Queries(signer, outlet, () => clock.now, 400);
  let epoch = 1;
  const asked = (): Question<number> => ({
    ...question(epoch),
    ...{ targets: [`r${epoch}`], again: asked },
    judge: { take: () => ({ value: epoch }), expire: (waitedMs) => ({ error: new Error(`late by ${waitedMs}`) }) },
  });
  const [moving, staying] = [queries.ask(asked()), queries.ask({ ...question(9), targets: ["r9"] })];
  [epoch, clock.now] = [2, 300];
  queries.adopt();
  assertEquals(sent, ["r1", "r9", "r2"]);
  assertEquals([queries.wants(answerTo(1)), queries.wants({ ...answerTo(2), replica: replicaId("r2") })], [
    false,
    true,
  ]);
  queries.take({ ...answerTo(9), replica: replicaId("r9") });
  assertEquals(await staying, 9);
  clock.now = 1000;
  const late = assertRejects(() => moving, Error, "late by 700");
  queries.tick();
  await late;
});
