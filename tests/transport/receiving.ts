/** Sending and receiving in tests of transports, until what is wanted has come. */
import { eventually } from "../../tasks/support/eventually.ts";
import type { ClientTransport, Received, ReplicaTransport } from "../../transport/port.ts";

const PATIENCE_MS = 10_000;
const ATTEMPT_MS = 20;
/** Between attempts that wait themselves, and looks that cost nothing. */
const PAUSE_MS = 1;

/** Resolves when `condition` holds, looking about once in a turn of the event loop. */
export const until = (what: string, condition: () => boolean): Promise<true> =>
  eventually<boolean>(what, condition, PATIENCE_MS, PAUSE_MS);

/** Resolves when `condition` holds, checking once per turn of the event loop. */
export const untilReceived = <T>(
  what: string,
  attempt: () => Promise<T | null>,
): Promise<NonNullable<Exclude<T, false>>> => eventually(what, attempt, PATIENCE_MS, PAUSE_MS);

/** Repeats `send` until `target` receives something `wanted` accepts; other messages received meanwhile are lost. */
export function untilReplicaGets(
  what: string,
  target: ReplicaTransport,
  wanted: (message: Received) => boolean,
  send: () => void = () => {},
): Promise<Received> {
  return untilReceived(what, async () => {
    send();
    return (await target.receive(ATTEMPT_MS, 64)).find(wanted) ?? null;
  });
}

/** Does the same for a client. */
export function untilClientGets(
  what: string,
  target: ClientTransport,
  wanted: (message: { replica: string; frames: readonly Uint8Array[] }) => boolean,
  send: () => void = () => {},
): Promise<{ replica: string; frames: readonly Uint8Array[] }> {
  return untilReceived(what, async () => {
    send();
    return (await target.receive(ATTEMPT_MS, 64)).find(wanted) ?? null;
  });
}

/** Returns the UTF-8 of each text, as frames. */
export function frames(...texts: string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(text));
}

/** Returns the first frame as text. */
export function text(message: { readonly frames: readonly Uint8Array[] }): string {
  return new TextDecoder().decode(message.frames[0]);
}
