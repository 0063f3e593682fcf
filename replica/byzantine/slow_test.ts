import { assertEquals } from "@std/assert";
import { inputOf, requestOf, rideOn, SELF } from "../../tests/support/byzantine_victim.ts";

const forwarded = (number: number) => ({ kind: "ForwardedRequest", signed: requestOf("c1", number) }) as const;

Deno.test("as leader it takes in what has come since the last time at once, every two and a half election timeouts", () => {
  const { victim: { state, config }, adversary } = rideOn("slow");
  const everyMs = 2.5 * config.constants.electionTimeoutMs;
  const takenAt = (now: number) => adversary.corrupt!([], now);
  const own = (number: number) => ({ to: [SELF], packet: forwarded(number) });
  assertEquals(adversary.swallows!(inputOf(forwarded(1))), false, "a follower passes on");

  state.view.role = "leader";
  takenAt(1000);
  for (const number of [1, 2, 1]) assertEquals(adversary.swallows!(inputOf(forwarded(number))), true);
  assertEquals(takenAt(1000 + everyMs - 1), []);
  assertEquals(adversary.swallows!(inputOf(forwarded(3))), true);
  assertEquals(takenAt(1000 + everyMs), [own(1), own(2), own(3)]);
  assertEquals(takenAt(1000 + 3 * everyMs), []);

  adversary.swallows!(inputOf(forwarded(4)));
  state.view.role = "follower";
  assertEquals(takenAt(1000 + 9 * everyMs), [], "what it held back is lost with its office");
});
