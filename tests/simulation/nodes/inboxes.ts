/** Arrivals at replicas that are not handled yet, and the disks that they wait for meanwhile. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { groupSize } from "../../../protocol/operations/group.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { Arrival } from "./node_world.ts";

export interface InboxesParts {
  readonly scheduler: Scheduler;
  /** Arrivals within this time are handled together. */
  readonly batchMs: Millis;
  /** Time that a disk takes for each operation of a client that is written, during which its replica does nothing. */
  readonly writeMs: Millis;
  readonly handle: (at: ReplicaId, arrivals: readonly Arrival[]) => void;
}

/** Clients' requests that a replica with a slow disk takes in one turn; peers' packets come before. */
const REQUESTS_A_TURN = INGRESS_LIMITS.receiveBatch;

export class Inboxes {
  readonly #parts: InboxesParts;
  readonly #inboxes = new Map<ReplicaId, Arrival[]>();
  readonly #busyUntil = new Map<ReplicaId, Millis>();

  constructor(parts: InboxesParts) {
    this.#parts = parts;
  }

  /** Drops all that has arrived at `id`, which starts. */
  empty(id: ReplicaId): void {
    this.#inboxes.set(id, []);
    this.#busyUntil.delete(id);
  }

  /** Queues an arrival; everything that has arrived is handled together a little later. */
  deliver(to: ReplicaId, arrival: Arrival): void {
    const inbox = this.#inboxes.get(to)!;
    inbox.push(arrival);
    if (inbox.length === 1) this.#handleLater(to, inbox); // else it is about to be emptied
  }

  /** Takes note of what `id` writes. */
  wrote(id: ReplicaId, operations: readonly PersistOperation[]): void {
    const { scheduler, writeMs } = this.#parts;
    if (writeMs === 0) return;
    const ms = writeMs * operations.reduce((sum, operation) => sum + operationsIn(operation), 0);
    this.#busyUntil.set(id, Math.max(this.#busyUntil.get(id) ?? 0, scheduler.now) + ms);
  }

  /** Keeps `id` from handling anything for a while. */
  pause(id: ReplicaId, ms: Millis): void {
    this.#busyUntil.set(id, Math.max(this.#busyUntil.get(id) ?? 0, this.#parts.scheduler.now + ms));
  }

  /** Returns how long `id` still writes, or does not get to run. */
  busyFor = (id: ReplicaId): Millis => Math.max(0, (this.#busyUntil.get(id) ?? 0) - this.#parts.scheduler.now);

  #handleLater(to: ReplicaId, inbox: Arrival[]): void {
    const { scheduler, batchMs, writeMs, handle } = this.#parts;
    scheduler.schedule(Math.max(batchMs, this.busyFor(to)), () => {
      if (this.#inboxes.get(to) !== inbox) return;
      if (this.busyFor(to) > 0) return this.#handleLater(to, inbox);
      handle(to, writeMs === 0 ? inbox.splice(0) : takeTurn(inbox));
      if (inbox.length > 0) this.#handleLater(to, inbox);
    });
  }
}

/** Takes all packets of peers, and some requests. */
function takeTurn(inbox: Arrival[]): Arrival[] {
  const [packets, requests] = [inbox.filter((each) => "packet" in each), inbox.filter((each) => "request" in each)];
  inbox.splice(0, inbox.length, ...requests.slice(REQUESTS_A_TURN));
  return [...packets, ...requests.slice(0, REQUESTS_A_TURN)];
}

function operationsIn(operation: PersistOperation): number {
  if (operation.op !== "append") return 0;
  const messages = operation.entries.flatMap(({ entry }) => (entry.requests ?? []).map(({ message }) => message));
  return messages.reduce(
    (sum, message) =>
      sum + (message.kind === "SendRequest" && message.mode === "group" ? groupSize(message.command) : 1),
    0,
  );
}
