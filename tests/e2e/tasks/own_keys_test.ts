/** Parties with keys of their own making, sealed, as processes; and a client added while they run. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readKeyFile } from "../../../crypto/keys/key_file.ts";
import { runRoster } from "../../../tasks/roster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { keygen } from "../../../tasks/support/keygen_lab.ts";
import { withTempDirectory } from "../../support/temp_directory.ts";
import { type Ended, runProcess, runReplica } from "../support/run_process.ts";

const READY_MS = 30_000;

class OwnKeys {
  readonly dir: string;
  readonly #port = findFreePorts(3);
  operatorKey = "";

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Runs a subcommand of keygen that has to succeed. */
  async keygen(...args: string[]): Promise<void> {
    const { code, error } = await keygen(...args);
    assertEquals([code, error], [0, ""]);
  }

  async begin(): Promise<void> {
    for (const [name, text] of [["right", "a passphrase"], ["wrong", "another passphrase"]]) {
      await Deno.writeTextFile(`${this.dir}/${name}`, text!, { mode: 0o600 });
    }
    await this.keygen("operator", "--cluster", "own", "--out", this.dir);
    this.operatorKey = (await readKeyFile(`${this.dir}/operator.key`)).publicKey;
    await this.request("r1", "replica", "--host", "127.0.0.1", "--peer-port", `${this.#port}`);
    await this.request("c1", "client");
    const requests = ["r1", "c1"].map((id) => `${this.dir}/${id}.request.json`);
    await this.keygen("sign", "--operator", `${this.dir}/operator.key`, "--out", `${this.dir}/1.json`, ...requests);
  }

  request(id: string, kind: string, ...more: string[]): Promise<void> {
    const trust = ["--cluster", "own", "--operator-key", this.operatorKey, "--passphrase-file", `${this.dir}/right`];
    return this.keygen("request", "--id", id, "--kind", kind, "--out", this.dir, ...trust, ...more);
  }

  /** Prepares and signs the roster behind `1.json` that lists a client more. */
  async addClient(id: string): Promise<void> {
    const [now, next] = [`${this.dir}/1.json`, `${this.dir}/next.json`];
    const add = ["client", "add", `${this.dir}/${id}.request.json`, "--roster", now, "--out", next];
    assertEquals(await runRoster(add, { out: () => {}, error: () => {} }), 0);
    const files = ["--roster", now, "--next", next, "--out", `${this.dir}/2.json`];
    await this.keygen("sign", "--operator", `${this.dir}/operator.key`, ...files);
  }

  /** Arguments of a process that acts as `id`. */
  as(id: string, roster: string, passphrase: string): string[] {
    const files = ["--cluster", `${this.dir}/${roster}`, "--key", `${this.dir}/${id}.key`];
    return passphrase === "" ? files : [...files, "--passphrase-file", `${this.dir}/${passphrase}`];
  }

  replicaArgs = (roster: string, passphrase: string) => [
    ...this.as("r1", roster, passphrase),
    ...["--data", `${this.dir}/data`],
  ];

  async start(roster: string): Promise<DenoProcess> {
    const process = await DenoProcess.replica(this.replicaArgs(roster, "right"));
    try {
      await process.stdout.waitFor("r1 ready", (line) => line.includes('"event":"ready"'), READY_MS);
      return process;
    } catch (cause) {
      await process.kill();
      throw cause;
    }
  }

  refused = (roster: string, passphrase: string): Promise<Ended> => runReplica(...this.replicaArgs(roster, passphrase));

  client = (id: string, roster: string, passphrase: string, ...command: string[]): Promise<Ended> =>
    runProcess("client", "client/main.ts", ...this.as(id, roster, passphrase), ...command);
}

Deno.test("sealed keys of their own making serve; a client is added while they run, and a restart with the first roster changes nothing", () =>
  withTempDirectory(async (dir) => {
    const own = new OwnKeys(dir);
    await own.begin();
    const missing = await own.refused("1.json", "");
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.error, "$.sealed: given none, wanted a passphrase to open this key file with");
    await own.request("c2", "client");
    await own.addClient("c2");
    {
      await using _first = await own.start("1.json");
      assertEquals((await own.client("c1", "1.json", "right", "put", "a", "1")).code, 0);
      const wrong = await own.client("c1", "1.json", "wrong", "get", "a");
      assertEquals(wrong.code, 2);
      assertStringIncludes(wrong.error, "given another passphrase, or a file that was altered");
      const changed = await own.client("c1", "1.json", "right", "reconfigure", `${dir}/2.json`);
      assertEquals([changed.code, changed.out.includes("adds client c2")], [0, true], changed.error);
    }
    await using again = await own.start("1.json");
    const read = await own.client("c2", "2.json", "right", "get", "a");
    assertEquals([read.code, read.out.includes("1")], [0, true]);
    const older = JSON.parse(again.stderr.lines.find((line) => line.includes('"event":"roster"'))!);
    assertEquals([older.level, older.given, older.inForce], ["info", 1, 2]);
  }));
