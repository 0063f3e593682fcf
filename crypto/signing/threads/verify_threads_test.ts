/** Real threads. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { backend } from "../../../tests/support/backends.ts";
import { sha256 } from "../../digest.ts";
import type { Claim } from "../backend.ts";
import { checkAhead } from "./ahead_backend.ts";
import { MAX_POSTED } from "./claims_board.ts";
import { startVerifyThreads } from "./verify_threads.ts";

const SECRET = new Uint8Array(32).fill(6);
const publicKey = backend.publicKey(SECRET);
const CLAIMS: readonly Claim[] = Array.from({ length: MAX_POSTED }, (_, place) => {
  const digest = sha256(Uint8Array.of(place));
  return { signature: backend.sign(digest, SECRET), digest: place % 5 === 0 ? sha256(digest) : digest, publicKey };
});
const ANSWERS = CLAIMS.map((_, place) => place % 5 !== 0);

Deno.test("threads check what was posted, and everybody's answers are the same", async () => {
  const threads = await startVerifyThreads(2, "auto", backend.name);
  try {
    let own = 0;
    const counted = checkAhead({ ...backend, verify: (...of) => (own++, backend.verify(...of)) }, threads.board);
    let rounds = 0;
    do {
      counted.ahead!(CLAIMS);
      const answers = CLAIMS.map(({ signature, digest, publicKey }) => counted.verify(signature, digest, publicKey));
      assertEquals(answers, ANSWERS);
      rounds++;
    } while (own === rounds * MAX_POSTED && rounds < 1000);
    assert(own < rounds * MAX_POSTED, "nobody helped");
  } finally {
    threads.close();
  }
});

Deno.test("threads that are gone cost a wait, and no answer", async () => {
  const threads = await startVerifyThreads(1, "auto", backend.name);
  const helped = checkAhead(backend, threads.board);
  helped.ahead!(CLAIMS);
  threads.close();
  for (let round = 0; round < 3; round++) {
    const answers = CLAIMS.map(({ signature, digest, publicKey }) => helped.verify(signature, digest, publicKey));
    assertEquals(answers, ANSWERS);
    helped.ahead!(CLAIMS);
  }
});

Deno.test("threads with another backend than this thread has are refused", async () => {
  const other = backend.name === "noble" ? "libsecp256k1-system" : "noble";
  const given = other === "noble" ? "auto" : "noble";
  await assertRejects(() => startVerifyThreads(1, given, other), Error, `wanted ${other}`);
});
