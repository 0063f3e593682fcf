/** Writes a run as a golden transcript: every packet once, every change of a replica's state, every answer. */
import type { ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import { lastIndex } from "../../replica/core/log/log.ts";
import type { ClientReply, CoreEvent } from "../../replica/core/output.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { describePacket, describeReply, describeState } from "./describe.ts";
import { describeEvent } from "./describe_snapshot.ts";

export class Transcript {
  readonly #write: (line: string) => void;
  readonly #states = new Map<string, string>();
  /** Last packet of each sender, kind and receivers: the protocol repeats itself a lot, a transcript does not. */
  readonly #repeated = new Map<string, string>();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  line(now: number, who: string, text: string): void {
    this.#write(`${now.toFixed(0).padStart(6)} ${who} ${text}`);
  }

  /** Writes what `from`, in `state`, sends; `isLost` returns whose copies never arrive. Idle heartbeats are left out. */
  sent(
    now: number,
    { from, state }: { readonly from: ReplicaId; readonly state: CoreState | null },
    to: readonly ReplicaId[],
    packet: Packet,
    isLost: (to: ReplicaId) => boolean = () => false,
  ): void {
    const idle = state !== null && lastIndex(state.log) === state.commitIndex;
    if (idle && packet.kind === "AppendEntries" && packet.entries.length === 0 && !packet.proof) return;
    const text = describePacket(packet);
    const last = `${from} ${packet.kind} ${to}`;
    if (this.#repeated.get(last) === text) return;
    this.#repeated.set(last, text);
    const targets = to.map((replica) => isLost(replica) ? `(${replica})` : replica).join(" ");
    this.line(now, from, `→ ${targets}: ${text}`);
  }

  replied(now: number, from: ReplicaId, reply: ClientReply): void {
    this.line(now, from, describeReply(reply));
  }

  /** Writes an event that `id` reports; what packets and states show by themselves is left out. */
  noted(now: number, id: ReplicaId, event: CoreEvent): void {
    const text = describeEvent(event);
    if (text !== null) this.line(now, id, text);
  }

  /** Writes the state of `id` after it handled something, or went down (null). */
  handled(now: number, id: ReplicaId, state: CoreState | null): void {
    const text = state ? describeState(state) : "down";
    if (this.#states.get(id) === text) return;
    this.#states.set(id, text);
    this.line(now, id, `is ${text}`);
  }

  /** Forgets the state of `id`, so that the next one is written whatever it is. */
  forget(id: string): void {
    this.#states.delete(id);
  }
}
