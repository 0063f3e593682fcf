import { assertEquals } from "@std/assert";
import type { ChainedEntry } from "../../../../protocol/entry.ts";
import { clientId } from "../../../../protocol/ids.ts";
import type { Request } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import {
  CLUSTER,
  endOf,
  entryAfter,
  GENESIS,
  query,
  register,
  request,
  requestIn,
} from "../../../clauses/support/forge.ts";
import { snapshotAfter } from "../../../clauses/support/forge_snapshots.ts";
import { firstRegisters } from "../../../support/numbered_requests.ts";
import { type ChainNode, ChainTree } from "../durable/chain_tree.ts";
import { BOUNDS, viewAfter } from "./reference_lab.ts";
import { ReferenceState } from "./reference_state.ts";

/** Clients, queries, floors that move, repetitions, seqs below and above the window, a no-op, registers of all kinds, sessions that are closed. */
const REQUESTS: readonly (readonly Signed<Request>[])[] = [
  [request(1, "a"), request(2, "b"), request(1, "x", "c2")],
  [request(1, "again"), request(3, "c", "c1", 2)],
  [query(6), query(2, "c2"), query(6), query(3, "c2", request(3, "not written").message.command)],
  [],
  [request(1, "expired"), request(40, "ahead"), request(5, "d", "c10", 3)],
  [request(17, "last", "c1", 2), request(18, "beyond", "c1", 2), request(2, "y", "c2")],
  [request(19, "e", "c1", 19)],
  [register(2, 1), register(2, 2), register(2, 3, "c10")],
  [requestIn(7, 1), requestIn(7, 3), requestIn(7, 1, "c10"), register(2, 1)],
  ...[4, 5, 6, 7, 8].map((nonce) => [register(6, nonce)]),
  [requestIn(7, 4), requestIn(7, 2), request(20, "f"), register(2, 1), requestIn(12, 3, "c1", 2)],
  [register(12, 9), register(99, 10), requestIn(13, 1)],
];

function chainOf(contents: typeof REQUESTS): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (const requests of contents) chain.push(entryAfter(chain.length === 0 ? GENESIS : endOf(chain), 1, requests));
  return chain;
}

Deno.test("the checkers' own state is the one that the core makes, in all its digests", () => {
  const chain = chainOf(REQUESTS);
  const tree = new ChainTree(CLUSTER);
  const nodes = [tree.genesis, ...chain.map((chained): ChainNode => tree.learn(chained)!)];
  const reference = new ReferenceState({
    ...BOUNDS,
    beginsWith: firstRegisters([clientId("c1"), clientId("c2")]),
    checkpointEvery: 2,
  }, (index) => nodes[index]);
  for (let index = 2; index <= chain.length; index += 2) {
    const part = chain.slice(0, index);
    assertEquals(reference.at(index), { stateDigest: snapshotAfter(part).stateDigest, ...viewAfter(part) });
  }
});

Deno.test("there is no state where no checkpoint is taken, or nothing is committed yet", () => {
  const tree = new ChainTree(CLUSTER);
  const nodes = [tree.genesis, ...chainOf(REQUESTS.slice(0, 3)).map((chained) => tree.learn(chained)!)];
  const reference = new ReferenceState({
    ...BOUNDS,
    beginsWith: firstRegisters([clientId("c1"), clientId("c2")]),
    checkpointEvery: 2,
  }, (index) => nodes[index]);
  assertEquals([reference.at(4), reference.at(3), reference.at(0)], [undefined, undefined, undefined]);
  assertEquals(reference.at(2)?.stateDigest, snapshotAfter(chainOf(REQUESTS.slice(0, 2))).stateDigest);
});
