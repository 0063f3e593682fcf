import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { parseFlags } from "./flags.ts";

const NEEDED = ["--cluster", "c.json", "--key", "r1.key", "--data", "d"];

Deno.test("the needed flags alone give the defaults", () => {
  assertEquals(parseFlags(NEEDED), {
    cluster: "c.json",
    key: "r1.key",
    passphraseFile: null,
    data: "d",
    bind: null,
    dialOffset: 0,
    crypto: "auto",
    verifyThreads: null,
    logLevel: "info",
    init: false,
    recover: false,
    byzantine: null,
    record: null,
    health: null,
    http: null,
    transport: "zmtp",
    insecurePlaintext: false,
  });
  assertEquals(parseFlags(["--help"]), null);
});

Deno.test("every flag is understood", () => {
  const more = ["--bind", "*", "--crypto=noble", "--log-level", "debug", "--byzantine", "equivocate"];
  const files = ["--record", "run.jsonl", "--passphrase-file", "p"];
  const flags = parseFlags([...NEEDED, ...more, "--unsafe-test-faults", ...files, "--recover"]);
  assertEquals(flags?.passphraseFile, "p");
  assertEquals(parseFlags([...NEEDED, "--verify-threads", "2"])?.verifyThreads, 2);
  const { transport, insecurePlaintext } = parseFlags([...NEEDED, "--transport", "libzmq", "--insecure-plaintext"])!;
  assertEquals([transport, insecurePlaintext], ["libzmq", true]);
  assertEquals(parseFlags([...NEEDED, "--http", "[::1]:9464"])?.http, { hostname: "::1", port: 9464 });
  assertEquals(parseFlags([...NEEDED, "--http", "9464"])?.http, { hostname: "127.0.0.1", port: 9464 });
  assertEquals([flags?.record, flags?.recover], ["run.jsonl", true]);
  assertEquals([flags?.bind, flags?.crypto, flags?.logLevel, flags?.byzantine], ["*", "noble", "debug", "equivocate"]);
});

const REFUSED: readonly (readonly [string, readonly string[], string])[] = [
  ["an unknown flag", [...NEEDED, "--htpp", "x"], "--htpp"],
  ["no address of probes", [...NEEDED, "--http", "::1"], '--http: given "::1", wanted [HOST:]PORT'],
  ["all addresses for probes by a star", [...NEEDED, "--http", "*:9464"], "--http: given"],
  ["a port of probes that is none", [...NEEDED, "--http", "127.0.0.1:70000"], "--http: given"],
  ["a name of another machine", [...NEEDED, "--http", "node.example:9464"], "--http: given"],
  ["a stray argument", [...NEEDED, "start"], "start"],
  ["a missing flag", NEEDED.slice(0, 4), "--data: given nothing"],
  ["an unknown engine", [...NEEDED, "--transport", "tcp"], '--transport: given "tcp", wanted one of zmtp, libzmq'],
  ["an empty value", [...NEEDED, "--bind="], "--bind: given nothing"],
  ["a name to listen at", [...NEEDED, "--bind", "localhost"], '--bind: given "localhost", wanted an address of this'],
  ["no address to listen at", [...NEEDED, "--bind", "999.1.1.1"], '--bind: given "999.1.1.1", wanted'],
  [
    "bytes that are not UTF-8",
    [...NEEDED, "--record", "a\ufffd"],
    '"a\ufffd": given bytes that are not UTF-8 where it',
  ],
  ["an empty argument", [...NEEDED, "--bind", ""], 'given ""'],
  ["a flag given twice", [...NEEDED, "--key", "r2.key"], "--key: given 2 times"],
  ["an unknown backend", [...NEEDED, "--crypto", "openssl"], 'given "openssl", wanted one of auto, native, noble'],
  [
    "too many threads",
    [...NEEDED, "--verify-threads", "9"],
    '--verify-threads: given "9", wanted an integer from 0 to 8',
  ],
  [
    "an offset beyond all ports",
    [...NEEDED, "--dial-offset", "70000"],
    '--dial-offset: given "70000", wanted an integer from',
  ],
  ["half a thread", [...NEEDED, "--verify-threads", "0.5"], 'given "0.5", wanted an integer from 0 to 8'],
  ["an unknown level", [...NEEDED, "--log-level", "loud"], "wanted one of error, warn, info, debug"],
  ["a first start that is also a return", [...NEEDED, "--init", "--recover"], "--init: given beside --recover"],
  ["a fault without the safety catch", [...NEEDED, "--byzantine", "equivocate"], "wanted --unsafe-test-faults"],
  ["an unknown mode", [...NEEDED, "--byzantine", "rude", "--unsafe-test-faults"], "wanted one of equivocate"],
  ["the safety catch alone", [...NEEDED, "--unsafe-test-faults"], "wanted --byzantine"],
];
for (const [name, args, message] of REFUSED) {
  Deno.test(`${name} is refused by name`, () => {
    assertThrows(() => parseFlags(args), ConfigError, message);
  });
}
