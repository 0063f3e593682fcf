import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "./config_error.ts";
import { parseJson, requireVersion } from "./strict_json.ts";

const MAX = 4 * 1024 * 1024;
const refused = (text: string, message: string) => assertThrows(() => parseJson(text, MAX), ConfigError, message);

Deno.test("a name that one object has twice is refused, however it is written and wherever it stands", () => {
  refused('{"a":1,"a":1}', '$: given a field "a" twice, wanted each once');
  refused('{"x":[{"b" : {}, "c":2, "b":3}]}', 'given a field "b" twice');
  refused(String.raw`{"a":1,"\u0061":2}`, 'given a field "a" twice');
  refused(String.raw`{"\"":1,"a":"\"","\u0022":2}`, String.raw`given a field "\"" twice`);
});

Deno.test("one name in several objects, and in strings, is none that stands twice", () => {
  for (
    const text of ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', String.raw`{"a":"\"a\":1,{\"a\":2","b":"}"}`, "[]"]
  ) {
    assertEquals(parseJson(text, MAX).value, JSON.parse(text));
  }
});

Deno.test("long and deep texts are looked through all the same", () => {
  for (const piece of ["x", String.raw`\n`, String.raw`\"`, "é"]) {
    const text = `{"a":"${piece.repeat(1_000_000)}","a":1}`;
    refused(text, 'given a field "a" twice');
  }
  refused(`{"${"k".repeat(1_000_000)}":1,"${"k".repeat(1_000_000)}":2}`, "(1000002 characters) twice");
  refused(`${'{"a":'.repeat(4000)}{"b":1,"b":2}${"}".repeat(4000)}`, 'given a field "b" twice');
});

Deno.test("a version is asked for before any other field", () => {
  const field = (value: unknown) => ({ path: "$.x", value });
  requireVersion(field({ version: 2, other: 1 }), 2, "newer");
  for (
    const [value, message] of [
      [{ version: 1 }, "$.x.version: given 1, wanted 2: newer"],
      [{ version: "2" }, '$.x.version: given "2", wanted 2'],
      [{}, "$.x.version: given nothing, wanted 2"],
      [Object.create({ version: 2 }), "$.x.version: given nothing"],
      [[], "$.x: given a list of 0, wanted an object"],
      [null, "$.x: given null, wanted an object"],
    ] as const
  ) assertThrows(() => requireVersion(field(value), 2, "newer"), ConfigError, message);
});
