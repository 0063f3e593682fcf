/**
 * One key of the key-value store as its clients see it: what an operation that took effect at some moment does to the key, and
 * whether its result could have been what the client saw. Revisions are the store's, so they rise from one effect to the next.
 */
import type { KvCommand, KvResult } from "../../../../state_machine/mod.ts";
import { textOf } from "../execution/request_book.ts";

/** Commands that concern one key. */
export type KeyCommand = Extract<KvCommand, { readonly op: "put" | "get" | "cas" | "delete" }>;

/** A key at one moment. */
export interface KeyState {
  /** Its value as text, null while absent. */
  readonly value: string | null;
  /** Revision that wrote it, 0 while absent; null where the writer never learned it and nobody has read it since. */
  readonly revision: number | null;
  /** The store's revision is at least this. */
  readonly store: number;
}

/** A key nobody has written. */
export const ABSENT: KeyState = { value: null, revision: 0, store: 0 };

/** The key after `command` took effect and answered `result` (null: nobody knows what); null where that cannot be. */
export function apply(state: KeyState, command: KeyCommand, result: KvResult | null): KeyState | null {
  switch (command.op) {
    case "get":
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
  if (result.status !== "value" || textOf(result.value) !== state.value) return null;
  const known = learn(state, result.revision);
  if (known === null || result.storeRevision < known.store || result.storeRevision < result.revision) return null;
  return { ...known, store: result.storeRevision };
}

/** The key's revision turns out to be `revision`; null where that cannot be. */
function learn(state: KeyState, revision: number): KeyState | null {
  if (state.revision !== null) return state.revision === revision ? state : null;
  // It came after everything known when it was written, which `store` counts already.
  return revision >= state.store ? { ...state, revision, store: revision } : null;
}

function write(state: KeyState, value: string | null, result: KvResult | null): KeyState | null {
  if (result === null) return { value, revision: value === null ? 0 : null, store: state.store + 1 };
  if (result.status !== "written" || result.revision <= state.store) return null;
  return { value, revision: value === null ? 0 : result.revision, store: result.revision };
}

/** Nothing is done, since the key's revision is `revision`. */
function refuse(state: KeyState, revision: number, result: KvResult | null): KeyState | null {
  return result === null || (result.status === "refused" && result.revision === revision) ? state : null;
}

/** A key whose revision is not known may have the one expected; its result tells which. */
function swap(state: KeyState, expected: number, value: string, result: KvResult | null): KeyState | null {
  if (state.revision !== null) {
    return state.revision === expected ? write(state, value, result) : refuse(state, state.revision, result);
  }
  if (result?.status === "refused") return result.revision === expected ? null : learn(state, result.revision);
  const matched = learn(state, expected);
  return matched === null ? null : write(matched, value, result);
}

/** The store's revision when the operation took effect, where the result tells it. */
export function shownRevision(result: KvResult): number | null {
  if ("storeRevision" in result) return result.storeRevision;
  return result.status === "written" ? result.revision : null;
}
