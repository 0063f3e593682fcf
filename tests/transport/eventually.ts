import type { ClientTransport, Received, ReplicaTransport } from "../../transport/port.ts";

const PATIENCE_MS = 10_000;
const ATTEMPT_MS = 20;

/** Calls `attempt` until it returns something other than null; throws, naming `what`, if that takes 10 seconds. */
export async function eventually<T>(what: string, attempt: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const result = await attempt();
    if (result !== null) return result;
    if (performance.now() > deadline) throw new Error(`Waited ${PATIENCE_MS} ms for ${what}`);
  }
}

/** Resolves when `condition` holds, checking once per turn of the event loop. */
export function until(what: string, condition: () => boolean): Promise<true> {
  return eventually(what, async () => {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 1));
    return null;
  });
}

/** Repeats `send` until `target` receives something `wanted` accepts; other messages received meanwhile are lost. */
export function untilReplicaGets(
  what: string,
  target: ReplicaTransport,
  wanted: (message: Received) => boolean,
  send: () => void = () => {},
): Promise<Received> {
  return eventually(what, async () => {
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
  return eventually(what, async () => {
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
