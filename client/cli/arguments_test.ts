import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors.ts";
import { parseCommandLine, parseShellWords, wantsJson } from "./arguments.ts";

const parse = (...args: string[]) => {
  const { globals, invocation } = parseCommandLine(args);
  return { globals, name: invocation?.command.name, operands: invocation?.operands, options: invocation?.options };
};

Deno.test("arguments: options stand before or behind the command", () => {
  const globals = {
    ...{ cluster: "c.json", key: "k", passphraseFile: "p", json: true, help: false, timeoutMs: 5, crypto: "noble" },
    ...{ transport: "zmtp", insecurePlaintext: false },
  };
  const expected = { globals, name: "put", operands: ["a", "b"], options: {} };
  const options = [
    "--cluster",
    "c.json",
    "--key=k",
    "--json",
    "--timeout-ms",
    "5",
    "--crypto",
    "noble",
    "--passphrase-file=p",
  ];
  assertEquals(parse(...options, "put", "a", "b"), expected as ReturnType<typeof parse>);
  assertEquals(parse("put", "a", "b", ...options), expected as ReturnType<typeof parse>);
});

Deno.test("arguments: defaults", () => {
  assertEquals(parse("list").globals, {
    ...{ cluster: null, key: null, passphraseFile: null, json: false, help: false, timeoutMs: 10_000, crypto: "auto" },
    ...{ transport: "zmtp", insecurePlaintext: false },
  });
  assertEquals(parse("--help").name, undefined);
});

Deno.test("arguments: operands stay the text they were, numbers and dashes too", () => {
  assertEquals(parse("put", "007", "1e3").operands, ["007", "1e3"]);
  assertEquals(parse("put", "k", "-").operands, ["k", "-"]);
  assertEquals(parse("put", "--", "-k", "--json").operands, ["-k", "--json"]);
  assertEquals(parse("put", "--", "-k", "--json").globals.json, false);
  assertEquals(parse("put", "", "").operands, ["", ""]);
});

Deno.test("arguments: what is unknown, missing or too much is refused by name", () => {
  const cases: [string[], string][] = [
    [[], "no command"],
    [["bogus"], '"bogus"; wanted one of put, get'],
    [["put", "k"], "put was given 1 operand; wanted: put KEY VALUE"],
    [["get"], "get was given 0 operands; wanted: get KEY"],
    [["get", "a", "b"], "get was given 2 operands"],
    [["get", "a", "--limit", "3"], "get was given --limit; wanted: get KEY"],
    [["get", "a", "--bogus"], '"--bogus"; wanted one of --cluster'],
    [["get", "a", "--no-json"], '"--no-json"'],
    [["put", "k", "-5"], '"-5"'],
    [["get", "a", "--cluster"], "--cluster was given no value"],
    [["get", "a", "--timeout-ms", "0"], '--timeout-ms was given "0"; wanted a whole number from 1 to 3600000'],
    [["get", "a", "--timeout-ms", "1.5"], '"1.5"'],
    [["get", "a", "--crypto", "rsa"], '--crypto was given "rsa"; wanted auto, noble or native'],
  ];
  for (const [args, message] of cases) assertThrows(() => parseCommandLine(args), UsageError, message);
});

Deno.test("arguments: a command's help needs no operands", () => {
  const { globals, name } = parse("put", "--help");
  assertEquals([globals.help, name], [true, "put"]);
});

Deno.test("arguments: a command's own options reach it", () => {
  assertEquals(parse("list", "a", "--limit", "3", "--after=b").options, { limit: "3", after: "b" });
});

Deno.test("arguments: a shell line has no client options", () => {
  assertEquals(parseShellWords(["list", "--limit", "2"]).options, { limit: "2" });
  assertThrows(() => parseShellWords(["get", "a", "--json"]), UsageError, '"--json"');
  assertThrows(() => parseShellWords(["get", "a", "--cluster", "x"]), UsageError, '"--cluster"');
});

Deno.test("arguments: --json counts for errors too, unless it stands behind --", () => {
  assertEquals(wantsJson(["bogus", "--json"]), true);
  assertEquals(wantsJson(["put", "--", "--json"]), false);
});
