/** Real processes on a real disk: kill -9 in the middle of commits, a disk that refuses, and two processes on one directory. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { CheckpointProof } from "../../../../protocol/certificate.ts";
import type { Genesis } from "../../../../protocol/config.ts";
import { restoreSnapshot } from "../../../../protocol/snapshot/snapshot_restore.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import { chunk, CLUSTER, headOf, prepareCertificate, REPLICA } from "../storage_fixtures.ts";

const CHILD = new URL("./storage_child.ts", import.meta.url).pathname;
const RUN_CHILD = ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", CHILD];
const DEADLINE_MS = 30_000;

/** Yields the lines of a child's output as they arrive. */
async function* linesOf(child: Deno.ChildProcess): AsyncGenerator<string> {
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Runs a child, passes its lines to `onLine`, kills it with SIGKILL when that returns true or the deadline passes; returns all lines. */
async function runChild(command: Deno.Command, onLine: (count: number) => boolean): Promise<string[]> {
  const child = command.spawn();
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  const lines: string[] = [];
  let killed = false;
  try {
    for await (const line of linesOf(child)) {
      lines.push(line);
      if (!killed && onLine(lines.length)) {
        killed = true;
        child.kill("SIGKILL");
      }
    }
  } finally {
    clearTimeout(deadline);
    if (!killed) tryKill(child);
    await child.status;
  }
  return lines;
}

function tryKill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Opens the directory and asserts that everything reported is there and no commit is there in part; returns the last index. */
function assertWhole(dir: string, reported: readonly string[]): number {
  const storage = openDiskStorage({ dir, clusterId: CLUSTER, replica: REPLICA });
  try {
    const { base, entries, hardState, prepared, checkpoint, genesis } = storage.load();
    assertArchive(storage, genesis);
    for (const line of reported) {
      const [index, hash] = line.split(" ");
      const at = Number(index) - (base?.index ?? 0);
      if (at > 0) assertEquals(entries[at - 1]?.hash, hash);
    }
    const last = entries.at(-1);
    if (last === undefined) {
      if (genesis === null) throw new Error("Nothing was committed");
      assertSnapshot(storage, checkpoint, genesis.index);
      return genesis.index;
    }
    assertEquals(last.entry.index % 2, 0);
    assertEquals(hardState.ack, headOf(last));
    assertEquals(prepared, prepareCertificate(1, headOf(last)));
    assertSnapshot(storage, checkpoint, Math.floor(last.entry.index / 16) * 16);
    return last.entry.index;
  } finally {
    storage.close();
  }
}

/** Asserts that no epoch was begun before its roster was archived. */
function assertArchive({ epochs }: Storage, genesis: Genesis | null): void {
  if (genesis === null) return;
  const roster = new TextEncoder().encode(`roster ${genesis.epoch}`);
  assertEquals(epochs.read(genesis.epoch), { roster, end: null });
}

/** Asserts that the checkpoint at `index` is there with every chunk intact, or, if the kill came before it, the previous one. */
function assertSnapshot(storage: Storage, checkpoint: CheckpointProof | null, index: number): void {
  if (checkpoint === null) return assertEquals(index <= 16, true);
  const { stable } = checkpoint;
  assert(
    [index, index - 16].includes(stable.index),
    `the checkpoint is at ${stable.index}, the log ends behind ${index}`,
  );
  const { machine } = restoreSnapshot(stable.stateDigest, (digest) => storage.chunks.read(digest), sha256Hex);
  assertEquals([...machine], [chunk(`state at ${stable.index} `, 30_000).bytes]);
}

Deno.test("disk: kill -9 in the middle of commits loses nothing that was reported and tears nothing", async () => {
  const dir = Deno.makeTempDirSync({ prefix: "storage-crash-" });
  try {
    let before = 0;
    for (const after of [1, 40, 137]) {
      const command = new Deno.Command(Deno.execPath(), { args: [...RUN_CHILD, dir], stdout: "piped" });
      const lines = await runChild(command, (count) => count === after);
      assert(lines.length >= after, `the child reported ${lines.length} commits, ${after} are wanted`);
      assertEquals(lines[0]?.split(" ")[0], String(before + 2));
      before = assertWhole(dir, lines);
    }
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("disk: a directory that another process uses is refused until that process is gone", async () => {
  const dir = Deno.makeTempDirSync({ prefix: "storage-crash-" });
  const open = () => openDiskStorage({ dir, clusterId: CLUSTER, replica: REPLICA });
  try {
    const command = new Deno.Command(Deno.execPath(), { args: [...RUN_CHILD, dir], stdout: "piped" });
    const lines = await runChild(command, () => {
      const error = assertThrows(open, StorageError, "in use by another process");
      assert(error.message.includes(dir));
      return true;
    });
    assertWhole(dir, lines);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test({
  name: "disk: a write that the file system refuses is an error with its reason, and undoes its commit only",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const dir = Deno.makeTempDirSync({ prefix: "storage-crash-" });
    try {
      const limited = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`;
      const args = ["-c", limited, Deno.execPath(), ...RUN_CHILD, dir];
      const lines = await runChild(new Deno.Command("/bin/sh", { args, stdout: "piped" }), () => false);
      const last = lines.pop() ?? "";
      assertMatch(last, /^error Could not write to the data in .*: (disk I\/O error|database or disk is full)/);
      assertEquals(assertWhole(dir, lines), 2 * lines.length);
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  },
});
