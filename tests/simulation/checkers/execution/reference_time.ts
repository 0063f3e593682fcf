/** Log time computed again from what the committed chain states (§15.2), in another way than replicas do: everything ever stated in an epoch is kept. */
import type { ClockStatement } from "../../../../protocol/entry.ts";
import type { Profile } from "../../../../protocol/quorum.ts";
import { Fields } from "../fields.ts";

const UTF8 = new TextEncoder();

/** The facts that decide how many replicas have to state a time. */
export interface TimeFacts {
  readonly replicas?: readonly string[];
  readonly profile?: Profile;
}

export class ReferenceTime {
  now = 0;
  #needed: number;
  #stated: { readonly replica: string; readonly clock: number }[] = [];

  constructor({ replicas = [], profile = "byzantine" }: TimeFacts) {
    this.#needed = neededOf(replicas.length, profile);
  }

  /** Takes the statements of an entry; returns whether log time moves. */
  order(statements: readonly { readonly message: ClockStatement }[]): boolean {
    this.#stated.push(...statements.map(({ message: { replica, clock } }) => ({ replica, clock })));
    const reached = [...this.#highest().values()].sort((a, b) => a - b).at(-this.#needed) ?? 0;
    const before = this.now;
    this.now = Math.max(before, reached);
    return this.now > before;
  }

  beginEpoch(replicas: number, profile: Profile): void {
    this.#stated = [];
    this.#needed = neededOf(replicas, profile);
  }

  /** The line that the digest shown by replicas covers; null if there is none. */
  get line(): string | null {
    if (this.#isNothing) return null;
    return `time ${this.now} ${this.#ahead().map(([replica, clock]) => `${replica} ${clock}`).join(" ")}\n`;
  }

  /** The chunk of a snapshot (`docs/snapshots.md`); null if there is none. */
  get chunk(): Uint8Array | null {
    if (this.#isNothing) return null;
    const fields = new Fields().u8(2).u64(this.now);
    for (const [replica, clock] of this.#ahead()) {
      const id = UTF8.encode(replica);
      fields.u16(id.length).bytes(id).u64(clock);
    }
    return fields.done();
  }

  get #isNothing(): boolean {
    return this.now === 0 && this.#ahead().length === 0;
  }

  #highest(): Map<string, number> {
    const highest = new Map<string, number>();
    for (const { replica, clock } of this.#stated) highest.set(replica, Math.max(clock, highest.get(replica) ?? 0));
    return highest;
  }

  #ahead(): (readonly [string, number])[] {
    return [...this.#highest()].filter(([, clock]) => clock > this.now).sort(([a], [b]) => a < b ? -1 : 1);
  }
}

/** One more than may be outside a quorum. */
function neededOf(replicas: number, profile: Profile): number {
  const faulty = profile === "crash" ? 0 : Math.trunc((replicas - 1) / 3);
  return replicas - Math.ceil((replicas + faulty + 1) / 2) + 1;
}
