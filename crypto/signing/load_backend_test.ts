import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { backend, BACKENDS } from "../../tests/support/backends.ts";
import { loadBackend, selfTest } from "./load_backend.ts";
import { createNativeBackend } from "./native_backend.ts";
import { nobleBackend } from "./noble_backend.ts";

const missing = () => Promise.reject(new Error("No native build was found\n    for platform=test\n"));

Deno.test("auto takes the best backend of this platform, noble is noble", async () => {
  const auto = await loadBackend("auto");
  assertEquals(auto.backend.name, backend.name);
  assertEquals(auto.fallbackReason === null, BACKENDS.length === 2);
  assertEquals(await loadBackend("noble"), { backend: nobleBackend, fallbackReason: null });
});

Deno.test("auto falls back to noble where the add-on does not load, and says why", async () => {
  const { backend, fallbackReason } = await loadBackend("auto", missing);
  assertEquals(backend.name, "noble");
  assertEquals(fallbackReason, "No native build was found for platform=test");
});

Deno.test("native is native or an error that names the reason", async () => {
  await assertRejects(
    () => loadBackend("native", missing),
    Error,
    "wanted native (libsecp256k1), which did not load; noble or auto would run here. Reason: No native build",
  );
});

Deno.test("an add-on that signs wrongly, or accepts everything, is not used", async () => {
  const liar = { ...nobleBackend, verify: () => true };
  const refuser = { ...nobleBackend, verify: () => false };
  const other = { ...nobleBackend, sign: () => new Uint8Array(64).fill(1) };
  for (const broken of [liar, refuser, other]) {
    const { backend, fallbackReason } = await loadBackend("auto", () => Promise.resolve(broken));
    assertEquals(backend, nobleBackend);
    assert(fallbackReason?.startsWith("self-test of noble"));
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
  assertThrows(() => selfTest(throwing), Error, "made false, accepted false, refused true");
});
