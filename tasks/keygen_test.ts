import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { unlockKeyFile } from "../crypto/keys/key_file.ts";
import { readRoster } from "../crypto/roster/parse_roster.ts";
import { nobleBackend } from "../crypto/signing/noble_backend.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import { keygen as run } from "./support/keygen_lab.ts";

const withDirectory = (body: (directory: string) => Promise<void>): Promise<void> =>
  withTempDirectory((parent) => body(`${parent}/out`));

const roster = (directory: string) => readRoster(`${directory}/cluster.json`, null, nobleBackend);

Deno.test("the defaults make four replicas and two clients on loopback; a second run refuses with 2", () =>
  withDirectory(async (directory) => {
    const first = await run("--out", directory);
    const { cluster, replicas, clients } = await roster(directory);
    const out = [
      `${directory}/cluster.json: cluster ${cluster}, 4 replicas, 2 clients`,
      "4 replicas tolerate 1 faulty one; 7 tolerate 2",
      "next, and so on to r4, each in a terminal of its own or on its own machine:",
      `  deno task replica --cluster ${directory}/cluster.json --key ${directory}/r1.key --data ${directory}/r1`,
    ];
    assertEquals(first, { code: 0, out: out.join("\n"), error: "" });
    assertEquals([replicas.length, clients.length, replicas[3]!.clientPort], [4, 2, 17_011]);
    const second = await run("--out", directory);
    assertEquals([second.code, second.out], [2, ""]);
    for (const name of ["operator.key", "r1.key", "c2.key", "cluster.json"]) {
      assert(second.error.includes(`${directory}/${name}`));
    }
    assertEquals((await roster(directory)).cluster, cluster);
  }));

Deno.test("it says how many faulty replicas are tolerated, and quotes a path where a shell would cut it", () =>
  withTempDirectory(async (parent) => {
    const cases = {
      1: "1 replica tolerates no faulty one; 4 tolerate 1",
      3: "3 replicas tolerate no faulty one, as 1 does; 4 tolerate 1",
      6: "6 replicas tolerate 1 faulty one, as 4 do; 7 tolerate 2",
      7: "7 replicas tolerate 2 faulty ones; 10 tolerate 3",
    };
    for (const [replicas, line] of Object.entries(cases)) {
      const directory = `${parent}/it's ${replicas}`;
      const { out } = await run("--out", directory, "--replicas", replicas);
      assertEquals(out.split("\n")[1], line);
      assert(out.includes(`--data '${parent}/it'\\''s ${replicas}/r1'`), out);
    }
  }));

Deno.test("every option reaches the roster", () =>
  withDirectory(async (directory) => {
    const options = ["--hosts=a,b", "--clients", "1", "--base-port", "9000", "--cluster", "x", "--fast-reads"];
    const numbers = ["--election-timeout-ms", "400", "--checkpoint-every", "50", "--log-tail=1"];
    const offices = ["--office-entries", "64", "--office-ms=1600"];
    const { code } = await run("--out", directory, ...options, ...numbers, ...offices);
    const { cluster, constants, replicas, clients } = await roster(directory);
    assertEquals([code, cluster, clients.length], [0, "x", 1]);
    assertEquals(replicas.map(({ host, peerPort }) => [host, peerPort]), [["a", 9000], ["b", 9000]]);
    assertEquals([constants.fastReads, constants.electionTimeoutMs, constants.heartbeatMs], [true, 400, 40]);
    assertEquals([constants.checkpointEvery, constants.logTail], [50, 1]);
    assertEquals([constants.officeEntries, constants.officeMs], [64, 1600]);
    assertEquals((await roster(directory)).allowPlaintext, false);
  }));

Deno.test("--replicas, --host and --base-port together", () =>
  withDirectory(async (directory) => {
    await run("--out", directory, "--replicas", "7", "--host", "10.0.0.1", "--base-port", "8000", "--clients", "0");
    const { replicas, clients } = await roster(directory);
    assertEquals([replicas.length, clients.length, replicas[6]!.host, replicas[6]!.peerPort], [7, 0, "10.0.0.1", 8018]);
  }));

