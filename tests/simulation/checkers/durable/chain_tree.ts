/** Every entry that an honest replica ever made durable, or sent as leader, as a tree of chains: a short walk tells whether a chain contains a point. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { ChainedEntry, Entry, Head } from "../../../../protocol/entry.ts";
import { chainHash, genesisHash } from "../../../../protocol/hash_chain.ts";
import { type Digest, type LogIndex, logIndex, type Term, term } from "../../../../protocol/ids.ts";

/** One entry, or the empty log; it names the whole chain that ends in it. */
export interface ChainNode extends Head {
  readonly term: Term;
  readonly parent: ChainNode | null;
  /** Null for the empty log. */
  readonly entry: Entry | null;
  /** Set once it is part of the committed chain. */
  committed: boolean;
}

export class ChainTree {
  /** The empty log of epoch 1: where the log of one stands that begins an epoch without the state (§13.7). */
  readonly origin: ChainNode;
  /** The point before the first entry (§13.5). */
  readonly genesis: ChainNode;
  readonly #byHash = new Map<Digest, ChainNode>();
  readonly #byIndex: ChainNode[][] = [];

  /** `genesis` is that of a later epoch; left out in the first. */
  constructor(clusterId: string, genesis: Head | null = null) {
    this.origin = rootAt({ index: logIndex(0), hash: genesisHash(sha256Hex, clusterId) });
    this.genesis = genesis === null ? this.origin : rootAt(genesis);
    this.#add(this.origin);
    if (genesis !== null) this.#add(this.genesis);
  }

  /** Number of entries known, not counting the empty log. */
  get size(): number {
    return this.#byHash.size - (this.genesis === this.origin ? 1 : 2);
  }

  /** Returns the node at `head`, if it is known. */
  get({ index, hash }: Head): ChainNode | undefined {
    const node = this.#byHash.get(hash);
    return node?.index === index ? node : undefined;
  }

  /** Returns the node of `chained`; null if its hash is not that of its entry after anything known. */
  learn(chained: ChainedEntry): ChainNode | null {
    const known = this.#byHash.get(chained.hash);
    if (known) return known;
    const { entry, hash } = chained;
    const link = { term: entry.term, digest: sha256Hex(entry.body) };
    const parent = (this.#byIndex[entry.index - 1] ?? [])
      .find((node) => chainHash(sha256Hex, node.hash, entry.index, link) === hash);
    if (!parent) return null;
    const node: ChainNode = { index: entry.index, hash, term: entry.term, parent, entry, committed: false };
    this.#add(node);
    return node;
  }

  /** Adds those entries of `log` that are not known yet; false if the first of them follows nothing known. */
  learnLog(log: readonly ChainedEntry[]): boolean {
    let from = log.length;
    while (from > 0 && !this.#byHash.has(log[from - 1]!.hash)) from--;
    return log.slice(from).every((chained) => this.learn(chained) !== null);
  }

  #add(node: ChainNode): void {
    this.#byHash.set(node.hash, node);
    (this.#byIndex[node.index] ??= []).push(node);
  }
}

const rootAt = ({ index, hash }: Head): ChainNode => ({
  ...{ index, hash, term: term(0), parent: null, entry: null, committed: true },
});

/** Returns the node at `index` ≤ `node.index` on the chain that ends in `node`. */
export function ancestorAt(node: ChainNode, index: LogIndex): ChainNode {
  let at = node;
  while (at.index > index) at = at.parent!;
  return at;
}

/** Returns whether the chain that ends in `node` contains `point`. A committed node contains every committed one below it. */
export function contains(node: ChainNode, point: ChainNode): boolean {
  if (point.index > node.index) return false;
  if (node.committed && point.committed) return true;
  return ancestorAt(node, point.index) === point;
}

/** Returns whether `a` and `b` lie on one chain. */
export const onOneChain = (a: ChainNode, b: ChainNode): boolean => a.index >= b.index ? contains(a, b) : contains(b, a);
