/** Everything clients signed: nothing else is ever ordered, executed or answered (§3.2, §7.1). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Entry } from "../../../../protocol/entry.ts";
import type { Digest, ReplicaId } from "../../../../protocol/ids.ts";
import type { Request, SendRequest } from "../../../../protocol/message.ts";
import { decodeGroup, type Operation } from "../../../../protocol/operations/group.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { demand } from "../judge.ts";

/** Returns a name for one seq of one session of a client. */
export const requestKey = (client: string, session: number, seq: number): string => `${client} ${session}/${seq}`;

/** Returns a name for what a request asks for: a seq of a session, or a session by the register's digest. */
export const nameOf = (message: Request, digest: Digest): string =>
  message.kind === "SendRequest"
    ? requestKey(message.client, message.session, message.seq)
    : `${message.client} register ${digest.slice(0, 8)}`;

/** Returns the bytes as text, one character each: a key for maps. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Returns a key for a command of a client. */
export const commandName = (client: string, command: Uint8Array): string => `${client} ${textOf(command)}`;

/** Returns the commands and queries of a request, in the order in which they are to be executed; none of a change, which the machine never sees. */
export function operationsOf({ mode, command }: SendRequest): readonly Operation[] {
  if (mode === "roster") return [];
  return mode === "group" ? decodeGroup(command) ?? [] : [{ mode, command }];
}

/** A request that a client signed, with the digest that answers name it with. */
export interface SignedRequest {
  readonly message: Request;
  readonly digest: Digest;
  readonly name: string;
}

/** Number of times that honest clients want a command executed. */
interface Wanted {
  count: number;
  readonly repeatable: boolean;
}

export class RequestBook {
  readonly #bodies = new Map<string, SignedRequest>();
  readonly #byDigest = new Map<Digest, SignedRequest>();
  readonly #commands = new Set<string>();
  readonly #floors = new Map<string, number>();
  readonly #wanted = new Map<string, Wanted>();

  /** Records that a client signed `request`. */
  requested({ message, body }: Signed<Request>): void {
    const digest = sha256Hex(body);
    const known = { message, digest, name: nameOf(message, digest) };
    this.#bodies.set(textOf(body), known);
    this.#byDigest.set(digest, known);
    if (message.kind === "RegisterSession") return;
    const { client, session, floor } = message;
    for (const { command } of operationsOf(message)) this.#commands.add(commandName(client, command));
    const key = `${client} ${session}`;
    this.#floors.set(key, Math.max(this.#floors.get(key) ?? 0, floor));
  }

  /** Records that an honest client begins an operation with this command. */
  invoked(client: string, command: Uint8Array, repeatable: boolean): void {
    const name = commandName(client, command);
    const wanted = this.#wanted.get(name) ?? { count: 0, repeatable };
    wanted.count++;
    this.#wanted.set(name, wanted);
  }

  /** Returns the number of times the command may be executed; any number of times where its client is faulty, or says that twice is as good as once. */
  mostExecutions(client: string, command: Uint8Array): number {
    const wanted = this.#wanted.get(commandName(client, command));
    return wanted === undefined || wanted.repeatable ? Infinity : wanted.count;
  }

  /** Returns whether `client` ever signed this command. */
  isSigned(client: string, command: Uint8Array): boolean {
    return this.#commands.has(commandName(client, command));
  }

  /** Returns the request with this digest, if a client signed it. */
  byDigest(digest: Digest): SignedRequest | undefined {
    return this.#byDigest.get(digest);
  }

  /** Returns the highest floor that `client` ever signed in a session: no honest session table has its window's low edge above it (§7.1). */
  floorOf(client: string, session: number): number {
    return this.#floors.get(`${client} ${session}`) ?? 1;
  }

  /** Demands that every request in `entry`, which honest `at` appends, was signed by its client (§3.2). */
  appended(at: ReplicaId, { index, requests }: Entry): void {
    demand(requests !== null, "forged", () => `${at} appends entry ${index}, which is no list of requests`);
    for (const { message, body } of requests) {
      const text = () => `${at} appends entry ${index} with ${nameOf(message, sha256Hex(body))}`;
      demand(this.#bodies.has(textOf(body)), "forged", () => `${text()}, which its client never signed`);
    }
  }
}
