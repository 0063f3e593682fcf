import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { backend, BACKENDS } from "../../tests/support/backends.ts";
import type { SignatureBackend } from "./backend.ts";
import { type BackendSource, loadBackend, selfTest } from "./load_backend.ts";
import { loadSystemBackend } from "./load_ffi_backend.ts";
import { createNativeBackend } from "./native_backend.ts";
import { nobleBackend } from "./noble_backend.ts";

const NAMES = ["libsecp256k1-system", "libsecp256k1-npm", "libsecp256k1-napi"] as const;
type Name = typeof NAMES[number];

const missing = () => Promise.reject(new Error("No native build was found\n    for platform=test\n"));
/** Native sources of which those given yield a backend and the others none. */
const sources = (given: Partial<Record<Name, SignatureBackend>> = {}): BackendSource[] =>
  NAMES.map((name) => ({ name, load: () => given[name] ?? missing() }));
const named = (name: Name): SignatureBackend => ({ ...nobleBackend, name });

Deno.test("auto takes the best backend of this platform, noble is noble", async () => {
  const auto = await loadBackend("auto");
  assertEquals(auto.backend.name, backend.name);
  assertEquals(auto.fallbackReason === null, backend.name === "libsecp256k1-system");
  assertEquals(await loadBackend("noble"), { backend: nobleBackend, fallbackReason: null, isDegraded: false });
});

Deno.test("auto takes the first source that loads, says why not a better one, and warns of what is slow", async () => {
  const reason = (name: string) => `${name}: No native build was found for platform=test`;
  for (const [at, name] of NAMES.entries()) {
    const given = Object.fromEntries(NAMES.slice(at).map((each) => [each, named(each)]));
    const { backend, fallbackReason, isDegraded } = await loadBackend("auto", sources(given));
    assertEquals(backend.name, name);
    assertEquals(fallbackReason, at === 0 ? null : NAMES.slice(0, at).map(reason).join("; "));
    assertEquals(isDegraded, name === "libsecp256k1-napi");
  }
  const last = await loadBackend("auto", sources());
  assertEquals([last.backend, last.isDegraded], [nobleBackend, true]);
  assertEquals(last.fallbackReason, NAMES.map(reason).join("; "));
});

Deno.test("what was loaded once is loaded again without permissions or a second library", async () => {
  const [first, second] = [await loadBackend("auto"), await loadBackend("auto")];
  assertEquals(first.backend, second.backend);
});

Deno.test("a system library that is not there, and one that is something else, is passed over with the reason", () => {
  const none = "wanted version 0.2 or later, found none at 1 permitted paths of 1";
  assertThrows(() => loadSystemBackend(["/nowhere/libsecp256k1.so.1"]), Error, none);
  const other = new URL(import.meta.url).pathname;
  const error = assertThrows(() => loadSystemBackend(["/nowhere/libsecp256k1.so.1", other]), Error);
  assert(error.message.includes(other) && !error.message.includes("/nowhere"), error.message);
});

Deno.test("native is native or an error that names the reason", async () => {
  await assertRejects(
    () => loadBackend("native", sources()),
    Error,
    "wanted native (libsecp256k1), which did not load; noble or auto would run here. Reason: libsecp256k1-system: No native build",
  );
});

Deno.test("a library that signs wrongly, or accepts everything, is not used, and is worth a warning", async () => {
  const liar = { ...nobleBackend, verify: () => true };
  const refuser = { ...nobleBackend, verify: () => false };
  const other = { ...nobleBackend, sign: () => new Uint8Array(64).fill(1) };
  const stranger = { ...nobleBackend, publicKey: () => new Uint8Array(33).fill(2) };
  for (const broken of [liar, refuser, other, stranger]) {
    const given = { "libsecp256k1-system": broken, "libsecp256k1-npm": named("libsecp256k1-npm") };
    const { backend, fallbackReason, isDegraded } = await loadBackend("auto", sources(given));
    assertEquals([backend.name, isDegraded], ["libsecp256k1-npm", true]);
    assert(fallbackReason?.startsWith("libsecp256k1-system: self-test of noble"), String(fallbackReason));
  }
});

Deno.test("every backend passes the self-test with the well-known signature", () => {
  for (const each of BACKENDS) selfTest(each);
});

Deno.test("a binding that throws where it should answer counts as a refusal", () => {
  const throwing = createNativeBackend({
    contextRandomize: () => {},
    privateKeyVerify: () => true,
    publicKeyVerify: () => true,
    publicKeyCreate: () => new Uint8Array(33).fill(2),
    ecdsaSign: () => ({ signature: new Uint8Array(64).fill(1) }),
    ecdsaVerify: () => {
      throw new Error("Public Key could not be parsed");
    },
  });
  assert(!throwing.verify(new Uint8Array(64).fill(1), new Uint8Array(32), new Uint8Array(33).fill(2)));
  assertThrows(() => selfTest(throwing), Error, "derived false, made false, accepted false, refused true");
});
