import { assert, assertEquals } from "@std/assert";
import { backend } from "../../../tests/support/backends.ts";
import { sha256 } from "../../digest.ts";
import type { Claim, SignatureBackend } from "../backend.ts";
import { checkAhead, LEAST_POSTED } from "./ahead_backend.ts";
import { ClaimsBoard } from "./claims_board.ts";

const SECRET = new Uint8Array(32).fill(5);
const publicKey = backend.publicKey(SECRET);

/** Claims of which every third does not hold. */
const CLAIMS: readonly Claim[] = Array.from({ length: 3 * LEAST_POSTED }, (_, place) => {
  const digest = sha256(Uint8Array.of(place));
  return { signature: backend.sign(digest, SECRET), digest: place % 3 === 0 ? sha256(digest) : digest, publicKey };
});
const ANSWERS = CLAIMS.map((_, place) => place % 3 !== 0);

/** The backend with a board, a count of what it checks itself, and a hand that does what another thread would. */
function lab() {
  const own: Uint8Array[] = [];
  const counted: SignatureBackend = {
    ...backend,
    verify(signature, digest, key) {
      own.push(signature);
      return backend.verify(signature, digest, key);
    },
  };
  const time = { now: 0 };
  const board = new ClaimsBoard();
  const helped = checkAhead(counted, board, () => time.now);
  const take = (places: readonly number[]) => places.forEach((place) => assert(board.take(board.batch, place)));
  const settle = (places: readonly number[]) =>
    places.forEach((place) => board.settle(board.batch, place, ANSWERS[place]!));
  const verify = ({ signature, digest, publicKey }: Claim) => helped.verify(signature, digest, publicKey);
  return { helped, own, time, take, settle, verify, board };
}

Deno.test("answers are those of the backend, whoever checks, and what others checked is not checked again", () => {
  const { helped, own, take, settle, verify } = lab();
  helped.ahead!(CLAIMS);
  take([20, 21, 22, 23]);
  settle([20, 21, 22, 23]);
  assertEquals(CLAIMS.map(verify), ANSWERS);
  assertEquals(own, CLAIMS.slice(0, 20).map(({ signature }) => signature));
});

Deno.test("they may be asked for in any order, again, and beside others", () => {
  const { helped, own, take, settle, verify } = lab();
  helped.ahead!(CLAIMS);
  take([0, 3]);
  settle([0, 3]);
  const other = { ...CLAIMS[1]!, digest: sha256(Uint8Array.of(99)) };
  const asked = [23, 3, 0, 0, 22].map((place) => CLAIMS[place]!);
  assertEquals([...asked, other].map(verify), [true, false, false, false, true, false]);
  assertEquals(own.length, 4); // 23, 0 a second time, 22 and the other
});

Deno.test("a thread that took a signature and is silent is not waited for again for a while", () => {
  const { helped, own, take, verify, time, board } = lab();
  helped.ahead!(CLAIMS);
  take([0, 1, 2]);
  assertEquals(CLAIMS.map(verify), ANSWERS);
  assertEquals(own.length, CLAIMS.length);
  const { batch } = board;
  helped.ahead!(CLAIMS);
  assertEquals(board.batch, batch, "nothing is posted");
  time.now += 1000;
  helped.ahead!(CLAIMS);
  assertEquals(board.batch, batch + 1);
});

Deno.test("a few are not worth waking anybody for", () => {
  const { helped, board } = lab();
  const { batch } = board;
  helped.ahead!(CLAIMS.slice(0, LEAST_POSTED - 1));
  assertEquals(board.batch, batch);
});
