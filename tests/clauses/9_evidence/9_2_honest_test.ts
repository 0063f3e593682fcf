/** §9.2: an honest replica, crashed and restarted any number of times, never produces a contradiction. */
import { assert, assertEquals } from "@std/assert";
import type { Packet } from "../../../protocol/packet.ts";
import { drawRandom } from "../../../replica/core/random.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { equivocator } from "../../simulation/nodes/equivocator.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";

/** Every claim of each replica in a term, and the first claim that differs from an earlier one. */
class Claims {
  readonly #known = new Map<string, string>();
  contradiction: string | null = null;

  /** Records what `packet` commits its signer to: hashes by index, or a vote. */
  note(packet: Packet): void {
    if (packet.kind === "AppendEntries") {
      const { leader, term, prevIndex, prevHash, entryHashes } = packet.signed.message;
      for (const [i, hash] of [prevHash, ...entryHashes].entries()) {
        this.#claim(`${leader} leads ${term}`, prevIndex + i, hash);
      }
    }
    if (packet.kind === "AppendEntriesResponse") {
      const { replica, term, acks } = packet.signed.message;
      for (const { index, hash } of acks) this.#claim(`${replica} acks in ${term}`, index, hash);
    }
    if (packet.kind === "Vote") {
      const { voter, term, candidate, base } = packet.signed.message;
      this.#claim(`${voter} votes in`, term, `${candidate} ${base.term} ${base.index} ${base.hash}`);
    }
  }

  #claim(what: string, at: number, value: string): void {
    const key = `${what} ${at}`;
    const known = this.#known.get(key) ?? value;
    this.#known.set(key, known);
    if (known !== value) this.contradiction ??= `${key}: ${known}, then ${value}`;
  }

  get size(): number {
    return this.#known.size;
  }
}

function run(seed: number, liar: string | null): { claims: Claims; accused: Set<string> } {
  let random = seed;
  const draw = (): number => {
    const drawn = drawRandom(random);
    random = drawn.state;
    return drawn.value;
  };
  const claims = new Claims();
  const accused = new Set<string>();
  const cluster = new SimCluster({
    replicas: 4,
    seed,
    delay: () => draw() < 0.1 ? null : 1 + draw() * 100,
    hooks: {
      sent: (from, _, packet) => from === liar || claims.note(packet),
      event: (_, { event, fields }) => event === "evidence" && accused.add(String(fields["culprit"])),
    },
  });
  if (liar) cluster.node(liar).corrupt = equivocator(liar, ["r1", "r3"]);
  for (let i = 0; i < 120; i++) {
    const command = encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(i) });
    const request = cluster.signRequest("c1", i, Math.max(0, i - 8), command);
    for (const id of cluster.ids) cluster.request(id, request, true);
    cluster.elapse(50 + draw() * 200);
    for (const [id, node] of cluster.nodes) if (!node.state) cluster.start(id);
    if (draw() < 0.2) cluster.node(cluster.ids[Math.floor(draw() * 4)]!).crash();
  }
  assert(claims.size > 50, `only ${claims.size} claims were made`);
  return { claims, accused };
}

for (const seed of [1, 2, 3, 4, 5]) {
  Deno.test(`§9.2b honest replicas that crash and restart contradict themselves nowhere, seed ${seed}`, () => {
    const { claims, accused } = run(seed, null);
    assertEquals([claims.contradiction, [...accused]], [null, []]);
  });
  Deno.test(`§9.2b beside an equivocating replica nobody else contradicts itself or is accused, seed ${seed}`, () => {
    const { claims, accused } = run(seed, "r2");
    assertEquals([claims.contradiction, [...accused].filter((id) => id !== "r2")], [null, []]);
  });
}
