import { assertEquals, assertThrows } from "@std/assert";
import { TransportError } from "../endpoint.ts";
import { HostConnector } from "./host_connector.ts";

function recorder() {
  const calls: string[] = [];
  const socket = {
    ipv6: false,
    connect: (address: string) => void calls.push(`connect ${address}`),
    disconnect: (address: string) => void calls.push(`disconnect ${address}`),
  };
  return { calls, socket };
}

/** A line that is never connected anew. */
const steady = { isQuiet: () => false, patience: 1 };

/** Fires the connector's timers when told to, so that no test waits. */
function withFakeTimers(body: (fire: () => Promise<void>, pauses: number[]) => Promise<void>): () => Promise<void> {
  return async () => {
    const real = [globalThis.setTimeout, Deno.unrefTimer] as const;
    const timers: (() => unknown)[] = [];
    const pauses: number[] = [];
    const fake = (callback: () => unknown, pause: number) => {
      pauses.push(pause);
      return timers.push(callback);
    };
    Object.assign(globalThis, { setTimeout: fake });
    Object.assign(Deno, { unrefTimer: () => {} });
    try {
      await body(async () => void await timers.shift()?.(), pauses);
    } finally {
      Object.assign(globalThis, { setTimeout: real[0] });
      Object.assign(Deno, { unrefTimer: real[1] });
    }
  };
}

Deno.test("an address is connected to at once and never looked up", async () => {
  const { calls, socket } = recorder();
  const connector = new HostConnector(
    "10.0.0.1",
    [{ ...steady, socket, port: 1 }, { ...steady, socket, port: 2 }],
    () => {
      throw new Error("looked up");
    },
  );
  await connector.start();
  assertEquals(calls, ["connect tcp://10.0.0.1:1", "connect tcp://10.0.0.1:2"]);
  connector.close();
});

Deno.test(
  "a name that moves is followed, one that fails is tried again sooner",
  withFakeTimers(async (fire, pauses) => {
    const { calls, socket } = recorder();
    const answers = ["10.0.0.1", "10.0.0.1", null, "10.0.0.2"];
    const connector = new HostConnector("r1", [{ ...steady, socket, port: 7 }], () => {
      const answer = answers.shift();
      return answer ? Promise.resolve(answer) : Promise.reject(new Error("no such name"));
    });
    await connector.start();
    for (let round = 0; round < 3; round++) await fire();
    connector.close();
    assertEquals(calls, ["connect tcp://10.0.0.1:7", "disconnect tcp://10.0.0.1:7", "connect tcp://10.0.0.2:7"]);
    assertEquals(pauses, [5000, 5000, 1000, 5000]);
  }),
);

Deno.test(
  "a look-up that ends after close connects nothing and plans nothing",
  withFakeTimers(async (_fire, pauses) => {
    const { calls, socket } = recorder();
    const answer = Promise.withResolvers<string>();
    const connector = new HostConnector("r1", [{ ...steady, socket, port: 7 }], () => answer.promise);
    const started = connector.start();
    connector.close();
    answer.resolve("10.0.0.1");
    await started;
    assertEquals([calls, pauses], [[], []]);
  }),
);

Deno.test("without permission to look up, the name is left to ZeroMQ", async () => {
  const { calls, socket } = recorder();
  const denied = Object.assign(new Error("not allowed"), { code: "EPERM" });
  const connector = new HostConnector("r1", [{ ...steady, socket, port: 7 }], () => Promise.reject(denied));
  await connector.start();
  assertEquals(calls, ["connect tcp://r1:7"]);
  connector.close();
});

Deno.test("unusable addresses are refused before anything is connected", () => {
  const { socket } = recorder();
  assertThrows(() => new HostConnector("10.0.0.1", [{ ...steady, socket, port: 70_000 }]), TransportError, "70000");
  for (const host of ["[::1]", "0.0.0.0", "db.example."]) {
    assertThrows(() => new HostConnector(host, [{ ...steady, socket, port: 7 }]), TransportError, host);
  }
});

Deno.test("an IPv6 address is connected to with brackets, and libzmq told of it first", async () => {
  const { calls, socket } = recorder();
  const connector = new HostConnector("::1", [{ ...steady, socket, port: 7 }]);
  await connector.start();
  connector.close();
  assertEquals([calls, socket.ipv6], [["connect tcp://[::1]:7"], true]);
});

/** Has a connector of two lines look at them, one found quiet as the characters say, `q` or not; gives the ports connected anew at each look. */
async function looksAt(patience: readonly [number, number], ...states: readonly [string, string]): Promise<number[][]> {
  const { calls, socket } = recorder();
  const looks: (() => void)[] = [];
  const real = globalThis.setInterval;
  Object.assign(globalThis, { setInterval: (look: () => void) => looks.push(look) });
  const lines = states.map((state, i) => {
    const found = [...state];
    return { socket, port: i + 1, isQuiet: () => found.shift() === "q", patience: patience[i]! };
  });
  const connector = new HostConnector("10.0.0.1", lines);
  try {
    await connector.start();
    return Array.from(states[0], () => {
      calls.length = 0;
      looks[0]!();
      return calls.filter((call) => call.startsWith("connect ")).map((call) => Number(call.split(":").at(-1)));
    });
  } finally {
    connector.close();
    Object.assign(globalThis, { setInterval: real });
  }
}

Deno.test("a line that stays quiet as long as its patience lasts is connected anew, and again", async () => {
  assertEquals(await looksAt([2, 9], "q.qqqqq", "......."), [[], [], [], [1], [], [1], []]);
});

Deno.test("when one line comes back, those that are quiet still are connected anew at once", async () => {
  assertEquals(await looksAt([9, 9], "qqq..", "qqqqq"), [[], [], [], [2], []]);
});
