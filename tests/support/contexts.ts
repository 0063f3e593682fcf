/** Contexts of commands and queries, as a replica hands them to its state machine. */
import { clientId, logIndex } from "../../protocol/ids.ts";
import type { Access, ApplyContext } from "../../protocol/ports.ts";

/** Returns the context of a command of c1, or another client, at `index`; it may do everything unless `access` says otherwise. */
export const contextAt = (index = 1, client = "c1", access: Access = null): ApplyContext => ({
  ...{ index: logIndex(index), client: clientId(client), access, time: 0 },
});