Deno.test("wrong usage ends with 2, says what was given and wanted, and writes nothing", () =>
  withDirectory(async (directory) => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [[], "keygen: --out: given nothing"],
      [["--out"], "keygen: --out: given nothing, wanted a value"],
      [
        ["sing", "--out", directory],
        "keygen: sing: given an unknown argument, wanted operator, request, sign, show, or",
      ],
      [["--out", directory, "--colour", "red"], "keygen: --colour: given an unknown argument"],
      [["--out", directory, "extra"], "keygen: extra: given an unknown argument"],
      [["--out", directory, "--replicas", "4x"], 'keygen: --replicas: given "4x", wanted an integer'],
      [["--out", directory, "--replicas", "0"], "keygen: replicas: given 0, wanted an integer from 1 to 64"],
      [["--out", directory, "--replicas="], "keygen: --replicas: given nothing"],
      [["--out", directory, "--base-port", "70000"], "keygen: $.roster.replicas[0].peerPort: given 70000"],
      [["--out", directory, "--host", "999.1.1.1"], 'keygen: --host: given "999.1.1.1", wanted an IPv4 address, an'],
      [
        ["--out", `${directory}\ufffd`],
        `keygen: "${directory}\ufffd": given bytes that are not UTF-8 where it shows \ufffd`,
      ],
      [["--out", directory, "--host", "0.0.0.0"], 'keygen: --host: given "0.0.0.0", wanted an address that others can'],
      [["--out", directory, "--hosts", "a,db.example."], 'keygen: --hosts: given "db.example.", wanted'],
      [["--out", directory, "--host", "a", "--hosts", "a,b"], "keygen: --host and --hosts: given both, wanted one"],
      [
        ["--out", directory, "--replicas", "4", "--hosts", "a,b"],
        "keygen: hosts: given 2, wanted one for each of the 4",
      ],
      [["--out", directory, "--election-timeout-ms", "5"], "keygen: $.roster.constants.electionTimeoutMs: given 5"],
      [["--out", directory, "--checkpoint-every", "0"], "keygen: $.roster.constants.checkpointEvery: given 0, wanted"],
      [["--out", directory, "--log-tail", "20000"], "keygen: $.roster.constants.logTail: given 20000, wanted"],
      [["--out", directory, "--log-tail=-1"], 'keygen: --log-tail: given "-1", wanted an integer'],
    ];
    for (const [args, message] of cases) {
      const { code, out, error } = await run(...args);
      assertEquals([code, out, error.slice(0, message.length)], [2, "", message]);
    }
    await assertRejects(() => Deno.stat(directory), Deno.errors.NotFound);
  }));

Deno.test("a path that can be no directory is wrong usage, 2, and named", () =>
  withDirectory(async (directory) => {
    await Deno.writeTextFile(directory, "a file where a directory is wanted");
    const { code, error } = await run("--out", `${directory}/deeper`);
    const given = "given a path through something that is no directory, wanted a directory";
    assertEquals([code, error], [2, `keygen: ${directory}/deeper: ${given}`]);
  }));

const FLAGS = [
  ...["out", "replicas", "clients", "host", "hosts", "base-port", "cluster", "fast-reads"],
  ...["election-timeout-ms", "checkpoint-every", "log-tail", "allow-plaintext", "passphrase-file"],
];

Deno.test("--help prints the usage on standard output", async () => {
  const { code, out, error } = await run("--help");
  assertEquals([code, error], [0, ""]);
  for (const flag of FLAGS) {
    assert(out.includes(`--${flag}`), flag);
  }
});

Deno.test("--passphrase-file seals every key, and the cluster is as good as any", () =>
  withTempDirectory(async (parent) => {
    const [directory, secret] = [`${parent}/out`, `${parent}/passphrase`];
    await Deno.writeTextFile(secret, "a passphrase\n", { mode: 0o600 });
    const small = ["--replicas", "1", "--clients", "0", "--allow-plaintext"];
    const { code } = await run("--out", directory, "--passphrase-file", secret, ...small);
    const { operatorKey, allowPlaintext } = await roster(directory);
    assertEquals([code, allowPlaintext], [0, true]);
    assertEquals((await unlockKeyFile(`${directory}/r1.key`, secret, nobleBackend)).operatorKey, operatorKey);
    await assertRejects(
      () => unlockKeyFile(`${directory}/operator.key`, null, nobleBackend),
      ConfigError,
      "given none",
    );
  }));
