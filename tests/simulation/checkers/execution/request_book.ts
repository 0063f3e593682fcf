/** Everything clients signed: nothing else is ever ordered, executed or answered (§3.2, §7.1). */
import type { Entry } from "../../../../protocol/entry.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { SendRequest } from "../../../../protocol/message.ts";
import { demand } from "../judge.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/** Returns a key for one seq of one client. */
export const requestKey = (client: string, seq: number): string => `${client} ${seq}`;

/** Returns the bytes as text, one character each: a key for maps. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Returns a key for a command of a client. */
export const commandName = (client: string, command: Uint8Array): string => `${client} ${textOf(command)}`;

const NONE: ReadonlySet<string> = new Set();

export class RequestBook {
  readonly #bodies = new Set<string>();
  /** Requests of a client with a command: several if it signed the same one under several seqs, as reads are. */
  readonly #keys = new Map<string, Set<string>>();
  readonly #floors = new Map<string, number>();

  /** Records that a client signed `request`. */
  requested({ message: { client, seq, floor, command }, body }: Signed<SendRequest>): void {
    this.#bodies.add(textOf(body));
    const name = commandName(client, command);
    const keys = this.#keys.get(name) ?? new Set();
    this.#keys.set(name, keys.add(requestKey(client, seq)));
    this.#floors.set(client, Math.max(this.#floors.get(client) ?? 0, floor));
  }

  /** Returns the requests that `client` signed with this command; none if it never did. */
  keysOf(client: string, command: Uint8Array): ReadonlySet<string> {
    return this.#keys.get(commandName(client, command)) ?? NONE;
  }

  /** Returns whether the command of this name was signed under one seq alone, so that executing it shows which request it was. */
  isDistinct(name: string): boolean {
    return this.#keys.get(name)?.size === 1;
  }

  /** Returns the highest floor `client` ever signed: no honest session table has its window's low edge above it (§7.1). */
  floorOf(client: string): number {
    return this.#floors.get(client) ?? 0;
  }

  /** Demands that every request in `entry`, which honest `at` appends, was signed by its client (§3.2). */
  appended(at: ReplicaId, { index, requests }: Entry): void {
    demand(requests !== null, "forged", () => `${at} appends entry ${index}, which is no list of requests`);
    for (const { message, body } of requests) {
      const text = () => `${at} appends entry ${index} with ${requestKey(message.client, message.seq)}`;
      demand(this.#bodies.has(textOf(body)), "forged", () => `${text()}, which its client never signed`);
    }
  }
}
