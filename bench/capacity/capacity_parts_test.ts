import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { readCapacityPlan } from "./plan.ts";
import { commandsBetween, gapIn } from "./traffic.ts";

Deno.test("a plan has its defaults, and what makes no sense is refused", () => {
  assertEquals(readCapacityPlan(["--clients", "8"]), {
    ...{
      replicas: 4,
      clients: 8,
      outstanding: 1,
      size: 200,
      seconds: 20,
      window: 4,
      verifyThreads: 0,
      runs: 3,
      json: null,
    },
  });
  const refused = (args: string) => assertThrows(() => readCapacityPlan(args.split(" ")), ConfigError).message;
  assertEquals(refused("--replicas 3"), "--replicas: given 3, wanted at least 4");
  assertEquals(refused("--window 65"), "--window: given 65, wanted 1 to 64");
});

Deno.test("commands are those of the entries between two heights, entries without any among them", () => {
  const commands = new Map([[1, 5], [2, 7], [3, 0], [4, 9]]);
  assertEquals([commandsBetween({ commands }, 1, 3), commandsBetween({ commands }, 0, 4)], [7, 21]);
  assertEquals(commandsBetween({ commands }, 4, 9), 0);
});

Deno.test("an entry that is missing among the others is noticed", () => {
  assertEquals([gapIn([3, 5, 4]), gapIn([]), gapIn([7, 3, 4, 8])], [null, null, 5]);
});
