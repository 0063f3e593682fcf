/** The store's revision, which a gateway can ask for whatever the rights of its key. */
import type { Client } from "../client_types.ts";
import { RefusedError } from "../errors.ts";
import type { deadlineOf } from "./requests.ts";

/** Place of a store in its history, and whether the gateway's key may read all of its keys by the roster in force. */
export interface StoreAt {
  readonly revision: number;
  readonly readsAll: boolean;
}

/** Returns where the store is, by a read that takes its place in the log. */
export async function storeAt(
  client: Pick<Client, "keys" | "txn">,
  options: ReturnType<typeof deadlineOf>,
): Promise<StoreAt> {
  try {
    return { revision: (await client.keys({ limit: 1, ...options })).storeRevision, readsAll: true };
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== "denied") throw error;
  }
  // A transaction of nothing is what every client may do.
  return { revision: (await client.txn({ then: [] }, { ...options, repeatable: true })).revision, readsAll: false };
}
