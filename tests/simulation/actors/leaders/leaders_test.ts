import { LIMITS } from "../../../../protocol/limits.ts";
import type { Request } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { FAKE_CHECK } from "../../network/fake_crypto.ts";
import { ambiguous, type Count, faulty, forkedHeaders, responses, testAttack } from "../support/attack_lab.ts";
import {
  belowBase,
  headers,
  isFalse,
  receivers,
  repeatedRequests,
  replacing,
  requests,
  rogueTerms,
  roundsRepeated,
} from "./leader_counts.ts";

const terms: Count = (sent) => rogueTerms(sent).length;

/** Counts points of one index and term that faulty replicas acked on two chains. */
const doubleAcks: Count = (sent) =>
  ambiguous(
    responses(sent).flatMap(({ from, term, acks }) =>
      acks.map(({ index, hash }): [string, string] => [`${from} ${term} ${index}`, hash])
    ),
  );

/** Indexes of a term further above all that the leader's headers name as committed than the window, shown to so many or more. */
const beyondWindow = (receivers: number): Count => (sent) =>
  rogueTerms(sent).map((all) => {
    const committed = Math.max(...all.map(({ packet: { signed: { message } } }) => message.commitIndex));
    const shown = new Map<number, Set<string>>();
    for (const { to, packet: { entries } } of all) {
      for (const { index } of entries) {
        if (index <= committed + LIMITS.maxUncommittedEntries) continue;
        shown.set(index, new Set([...shown.get(index) ?? [], ...to]));
      }
    }
    return [...shown.values()].filter(({ size }) => receivers === 1 ? size === 1 : size >= receivers).length;
  }).reduce((sum, count) => sum + count, 0);

testAttack({
  attack: "entries to too few, heartbeats to all",
  actor: "stingy-leader",
  seeds: [1],
  wanted: {
    "terms in which one follower alone got entries": [
      2,
      (sent) => rogueTerms(sent).filter((all) => receivers(all, true) === 1 && receivers(all, false) > 1).length,
    ],
  },
});

testAttack({
  attack: "a term's first entries to one follower, then heartbeats",
  actor: "one-witness-leader",
  seeds: [3],
  wanted: {
    "terms with one witness": [
      2,
      (sent) => rogueTerms(sent).filter((all) => receivers(all, true) === 1 && receivers(all, false) === 3).length,
    ],
  },
});

testAttack({
  attack: "withholds for ever while heartbeating",
  actor: "heartbeat-leader",
  seeds: [1],
  wanted: {
    "terms with heartbeats and nothing else": [
      2,
      (sent) => rogueTerms(sent).filter((all) => receivers(all, true) === 0 && all.length > 3).length,
    ],
  },
});

testAttack({
  attack: "reorders or duplicates requests, also executed ones of earlier terms",
  actor: "repeating-leader",
  seeds: [5, 7],
  wanted: { "requests in several places": [20, repeatedRequests], "terms led": [2, terms] },
});

testAttack({
  attack: "false commitIndex",
  actor: "false-commit-leader",
  seeds: [7],
  wanted: {
    "headers whose commit index is above their entries": [
      10,
      (sent) => headers(sent).filter(({ commitIndex, end }) => commitIndex > end).length,
    ],
  },
});

testAttack({
  attack: "two chains in one term, with accomplices acking both",
  actor: "split-leader",
  seeds: [3],
  wanted: { "indexes with two hashes of one leader": [5, forkedHeaders], "indexes acked on both": [5, doubleAcks] },
});

testAttack({
  attack: "two chains in one term, with accomplices acking both, among seven",
  actor: "split-leader",
  seeds: [11],
  replicas: 7,
  wanted: { "indexes with two hashes of one leader": [2, forkedHeaders], "indexes acked on both": [2, doubleAcks] },
});

testAttack({
  attack: "different entries to different replicas, too few each, and heartbeats",
  actor: "scattering-leader",
  seeds: [6, 7, 9],
  wanted: { "indexes with two hashes of one leader": [5, forkedHeaders] },
});

testAttack({
  attack: "a restart inside its own term",
  actor: "amnesiac-leader",
  seeds: [1],
  wanted: { "indexes with two hashes of one leader": [3, forkedHeaders], "rounds again": [2, roundsRepeated] },
});

