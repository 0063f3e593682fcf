/**
 * A process that commits until it is ended or its disk refuses: `storage_child.ts DIR`. Each commit appends two entries and moves the
 * ack and the highest certificate to the last of them. Prints `index hash` after each commit, and `error TEXT` when one is refused.
 */
import { term } from "../../replica/core/ids.ts";
import { openSqliteStorage, type Storage, StorageError } from "../../replica/storage/mod.ts";
import * as fx from "./storage_fixtures.ts";

const TERM = 1;

function commitForEver(storage: Storage): void {
  const last = storage.load().entries.at(-1);
  let head = last === undefined ? fx.GENESIS : fx.headOf(last);
  for (;;) {
    const entries = fx.grow(head, 2, TERM);
    head = fx.endOf(entries);
    storage.commit(
      [fx.append(entries), fx.hardState(TERM, { currentTerm: term(TERM), ack: head }), fx.prepared(TERM, head)],
      [fx.acks(TERM, head)],
    );
    print(`${head.index} ${head.hash}`);
  }
}

/** Written at once, so that what was reported can be read after the process was killed. */
function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  try {
    commitForEver(openSqliteStorage({ dir: Deno.args[0] ?? "", clusterId: fx.CLUSTER, replica: fx.REPLICA }));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    print(`error ${error.message}`);
  }
}
