/**
 * Measures what an entry costs the storage of a replica at a follower (§4.1): an entry of 16 requests with its ack and the commit before it, then
 * its prepare certificate. Time, and processor time of this process, for each of the two transactions:
 * `deno run --no-prompt --allow-read --allow-write bench/storage_bench.ts DIR [ENTRIES]`.
 */
import process from "node:process";
import { sha256Hex } from "../crypto/digest.ts";
import type { ChainedEntry, Head } from "../protocol/entry.ts";
import { joinRequests } from "../protocol/entry_body.ts";
import { chainEntry } from "../protocol/hash_chain.ts";
import { clientId, logIndex, offset, seq, term } from "../protocol/ids.ts";
import { openDiskStorage } from "../replica/storage/disk/disk_storage.ts";
import type { Storage } from "../replica/storage/port.ts";
import * as fx from "../tests/contract/storage/storage_fixtures.ts";
import { entryOf } from "../transport/codec/mod.ts";

const REQUESTS = 16;
const COMMAND_BYTES = 300;

type Transaction = Parameters<Storage["commit"]>;

/** Time and processor time of one kind of transaction, in microseconds. */
interface Spent {
  wall: number;
  cpu: number;
}

function entryAfter(head: Head): ChainedEntry {
  const requests = Array.from({ length: REQUESTS }, (_, i) =>
    fx.signed({
      kind: "SendRequest",
      client: clientId(`c${i}`),
      session: logIndex(1),
      seq: seq(head.index + 1),
      floor: seq(1),
      mode: "command",
      command: new Uint8Array(COMMAND_BYTES).fill(i),
    }));
  return chainEntry(sha256Hex, head.hash, entryOf(offset(head.index, 1), term(1), joinRequests(requests)));
}

/** Returns the transactions that an entry after `head` takes, and its own head. */
function transactionsAfter(head: Head): { readonly head: Head; readonly steps: readonly Transaction[] } {
  const entry = entryAfter(head);
  const next = fx.headOf(entry);
  const before = head.index > 0 ? [fx.commit(1, head)] : [];
  const acked = fx.hardState(1, { currentTerm: term(1), ack: next });
  const steps: Transaction[] = [
    [[...before, fx.append([entry]), acked], [fx.acks(1, next)]],
    [[fx.prepared(1, next)], [fx.acks(1, next)]],
  ];
  return { head: next, steps };
}

function measure(storage: Storage, entries: number): Spent[] {
  const spent: Spent[] = [];
  let head = fx.GENESIS;
  for (let i = 0; i < entries; i++) {
    const { head: next, steps } = transactionsAfter(head);
    head = next;
    for (const [at, [operations, intents]] of steps.entries()) {
      const [cpu, start] = [process.cpuUsage(), performance.now()];
      storage.commit(operations, intents);
      const { user, system } = process.cpuUsage(cpu);
      const sum = spent[at] ??= { wall: 0, cpu: 0 };
      sum.wall += 1000 * (performance.now() - start);
      sum.cpu += user + system;
    }
  }
  return spent;
}

if (import.meta.main) {
  const [root = ".", count = "1000"] = Deno.args;
  const [dir, entries] = [Deno.makeTempDirSync({ dir: root, prefix: "storage-bench-" }), Number(count)];
  try {
    const storage = openDiskStorage({ dir, clusterId: fx.CLUSTER, replica: fx.REPLICA });
    measure(storage, 200);
    storage.close();
    Deno.removeSync(dir, { recursive: true });
    const warm = openDiskStorage({ dir, clusterId: fx.CLUSTER, replica: fx.REPLICA });
    const spent = measure(warm, entries);
    warm.close();
    for (const [at, what] of ["commit, entry and ack", "certificate"].entries()) {
      const { wall, cpu } = spent[at]!;
      console.log(`${what}: ${Math.round(wall / entries)} µs, ${Math.round(cpu / entries)} µs of processor time`);
    }
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}
