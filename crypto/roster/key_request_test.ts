import { assertEquals, assertThrows } from "@std/assert";
import { backend, BACKENDS } from "../../tests/support/backends.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { ConfigError } from "../config_error.ts";
import type { KeyFile } from "../keys/key_file.ts";
import { parseRequest, requestFingerprint, requestOf, signRequest } from "./key_request.ts";

const { keys } = makeRoster({ replicas: 1, clients: 1 });
const key = (id: string): KeyFile => keys.get(id)!;
const ADDRESS = { host: "::1", peerPort: 1, publishPort: 2, clientPort: 65_535 };
const replica = signRequest(key("r1"), ADDRESS, backend);

const refused = (text: string, message: string) =>
  assertThrows(() => parseRequest(text, backend), ConfigError, message);

Deno.test("requests of each kind read back on every backend, with the fingerprint of the key file", () => {
  for (const id of ["r1", "c1", "operator"]) {
    const address = id === "r1" ? ADDRESS : null;
    const text = signRequest(key(id), address, backend);
    const wanted = requestOf(key(id), address);
    for (const each of BACKENDS) assertEquals(parseRequest(text, each), wanted);
    assertEquals(requestFingerprint(parseRequest(text, backend)), requestFingerprint(wanted));
    assertEquals([text.includes(key(id).secretKey), text.includes(key(id).curveSecretKey)], [false, false]);
  }
});

Deno.test("every changed or missing value of a request is refused", () => {
  const { request, signature } = JSON.parse(replica);
  const other = (value: unknown) =>
    typeof value === "number" ? value + 1 : String(value).replace(/.$/, (last) => last === "0" ? "1" : "0");
  for (const [name, value] of Object.entries(request)) {
    refused(JSON.stringify({ request: { ...request, [name]: other(value) }, signature }), "$");
    refused(JSON.stringify({ request: { ...request, [name]: undefined }, signature }), "$");
    refused(JSON.stringify({ request: { ...request, [name]: null }, signature }), "$.request");
  }
  refused(JSON.stringify({ request, signature: other(signature) }), "$.signature: given one that does not verify");
  refused(JSON.stringify({ request }), '$: given no field "signature"');
  for (let cut = 0; cut < replica.length - 2; cut += 7) refused(replica.slice(0, cut), "that are no JSON");
});

Deno.test("a request is not written that would not be read", () => {
  const wrong = { ...ADDRESS, host: "0.0.0.0" };
  assertThrows(() => signRequest(key("r1"), wrong, backend), ConfigError, '$.request.host: given "0.0.0.0"');
  assertThrows(() => signRequest({ ...key("c1"), id: "é" }, null, backend), ConfigError, '$.request.id: given "é"');
  assertThrows(() => signRequest(key("r1"), null, backend), TypeError, "wanted its address");
});
