/**
 * Measures the commits per second of the SQLite storage, as a follower makes them:
 * `deno run --no-prompt --allow-read --allow-write bench/storage_bench.ts DIR`.
 */
import { term } from "../protocol/ids.ts";
import type { Storage } from "../replica/storage/port.ts";
import { openSqliteStorage } from "../replica/storage/sqlite/sqlite_storage.ts";
import * as fx from "../tests/contract/storage/storage_fixtures.ts";

interface Shape {
  readonly commits: number;
  /** Entries per commit, each of one 120-byte request. */
  readonly rows: number;
  /** True if each commit also moves the highest certificate and the commit index. */
  readonly certificates: boolean;
}

function commitsOf({ commits, rows, certificates }: Shape): Parameters<Storage["commit"]>[] {
  let head = fx.GENESIS;
  return Array.from({ length: commits }, () => {
    const entries = fx.grow(head, rows, 1);
    head = fx.endOf(entries);
    const state = fx.hardState(1, { currentTerm: term(1), ack: head });
    const certified = certificates ? [fx.prepared(1, head), fx.commit(1, head)] : [];
    return [[fx.append(entries), state, ...certified], [fx.acks(1, head)]];
  });
}

function measure(dir: string, shape: Shape): void {
  const storage = openSqliteStorage({ dir, clusterId: fx.CLUSTER, replica: fx.REPLICA });
  try {
    const prepared = commitsOf(shape);
    const start = performance.now();
    for (const [operations, intents] of prepared) storage.commit(operations, intents);
    const ms = (performance.now() - start) / shape.commits;
    const what = `${shape.rows} rows${shape.certificates ? " and both certificates" : ""}`;
    console.log(`${what}: ${ms.toFixed(3)} ms a commit, ${Math.round(1000 / ms)} commits/s`);
  } finally {
    storage.close();
  }
}

if (import.meta.main) {
  const root = Deno.makeTempDirSync({ dir: Deno.args[0] ?? ".", prefix: "storage-bench-" });
  try {
    for (const rows of [1, 100]) {
      for (const certificates of [false, true]) {
        measure(`${root}/${rows}-${certificates}`, { commits: rows === 1 ? 1000 : 200, rows, certificates });
      }
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}