testAttack({
  attack: "m shown to two of which one commits, and leadership moves (Cachin and Vukolić)",
  actor: "lone-commit",
  seeds: [1],
  wanted: {
    "reports to one replica alone": [
      3,
      (sent) => responses(sent).filter(({ to, term, prepared }) => to.length === 1 && prepared.term === term).length,
    ],
  },
});

testAttack({
  attack: "a restart forgetting its vote or ack: another story for whoever restarted",
  actor: "second-chance",
  seeds: [2],
  wanted: { "indexes with two hashes of one leader": [2, forkedHeaders], "terms led": [2, terms] },
});

testAttack({
  attack: "old heartbeats, of its own term",
  actor: "echoing-leader",
  seeds: [11],
  wanted: { "rounds again": [10, roundsRepeated] },
});

testAttack({
  attack: "committed entries truncated through a low prevIndex; acked and base entries replaced",
  actor: "rewriting-leader",
  seeds: [3],
  wanted: { "entries in the place of committed ones or of the base's": [10, replacing], "terms led": [2, terms] },
});

testAttack({
  attack: "entries below the base alone, to have less certified than the base protects",
  actor: "below-base-leader",
  seeds: [9],
  wanted: { "headers that end below the base": [10, belowBase] },
});

testAttack({
  attack: "a certificate kept back and shown after its fall",
  actor: "hidden-certificate",
  seeds: [1],
  wanted: {
    "shown two terms later or more": [
      3,
      (sent) =>
        requests(sent).filter(({ term, base }) => base.term > 0 && base.term + 2 <= term).length +
        faulty(sent, "VoteRefusal").length,
    ],
  },
});

testAttack({
  attack: "an old term's certificate recounted in a new term",
  actor: "recounted-certificate",
  seeds: [2],
  wanted: {
    "certificates called ones of a later term": [
      3,
      (sent) => requests(sent).filter(({ certificate }) => isFalse(certificate, 3)).length,
    ],
    "reports whose terms differ": [
      10,
      (sent) => responses(sent).filter(({ term, prepared }) => prepared.term < term && prepared.term > 0).length,
    ],
  },
});

testAttack({
  attack: "old heartbeats, of any leader and term",
  actor: "old-heartbeats",
  seeds: [7],
  wanted: {
    "of other leaders": [
      50,
      (sent) =>
        faulty(sent, "AppendEntries").filter(({ from, packet }) => packet.signed.message.leader !== from).length,
    ],
  },
});

testAttack({
  attack: "old heartbeats in the place of a leader that has fallen silent",
  actor: "fading-leader",
  seeds: [2],
  wanted: {
    "headers said again": [
      20,
      (sent) => {
        const bodies = headers(sent).map(({ packet }) => packet.signed.body);
        return bodies.length - new Set(bodies).size;
      },
    ],
  },
});

const isForged = (signed: Signed<Request>): boolean =>
  !FAKE_CHECK.holds({ role: "client", signer: signed.message.client, kind: signed.message.kind, signed });

testAttack({
  attack: "forges requests as soon as it leads",
  actor: "forging-leader",
  seeds: [6, 7, 9],
  wanted: {
    "entries with a request that no client signed": [
      3,
      (sent) => {
        const shown = faulty(sent, "AppendEntries").flatMap(({ packet }) => packet.entries);
        return new Set(shown.filter(({ requests }) => requests?.some(isForged))).size;
      },
    ],
    "evidence of it": [1, (sent) => sent.filter(({ honest, packet }) => honest && packet.kind === "Evidence").length],
  },
});

testAttack({
  attack: "an endless tail for one follower, an entry at a time for the others",
  actor: "endless-tail-leader",
  seeds: [7],
  wanted: { "entries beyond what anybody takes, shown to one": [500, beyondWindow(1)] },
});

testAttack({
  attack: "thousands of entries to all at once, then nothing",
  actor: "flooding-leader",
  seeds: [5],
  wanted: { "entries beyond what anybody takes, shown to several": [3000, beyondWindow(2)] },
});

testAttack({
  attack: "entries labelled with terms of old",
  actor: "old-term-leader",
  seeds: [6, 7, 9],
  wanted: {
    "entries of an older term behind the base": [20, (sent) => {
      const shown = faulty(sent, "AppendEntries").filter(({ packet: { proof } }) => proof !== null);
      return shown.flatMap(({ packet: { signed: { message }, entries, proof } }) =>
        entries.filter(({ index, term }) => index > proof!.base.index && term < message.term)
      ).length;
    }],
  },
});
