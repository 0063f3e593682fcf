import { assertEquals } from "@std/assert";
import type { CoreEvent } from "../../../../replica/core/output.ts";
import { createFakeCrypto } from "../../network/sim_crypto.ts";
import { drawPlan } from "../../plan/draw_plan.ts";
import { runPlan } from "../../run.ts";
import { type Count, faulty, type Sent, testAttack } from "../support/attack_lab.ts";

const scenario = "office-liars";

const words = (sent: readonly Sent[]) =>
  faulty(sent, "HandOver").map(({ from, to, packet: { signed: { message } } }) => ({ from, to, ...message }));

/** Counts terms that faulty leaders gave up, or claimed to. */
const termsGivenUp: Count = (sent) =>
  new Set(words(sent).flatMap(({ from, leader, term }) => from === leader ? [term] : [])).size;

/** Counts leaders of other terms than one before: whoever sends AppendEntries leads. */
const leadersOf = (sent: readonly Sent[]): string[] => {
  const led = new Map<number, string>();
  for (const { from, packet } of sent) {
    if (packet.kind === "AppendEntries") led.set(packet.signed.message.term, packet.signed.message.leader ?? from);
  }
  return [...led].sort(([a], [b]) => a - b).map(([, leader]) => leader);
};

testAttack({
  attack: "hand-overs in the name of a leader, of who does not lead, and of old",
  actor: "false-hand-over",
  scenario,
  seeds: [1, 2],
  wanted: {
    "in another's name": [200, (sent) => words(sent).filter(({ from, leader }) => from !== leader).length],
    "of one that does not lead": [200, (sent) => words(sent).filter(({ from, leader }) => from === leader).length],
  },
});

testAttack({
  attack: "hand-overs of all terms, to all successors, at all tips",
  actor: "hand-over-flooder",
  scenario,
  seeds: [1, 2, 3],
  wanted: {
    "terms": [6, termsGivenUp],
    "words": [100, (sent) => words(sent).length],
    "leaders after that": [10, (sent) => leadersOf(sent).length],
  },
});

testAttack({
  attack: "a leader that hands over to f + 1, and leads on",
  actor: "reluctant-leader",
  scenario,
  seeds: [1, 2, 3],
  wanted: {
    "terms": [3, termsGivenUp],
    "told to two alone": [3, (sent) => words(sent).filter(({ to }) => to.length === 2).length],
  },
});

testAttack({
  attack: "a hand-over to one that cannot lead",
  actor: "cut-off-hand-over",
  scenario,
  seeds: [1, 2, 3],
  wanted: { "terms": [3, termsGivenUp], "leaders after that": [10, (sent) => leadersOf(sent).length] },
});

testAttack({
  attack: "faulty leaders that pass their office on among themselves",
  actor: "passing-leaders",
  scenario,
  replicas: 7,
  seeds: [1, 2],
  wanted: {
    "terms": [4, termsGivenUp],
    "offices of the accomplice named": [
      2,
      (sent) => {
        const faultyOnes = new Set(words(sent).map(({ from }) => from as string));
        return leadersOf(sent).filter((id, i, all) => i > 0 && faultyOnes.has(id) && faultyOnes.has(all[i - 1]!))
          .length;
      },
    ],
  },
});

/** Counts terms in which a faulty replica was elected and sent no header. */
const stalledTerms: Count = (sent) => {
  const elected = new Map<number, string>();
  for (const { packet } of sent) {
    if (packet.kind === "Vote" && packet.signed.message.granted) {
      elected.set(packet.signed.message.term, packet.signed.message.candidate);
    }
  }
  const headers = new Set(
    sent.flatMap(({ packet }) => packet.kind === "AppendEntries" ? [packet.signed.message.term] : []),
  );
  const liars = new Set(sent.flatMap(({ honest, from }) => honest ? [] : [from as string]));
  return [...elected].filter(([term, leader]) => liars.has(leader) && !headers.has(term as never)).length;
};

testAttack({
  attack: "a successor that is elected and says nothing",
  actor: "stalling-successor",
  scenario,
  seeds: [1, 2, 3],
  wanted: { "terms": [3, stalledTerms], "leaders all the same": [9, (sent) => leadersOf(sent).length] },
});

Deno.test("§12 roll calls without end by a replica that signs nothing else: each honest leader hands over once, and nothing breaks", () => {
  const events: CoreEvent[] = [];
  for (const seed of [1, 2]) {
    const plan = { ...drawPlan(seed, { scenario: "false-learners" }), crypto: "fake" } as const;
    const observer = { event: (_: unknown, event: CoreEvent) => void events.push(event) };
    assertEquals(runPlan(plan, createFakeCrypto(), { observer }).violation, null);
  }
  const served = events.filter(({ event, fields }) => event === "hand-over-begun" && fields["reason"] === "learner");
  assertEquals(served.length, 2 * 3, "three honest leaders in each run");
});
