/**
 * One key of the key-value store as seen by clients: the effect on the key of an operation at some moment, and
 * whether its result could have been what the client saw. Revisions are the store's, so they rise from one effect to the next.
 */
import type { KvCommand, KvResult } from "../../../../state_machine/mod.ts";
import { textOf } from "../execution/request_book.ts";

/** Commands that concern one key. */
export type KeyCommand = Extract<KvCommand, { readonly op: "put" | "get" | "read" | "cas" | "delete" }>;

/** A key at one moment. */
export interface KeyState {
  /** Its value as text, null while absent. */
  readonly value: string | null;
  /** Revision that wrote it, 0 while absent; null if the writer never learned it and it has not been read since. */
  readonly revision: number | null;
  /** Lower bound of the store's revision. */
  readonly store: number;
}

/** A key that has never been written. */
export const ABSENT: KeyState = { value: null, revision: 0, store: 0 };

/** Returns the key after `command` took effect with `result` (null: unknown); null if that is impossible. */
export function apply(state: KeyState, command: KeyCommand, result: KvResult | null): KeyState | null {
  // Whether it is true that the client may not do that is for who executes the chain to say.
  if (result?.status === "denied") return state;
  switch (command.op) {
    case "get":
    case "read":
      return result === null ? state : read(state, result);
    case "put":
      return write(state, textOf(command.value), result);
    case "delete":
      if (state.value === null) return refuse(state, 0, result);
      return result?.status === "refused" ? null : write(state, null, result);
    case "cas":
      return swap(state, command.revision, textOf(command.value), result);
  }
}

function read(state: KeyState, result: KvResult): KeyState | null {
  if (result.status === "absent") {
    return state.value === null && result.storeRevision >= state.store
      ? { ...state, store: result.storeRevision }
      : null;
  }
  if (result.status === "current") return textOf(result.value) === state.value ? learn(state, result.revision) : null;
  if (result.status !== "value" || textOf(result.value) !== state.value) return null;
  const known = learn(state, result.revision);
  if (known === null || result.storeRevision < known.store || result.storeRevision < result.revision) return null;
  return { ...known, store: result.storeRevision };
}

/** Returns the key if its revision turns out to be `revision`; null if that is impossible. */
function learn(state: KeyState, revision: number): KeyState | null {
  if (state.revision !== null) return state.revision === revision ? state : null;
  // It came after everything known when it was written, which `store` already counts.
  return revision >= state.store ? { ...state, revision, store: revision } : null;
}

function write(state: KeyState, value: string | null, result: KvResult | null): KeyState | null {
  if (result === null) return { value, revision: value === null ? 0 : null, store: state.store + 1 };
  if (result.status !== "written" || result.revision <= state.store) return null;
  return { value, revision: value === null ? 0 : result.revision, store: result.revision };
}

/** Returns the key unchanged, as a command is refused because of the key's revision. */
function refuse(state: KeyState, revision: number, result: KvResult | null): KeyState | null {
  return result === null || (result.status === "refused" && result.revision === revision) ? state : null;
}

/** Returns the key after a `cas`. A key whose revision is unknown may have the one expected; the result tells. */
function swap(state: KeyState, expected: number, value: string, result: KvResult | null): KeyState | null {
  if (state.revision !== null) {
    return state.revision === expected ? write(state, value, result) : refuse(state, state.revision, result);
  }
  if (result?.status === "refused") return result.revision === expected ? null : learn(state, result.revision);
  const matched = learn(state, expected);
  return matched === null ? null : write(matched, value, result);
}

/** Returns whether a command changes nothing. */
export const isRead = ({ op }: KvCommand): boolean => op === "get" || op === "read" || op === "list";

/** Returns the store's revision when the operation took effect, if the result tells it. */
export function shownRevision(result: KvResult): number | null {
  if ("storeRevision" in result) return result.storeRevision;
  return result.status === "written" ? result.revision : null;
}
