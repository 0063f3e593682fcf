/** `withhold` shows only in what is missing, so its test counts the requests it had and those it ordered. */
import { assert, assertEquals } from "@std/assert";
import { drawPlan } from "../../plan/draw_plan.ts";
import { runActor, type Sent } from "../support/attack_lab.ts";
import { slotIn } from "../support/slots.ts";
import { headers } from "./leader_counts.ts";

/** Seeds in most of which the faulty replica leads. */
const SEEDS = [2, 3, 4, 5, 6, 7, 10];

/** The lowest term in which any leader showed each request in an entry. */
function firstShown(sent: readonly Sent[]): Map<string, number> {
  const terms = new Map<string, number>();
  for (const { packet } of sent) {
    if (packet.kind !== "AppendEntries") continue;
    for (const { term, requests } of packet.entries) {
      for (const request of requests ?? []) {
        terms.set(slotIn(request), Math.min(term, terms.get(slotIn(request)) ?? Infinity));
      }
    }
  }
  return terms;
}

/**
 * Clients of the requests that faulty leaders put into entries of their own terms. What an earlier leader ordered they order again, for it was on their
 * logs when they were elected (§5.8).
 */
function ordered(sent: readonly Sent[]): string[] {
  const shown = firstShown(sent);
  return headers(sent).flatMap(({ term, packet: { entries } }) =>
    entries.filter((entry) => entry.term === term).flatMap(({ requests }) =>
      (requests ?? []).filter((request) => shown.get(slotIn(request)) === term).map(({ message }) => message.client)
    )
  );
}

/** Returns clients of the requests that honest replicas forwarded to a faulty leader between its first header of a term and its last. */
const forwarded = (sent: readonly Sent[]): string[] => {
  const led = headers(sent);
  const leads = (now: number) =>
    led.some((one) => one.now <= now && led.some(({ term, now: at }) => term === one.term && at >= now));
  const faulty = new Set(sent.filter(({ honest }) => !honest).map(({ from }) => from));
  return sent.flatMap(({ honest, to, now, packet }) =>
    honest && packet.kind === "ForwardedRequest" && to.some((id) => faulty.has(id)) && leads(now)
      ? [packet.signed.message.client]
      : []
  );
};

Deno.test("§12 withholds one client's requests while it serves the others: withhold does it, and nothing breaks", () => {
  let [rogueTerms, served, heard] = [0, 0, 0];
  for (const seed of SEEDS) {
    const first = drawPlan(seed, { actors: ["withhold"] }).clients[0]!.id;
    const sent = runActor("withhold", seed);
    const clients = ordered(sent);
    assertEquals(clients.filter((client) => client === first), [], `seed ${seed}: ordered requests of ${first}`);
    if (clients.length > 0) rogueTerms++;
    served += clients.length;
    heard += forwarded(sent).filter((client) => client === first).length;
  }
  assert(rogueTerms >= 3, `wanted at least 3 runs in which it leads and orders, got ${rogueTerms}`);
  assert(served >= 20, `wanted at least 20 requests of other clients ordered, got ${served}`);
  assert(heard >= 5, `wanted at least 5 requests of the first client forwarded to it as leader, got ${heard}`);
});
