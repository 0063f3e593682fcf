/** A replica with one processor: what has arrived is handled together, takes its time, and what it has to say leaves when that is over. */
import type { CoreConfig } from "../../../protocol/config.ts";
import type { Millis } from "../../../protocol/ids.ts";
import { hasSnapshotWork } from "../../../replica/core/checkpoints/checkpoints.ts";
import { nextDeadline } from "../../../replica/core/next_deadline.ts";
import { createFakeSigner, FAKE_CHECK } from "../network/fake_crypto.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { Arrival, NodeWorld } from "../nodes/node_world.ts";
import { SimNode } from "../nodes/sim_node.ts";
import type { Observer } from "../observer.ts";
import { type Costs, Meter, meteredCheck } from "./costs.ts";

export interface WanNodeParts {
  readonly config: CoreConfig;
  readonly costs: Costs;
  readonly scheduler: Scheduler;
  readonly send: NodeWorld["send"];
  readonly reply: NodeWorld["reply"];
  readonly event: NonNullable<Observer["event"]>;
  readonly handled: (node: SimNode) => void;
}

/** Packets taken in one turn, as the event loop does of each channel. */
const TURN_PACKETS = 128;
const MIN_TICK_MS = 1;

export class WanNode {
  readonly core: SimNode;
  readonly meter: Meter;
  readonly #parts: WanNodeParts;
  #inbox: Arrival[] = [];
  #leaving: (() => void)[] = [];
  #busy = false;
  #tickAt: Millis = Infinity;

  constructor(parts: WanNodeParts) {
    this.#parts = parts;
    this.meter = new Meter(parts.costs);
    const { config, scheduler } = parts;
    const signer = createFakeSigner("replica", config.self);
    this.core = new SimNode(config, {
      now: () => scheduler.now,
      clock: () => scheduler.now,
      send: (...call) => this.#send(...call),
      reply: (...call) => this.#reply(...call),
      observer: this.#observer(),
    });
    this.core.sign = (message, body) => {
      this.meter.signed++;
      return signer.sign(body, message);
    };
    this.core.check = meteredCheck(FAKE_CHECK, this.meter);
  }

  start(): void {
    this.core.start();
    this.#rearm();
  }

  crash(): void {
    this.core.crash();
    this.#inbox = [];
  }

  deliver(arrival: Arrival): void {
    if (this.core.state === null) return;
    this.#inbox.push(arrival);
    this.#wake();
  }

  #observer(): Observer {
    return {
      persisted: () => void this.meter.transactions++,
      executed: () => void this.meter.operations++,
      event: this.#parts.event,
    };
  }

  /** Sends at the end of the turn. */
  #send(...call: Parameters<NodeWorld["send"]>): void {
    this.#leaving.push(() => this.#parts.send(...call));
  }

  /** One signature serves all answers of a turn (§7.2h); it is charged for each client. */
  #reply(...call: Parameters<NodeWorld["reply"]>): void {
    if (this.#leaving.length === 0) this.meter.signed++;
    this.#leaving.push(() => this.#parts.reply(...call));
  }

  /** Begins a turn unless one goes on; all that arrives at the same moment is in it. */
  #wake(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#parts.scheduler.schedule(0, () => this.#turn());
  }

  #turn(): void {
    const { scheduler } = this.#parts;
    const arrivals = this.#inbox.splice(0, TURN_PACKETS);
    if (arrivals.length > 0) this.meter.turns++;
    for (const arrival of arrivals) this.#charge(arrival);
    const due = scheduler.now >= this.#tickAt;
    if (due) this.#tickAt = Infinity;
    this.core.receive(arrivals, due ? 0 : null);
    this.#parts.handled(this.core);
    scheduler.schedule(this.meter.take(), () => this.#endTurn());
  }

  #endTurn(): void {
    for (const leave of this.#leaving.splice(0)) leave();
    this.#busy = false;
    if (this.#inbox.length > 0) this.#wake();
    else this.#rearm();
  }

  /** A client's request is checked as it arrives; the check of a peer's packet is part of handling it. */
  #charge(arrival: Arrival): void {
    if ("packet" in arrival) {
      this.meter.packets++;
      return;
    }
    const { request } = arrival.request;
    const { kind, client } = request.message;
    this.core.check.holds({ role: "client", signer: client, kind, signed: request });
  }

  /** Sets its next tick for when it asks for it; like the event loop, it does not sleep while anything committed is not applied. */
  #rearm(): void {
    const { state } = this.core;
    if (state === null) return;
    const { scheduler } = this.#parts;
    const hasWork = state.appliedIndex < state.commitIndex || hasSnapshotWork(state);
    const wanted = hasWork ? 0 : Math.min(nextDeadline(state, scheduler.now), this.core.pressingAt);
    const at = Math.max(scheduler.now + MIN_TICK_MS, wanted);
    if (at >= this.#tickAt) return;
    this.#tickAt = at;
    scheduler.schedule(at - scheduler.now, () => this.#tickAt <= at && this.core.state !== null && this.#wake());
  }
}
