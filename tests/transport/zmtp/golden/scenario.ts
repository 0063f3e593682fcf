/** Meetings of this engine with libzmq, to be recorded once and played again and again. */
import { Connection } from "../../../../transport/zmtp/connection/connection.ts";
import type { Mechanism } from "../../../../transport/zmtp/connection/connection_options.ts";
import type { SocketType } from "../../../../transport/zmtp/connection/handshake/socket_type.ts";
import * as lab from "../connection_lab.ts";
import { fixedBox } from "../fixed_box.ts";

/** One meeting: this engine's side of it, and the type of libzmq's socket. */
export interface Scenario {
  readonly mechanism: lab.MechanismName;
  readonly own: SocketType;
  readonly other: SocketType;
  readonly connects: boolean;
}

/** A meeting as it was: all bytes of both sides, and what libzmq said in them. */
export interface Recording extends Scenario {
  readonly libzmq: string;
  readonly theirs: string;
  readonly ours: string;
  readonly messages: readonly (readonly string[])[];
}

const PAIRS: readonly (readonly [SocketType, SocketType])[] = [
  ["ROUTER", "DEALER"],
  ["DEALER", "ROUTER"],
  ["PUB", "SUB"],
  ["SUB", "PUB"],
];

export const SCENARIOS: readonly Scenario[] = (["NULL", "CURVE"] as const).flatMap((mechanism) =>
  PAIRS.map(([own, other]) => ({ mechanism, own, other, connects: own === "DEALER" || own === "SUB" }))
);

export const nameOf = ({ mechanism, own, other }: Scenario): string => `${mechanism}, ${own} here, ${other} there`;

/** This engine's side, which greets a ROUTER, subscribes to a PUB, and sends every message back. */
export class OwnSide {
  readonly connection: Connection;
  readonly messages: string[][] = [];
  readonly #own: SocketType;
  #hasBegun = false;

  constructor({ mechanism: name, own, connects }: Scenario) {
    const mechanism = mechanismOf(name, connects);
    this.connection = new Connection(lab.optionsOf(name, connects, { socketType: own, mechanism }), 0);
    this.#own = own;
  }

  /** Takes bytes of the other side, in pieces of at most so many. */
  hear(bytes: Uint8Array, piece = Infinity): void {
    for (let at = 0; at < bytes.length && this.connection.closed === null;) {
      const room = this.connection.room();
      const count = Math.min(room.length, piece, bytes.length - at);
      room.set(bytes.subarray(at, at + count));
      this.connection.filled(count, 0);
      at += count;
      this.#begin();
      for (let frames = this.connection.next(); frames !== null; frames = this.connection.next()) this.#take(frames);
      if (this.#own === "PUB" && this.connection.subscription.isOn) {
        this.#once(() => this.connection.send([lab.utf8("news")]));
      }
    }
  }

  #begin(): void {
    if (this.connection.phase !== "traffic") return;
    if (this.#own === "DEALER") this.#once(() => this.connection.send([lab.utf8("hello")]));
    if (this.#own === "SUB") this.#once(() => this.connection.subscribe());
  }

  #once(work: () => void): void {
    if (!this.#hasBegun) work();
    this.#hasBegun = true;
  }

  #take(frames: Uint8Array[]): void {
    this.messages.push(lab.texts([frames])[0]!);
    if (this.#own === "ROUTER") this.connection.send(frames);
  }
}

function mechanismOf(name: lab.MechanismName, connects: boolean): Mechanism {
  const mechanism = lab.mechanismOf(name, connects);
  const box = fixedBox(2026);
  if ("server" in mechanism) return { name: "CURVE", server: { ...mechanism.server, box } };
  if ("client" in mechanism) return { name: "CURVE", client: { ...mechanism.client, box } };
  return mechanism;
}
