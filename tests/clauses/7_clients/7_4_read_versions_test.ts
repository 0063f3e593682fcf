/** §7.4: equal answers of replicas at different indexes are those of one copy of the store. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { countFastRead, createFastReadTally } from "../../../client/session/fast_read_tally.ts";
import { encodeKvCommand, type KvCommand, KvStore } from "../../../state_machine/mod.ts";
import { queryResultCodec } from "../../../transport/codec/mod.ts";
import { contextAt } from "../../support/contexts.ts";

const FOUR = new Set(["r1", "r2", "r3", "r4"]);
const HONEST = ["r1", "r2", "r3"] as const;
const KEYS = ["k", "m"];
type Answers = readonly Uint8Array[];

/** Returns the answers to `query` after each prefix of `log`, the empty one first. */
function answersAlong(log: readonly KvCommand[], query: KvCommand, of: (payload: Uint8Array) => Uint8Array): Answers {
  const store = new KvStore();
  const answer = () => of(queryResultCodec.encode(store.query(encodeKvCommand(query), contextAt())));
  return [answer()].concat(log.map((command, i) => {
    store.apply(encodeKvCommand(command), contextAt(i + 1));
    return answer();
  }));
}

/** One read: the lowest index it may be placed at, and the tally of its answers. */
class Read {
  readonly #tally = createFastReadTally(FOUR);
  readonly #seen: number[] = [];
  constructor(readonly answers: Answers, readonly from: number) {}

  /** Takes the answer of an honest replica that has applied `at`; returns the answer if the faulty one can make it Q. */
  take(replica: string, at: number): Uint8Array | null {
    this.#seen.push(at);
    countFastRead(this.#tally, replica, { ok: true, payload: this.answers[at]! });
    const wanted = this.#tally.groups.find(({ replicas }) => replicas.length === 2)?.value;
    if (wanted === undefined) return null;
    const state = countFastRead(this.#tally, "r4", wanted);
    return state.state === "accepted" ? state.payload : null;
  }

  /** Returns the lowest index from `from` on, and that an honest replica had applied, where `payload` was the answer; -1 if there is none. */
  place(payload: Uint8Array): number {
    const highest = Math.max(...this.#seen);
    return this.answers.findIndex((each, i) => i >= this.from && i <= highest && same(each, payload));
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Three honest replicas that apply one log at their own pace, a faulty one that says whatever makes a quorum, and clients. */
class Cluster {
  readonly #applied = [0, 0, 0];
  readonly #open: Read[] = [];
  readonly #answers: readonly Answers[];
  readonly #length: number;
  /** Highest index that a write acknowledged or a read before shows. */
  #shown = 0;
  taken = 0;

  constructor(log: readonly KvCommand[], op: "read" | "get", of: (payload: Uint8Array) => Uint8Array = (all) => all) {
    this.#length = log.length;
    this.#answers = KEYS.map((key) => answersAlong(log, { op, key }, of));
  }

  /** Two honest replicas and the faulty one acknowledge every write as soon as they can. */
  apply(replica: number): void {
    this.#applied[replica] = Math.min(this.#length, this.#applied[replica]! + 1);
    this.#shown = Math.max(this.#shown, this.#applied.toSorted((a, b) => b - a)[1]!);
  }

  begin(key: number): void {
    this.#open.push(new Read(this.#answers[key]!, this.#shown));
  }

  /** An open read hears of a replica. Returns false if it ends with what cannot be placed in the log. */
  answer(nth: number, replica: number): boolean {
    const read = this.#open[nth % Math.max(1, this.#open.length)];
    const payload = read?.take(HONEST[replica]!, this.#applied[replica]!) ?? null;
    if (read === undefined || payload === null) return true;
    this.#open.splice(this.#open.indexOf(read), 1);
    this.taken++;
    const place = read.place(payload);
    this.#shown = Math.max(this.#shown, place);
    return place >= 0;
  }
}

const key = fc.constantFrom(...KEYS);
const write: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ op: fc.constant("put" as const), key, value: fc.constantFrom(Uint8Array.of(1), Uint8Array.of(2)) }),
  fc.record({ op: fc.constant("delete" as const), key }),
);
const step = fc.tuple(fc.constantFrom("apply", "begin", "answer", "answer"), fc.nat(5), fc.nat(2));

Deno.test("§7.4f fast reads of several keys, of replicas at any indexes, fit one copy of the store with the writes", () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(write, { minLength: 1, maxLength: 8 }),
      fc.array(step, { minLength: 60, maxLength: 120 }),
      fc.constantFrom("read" as const, "get" as const),
      (log, steps, op) => {
        const cluster = new Cluster(log, op);
        for (const [what, nth, replica] of steps) {
          if (what === "apply") cluster.apply(replica);
          else if (what === "begin") cluster.begin(nth % 2);
          else assert(cluster.answer(nth, replica));
        }
        taken += cluster.taken;
      },
    ),
    { numRuns: 4000 },
  );
  assert(taken > 1000, `${taken} reads were taken`);
});

const put = (text: string, name = "k"): KvCommand => ({ op: "put", key: name, value: new TextEncoder().encode(text) });

/** Plays A, B, A with B acknowledged; returns whether all reads fit. One is answered from before B and behind it, the next by those at B. */
function comesBack(of?: (payload: Uint8Array) => Uint8Array): readonly [fits: boolean, taken: number] {
  const cluster = new Cluster([put("A"), put("B"), put("A")], "read", of);
  cluster.apply(0);
  for (let i = 0; i < 3; i++) cluster.apply(1);
  for (let i = 0; i < 2; i++) cluster.apply(2);
  cluster.begin(0);
  let fits = cluster.answer(0, 0) && cluster.answer(0, 1);
  cluster.apply(0);
  cluster.begin(0);
  const open = cluster.taken === 0 ? 1 : 0;
  fits = fits && cluster.answer(open, 0) && cluster.answer(open, 2);
  return [fits, cluster.taken];
}

Deno.test("§7.4e an answer has a version, since a value alone comes back and is taken for what it was", () => {
  assertEquals(comesBack(), [true, 1]);
  const valueAlone = (payload: Uint8Array) => payload.subarray(-1);
  assertEquals(comesBack(valueAlone), [false, 2]);
});

Deno.test("§7.4e replicas agree on a key although others write to another one, and not on the store as a whole", () => {
  for (const [op, agreed] of [["read", true], ["get", false]] as const) {
    const answers = answersAlong([put("A"), put("x", "m"), put("y", "m")], { op, key: "k" }, (all) => all);
    const tally = createFastReadTally(FOUR);
    const states = ["r1", "r2", "r3"].map((replica, i) =>
      countFastRead(tally, replica, { ok: true, payload: answers[i + 1]! }).state
    );
    assertEquals(states.at(-1) === "accepted", agreed);
  }
});
